// How evidence is judged: openssl verifies the signature over what the file holds, with the certificate that stands in it.

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { SignedJson } from '../device/evidence/signed.ts'

const run = promisify(execFile)

/** The two integers of a JWS signature as a DER SEQUENCE, which is what openssl takes. */
function asDer(raw: Buffer): Buffer {
  const integer = (value: Buffer) => {
    const digits = value.subarray(value.findIndex(octet => octet !== 0))
    const positive = (digits[0] ?? 0) > 0x7f ? Buffer.concat([Buffer.of(0), digits]) : digits
    return Buffer.concat([Buffer.of(0x02, positive.length), positive])
  }
  const both = Buffer.concat([integer(raw.subarray(0, 32)), integer(raw.subarray(32))])
  return Buffer.concat([Buffer.of(0x30, both.length), both])
}

export interface Judged {
  readonly good: boolean
  readonly header: { readonly [name: string]: unknown; readonly x5c: readonly string[] }
  readonly payload: unknown
  /** PEM. */
  readonly certificate: string
}

/** Files are written into `folder`. */
export async function judged(folder: string, signed: SignedJson): Promise<Judged> {
  const file = (name: string) => join(folder, name)
  const header = JSON.parse(Buffer.from(signed.protected, 'base64url').toString('utf8')) as Judged['header']
  const certificate = `-----BEGIN CERTIFICATE-----\n${header.x5c[0]?.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`
  await writeFile(file('certificate.pem'), certificate)
  await writeFile(
    file('key.pem'),
    (await run('openssl', ['x509', '-in', file('certificate.pem'), '-noout', '-pubkey'])).stdout,
  )
  await writeFile(file('input'), `${signed.protected}.${signed.payload}`)
  await writeFile(file('signature.der'), asDer(Buffer.from(signed.signature, 'base64url')))
  const words = ['dgst', '-sha256', '-verify', file('key.pem'), '-signature', file('signature.der'), file('input')]
  const good = await run('openssl', words).then(
    ({ stdout }) => stdout.includes('Verified OK'),
    () => false,
  )
  return { good, header, payload: JSON.parse(Buffer.from(signed.payload, 'base64url').toString('utf8')), certificate }
}
