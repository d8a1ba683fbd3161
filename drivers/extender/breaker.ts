// The circuit breaker of one service: when it has failed several times in a row it is left alone for a while, so that a
// thousand copies that wait do not each wait for it; then one of them tries. A service that says for how long is obeyed.

export interface Breaker {
  /** Milliseconds for which the service is left alone still; 0: it may be asked, and whoever hears 0 asks. */
  closedForMs(): number
  worked(): void
  /** `waitMs`: what the service itself asked for. */
  failed(waitMs?: number): void
}

export interface BreakerOptions {
  /** Milliseconds that only grow. */
  readonly now: () => number
  /** Failures in a row that shut it. Default 3. */
  readonly tolerated?: number
  /** The first pause; each further failure doubles it, up to `longestMs`. Default 15 s. */
  readonly pauseMs?: number
  /** Default 5 min. */
  readonly longestMs?: number
}

export function createBreaker({ now, tolerated = 3, pauseMs = 15_000, longestMs = 300_000 }: BreakerOptions): Breaker {
  let failures = 0
  let until = Number.NEGATIVE_INFINITY
  return Object.freeze({
    closedForMs(): number {
      const left = until - now()
      if (left > 0) return left
      // The one that tries: nobody else does until it is told how that went.
      if (failures >= tolerated) until = now() + pauseMs
      return 0
    },
    worked(): void {
      failures = 0
      until = Number.NEGATIVE_INFINITY
    },
    failed(waitMs = 0): void {
      failures += 1
      const pause = failures < tolerated ? 0 : Math.min(longestMs, pauseMs * 2 ** (failures - tolerated))
      until = now() + Math.max(pause, Math.min(waitMs, longestMs))
    },
  })
}
