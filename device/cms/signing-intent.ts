// The phases of one signature as values: certificate and document digest → SigningIntent (stored) → digest for the token
// → signature value (stored) → CMS. An intent is plain JSON; from the same intent and the same signature value the same
// bytes come out, so every phase can be taken up again after a power loss and the token is asked once.

import { createHash } from 'node:crypto'
import type { SignerIdentity } from '../ades/request.ts'
import { Fault } from '../errors.ts'
import type { SignatureAlgorithm } from '../ports.ts'
import { digestOctets, digestOf, hashName, maxSignatureOctets, publicKeyOf, verifySignatureValue } from './algorithm.ts'
import { type StatedProperties, signedAttributes } from './attributes.ts'
import { type SignedDataParts, signedData } from './signed-data.ts'

/** What is going to be signed, by whom and how; JSON, binary values in Base64. */
export interface SigningIntent {
  readonly algorithm: SignatureAlgorithm
  /** DER of the SET OF signed attributes; it holds the document's digest. */
  readonly signedAttributes: string
  /** DER of the signer's certificate and its issuers, signer first. */
  readonly certificates: readonly [string, ...string[]]
}

/** Who signs, and what the signature states; in a PDF it may state nothing. */
export type StatedSigner = SignerIdentity & StatedProperties

export type SigningIntentRequest = StatedSigner & {
  /** Digest of the signed bytes, by the digest algorithm of `algorithm`; of the signature value to be countersigned. */
  readonly documentDigest: Uint8Array
}

/** Phase one. Throws KEY_REFUSED for a key or algorithm that must not sign, CERTIFICATE_UNREADABLE. */
export function signingIntent(request: SigningIntentRequest): SigningIntent {
  const { algorithm, certificate, chain, documentDigest } = request
  checkKey(request)
  if (documentDigest.length !== digestOctets(digestOf(algorithm))) {
    throw new Fault('INTERNAL', `a digest of ${documentDigest.length} octets for ${algorithm}`)
  }
  return Object.freeze({
    algorithm,
    signedAttributes: toBase64(signedAttributes({ ...request, messageDigest: documentDigest })),
    certificates: [toBase64(certificate), ...chain.map(toBase64)] as const,
  })
}

/** What the token signs: the digest of the signed attributes. */
export function digestToSign(intent: SigningIntent): Uint8Array {
  return createHash(hashName(digestOf(intent.algorithm)))
    .update(fromBase64(intent.signedAttributes))
    .digest()
}

/** Last phase: the DER of the detached CMS. Throws SIGNATURE_INVALID unless the value verifies with the signer's certificate. */
export function assemble(intent: SigningIntent, signature: Uint8Array): Uint8Array {
  return signedData(verifiedParts(intent, signature))
}

/** What a SignedData is put together from. Throws SIGNATURE_INVALID unless the value verifies with the signer's certificate. */
export function verifiedParts(intent: SigningIntent, signature: Uint8Array): SignedDataParts {
  const [certificate, ...chain] = intent.certificates.map(fromBase64)
  if (certificate === undefined) throw new Fault('INTERNAL', 'a signing intent without certificate')
  const attributes = fromBase64(intent.signedAttributes)
  const key = publicKeyOf(certificate)
  if (!verifySignatureValue(intent.algorithm, key, attributes, signature)) {
    throw new Fault('SIGNATURE_INVALID', 'the signature value does not verify with the certificate that was chosen')
  }
  return { algorithm: intent.algorithm, certificate, chain, signedAttributes: attributes, signature }
}

/** Octets to reserve for the detached CMS: never less than what `assemble` returns. Throws KEY_REFUSED. */
export function cmsReserveOctets(signer: StatedSigner): number {
  const { algorithm, certificate, chain } = signer
  const messageDigest = new Uint8Array(digestOctets(digestOf(algorithm)))
  const attributes = signedAttributes({ ...signer, messageDigest })
  const signature = new Uint8Array(checkKey(signer))
  return signedData({ algorithm, certificate, chain, signedAttributes: attributes, signature }).length
}

function checkKey({ certificate, algorithm }: SignerIdentity): number {
  return maxSignatureOctets(publicKeyOf(certificate), algorithm)
}

function toBase64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function fromBase64(text: string): Uint8Array {
  return Buffer.from(text, 'base64')
}
