// The private PKI of a conformance run, made by certomancer rather than by us: a root, an RSA and an EC authority, signers
// good, revoked and expired, two TSAs, OCSP responders and CRLs, all served on loopback until `stop`.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { certificatesInPem } from '../../device/trust/pem.ts'
import { python, pythonScript } from './installed.ts'

export type SignerName =
  | 'rsa2048'
  | 'rsa3072'
  | 'rsa4096'
  | 'p256'
  | 'p384'
  | 'p521'
  | 'crl-only'
  | 'revoked'
  | 'expired'
  | 'tsa'
  | 'tsa-ec'

export interface Pki {
  /** Addresses of the time-stamping authorities. */
  readonly tsa: string
  readonly tsaEc: string
  /** certomancer's service of the Cloud Signature Consortium's API, 1.0.4; a credential is `lab/` and the signer's name. */
  readonly csc: string
  /** Path of the root, the only anchor, PEM. */
  readonly root: string
  /** Paths of the two authorities, PEM. */
  readonly authorities: readonly string[]
  /** Path of a key store, its password `compulsa`. */
  p12(name: SignerName): string
  /** PKCS#8, PEM. */
  privateKey(name: SignerName): string
  /** DER, the signer's own first, then its issuers up to the root, which is left out. */
  chain(name: SignerName): readonly [Uint8Array, ...Uint8Array[]]
  anchor(): Uint8Array
  stop(): Promise<void>
}

export async function startPki(folder: string): Promise<Pki> {
  const child = spawn(python, [pythonScript('pki.py'), folder], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const { tsa, tsaEc, csc } = JSON.parse(String(line)) as Pick<Pki, 'tsa' | 'tsaEc' | 'csc'>
  const pem = (name: string) => join(folder, 'certs', `${name}.pem`)
  const certificate = (name: string) => {
    const [first] = certificatesInPem(readFileSync(pem(name), 'latin1'))
    if (first === undefined) throw new Error(`no certificate in ${pem(name)}`)
    return first
  }
  return Object.freeze({
    tsa,
    tsaEc,
    csc,
    root: pem('root'),
    authorities: [pem('rsa-ca'), pem('ec-ca')],
    p12: (name: SignerName) => join(folder, `${name}.p12`),
    privateKey: (name: SignerName) => readFileSync(join(folder, 'keys', `${name}.pem`), 'utf8'),
    chain: (name: SignerName): readonly [Uint8Array, ...Uint8Array[]] => [
      certificate(name),
      certificate(/^p\d|-ec$/.test(name) ? 'ec-ca' : 'rsa-ca'),
    ],
    anchor: () => certificate('root'),
    stop: async () => {
      const ended = once(child, 'exit')
      child.stdin.end()
      await ended
    },
  })
}
