// What an eSCL scanner means that answers without a page, over every combination of what it may answer and say: no answer
// is waited on for ever, no fault passes for a good end, and no further job is made of nothing.

import { describe, expect, test } from 'vitest'
import { noQuirks, quirkTable } from '../drivers/scanner/escl-quirks.ts'
import type { AdfState, EsclStatus, JobState } from '../drivers/scanner/escl-status.ts'
import { type Answered, type JobFacts, judge, nextDocumentTimeoutMs } from '../drivers/scanner/escl-verdict.ts'

const path = '/eSCL/ScanJobs/1'
const https = [301, 400, 404, 409, 410, 500, 503]
const feeders: readonly (AdfState | undefined)[] = [
  ...(['loaded', 'empty', 'processing', 'jam', 'cover-open', 'double-feed', 'failed', 'other'] as const),
  undefined,
]
const jobStates: readonly (JobState | undefined)[] = [
  ...(['pending', 'processing', 'completed', 'canceled', 'aborted', 'other'] as const),
  undefined,
]
const quirks = [noQuirks, ...quirkTable.map(({ differs }) => ({ ...noQuirks, ...differs }))]

interface Case {
  readonly job: JobFacts
  readonly answered: Answered
  readonly own: JobState | undefined
}

/** Every combination, for one waiting time. */
function* everyCase(waitedMs: number): Generator<Case, void, void> {
  for (const source of ['adf', 'flatbed'] as const)
    for (const quirk of quirks)
      for (const remembersJobs of [true, false])
        for (const detectsPaper of [true, false, undefined])
          for (const http of https)
            for (const adf of feeders)
              for (const own of jobStates)
                for (const images of [0, 1, 50]) {
                  const jobs = own === undefined ? [] : [{ path, state: own, reasons: [] }]
                  const status: EsclStatus = { state: 'idle', jobs, ...(adf === undefined ? {} : { adf }) }
                  const job = { path, source, quirks: quirk, detectsPaper, memory: { remembersJobs } }
                  yield { job, own, answered: { http, images, waitedMs, status } }
                }
}

/** The combinations in which `wrong` holds, the first few of them. */
function wrongCases(
  waitedMs: number,
  wrong: (verdict: ReturnType<typeof judge>, one: Case) => boolean,
): readonly string[] {
  const found: string[] = []
  for (const one of everyCase(waitedMs)) {
    const verdict = judge(one.job, one.answered)
    if (wrong(verdict, one)) found.push(`${JSON.stringify(one)} → ${JSON.stringify(verdict)}`)
    if (found.length === 3) break
  }
  return found
}

const isFault = (verdict: ReturnType<typeof judge>) => typeof verdict === 'object'

describe('of all answers', () => {
  test('none is waited on for longer than a page may take', () => {
    expect(wrongCases(nextDocumentTimeoutMs, verdict => verdict === 'wait')).toEqual([])
  })

  test.each([0, nextDocumentTimeoutMs])(
    'none of a feeder that is jammed, open or broken ends well (after %i ms)',
    waitedMs => {
      const broken = ['jam', 'cover-open', 'double-feed', 'failed']
      const wrong = wrongCases(
        waitedMs,
        (verdict, { job, answered }) =>
          job.source === 'adf' && broken.includes(answered.status.adf ?? '') && !isFault(verdict),
      )
      expect(wrong).toEqual([])
    },
  )

  test('none of a job that was cancelled or aborted ends well after a page, but for the scanner’s own limit', () => {
    const wrong = wrongCases(0, (verdict, { job, own, answered }) => {
      if (answered.images === 0 || (own !== 'canceled' && own !== 'aborted')) return false
      const limit = own === 'aborted' && answered.images >= job.quirks.imagesPerJob && verdict === 'paper-left'
      return !limit && !isFault(verdict)
    })
    expect(wrong).toEqual([])
  })

  test('none makes another job but after a page, from a feeder that says that it is loaded', () => {
    const wrong = wrongCases(
      0,
      (verdict, { job, answered }) =>
        verdict === 'paper-left' && (answered.images === 0 || answered.status.adf !== 'loaded' || job.source !== 'adf'),
    )
    expect(wrong).toEqual([])
  })

  test('none but 404, 409 and 410 is an end without a fault, and 503 never one at all', () => {
    const wrong = wrongCases(0, (verdict, { job, answered: { http, images } }) => {
      if ([404, 409, 410].includes(http) || isFault(verdict)) return false
      if (http === 503) return verdict !== 'wait' && verdict !== 'nothing'
      return !(verdict === 'paper-left' && images >= job.quirks.imagesPerJob) && verdict !== 'nothing'
    })
    expect(wrong).toEqual([])
  })

  test('a good one is only good with a page, and never with paper left that a sensor sees', () => {
    const wrong = wrongCases(
      nextDocumentTimeoutMs,
      (verdict, { job, answered: { images, status } }) =>
        verdict === 'finished' &&
        (images === 0 || (job.source === 'adf' && status.adf === 'loaded' && job.detectsPaper !== false)),
    )
    expect(wrong).toEqual([])
  })

  test('every fault says why', () => {
    expect(wrongCases(0, verdict => isFault(verdict) && !/\w{3}/.test(verdict.detail))).toEqual([])
  })
})
