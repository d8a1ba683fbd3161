// When the next attempt of something that failed for a passing reason is due: exponential back-off with full jitter, so
// that a fleet that lost the same network does not come back as one herd. Pure: the caller brings clock and chance.
// Promises: never before a Retry-After, never more than a day ahead, and a clock that jumped back delays nothing for years.

import type { Attempts } from '../document/document.ts'

/** Shortest wait between two attempts, milliseconds. */
export const backoffBaseMs = 5_000
/** Longest wait that the back-off itself asks for, milliseconds. */
export const backoffCapMs = 3_600_000
/** Longest wait that a destination can ask for, milliseconds; nothing waits longer than this. */
export const longestWaitMs = 24 * 3_600_000
/** A step back that synchronisation makes by itself; it lengthens a wait by no more than this, milliseconds. */
const clockSlackMs = 60_000

export interface Attempted {
  /** Attempts made so far, the failed one included; at least 1. */
  readonly attempts: number
  /** Wall clock, milliseconds since 1970. */
  readonly now: number
  /** What the destination asked for (RFC 9110, 10.2.3), milliseconds. */
  readonly retryAfterMs?: number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

/**
 * Wall-clock time of the next attempt: uniform between the base and base · 2^attempts (at most the cap), and not before
 * `retryAfterMs` plus a jitter of up to one base, for a destination tells the same number to everyone it turns away.
 */
export function nextAttempt({ attempts, now, retryAfterMs, random }: Attempted): number {
  const fraction = random()
  const ceilingMs = Math.min(backoffCapMs, backoffBaseMs * 2 ** Math.max(1, attempts))
  const backoffMs = backoffBaseMs + fraction * (ceilingMs - backoffBaseMs)
  const askedMs = retryAfterMs === undefined ? 0 : retryAfterMs + fraction * backoffBaseMs
  return Math.round(now + Math.min(longestWaitMs, Math.max(backoffMs, askedMs)))
}

export interface Scheduled {
  /** Wall clock when the attempt was planned. */
  readonly scheduledAt: number
  /** What `nextAttempt` said then. */
  readonly nextAttemptAt: number
}

/**
 * The stored plan as it holds now: itself, or due at once where the clock cannot be the one it was made by. A board
 * without a battery clock starts in 1970; taken literally, the plan of yesterday would then wait for decades. At once,
 * and not after a fresh back-off: that would begin anew each time somebody asks, until the clock is right again. The
 * attempt then made is planned on from by the clock there is. Of what was attempted only `now` counts.
 */
export function afterClockJump(plan: Scheduled, { now }: Pick<Attempted, 'now'> & Partial<Attempted>): Scheduled {
  const clockWentBack = now < plan.scheduledAt - clockSlackMs
  const neverPlanned = plan.nextAttemptAt - now > longestWaitMs + clockSlackMs
  return clockWentBack || neverPlanned ? { scheduledAt: now, nextAttemptAt: now } : plan
}

/** When something that failed before may be tried again: milliseconds since 1970, also after the clock has jumped back. */
export function dueAt({ nextAttemptAt, lastFault }: Attempts, now: number): number {
  if (nextAttemptAt === null || lastFault === null) return now
  const plan = { scheduledAt: Date.parse(lastFault.at), nextAttemptAt: Date.parse(nextAttemptAt) }
  return afterClockJump(plan, { now }).nextAttemptAt
}
