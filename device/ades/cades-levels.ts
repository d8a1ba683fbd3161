// What each level adds to a CAdES signature of anybody (ETSI EN 319 122-1, 6.3): T a signature-time-stamp, LT the
// validation data in SignedData.certificates and crls, LTA an archive-time-stamp-v3. Every step is what is spliced into the
// file; nothing in it is re-encoded. Who obtains tokens and evidence is ades/cades-extend.ts.

import { createHash } from 'node:crypto'
import type { Splice } from '../bytes.ts'
import { type HashName, hashName } from '../cms/algorithm.ts'
import { archiveTimestampImprint, atsHashIndexV3, tokenWithHashIndex } from '../cms/archive-timestamp.ts'
import { attribute } from '../cms/attributes.ts'
import { additionEdits, type PlacedSigner, placedSigners, unsignedEdit } from '../cms/edit.ts'
import { oids } from '../cms/oids.ts'
import type { ParsedSignedData } from '../cms/parse.ts'
import { splicesOf } from '../cms/splice.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm } from '../ports.ts'
import type { Evidence } from '../trust/evidence.ts'
import { checkOpenSets } from './cades-existing.ts'
import type { SignatureLevel } from './request.ts'

/** A time-stamp token for one signature. */
export interface StampedSigner {
  readonly placed: PlacedSigner
  /** DER of the TimeStampToken; for an archive time-stamp with its hash index inside. */
  readonly token: Uint8Array
}

/** SignerInfos without a signature-time-stamp. A countersignature is covered by the archive time-stamp of what it signs. */
export function signersToStamp(signedData: ParsedSignedData): PlacedSigner[] {
  return topSigners(signedData).filter(({ signer }) => !signer.unsigned.has(oids.signatureTimestamp))
}

/** The SignerInfos without their countersignatures. */
export function topSigners(signedData: ParsedSignedData): PlacedSigner[] {
  return placedSigners(signedData).filter(({ position }) => position.length === 1)
}

/** What a signature-time-stamp is about: the octets of the signature value (5.3). */
export function signatureTimestampImprint({ signer }: PlacedSigner, algorithm: DigestAlgorithm): Uint8Array {
  return createHash(hashName(algorithm)).update(signer.signature).digest()
}

/** Level T. */
export function withSignatureTimestamps(stamped: readonly StampedSigner[]): Splice[] {
  return withTokens(oids.signatureTimestamp, stamped)
}

/** An archive time-stamp about to be asked for. */
export interface ArchiveQuestion {
  readonly placed: PlacedSigner
  readonly digest: Uint8Array
  /** DER of the ATSHashIndexV3. */
  readonly hashIndex: Uint8Array
}

/** What the archive-time-stamp-v3 of a signature is about, everything included that the file holds now (5.5). */
export function archiveTimestampQuestion(
  signedData: ParsedSignedData,
  placed: PlacedSigner,
  { hash, contentDigest }: { readonly hash: HashName; readonly contentDigest: Uint8Array },
): ArchiveQuestion {
  const hashIndex = atsHashIndexV3(signedData, placed.signer, hash)
  const digest = archiveTimestampImprint(signedData, placed.signer, { hash, contentDigest, hashIndex })
  return { placed, digest, hashIndex }
}

/** The authority's answer with the hash index put inside. Throws TIMESTAMP_INVALID for a token without a SignerInfo. */
export function archiveStamp({ placed, hashIndex }: ArchiveQuestion, token: Uint8Array): StampedSigner {
  const indexed = tokenWithHashIndex(token, hashIndex)
  if (indexed === undefined) throw new Fault('TIMESTAMP_INVALID', 'the time-stamp holds no SignerInfo')
  return { placed, token: indexed }
}

/** Level LTA. */
export function withArchiveTimestamps(stamped: readonly StampedSigner[]): Splice[] {
  return withTokens(oids.archiveTimestampV3, stamped)
}

function withTokens(type: string, stamped: readonly StampedSigner[]): Splice[] {
  return splicesOf(stamped.map(({ placed, token }) => unsignedEdit(placed, [attribute(type, token)])))
}

/** Attributes that a baseline signature of level LT must not have (6.3, table 1). */
const forbiddenAtLt: Readonly<Record<string, string>> = {
  [oids.completeCertificateReferences]: 'complete-certificate-references',
  [oids.completeRevocationReferences]: 'complete-revocation-references',
  [oids.certificateValues]: 'certificate-values',
  [oids.revocationValues]: 'revocation-values',
  [oids.referencesTimestamp]: 'time-stamped-certs-crls-references',
  [oids.signatureAndReferencesTimestamp]: 'CAdES-C-time-stamp',
}

/** Throws SIGNATURE_FORMAT_REFUSED where a signature cannot reach a level by adding to it. */
export function checkCanReach(level: Exclude<SignatureLevel, 'B'>, signedData: ParsedSignedData): void {
  // Older archive time-stamps cover the unsigned attributes as a whole, too.
  if (level !== 'T' || signersToStamp(signedData).length > 0) checkOpenSets(signedData)
  if (level === 'T') return
  for (const { signer } of topSigners(signedData)) {
    const name = signer.unsignedAttributes.map(type => forbiddenAtLt[type]).find(one => one !== undefined)
    if (name !== undefined) {
      throw new Fault('SIGNATURE_FORMAT_REFUSED', `a signature carries ${name}, which level LT forbids`)
    }
  }
}

/** Level LT: what of the evidence is not there yet. */
export function withValidationData(signedData: ParsedSignedData, evidence: Evidence): Splice[] {
  return splicesOf(additionEdits(signedData, evidence))
}
