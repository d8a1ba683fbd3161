// A clock that runs like the real one and can be set forward: whoever sleeps past the leap wakes at once. Hours of retry
// and retention pass in a test without waiting for them.

import type { Clock } from '../../device/ports.ts'

export interface LeapingClock extends Clock {
  /** Sets the clock forward. */
  leap(ms: number): void
}

interface Sleeper {
  readonly until: number
  wake(): void
}

export function createLeapingClock(): LeapingClock {
  let offset = 0
  const sleepers = new Set<Sleeper>()
  const now = () => Date.now() + offset
  return Object.freeze({
    now,
    sleep(ms: number, signal?: AbortSignal): Promise<void> {
      const { promise, resolve, reject } = Promise.withResolvers<void>()
      if (signal?.aborted) return Promise.reject(signal.reason)
      const settle = (then: () => void) => () => {
        clearTimeout(timer)
        sleepers.delete(sleeper)
        signal?.removeEventListener('abort', onAbort)
        then()
      }
      const onAbort = settle(() => reject(signal?.reason))
      const sleeper: Sleeper = { until: now() + ms, wake: settle(resolve) }
      const timer = setTimeout(() => sleeper.wake(), ms)
      sleepers.add(sleeper)
      signal?.addEventListener('abort', onAbort, { once: true })
      return promise
    },
    leap(ms: number): void {
      offset += ms
      for (const sleeper of [...sleepers]) if (sleeper.until <= now()) sleeper.wake()
    },
  })
}
