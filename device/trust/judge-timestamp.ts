// Time-stamps judged newest first (ETSI EN 319 102-1, 5.4 and 5.6.3): an archive time-stamp that is believed proves that
// everything it covers, older time-stamps among it, existed by then, so that their certificates may have ended since.

import { type Evidence, mergeEvidence, noEvidence } from './evidence.ts'
import type { TimestampFound } from './found.ts'
import { judgePath, type PathContext, type PathVerdict } from './judge-path.ts'
import { clockToleranceMs } from './judge-state.ts'
import { conclude, type Finding, type TimestampReport } from './report.ts'
import { weakness } from './strength.ts'
import { checkTimestampSigner } from './timestamp-signer.ts'
import { readTimestampToken, type TimestampReading, type TimestampToken } from './timestamp-token.ts'

export interface JudgedTimestamp {
  readonly found: TimestampFound
  readonly report: TimestampReport
  /** Absent where it cannot be read. */
  readonly token?: TimestampToken
  readonly path?: PathVerdict
  /** Whether it proves its time. */
  readonly good: boolean
}

/** A time-stamp and its token taken apart. */
export interface ReadTimestamp {
  readonly found: TimestampFound
  readonly reading: TimestampReading
}

/** Takes the tokens apart, once for all that comes after. */
export function readTimestamps(found: readonly TimestampFound[]): readonly ReadTimestamp[] {
  return found.map(one => ({ found: one, reading: readTimestampToken(one.token) }))
}

/** What the tokens carry. */
export function evidenceInside(stamps: readonly ReadTimestamp[]): Evidence {
  return mergeEvidence(...stamps.flatMap(({ reading }) => (reading.outcome === 'read' ? [reading.token.evidence] : [])))
}

/** Judges all of one signature, given oldest first, and gives them back in that order; what they prove is added to `proofs`. */
export async function judgeTimestamps(
  stamps: readonly ReadTimestamp[],
  context: PathContext,
): Promise<readonly JudgedTimestamp[]> {
  const judged: JudgedTimestamp[] = []
  let existedAt = context.now
  for (const [index, one] of [...stamps.entries()].reverse()) {
    const verdict = await judgeTimestamp(one, existedAt, context)
    judged.unshift(verdict)
    if (!verdict.good || verdict.token === undefined || one.found.kind !== 'archive') continue
    existedAt = Math.min(existedAt, verdict.token.genTime)
    const covered = mergeEvidence(one.found.covers ?? noEvidence, evidenceInside(stamps.slice(0, index)))
    context.proofs.add(covered, verdict.token.genTime)
  }
  return judged
}

/** A token may leave its authority's certificate to the signature around it. */
function completed({ found, reading }: ReadTimestamp, { pool }: PathContext): TimestampReading {
  const lacks = reading.outcome === 'read' && reading.token.signer === undefined
  return lacks ? readTimestampToken(found.token, pool.certificates) : reading
}

async function judgeTimestamp(stamp: ReadTimestamp, existedAt: number, context: PathContext): Promise<JudgedTimestamp> {
  const { found } = stamp
  const reading = completed(stamp, context)
  if (reading.outcome === 'malformed') {
    const findings: Finding[] = [...found.findings, { subIndication: 'FORMAT_FAILURE', detail: reading.detail }]
    const report = { ...conclude(findings), kind: found.kind, chain: [], certificates: [] }
    return { found, report, good: false }
  }
  const { token } = reading
  const path =
    token.signer && judgePath({ certificate: token.signer, usedAt: existedAt, freshAt: token.genTime }, context)
  const findings = [
    ...found.findings,
    ...token.findings,
    ...(await imprintFindings(found, token)),
    ...checkTimestampSigner(token),
    ...timeFindings(token, context.now),
    ...weakFindings(token, existedAt),
    ...(path?.findings ?? []),
  ]
  return {
    found,
    report: reportOn(found, token, path, findings),
    token,
    ...(path && { path }),
    good: findings.length === 0,
  }
}

function reportOn(
  { kind }: TimestampFound,
  token: TimestampToken,
  path: PathVerdict | undefined,
  findings: readonly Finding[],
): TimestampReport {
  const { genTime, accuracyMs, policy, serialNumber, signer } = token
  return {
    ...conclude(findings),
    kind,
    time: genTime,
    ...(accuracyMs !== undefined && { accuracyMs }),
    policy,
    serialNumber,
    ...(signer !== undefined && { signer: signer.facts }),
    chain: (path?.chain ?? []).map(({ facts }) => facts),
    certificates: path?.states ?? [],
  }
}

async function imprintFindings(found: TimestampFound, { imprint }: TimestampToken): Promise<Finding[]> {
  const { hash, algorithm, digest } = imprint
  if (hash === undefined) return [{ subIndication: 'GENERIC', detail: `time-stamp: digest algorithm ${algorithm}` }]
  const actual = await found.imprint(hash)
  if (Buffer.compare(actual, digest) === 0) return []
  return [{ subIndication: 'HASH_FAILURE', detail: 'time-stamp: it is over something else' }]
}

function timeFindings({ genTime }: TimestampToken, now: number): Finding[] {
  if (genTime <= now + clockToleranceMs) return []
  const detail = `time-stamp: made at ${new Date(genTime).toISOString()}, which is yet to come`
  return [{ subIndication: 'TIMESTAMP_ORDER_FAILURE', detail }]
}

/** Of the imprint and of the token's signature, at the time by which the token is proven to have existed. */
function weakFindings({ imprint, hash, signer }: TimestampToken, existedAt: number): Finding[] {
  const weak = weakness(imprint.hash, undefined, existedAt) ?? weakness(hash, signer?.x509.publicKey, existedAt)
  if (weak === undefined) return []
  return [{ subIndication: 'CRYPTO_CONSTRAINTS_FAILURE_NO_POE', detail: `time-stamp: made with ${weak}` }]
}

const order = { content: 0, signature: 1, archive: 2 } as const

/** EN 319 102-1, 5.5.4 and 5.6.3: a time-stamp over another cannot be the older one. Tokens may be off by their accuracy. */
export function orderFindings(judged: readonly JudgedTimestamp[]): Finding[] {
  const stamps = judged.flatMap(({ found, token, good }) =>
    good && token !== undefined ? [{ kind: found.kind, token }] : [],
  )
  const findings: Finding[] = []
  for (const [index, later] of stamps.entries()) {
    const earlier = stamps.slice(0, index).find(one => isOver(later, one) && isOlder(later.token, one.token))
    if (earlier === undefined) continue
    const times = [later, earlier].map(({ token }) => new Date(token.genTime).toISOString())
    const detail = `the ${later.kind} time-stamp of ${times[0]} is over the ${earlier.kind} time-stamp of ${times[1]}`
    findings.push({ subIndication: 'TIMESTAMP_ORDER_FAILURE', detail })
  }
  return findings
}

interface Stamp {
  readonly kind: TimestampFound['kind']
  readonly token: TimestampToken
}

function isOver(later: Stamp, earlier: Stamp): boolean {
  return later.kind === 'archive' || order[later.kind] > order[earlier.kind]
}

function isOlder(a: TimestampToken, b: TimestampToken): boolean {
  return a.genTime + (a.accuracyMs ?? 0) < b.genTime - (b.accuracyMs ?? 0)
}
