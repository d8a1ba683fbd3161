// The back-off schedule: its bounds, its spread, what a destination may ask for, and a clock that cannot be trusted.

import { describe, expect, test } from 'vitest'
import { afterClockJump, backoffBaseMs, backoffCapMs, longestWaitMs, nextAttempt } from '../device/path/backoff.ts'

const now = Date.UTC(2026, 10, 22, 9)
const lowest = () => 0
const highest = () => 1 - Number.EPSILON
const wait = (attempts: number, random: () => number, retryAfterMs?: number) =>
  nextAttempt({ attempts, now, random, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }) - now

/** mulberry32: a fixed sequence, so that a failure comes back. */
function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

describe('nextAttempt', () => {
  test.each([
    [1, 10_000],
    [2, 20_000],
    [3, 40_000],
    [9, 2_560_000],
    [10, backoffCapMs],
    [11, backoffCapMs],
    [1_000_000, backoffCapMs],
  ])('after %i attempts waits between the base and %i ms', (attempts, ceilingMs) => {
    expect(wait(attempts, lowest)).toBe(backoffBaseMs)
    expect(wait(attempts, highest)).toBe(ceilingMs)
  })

  test('spreads a fleet over the whole interval', () => {
    const random = seeded(1)
    const waits = Array.from({ length: 1000 }, () => wait(10, random))
    const tenth = (backoffCapMs - backoffBaseMs) / 10
    const perTenth = Array.from({ length: 10 }, (_, i) =>
      waits.filter(ms => Math.min(9, Math.floor((ms - backoffBaseMs) / tenth)) === i),
    )
    for (const members of perTenth) expect(members.length).toBeGreaterThan(60)
  })

  test('is never before Retry-After, and spread behind it', () => {
    expect(wait(1, lowest, 120_000)).toBe(120_000)
    expect(wait(1, highest, 120_000)).toBe(125_000)
  })

  test('a short Retry-After does not undo the back-off', () => {
    expect(wait(1, lowest, 0)).toBe(backoffBaseMs)
    expect(wait(10, highest, 1000)).toBe(backoffCapMs)
  })

  test.each([longestWaitMs + 1, 365 * longestWaitMs, Number.POSITIVE_INFINITY])(
    'a Retry-After of %d ms waits a day',
    ms => {
      expect(wait(1, lowest, ms)).toBe(longestWaitMs)
      expect(wait(1, highest, ms)).toBe(longestWaitMs)
    },
  )
})

describe('afterClockJump', () => {
  const plan = { scheduledAt: now, nextAttemptAt: now + 600_000 }

  test.each([
    ['before it is due', now + 1],
    ['when it is due', now + 600_000],
    ['after the clock jumped ahead', now + 400 * longestWaitMs],
    ['when synchronisation set the clock back a little', now - 60_000],
  ])('keeps the plan %s', (_, later) => {
    expect(afterClockJump(plan, { now: later })).toBe(plan)
  })

  test.each([
    ['in 1970', 0],
    ['more than a minute before the plan was made', now - 60_001],
  ])('is due at once when the clock stands %s', (_, earlier) => {
    expect(afterClockJump(plan, { now: earlier })).toEqual({ scheduledAt: earlier, nextAttemptAt: earlier })
  })

  test('is due whenever it is asked, not a back-off later each time', () => {
    for (const instant of [1000, 2000, 3000]) {
      expect(afterClockJump(plan, { now: instant }).nextAttemptAt).toBe(instant)
    }
  })

  test('is due at once when it lies further ahead than anything is ever planned', () => {
    const madeByAWrongClock = { scheduledAt: now - 1, nextAttemptAt: now + 30 * longestWaitMs }
    expect(afterClockJump(madeByAWrongClock, { now })).toEqual({ scheduledAt: now, nextAttemptAt: now })
  })

  test('keeps a plan made under the longest Retry-After', () => {
    const asked = nextAttempt({ attempts: 1, now, random: highest, retryAfterMs: longestWaitMs })
    const longest = { scheduledAt: now, nextAttemptAt: asked }
    expect(afterClockJump(longest, { now })).toBe(longest)
  })
})
