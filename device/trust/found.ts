// What a format's reader has found of one signature, in the terms that judging needs, whatever the format. The readers
// (trust/read-pades.ts, read-cades.ts, read-xades.ts) check what only they can: structure, digests of content, the signature
// value. Trust in certificates, time-stamps and revocation is judged from here on alike for all (ETSI EN 319 102-1, 5.5
// and 5.6).

import type { HashName } from '../cms/algorithm.ts'
import type { Certificate } from './certificate.ts'
import type { Evidence } from './evidence.ts'
import type { Finding } from './report.ts'

/**
 * `content`: over the data before they were signed. `signature`: over the signature value. `archive`: over everything
 * up to it (archive-time-stamp-v3, ArchiveTimeStamp, or /DocTimeStamp over the revision).
 */
export type TimestampKind = 'content' | 'signature' | 'archive'

/** A time-stamp token as it stands in a signature, unjudged. */
export interface TimestampFound {
  readonly kind: TimestampKind
  /** DER of the TimeStampToken (a ContentInfo). */
  readonly token: Uint8Array
  /** Digest of what the token has to be about. */
  imprint(hash: HashName): Promise<Uint8Array>
  /** What is wrong with the way it is embedded; empty where nothing is. */
  readonly findings: readonly Finding[]
  /** For an archive time-stamp: what of the signature's evidence was there, covered, when it was made. */
  readonly covers?: Evidence
}

/** One signature, its cryptography already checked by its format's reader. */
export interface SignatureFound {
  /** Of format, integrity and signature value; empty where all is well. */
  readonly findings: readonly Finding[]
  /** Requirements of the format's baseline B that are not met, in words. */
  readonly baselineViolations: readonly string[]
  /** Dotted identifiers, or the URIs of XML. */
  readonly digestAlgorithm?: string
  readonly signatureAlgorithm?: string
  /** The weakest hash that the signature rests on, for judging its strength. */
  readonly hash?: HashName
  readonly signer?: Certificate
  /** Claimed by the signer; milliseconds since 1970. */
  readonly claimedTime?: number
  readonly policy?: { readonly id: string; readonly uri?: string }
  /** Everything embedded that may help, of the signature itself and of its time-stamps. */
  readonly evidence: Evidence
  /** Oldest first, in the order in which they were applied. */
  readonly timestamps: readonly TimestampFound[]
}
