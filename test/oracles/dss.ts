// EU DSS, the Commission's reference implementation: every format and level, with its default policy made stricter for
// PDFs. Each signature has to be TOTAL_PASSED at exactly the level that was meant. Also signs, countersigns and extends.

import { startJava } from './installed.ts'
import type { Answerer, Job } from './jobs.ts'
import { type Exhibit, isSelfContained, type Oracle, verdictOf } from './oracle.ts'
import type { Pki } from './pki.ts'

interface Judged {
  readonly indication: string
  readonly subIndication?: string
  readonly errors: readonly string[]
  readonly warnings: readonly string[]
}

export interface DssReport {
  readonly signatures: readonly (Judged & {
    readonly level: string
    readonly counterSignature: boolean
    readonly signatureAlgorithm: string
    readonly policy: string
    readonly timestamps: readonly (Judged & { readonly type: string })[]
  })[]
  readonly timestamps: readonly Judged[]
  /** Why a signature does not meet the requirements of a baseline level. */
  readonly baseline: readonly string[]
}

export interface Dss extends Oracle {
  validate(
    job: { readonly file: string; readonly content?: string; readonly time?: string },
    how: { readonly online: boolean; readonly strict: boolean },
  ): Promise<DssReport>
  /** `sign`, `countersign` and `extend` of test/oracles/dss/Make.java. */
  make(verb: 'sign' | 'countersign' | 'extend', job: Job): Promise<void>
  stop(): Promise<void>
}

export function startDss(pki: Pki): Dss {
  const program: Answerer = startJava('dss', 'Dss')
  const trusted = { trust: [pki.root], tsa: pki.tsa }
  const validate: Dss['validate'] = (job, how) =>
    program.ask<DssReport>({ verb: 'validate', ...trusted, ...job, ...how })
  return Object.freeze({
    name: 'DSS',
    knows: () => true,
    validate,
    judge: async (exhibit: Exhibit) => {
      const { file, content } = exhibit
      // A countersignature brings no validation data of its own.
      const online = !isSelfContained(exhibit) || exhibit.operation === 'countersign'
      const report = await validate(
        { file, ...(content === undefined ? {} : { content }) },
        { online, strict: exhibit.format === 'PAdES' },
      )
      return verdictOf(objectionsTo(report, exhibit))
    },
    make: async (verb: string, job: Job) => {
      await program.ask({ verb, online: true, ...trusted, ...job })
    },
    stop: program.stop,
  })
}

function objectionsTo(report: DssReport, exhibit: Exhibit): string[] {
  const objections = report.signatures.flatMap(signature => [
    ...failure(signature, 'TOTAL_PASSED'),
    ...signature.timestamps.flatMap(timestamp =>
      failure(timestamp, 'PASSED').map(words => `${timestamp.type}: ${words}`),
    ),
  ])
  objections.push(...report.timestamps.flatMap(timestamp => failure(timestamp, 'PASSED')))
  const found = levelsOf({ signatures: report.signatures.filter(signature => !signature.counterSignature) })
  const meant = exhibit.levels.map(level => `${exhibit.format}-BASELINE-${level}`).sort()
  if (found.join() !== meant.join())
    objections.push(`level ${found.join(', ') || 'none'} instead of ${meant.join(', ')}`, ...report.baseline)
  const { policy } = exhibit
  if (policy !== undefined && !report.signatures.every(signature => signature.policy.endsWith(policy)))
    objections.push(`policy ${report.signatures.map(signature => signature.policy).join(', ')}`)
  if (exhibit.operation === 'countersign' && !report.signatures.some(signature => signature.counterSignature))
    objections.push('no countersignature')
  return objections
}

/** Levels of all signatures, sorted. */
export function levelsOf({ signatures }: Pick<DssReport, 'signatures'>): string[] {
  return signatures.map(signature => signature.level).sort()
}

function failure({ indication, subIndication, errors }: Judged, meant: string): string[] {
  return indication === meant ? [] : [[indication, subIndication, ...errors].filter(Boolean).join(' ')]
}
