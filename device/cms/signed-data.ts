// The SignedData (RFC 5652, 5) around one signature value. Pure DER: the same parts give the same bytes, so a signature
// that was stored before a power loss is put together again identically. A content inside is never in memory here: what
// stands before and behind it is made, and its length is all that has to be known.

import type { SignatureAlgorithm } from '../ports.ts'
import { digestIdentifier, digestOf, signatureIdentifier } from './algorithm.ts'
import { certificateNames } from './certificate-names.ts'
import { concat, contextual, headerOf, objectIdentifier, octetString, sequence, setOf, smallInteger } from './der.ts'
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
  /** Whole Attributes, such as a signature-time-stamp. */
  readonly unsignedAttributes?: readonly Uint8Array[]
}

/** Detached: ContentInfo with a SignedData of one SignerInfo; certificates in the order that DER gives a SET OF. */
export function signedData(parts: SignedDataParts): Uint8Array {
  const content = sequence(beforeContent(parts), sequence(objectIdentifier(oids.data)), behindContent(parts))
  return sequence(objectIdentifier(oids.signedData), contextual(0, content))
}

/** Attached: what stands before and behind a content of `contentLength` octets. */
export function signedDataAround(
  parts: SignedDataParts,
  contentLength: number,
): { readonly before: Uint8Array; readonly behind: Uint8Array } {
  const behind = behindContent(parts)
  // From the content outwards: every header needs the length of all that it encloses.
  const enclosing: readonly { readonly tag: number; readonly leading: Uint8Array; readonly trailing: number }[] = [
    { tag: 0x04, leading: new Uint8Array(), trailing: 0 },
    { tag: 0xa0, leading: new Uint8Array(), trailing: 0 },
    { tag: 0x30, leading: objectIdentifier(oids.data), trailing: 0 },
    { tag: 0x30, leading: beforeContent(parts), trailing: behind.length },
    { tag: 0xa0, leading: new Uint8Array(), trailing: 0 },
    { tag: 0x30, leading: objectIdentifier(oids.signedData), trailing: 0 },
  ]
  let before: Uint8Array = new Uint8Array()
  let trailing = 0
  for (const { tag, leading, trailing: own } of enclosing) {
    trailing += own
    const inside = leading.length + before.length + contentLength + trailing
    before = concat([headerOf(tag, inside), leading, before])
  }
  return { before, behind }
}

/** version and digestAlgorithms. */
function beforeContent({ algorithm }: SignedDataParts): Uint8Array {
  return concat([smallInteger(1), setOf([digestIdentifier(digestOf(algorithm))])])
}

/** certificates and signerInfos. */
function behindContent(parts: SignedDataParts): Uint8Array {
  return concat([setOf([parts.certificate, ...parts.chain], 0xa0), setOf([signerInfo(parts)])])
}

/** SignerInfo version 1: the signer is named by issuer and serial number. */
export function signerInfo(parts: SignedDataParts): Uint8Array {
  const { algorithm, certificate, signedAttributes, signature, unsignedAttributes = [] } = parts
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
    ...(unsignedAttributes.length === 0 ? [] : [setOf(unsignedAttributes, 0xa1)]),
  )
}
