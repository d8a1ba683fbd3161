// The trust services by hand: they run until they are told to stop, and a folder holds what a person needs to sign against
// them: the root, a signer's PKCS#12 file by openssl and its password.

import { execFile } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { pem } from './pki.ts'
import { createTrustServices } from './trust-services.ts'

export interface TrustCentreOptions {
  readonly folder: string
  readonly port: number
}

const password = 'compulsa'

export async function runTrustCentre({ folder, port }: TrustCentreOptions, signal: AbortSignal): Promise<number> {
  const place = resolve(folder)
  await mkdir(place, { recursive: true })
  const services = await createTrustServices({ now: Date.now, port })
  const at = (name: string) => join(place, name)
  const { certificate, chain, privateKey } = await services.pki.signer()
  const certificates = [certificate, ...chain].map(der => pem('CERTIFICATE', der)).join('')
  await writeFile(at('root.pem'), pem('CERTIFICATE', services.pki.root))
  await writeFile(at('signer.pem'), pem('PRIVATE KEY', privateKey) + certificates, { mode: 0o600 })
  await writeFile(at('password'), `${password}\n`, { mode: 0o600 })
  const files = ['-in', at('signer.pem'), '-out', at('signer.p12'), '-passout', `file:${at('password')}`]
  await promisify(execFile)('openssl', ['pkcs12', '-export', ...files])
  const { host } = new URL(services.base)
  console.log(
    [
      `time-stamping authority: ${services.tsaUrl}`,
      `OCSP, CRLs and issuers: ${services.base} ("revocation": { "allowPrivate": ["${host}"] })`,
      `--p12 ${at('signer.p12')} --pass-file ${at('password')} --trust ${at('root.pem')} --tsa ${services.tsaUrl}`,
    ].join('\n'),
  )
  if (!signal.aborted) await new Promise<void>(done => signal.addEventListener('abort', () => done(), { once: true }))
  await services.stop()
  return 0
}
