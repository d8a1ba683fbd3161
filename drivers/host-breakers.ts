// Circuit breakers of hosts that others name: certificates, documents that are to be signed, pages. Each host has its own, so
// that one that is dead stops no other; only hosts that fail are kept, no more than a few, and not for long: nobody fills
// the memory or the operator's screen with names of their own.

import { type ErrorCode, Fault } from '../device/errors.ts'
import { hostAndPort } from '../device/hosts.ts'
import { type Breaker, createBreaker } from './breaker.ts'
import { HttpError, type HttpErrorKind } from './http-error.ts'

export interface HostBreakers {
  /** Does the work at the URL's host, as Breaker.run does. A Fault of its with a time for which it asks is the host's failure. */
  run<T>(url: URL, work: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

export interface KeptBreakers extends HostBreakers {
  /** By host, `name:port`. */
  list(): readonly (readonly [string, Breaker])[]
}

/** Hosts that are kept; where there are more, the one that failed longest ago is tried like any other. */
export const mostHosts = 32
/** A host that did not answer is left alone for a moment, whoever asks: what others name is not blamed for longer. */
const restMs = 5_000
/** A host that nobody asks any more is forgotten so long after its last failure, milliseconds. */
const rememberedMs = 600_000

interface Kept {
  readonly breaker: Breaker
  running: number
  failedAt: number
}

/** `code` is what is told while a host is left alone. `now`: milliseconds that only grow. */
export function createHostBreakers(code: ErrorCode, now: () => number): KeptBreakers {
  const kept = new Map<string, Kept>()

  const breakerOf = (host: string): Breaker =>
    createBreaker({
      now,
      pauseMs: restMs,
      longestMs: restMs,
      verdict: verdictOf,
      resting: leftMs => new Fault(code, `${host}: it did not answer a moment ago`, { retryAfterMs: leftMs }),
    })

  function forget(): void {
    for (const [host, { breaker, running, failedAt }] of kept) {
      const isOver = (breaker.rest()?.leftMs ?? 0) === 0 && now() - failedAt > rememberedMs
      if (running === 0 && (breaker.failures() === 0 || isOver)) kept.delete(host)
    }
  }

  /** Puts it last: the first of a Map is the one that was put in first. */
  function failed(host: string, one: Kept): void {
    one.failedAt = now()
    kept.delete(host)
    kept.set(host, one)
    const [oldest] = kept.keys()
    if (kept.size > mostHosts && oldest !== undefined) kept.delete(oldest)
  }

  return Object.freeze({
    async run<T>(url: URL, work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
      const host = hostAndPort(url)
      const one = kept.get(host) ?? { breaker: breakerOf(host), running: 0, failedAt: now() }
      kept.set(host, one)
      const before = one.breaker.failures()
      one.running += 1
      try {
        return await one.breaker.run(work, signal)
      } finally {
        one.running -= 1
        if (one.breaker.failures() > before) failed(host, one)
        forget()
      }
    },
    list() {
      forget()
      return [...kept].map(([host, { breaker }]) => [host, breaker] as const)
    },
  })
}

/** Of a host, not of what was asked of it: one address there may be wrong, or too much, while others are good. */
const verdicts = {
  refused: { waitMs: 0 },
  timeout: { waitMs: 0 },
  reset: { waitMs: 0 },
  malformed: { waitMs: 0 },
  tls: { waitMs: 0 },
  pin: { waitMs: 0 },
  credentials: 'answered',
  'too-large': 'answered',
  forbidden: 'nothing',
} as const satisfies Record<HttpErrorKind, unknown>

function verdictOf(thrown: unknown) {
  if (thrown instanceof HttpError) return verdicts[thrown.kind]
  if (!(thrown instanceof Fault)) return 'nothing'
  return thrown.retryAfterMs === undefined ? 'answered' : { waitMs: thrown.retryAfterMs }
}
