// Judges what a format's reader found of one signature (ETSI EN 319 102-1): time-stamps first, then, at the best time that
// they prove, certificate path, revocation and strength (5.5, signatures with time; 5.6, with archival data). Without any
// time-stamp that is validation of a basic signature now (5.3). Nothing is fetched: what is not in the signature, its
// anchors or `extra` is not known.

import { type Certificate, isForSigning } from './certificate.ts'
import { type Evidence, evidenceKey, mergeEvidence, noEvidence } from './evidence.ts'
import type { SignatureFound, TimestampFound } from './found.ts'
import { judgePath, type PathContext, type PathVerdict } from './judge-path.ts'
import type { RevocationRule } from './judge-state.ts'
import {
  evidenceInside,
  type JudgedTimestamp,
  judgeTimestamps,
  orderFindings,
  type ReadTimestamp,
  readTimestamps,
} from './judge-timestamp.ts'
import { levelReached } from './level.ts'
import { poolOf } from './pool.ts'
import { proofsFrom } from './proofs.ts'
import {
  type BestSignatureTime,
  type CertificateState,
  conclude,
  type Finding,
  integrityOf,
  type SignatureVerdict,
  type TimestampReport,
} from './report.ts'
import { weakness } from './strength.ts'

export interface JudgeOptions {
  readonly anchors: readonly Certificate[]
  /** Milliseconds since 1970. */
  readonly now: number
  /** Validation data from elsewhere, such as fetched just now. */
  readonly extra?: Evidence
  /** Default: `required`. `if-present` is for looking at a signature where there is no network, at the kiosk itself. */
  readonly revocation?: RevocationRule
}

/** The verdict on one signature. */
export async function judgeSignature(found: SignatureFound, options: JudgeOptions): Promise<SignatureVerdict> {
  const stamps = readTimestamps(found.timestamps)
  const context = contextOf(found.evidence, stamps, options)
  const timestamps = await judgeTimestamps(stamps, context)
  const best = bestSignatureTime(timestamps, options.now)
  const path = found.signer && judgePath({ certificate: found.signer, usedAt: best.time }, context)
  const findings = [
    ...found.findings,
    ...(found.signer === undefined ? unsigned(found) : signerFindings(found, found.signer, best, timestamps, path)),
    ...orderFindings(timestamps),
    ...(path?.findings ?? []),
  ]
  const { baselineViolations, claimedTime, digestAlgorithm, signatureAlgorithm, policy, signer } = found
  return {
    ...conclude(findings),
    integrity: integrityOf(found.findings),
    level: levelReached({ found, timestamps, ...(path && { path }) }),
    baselineViolations,
    bestSignatureTime: best,
    ...(claimedTime !== undefined && { claimedTime }),
    ...(digestAlgorithm !== undefined && { digestAlgorithm }),
    ...(signatureAlgorithm !== undefined && { signatureAlgorithm }),
    ...(policy !== undefined && { policy }),
    ...(signer !== undefined && { signer: signer.facts }),
    chain: (path?.chain ?? []).map(({ facts }) => facts),
    certificates: distinctStates([path, ...timestamps.map(one => one.path)]),
    timestamps: timestamps.map(one => one.report),
  }
}

/** The verdicts on time-stamps that belong to no one signature, such as those of a PDF; oldest first, as they come out. */
export async function judgeTimestampsAlone(
  found: readonly TimestampFound[],
  evidence: Evidence,
  options: JudgeOptions,
): Promise<readonly TimestampReport[]> {
  const stamps = readTimestamps(found)
  const judged = await judgeTimestamps(stamps, contextOf(evidence, stamps, options))
  return judged.map(one => one.report)
}

function contextOf(own: Evidence, stamps: readonly ReadTimestamp[], options: JudgeOptions): PathContext {
  const { anchors, now, extra = noEvidence, revocation = 'required' } = options
  const embedded = mergeEvidence(own, evidenceInside(stamps))
  const carried = new Set([...embedded.ocsps, ...embedded.crls].map(evidenceKey))
  return {
    anchors,
    now,
    revocation,
    pool: poolOf(mergeEvidence(embedded, extra)),
    proofs: proofsFrom(now),
    isEmbedded: der => carried.has(evidenceKey(der)),
  }
}

/** Nothing passes without a certificate, whatever its reader said of it. */
function unsigned({ findings }: SignatureFound): Finding[] {
  const detail = 'no certificate of the signer was found'
  return findings.length > 0 ? [] : [{ subIndication: 'NO_SIGNING_CERTIFICATE_FOUND', detail }]
}

/** The earliest time that a good time-stamp over the signature proves. */
function bestSignatureTime(timestamps: readonly JudgedTimestamp[], now: number): BestSignatureTime {
  const sources = { signature: 'signature-time-stamp', archive: 'archive-time-stamp' } as const
  let best: BestSignatureTime = { time: now, source: 'validation' }
  for (const { found, token, good } of timestamps) {
    if (!good || token === undefined || found.kind === 'content' || token.genTime >= best.time) continue
    best = { time: token.genTime, source: sources[found.kind] }
  }
  return best
}

function signerFindings(
  found: SignatureFound,
  signer: Certificate,
  best: BestSignatureTime,
  timestamps: readonly JudgedTimestamp[],
  path: PathVerdict | undefined,
): Finding[] {
  const findings: Finding[] = [...contentTimeFindings(signer, timestamps, path)]
  const weak = weakness(found.hash, signer.x509.publicKey, best.time)
  if (weak !== undefined) {
    findings.push({ subIndication: 'CRYPTO_CONSTRAINTS_FAILURE_NO_POE', detail: `signed with ${weak}` })
  }
  if (!isForSigning(signer.facts)) {
    const detail = 'the certificate is not for signing documents'
    findings.push({ subIndication: 'CHAIN_CONSTRAINTS_FAILURE', detail })
  }
  if (best.source !== 'validation' && best.time < signer.facts.notBefore) {
    const detail = `signed by ${new Date(best.time).toISOString()}, before the certificate was issued`
    findings.push({ subIndication: 'NOT_YET_VALID', detail })
  }
  return findings
}

/** EN 319 102-1, 5.5.4: a signature made after its content was time-stamped is made too late if the certificate had ended. */
function contentTimeFindings(
  { facts }: Certificate,
  timestamps: readonly JudgedTimestamp[],
  path: PathVerdict | undefined,
): Finding[] {
  const times = timestamps.flatMap(({ found, token, good }) =>
    good && token !== undefined && found.kind === 'content' ? [token.genTime - (token.accuracyMs ?? 0)] : [],
  )
  if (times.length === 0) return []
  const notBefore = Math.max(...times)
  const revokedAt = path?.states.find(({ sha256 }) => sha256 === facts.sha256)?.revokedAt
  const made = `its content was time-stamped at ${new Date(notBefore).toISOString()}`
  if (revokedAt !== undefined && revokedAt <= notBefore) {
    return [{ subIndication: 'REVOKED', detail: `signed with a certificate that had been revoked: ${made}` }]
  }
  return notBefore > facts.notAfter
    ? [{ subIndication: 'EXPIRED', detail: `signed with a certificate that had ended: ${made}` }]
    : []
}

function distinctStates(paths: readonly (PathVerdict | undefined)[]): CertificateState[] {
  return [...new Map(paths.flatMap(path => path?.states ?? []).map(state => [state.sha256, state])).values()]
}
