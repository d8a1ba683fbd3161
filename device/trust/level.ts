// The baseline level that a signature has by what it carries and what of that is good (ETSI EN 319 142-1, EN 319 122-1 and
// EN 319 132-1, 6). B: the form is right. T: a time-stamp proves its time. LT: everything that was needed to judge it is
// inside. LTA: an archive time-stamp covers all of that.

import type { SignatureLevel } from '../ades/request.ts'
import type { Certificate } from './certificate.ts'
import { type Evidence, evidenceKey } from './evidence.ts'
import type { SignatureFound } from './found.ts'
import type { PathVerdict } from './judge-path.ts'
import type { JudgedTimestamp } from './judge-timestamp.ts'
import { integrityOf } from './report.ts'

export interface LevelQuestion {
  readonly found: SignatureFound
  readonly timestamps: readonly JudgedTimestamp[]
  /** Of the signer. */
  readonly path?: PathVerdict
}

/** The level; `none` where a requirement of B is not met. */
export function levelReached({ found, timestamps, path }: LevelQuestion): SignatureLevel | 'none' {
  if (found.baselineViolations.length > 0 || integrityOf(found.findings) === 'broken') return 'none'
  const intact = timestamps.filter(isIntact)
  if (!intact.some(one => provesTime(one, found.signer))) return 'B'
  const needed = neededData([path, ...intact.filter(one => one.found.kind !== 'archive').map(one => one.path)])
  if (needed === undefined || !holds(mergedDigests(found.evidence, intact), needed)) return 'T'
  const archived = intact.some(({ found: stamp }) => {
    return stamp.kind === 'archive' && stamp.covers !== undefined && holds(digestsOf(stamp.covers), needed)
  })
  return archived ? 'LTA' : 'LT'
}

/** Good, or good but for answers that nobody has given yet: those are no matter of what the signature carries. */
function isIntact({ good, report, token }: JudgedTimestamp): boolean {
  return good || (token !== undefined && report.findings.every(({ subIndication }) => subIndication === 'TRY_LATER'))
}

/** A time-stamp over the signature, made while the signer's certificate lasted. */
function provesTime({ found, token }: JudgedTimestamp, signer: Certificate | undefined): boolean {
  return (
    found.kind !== 'content' && token !== undefined && signer !== undefined && token.genTime <= signer.facts.notAfter
  )
}

/**
 * Digests of what the paths rest on: certificates but the anchors, answers, and the certificates of who answered.
 * Undefined where a path or an answer is missing.
 */
function neededData(paths: readonly (PathVerdict | undefined)[]): readonly string[] | undefined {
  const known = paths.filter(path => path !== undefined)
  if (known.length !== paths.length || known.some(path => !path.complete)) return undefined
  return known.flatMap(({ chain, answers }) => [
    ...chain.slice(0, -1).map(({ facts }) => facts.sha256),
    ...answers.map(answer => evidenceKey(answer.der)),
  ])
}

function digestsOf({ certificates, ocsps, crls }: Evidence): ReadonlySet<string> {
  return new Set([...certificates, ...ocsps, ...crls].map(evidenceKey))
}

/** Of the signature and of the tokens that are in it. */
function mergedDigests(own: Evidence, timestamps: readonly JudgedTimestamp[]): ReadonlySet<string> {
  const inside = timestamps.flatMap(({ token }) => (token === undefined ? [] : [token.evidence]))
  return new Set([own, ...inside].flatMap(evidence => [...digestsOf(evidence)]))
}

function holds(there: ReadonlySet<string>, needed: readonly string[]): boolean {
  return needed.every(one => there.has(one))
}
