// The validation report: indications and sub-indications of ETSI EN 319 102-1, 5.1.3, one entry per signature and one for
// the document. JSON-ready. A report always says why: every indication other than TOTAL-PASSED has findings behind it.

import type { SignatureFormat, SignatureLevel } from '../ades/request.ts'
import type { RevisionChanges } from '../pdf/judge-revisions.ts'
import type { CertificateFacts } from './certificate.ts'
import type { TimestampKind } from './found.ts'
import type { SignedScope } from './xades-scope.ts'

export type Indication = 'TOTAL-PASSED' | 'INDETERMINATE' | 'TOTAL-FAILED'

/** EN 319 102-1, tables 5 and 6. */
export type SubIndication =
  | 'FORMAT_FAILURE'
  | 'HASH_FAILURE'
  | 'SIG_CRYPTO_FAILURE'
  | 'REVOKED'
  | 'EXPIRED'
  | 'NOT_YET_VALID'
  | 'SIG_CONSTRAINTS_FAILURE'
  | 'CHAIN_CONSTRAINTS_FAILURE'
  | 'CRYPTO_CONSTRAINTS_FAILURE'
  | 'CRYPTO_CONSTRAINTS_FAILURE_NO_POE'
  | 'TIMESTAMP_ORDER_FAILURE'
  | 'NO_SIGNING_CERTIFICATE_FOUND'
  | 'NO_CERTIFICATE_CHAIN_FOUND'
  | 'REVOKED_NO_POE'
  | 'REVOKED_CA_NO_POE'
  | 'OUT_OF_BOUNDS_NOT_REVOKED'
  | 'OUT_OF_BOUNDS_NO_POE'
  | 'REVOCATION_OUT_OF_BOUNDS_NO_POE'
  | 'NO_POE'
  | 'TRY_LATER'
  | 'SIGNED_DATA_NOT_FOUND'
  | 'GENERIC'

/** One thing that keeps a signature, a time-stamp or a document from passing. */
export interface Finding {
  readonly subIndication: SubIndication
  readonly detail: string
}

/**
 * `intact`: the bytes are the ones that were signed and the value verifies with the certificate that the signature names,
 * whoever issued it. `unknown`: that could not be found out.
 */
export type Integrity = 'intact' | 'broken' | 'unknown'

export interface Conclusion {
  readonly indication: Indication
  /** Of the finding that weighs most. */
  readonly subIndication?: SubIndication
  readonly findings: readonly Finding[]
}

/** The baseline level that a signature has; `none` where a requirement of level B is not met. */
export type BaselineLevel = `${SignatureFormat}-BASELINE-${SignatureLevel}` | 'none'

/** What is known of one certificate's state, and from when. Times in milliseconds since 1970. */
export interface CertificateState {
  readonly subject: string
  /** Lower-case hex, as `sha256`, the digest of its DER. */
  readonly serialNumber: string
  readonly sha256: string
  /**
   * `anchor` needs none; `not-required`: the issuer says that nothing is to be asked (id-pkix-ocsp-nocheck, noRevAvail,
   * validity-assured short-term); `unknown`: nothing usable says it.
   */
  readonly status: 'good' | 'revoked' | 'unknown' | 'not-required' | 'anchor'
  readonly source?: 'OCSP' | 'CRL'
  /** Whether the answer is in the signature itself, or was given to the validation. */
  readonly from?: 'signature' | 'outside'
  readonly thisUpdate?: number
  readonly nextUpdate?: number
  readonly revokedAt?: number
  /** Name of the CRLReason (RFC 5280, 5.3.1). */
  readonly reason?: string
  /** Subject of the certificate that signed the answer. */
  readonly answeredBy?: string
  /** Since when the answer is proven to have existed: an archive time-stamp over it, else the time of validation. */
  readonly knownSince?: number
}

/** One time-stamp with its own verdict. */
export interface TimestampReport extends Conclusion {
  readonly kind: TimestampKind
  /** Milliseconds since 1970; absent where the token cannot be read. */
  readonly time?: number
  readonly accuracyMs?: number
  /** The authority's policy, dotted. */
  readonly policy?: string
  readonly serialNumber?: string
  readonly signer?: CertificateFacts
  /** Authority first, anchor last. */
  readonly chain: readonly CertificateFacts[]
  readonly certificates: readonly CertificateState[]
}

/** When a signature is proven to have existed (EN 319 102-1, 5.5): by its earliest good time-stamp, else only now. */
export interface BestSignatureTime {
  readonly time: number
  readonly source: 'signature-time-stamp' | 'archive-time-stamp' | 'validation'
}

