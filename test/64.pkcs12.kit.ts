// What the tests of software keys share: identities, the PKCS#12 files that openssl makes of them, and a signature verified.

import { createHash, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { digestOf, hashName, verifySignatureValue } from '../device/cms/algorithm.ts'
import { readWhole } from '../device/cms/asn1.ts'
import type { SignatureAlgorithm, Signer } from '../device/ports.ts'
import { createPkcs12Signer } from '../drivers/signer/pkcs12.ts'
import { type Folder, judge, now, temporaryFolder } from './50.signature.kit.ts'
import { createTestPki, type KeyKind, pem, type TestIdentity, type TestPki } from './sim/pki.ts'

export const password = 'contraseña 🔑'
export const attributes = Buffer.from('the signed attributes')

/** Keys of every kind with their certificates, and a folder of files made of them. */
export interface KeyStores {
  readonly folder: Folder
  readonly pki: TestPki
  identity(key: KeyKind): TestIdentity
  /** A file by openssl with key, certificate and chain; its path. */
  pkcs12(key: KeyKind, flags?: readonly string[]): Promise<string>
}

export async function keyStores(): Promise<KeyStores> {
  const folder = await temporaryFolder()
  const pki = await createTestPki({ now })
  const identities = new Map<KeyKind, TestIdentity>()
  for (const key of ['RSA-2048', 'RSA-3072', 'P-256', 'P-384', 'P-521'] as const) {
    identities.set(key, await pki.signer({ key }))
  }
  let made = 0
  const identity = (key: KeyKind) => {
    const found = identities.get(key)
    if (found === undefined) throw new Error(`no ${key} was made`)
    return found
  }
  const pkcs12 = async (key: KeyKind, flags: readonly string[] = []) => {
    made += 1
    const number = made
    const { certificate, chain, privateKey } = identity(key)
    const certificates = [certificate, ...chain].map(der => pem('CERTIFICATE', der)).join('')
    const source = await folder.write(`${number}.pem`, pem('PRIVATE KEY', privateKey) + certificates)
    const out = join(folder.path, `${number}.p12`)
    const files = ['-in', source, '-out', out, '-passout', `pass:${password}`]
    const { code, output } = await judge('openssl', ['pkcs12', '-export', ...files, ...flags])
    if (code !== 0) throw new Error(output)
    return out
  }
  return { folder, pki, identity, pkcs12 }
}

export function signerOf(...paths: readonly string[]): Signer {
  return createPkcs12Signer({ keyStores: paths.map(path => ({ path })) })
}

export const pinOf = (text = password) => Buffer.from(text)

export async function only(signer: Signer, text = password) {
  const [token] = await signer.tokens()
  if (token === undefined) throw new Error('no token')
  const certificates = await signer.certificates(token.id, undefined, pinOf(text))
  const [first] = certificates
  if (first === undefined) throw new Error('no certificate')
  return { token, certificates, first }
}

/** Whether a signature with the first certificate's key verifies. */
export async function signs(signer: Signer, algorithm: SignatureAlgorithm): Promise<boolean> {
  const { first } = await only(signer)
  const digest = createHash(hashName(digestOf(algorithm)))
    .update(attributes)
    .digest()
  const outcome = await signer.sign({ tokenId: first.tokenId, keyId: first.keyId, algorithm, digest, pin: pinOf() })
  if (outcome.outcome !== 'signed') throw new Error(JSON.stringify(outcome))
  return verifySignatureValue(
    algorithm,
    new X509Certificate(first.certificate).publicKey,
    attributes,
    outcome.signature,
  )
}

/** One AuthenticatedSafe of those of several files; without a MAC, which would be for one of them. */
export async function joined({ folder }: KeyStores, paths: readonly string[]): Promise<string> {
  const length = (bytes: Uint8Array) => {
    const octets = Buffer.alloc(2)
    octets.writeUInt16BE(bytes.length)
    return octets
  }
  const wrap = (tag: number, bytes: Uint8Array) => Buffer.concat([Buffer.of(tag, 0x82), length(bytes), bytes])
  const infos: Uint8Array[] = []
  for (const path of paths) {
    const authSafe = readWhole(await readFile(path))?.children[1]
    const safe = authSafe?.children[1]?.children[0]?.content ?? new Uint8Array()
    infos.push(...(readWhole(safe)?.children.map(({ raw }) => raw) ?? []))
  }
  const data = Buffer.from('06092a864886f70d010701', 'hex')
  const content = wrap(0xa0, wrap(0x04, wrap(0x30, Buffer.concat(infos))))
  const pfx = wrap(0x30, Buffer.concat([Buffer.of(2, 1, 3), wrap(0x30, Buffer.concat([data, content]))]))
  return folder.write('joined.p12', pfx)
}
