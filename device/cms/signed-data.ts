// The detached SignedData (RFC 5652, 5) around one signature value. Pure DER: the same parts give the same bytes, so a
// signature that was stored before a power loss is put together again identically.

import type { SignatureAlgorithm } from '../ports.ts'
import { digestIdentifier, digestOf, signatureIdentifier } from './algorithm.ts'
import { certificateNames } from './certificate-names.ts'
import { contextual, objectIdentifier, octetString, sequence, setOf, smallInteger } from './der.ts'
import { oids } from './oids.ts'

export interface SignedDataParts {
  readonly algorithm: SignatureAlgorithm
  /** DER of the signer's certificate. */
  readonly certificate: Uint8Array
  /** DER of its issuers. */
  readonly chain: readonly Uint8Array[]
  /** The SET OF that was signed. */
  readonly signedAttributes: Uint8Array
  readonly signature: Uint8Array
}

/** ContentInfo with a SignedData of one SignerInfo; certificates in the order that DER gives a SET OF. */
export function signedData(parts: SignedDataParts): Uint8Array {
  const digestAlgorithms = setOf([digestIdentifier(digestOf(parts.algorithm))])
  const content = sequence(
    smallInteger(1),
    digestAlgorithms,
    sequence(objectIdentifier(oids.data)),
    setOf([parts.certificate, ...parts.chain], 0xa0),
    setOf([signerInfo(parts)]),
  )
  return sequence(objectIdentifier(oids.signedData), contextual(0, content))
}

/** SignerInfo version 1: the signer is named by issuer and serial number. */
function signerInfo({ algorithm, certificate, signedAttributes, signature }: SignedDataParts): Uint8Array {
  const { issuer, serialNumber } = certificateNames(certificate)
  const implicitAttributes = Uint8Array.from(signedAttributes)
  implicitAttributes[0] = 0xa0
  return sequence(
    smallInteger(1),
    sequence(issuer, serialNumber),
    digestIdentifier(digestOf(algorithm)),
    implicitAttributes,
    signatureIdentifier(algorithm),
    octetString(signature),
  )
}