/** What is the same for every format. */
export interface SignatureVerdict extends Conclusion {
  readonly integrity: Integrity
  /** The level reached by what is there and good; `none` where a requirement of baseline B is not met. */
  readonly level: SignatureLevel | 'none'
  /** The requirements of baseline B that are not met, in words; empty with a level. */
  readonly baselineViolations: readonly string[]
  readonly bestSignatureTime: BestSignatureTime
  /** Claimed by the signer; milliseconds since 1970. */
  readonly claimedTime?: number
  /** Dotted identifiers, or the URIs of XML. */
  readonly digestAlgorithm?: string
  readonly signatureAlgorithm?: string
  readonly policy?: { readonly id: string; readonly uri?: string }
  readonly signer?: CertificateFacts
  /** Signer first, anchor last; what was found of it where it is not trusted. */
  readonly chain: readonly CertificateFacts[]
  /** The state of every certificate that the verdict rests on, responders included. */
  readonly certificates: readonly CertificateState[]
  /** In the order in which they were applied. */
  readonly timestamps: readonly TimestampReport[]
}

/** One signature of a file. */
export interface SignatureReport extends Omit<SignatureVerdict, 'level'> {
  readonly format: SignatureFormat
  readonly level: BaselineLevel
  /** CMS and XML: over another signature's value, not over content of its own. */
  readonly countersignature?: boolean
  /** XML: Id of the ds:Signature, and what its References to data are over. */
  readonly id?: string
  readonly scopes?: readonly SignedScope[]
  /** PDF: name of the signature field, kind and encoding of the signature in it. */
  readonly fieldName?: string
  readonly type?: 'Sig' | 'DocTimeStamp'
  readonly subFilter?: string
  /** PDF: whether nothing was added to the file after this signature. */
  readonly coversWholeFile?: boolean
  /** PDF: what each later revision changed, oldest first. */
  readonly changes?: readonly RevisionChanges[]
}

export interface Report {
  /** The weightiest of all signatures and of the document's own findings. */
  readonly indication: Indication | 'NO-SIGNATURE'
  readonly subIndication?: SubIndication
  /** About the document as a whole. */
  readonly findings: readonly Finding[]
  /** In the order of their revisions. */
  readonly signatures: readonly SignatureReport[]
}

const unverifiable: ReadonlySet<SubIndication> = new Set([
  'GENERIC',
  'NO_SIGNING_CERTIFICATE_FOUND',
  'SIGNED_DATA_NOT_FOUND',
])
const corrupt: ReadonlySet<SubIndication> = new Set(['FORMAT_FAILURE', 'HASH_FAILURE', 'SIG_CRYPTO_FAILURE'])
const failing: ReadonlySet<SubIndication> = new Set([...corrupt, 'REVOKED', 'EXPIRED', 'NOT_YET_VALID'])

/** EN 319 102-1, table 4: which indication a sub-indication belongs to. */
function indicationOf(subIndication: SubIndication): Indication {
  return failing.has(subIndication) ? 'TOTAL-FAILED' : 'INDETERMINATE'
}

/** Integrity alone, without trust. */
export function integrityOf(findings: readonly Finding[]): Integrity {
  if (findings.some(finding => corrupt.has(finding.subIndication))) return 'broken'
  return findings.some(finding => unverifiable.has(finding.subIndication)) ? 'unknown' : 'intact'
}

/** What follows from the findings: the first failing one, else the first, else a pass. */
export function conclude(findings: readonly Finding[]): Conclusion {
  const decisive = findings.find(finding => failing.has(finding.subIndication)) ?? findings[0]
  if (decisive === undefined) return { indication: 'TOTAL-PASSED', findings }
  const { subIndication } = decisive
  return { indication: indicationOf(subIndication), subIndication, findings }
}

/** The report on one signature of a file in `format`. */
export function signatureReport(format: SignatureFormat, verdict: SignatureVerdict): SignatureReport {
  const { level } = verdict
  return { ...verdict, format, level: level === 'none' ? 'none' : `${format}-BASELINE-${level}` }
}

/** A document time-stamp that proves nothing leaves signatures as they are; a broken one, or one that is alone, does not. */
function weighs(one: SignatureReport, all: readonly SignatureReport[]): boolean {
  return one.type !== 'DocTimeStamp' || one.indication === 'TOTAL-FAILED' || all.every(other => other.type === one.type)
}

/** The report on a document from its signatures and from what was found about it as a whole. */
export function reportOf(signatures: readonly SignatureReport[], documentFindings: readonly Finding[]): Report {
  const weighty = signatures.filter(one => weighs(one, signatures))
  const { indication, subIndication } = conclude([...documentFindings, ...weighty.flatMap(one => one.findings)])
  const unsigned = signatures.length === 0 && documentFindings.length === 0
  return {
    indication: unsigned ? 'NO-SIGNATURE' : indication,
    ...(subIndication !== undefined && { subIndication }),
    findings: documentFindings,
    signatures,
  }
}
