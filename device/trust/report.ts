// The validation report: indications and sub-indications of ETSI EN 319 102-1, 5.1.3, one entry per signature and one for
// the document. JSON-ready. A report always says why: every indication other than TOTAL-PASSED has findings behind it.

import type { RevisionChanges } from '../pdf/judge-revisions.ts'
import type { CertificateFacts } from './certificate.ts'

export type Indication = 'TOTAL-PASSED' | 'INDETERMINATE' | 'TOTAL-FAILED'

export type SubIndication =
  | 'FORMAT_FAILURE'
  | 'HASH_FAILURE'
  | 'SIG_CRYPTO_FAILURE'
  | 'NO_SIGNING_CERTIFICATE_FOUND'
  | 'NO_CERTIFICATE_CHAIN_FOUND'
  | 'SIG_CONSTRAINTS_FAILURE'
  | 'CHAIN_CONSTRAINTS_FAILURE'
  | 'CRYPTO_CONSTRAINTS_FAILURE_NO_POE'
  | 'OUT_OF_BOUNDS_NO_POE'
  | 'GENERIC'

/** One thing that keeps a signature or document from passing. */
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

/** What can be claimed for a signature; `none` where a requirement of the baseline (EN 319 142-1, 6.3) is not met. */
export type SignatureLevel = 'PAdES-BASELINE-B' | 'none'

export interface SignatureReport extends Conclusion {
  readonly integrity: Integrity
  readonly fieldName: string
  readonly type: 'Sig' | 'DocTimeStamp'
  readonly subFilter: string
  readonly level: SignatureLevel
  /** The requirements of baseline B that are not met, in words; empty with a level. */
  readonly baselineViolations: readonly string[]
  /** /M, the time the signer claims; milliseconds since 1970. */
  readonly claimedTime?: number
  /** Dotted identifiers from the SignerInfo. */
  readonly digestAlgorithm?: string
  readonly signatureAlgorithm?: string
  readonly signer?: CertificateFacts
  /** Signer first, anchor last; what was found of it where it is not trusted. */
  readonly chain: readonly CertificateFacts[]
  readonly revocation: 'not-checked'
  /** Whether nothing was added to the file after this signature. */
  readonly coversWholeFile: boolean
  /** What each later revision changed, oldest first. */
  readonly changes: readonly RevisionChanges[]
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

const unverifiable: ReadonlySet<SubIndication> = new Set(['GENERIC', 'NO_SIGNING_CERTIFICATE_FOUND'])
const failing: ReadonlySet<SubIndication> = new Set(['FORMAT_FAILURE', 'HASH_FAILURE', 'SIG_CRYPTO_FAILURE'])

/** EN 319 102-1, table 4: which indication a sub-indication belongs to. */
function indicationOf(subIndication: SubIndication): Indication {
  return failing.has(subIndication) ? 'TOTAL-FAILED' : 'INDETERMINATE'
}

/** Integrity alone, without trust. */
export function integrityOf(findings: readonly Finding[]): Integrity {
  if (findings.some(finding => failing.has(finding.subIndication))) return 'broken'
  return findings.some(finding => unverifiable.has(finding.subIndication)) ? 'unknown' : 'intact'
}

/** What follows from the findings: the first failing one, else the first, else a pass. */
export function conclude(findings: readonly Finding[]): Conclusion {
  const decisive = findings.find(finding => failing.has(finding.subIndication)) ?? findings[0]
  if (decisive === undefined) return { indication: 'TOTAL-PASSED', findings }
  const { subIndication } = decisive
  return { indication: indicationOf(subIndication), subIndication, findings }
}

/** The report on a document from its signatures and from what was found about it as a whole. */
export function reportOf(signatures: readonly SignatureReport[], documentFindings: readonly Finding[]): Report {
  const { indication, subIndication } = conclude([...documentFindings, ...signatures.flatMap(one => one.findings)])
  const unsigned = signatures.length === 0 && documentFindings.length === 0
  return {
    indication: unsigned ? 'NO-SIGNATURE' : indication,
    ...(subIndication !== undefined && { subIndication }),
    findings: documentFindings,
    signatures,
  }
}
