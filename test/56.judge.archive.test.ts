// Signatures kept for long (EN 319 102-1, 5.6): what archive time-stamps prove of what they cover, and what is left years
// later, renewed in time, too late or never.

import { beforeEach, describe, expect, it } from 'vitest'
import { mergeEvidence } from '../device/trust/evidence.ts'
import type { SignatureFound } from '../device/trust/found.ts'
import { type JudgeOptions, judgeSignature } from '../device/trust/judge.ts'
import type { SignatureVerdict } from '../device/trust/report.ts'
import { now } from './50.signature.kit.ts'
import { aged, answersAt, createWorld, dayMs, inside, stamp, type World } from './56.trust.kit.ts'

let world: World

beforeEach(async () => {
  world = await createWorld()
})

function judge(found: SignatureFound, options: Partial<JudgeOptions> = {}): Promise<SignatureVerdict> {
  return judgeSignature(found, { anchors: world.anchors, now, ...options })
}

describe('a signature with archive time-stamps', () => {
  it('is LTA when one of them covers everything', async () => {
    const found = aged(world, {
      stampedAt: now - 5000,
      evidence: answersAt(world, now - 2000),
      archivedAt: [now - 1000],
    })
    const verdict = await judge(found)
    expect(verdict).toMatchObject({ indication: 'TOTAL-PASSED', level: 'LTA' })
    expect(verdict.certificates[0]).toMatchObject({ status: 'good', knownSince: now - 1000 })
  })

  it('is LT when what it covers lacks an answer', async () => {
    const found = aged(world, {
      stampedAt: now - 5000,
      evidence: answersAt(world, now - 2000),
      archivedAt: [now - 1000],
    })
    const bare = found.timestamps.map(one =>
      one.kind === 'archive' ? { ...one, covers: answersAt(world, now - 2000, world.signer) } : one,
    )
    expect((await judge({ ...found, timestamps: bare })).level).toBe('LT')
  })

  describe('years later, when signer, responder and time-stamping authority have ended', () => {
    const later = now + 800 * dayMs
    const first = () =>
      aged(world, { stampedAt: now - 5000, evidence: answersAt(world, now - 2000), archivedAt: [now - 1000] })

    /** Archived once more, by an authority whose certificate lasts. */
    async function renewedAt(time: number): Promise<SignatureFound> {
      const found = first()
      const tsa = await world.pki.signer({ kind: 'time-stamping', key: 'P-256', lastsDays: 1500 })
      const tokens = inside(...found.timestamps.map(one => one.token))
      const covers = mergeEvidence(found.evidence, tokens, answersAt(world, time, world.tsa))
      const renewal = stamp('archive', world.token('renewal', time, tsa), { covers, data: 'renewal' })
      return { ...found, timestamps: [...found.timestamps, renewal] }
    }

    it('is as good as ever if it was archived again in time', async () => {
      const verdict = await judge(await renewedAt(now + 300 * dayMs), { now: later, revocation: 'if-present' })
      expect(verdict).toMatchObject({
        indication: 'TOTAL-PASSED',
        level: 'LTA',
        bestSignatureTime: { time: now - 5000 },
      })
      expect(verdict.timestamps.map(one => one.indication)).toEqual(['TOTAL-PASSED', 'TOTAL-PASSED', 'TOTAL-PASSED'])
    })

    it('proves nothing if it was not', async () => {
      const verdict = await judge(first(), { now: later, revocation: 'if-present' })
      expect(verdict).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'OUT_OF_BOUNDS_NO_POE' })
    })

    it('proves nothing if that was too late', async () => {
      const verdict = await judge(await renewedAt(now + 750 * dayMs), { now: later, revocation: 'if-present' })
      expect(verdict).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'OUT_OF_BOUNDS_NO_POE' })
    })
  })

  it('out of order is TIMESTAMP_ORDER_FAILURE', async () => {
    const found = aged(world, {
      stampedAt: now - 5000,
      evidence: answersAt(world, now - 9000),
      archivedAt: [now - 60_000],
    })
    expect((await judge(found)).subIndication).toBe('TIMESTAMP_ORDER_FAILURE')
  })

  it('believes an answer of a responder that has ended only if it is proven to be older', async () => {
    const [by, tsa] = await Promise.all([
      world.pki.signer({ key: 'P-256', lastsDays: 1500 }),
      world.pki.signer({ kind: 'time-stamping', key: 'P-256', lastsDays: 1500, issuer: 'root' }),
    ])
    const evidence = answersAt(world, now, by)
    const later = now + 701 * dayMs
    const unproven = await judge(aged(world, { stampedAt: now - 5000, evidence, by, tsa }), { now: later })
    expect(unproven).toMatchObject({ indication: 'INDETERMINATE', subIndication: 'REVOCATION_OUT_OF_BOUNDS_NO_POE' })
    const proven = aged(world, { stampedAt: now - 5000, evidence, by, tsa, archivedAt: [now + 1000] })
    expect(await judge(proven, { now: later })).toMatchObject({ indication: 'TOTAL-PASSED', level: 'LTA' })
  })
})
