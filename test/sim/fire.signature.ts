// How the simulated FIRe makes a signature, as AutoFirma's three-phase CAdES does it: a detached CMS over the digest that was
// given, whose attributes the properties decide. Everything else is what FIRe calls an error of the pre-signature.

import { assemble, digestToSign, signingIntent } from '../../device/cms/signing-intent.ts'
import type { SignatureAlgorithm } from '../../device/ports.ts'
import type { TestIdentity } from './pki.ts'
import { signedDigest } from './seal-server.ts'

export interface FireSignatureOrder {
  readonly identity: TestIdentity
  readonly format: string
  readonly algorithm: string
  readonly properties: ReadonlyMap<string, string>
  readonly digest: Buffer
  readonly now: number
}

/** DER of the CMS; undefined for what this simulator does not make. */
export function fireSignature(order: FireSignatureOrder): Uint8Array | undefined {
  const { identity, format, algorithm: name, properties, digest, now } = order
  const algorithm = { SHA256withRSA: 'SHA256withRSA' }[name] as SignatureAlgorithm | undefined
  const isDigest = properties.get('precalculatedHashAlgorithm') === 'SHA-256' && properties.get('mode') === 'explicit'
  if (format !== 'CAdES' || algorithm === undefined || !isDigest) return undefined
  const { certificate, chain } = identity
  const signer = { algorithm, certificate, chain, documentDigest: digest }
  const isBare = properties.get('includeSigningTimeAttribute') === 'false'
  const intent = signingIntent(
    isBare ? signer : { ...signer, kind: 'CAdES-detached', properties: { signingTime: now } },
  )
  return assemble(intent, signedDigest(identity, algorithm, digestToSign(intent)))
}
