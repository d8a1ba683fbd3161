// What an OCSP response or a CRL says of one certificate, once it is known to be about that certificate and signed by who
// may say so. Whether it is fresh enough, and whether its signer is still to be believed, is judged where it is used.

import type { HashName } from '../cms/algorithm.ts'
import type { Certificate } from './certificate.ts'

export interface RevocationAnswer {
  readonly source: 'OCSP' | 'CRL'
  /** The OCSPResponse or CertificateList, as it came. */
  readonly der: Uint8Array
  /** Whose key signed it: the issuer, or a delegated responder. */
  readonly signer: Certificate
  /** What it was signed with, for judging its strength. */
  readonly hash: HashName
  readonly status: 'good' | 'revoked' | 'unknown'
  /** Milliseconds since 1970, as all times here. */
  readonly revokedAt?: number
  /** CRLReason (RFC 5280, 5.3.1). */
  readonly reason?: number
  readonly thisUpdate: number
  readonly nextUpdate?: number
  readonly producedAt?: number
  /** Certificates that expired after this are still told of: archiveCutoff, expiredCertsOnCRL. */
  readonly keepsExpiredSince?: number
}

const reasons: readonly string[] = [
  'unspecified',
  'keyCompromise',
  'cACompromise',
  'affiliationChanged',
  'superseded',
  'cessationOfOperation',
  'certificateHold',
  'reason 7',
  'removeFromCRL',
  'privilegeWithdrawn',
  'aACompromise',
]

/** Name of a CRLReason. */
export function reasonName(reason: number | undefined): string | undefined {
  return reason === undefined ? undefined : (reasons[reason] ?? `reason ${reason}`)
}
