// The circuit breaker of one service: when it has failed several times in a row it is left alone for a while, so that a
// thousand copies that wait do not each wait for it; then one of them tries, and the others hear how that went. A service that
// says for how long is obeyed.

export interface Breaker {
  /**
   * Does the work, and throws what it throws; throws what `resting` makes instead while the service is left alone. Work that
   * `signal` ended tells nothing about the service. `judge` finds the failure in a value that is one.
   */
  run<T>(work: () => Promise<T>, signal?: AbortSignal, judge?: (done: T) => Error | undefined): Promise<T>
  /** Undefined while it may be asked by anybody. */
  rest(): Rest | undefined
  /** In a row until now. */
  failures(): number
  /** Its pause is over; the next one tries. */
  wake(): void
}

/** That the service is left alone, or to be tried by one: for how long already and still, and what was thrown last. */
export interface Rest {
  readonly sinceMs: number
  readonly leftMs: number
  readonly because: unknown
}

export interface BreakerOptions {
  /** Milliseconds that only grow. */
  readonly now: () => number
  /** Failures in a row that shut it. Default 3. */
  readonly tolerated?: number
  /** The first pause; each further failure doubles it, up to `longestMs`. A service that asks for more gets it, up to an hour. */
  readonly pauseMs: number
  readonly longestMs: number
  /** What something thrown tells: the service answered, it failed and asks for so many milliseconds (or 0), or nothing. */
  verdict(thrown: unknown): 'answered' | 'nothing' | { readonly waitMs: number }
  /** What is thrown while the service is left alone, for so many milliseconds still. */
  resting(leftMs: number): Error
}

/** For which a service can ask, milliseconds: what it says may be wrong, and somebody mends it within a day. */
const longestAskedMs = 3_600_000

export function createBreaker({ now, tolerated = 3, pauseMs, longestMs, ...told }: BreakerOptions): Breaker {
  let failures = 0
  let until = Number.NEGATIVE_INFINITY
  let isTried = false
  let since = 0
  let because: unknown

  const answered = () => {
    failures = 0
    until = Number.NEGATIVE_INFINITY
  }
  const failed = (waitMs: number, thrown: unknown) => {
    if (failures === 0) since = now()
    failures += 1
    because = thrown
    const pause = failures < tolerated ? 0 : Math.min(longestMs, pauseMs * 2 ** (failures - tolerated))
    until = now() + Math.max(pause, Math.min(waitMs, longestAskedMs))
  }

  const hear = (thrown: unknown, signal: AbortSignal | undefined) => {
    const verdict = signal?.aborted === true ? 'nothing' : told.verdict(thrown)
    if (verdict === 'answered') answered()
    else if (verdict !== 'nothing') failed(verdict.waitMs, thrown)
  }

  return Object.freeze({
    async run<T>(
      work: () => Promise<T>,
      signal?: AbortSignal,
      judge: (done: T) => Error | undefined = () => undefined,
    ): Promise<T> {
      const left = until - now()
      const isTrial = failures >= tolerated
      if (left > 0 || (isTrial && isTried)) throw told.resting(Math.max(left, 0))
      if (isTrial) isTried = true
      try {
        const done = await work()
        const failure = judge(done)
        if (failure === undefined) answered()
        else hear(failure, signal)
        return done
      } catch (thrown) {
        hear(thrown, signal)
        throw thrown
      } finally {
        if (isTrial) isTried = false
      }
    },
    rest() {
      const leftMs = Math.max(0, until - now())
      return leftMs > 0 || failures >= tolerated ? { sinceMs: now() - since, leftMs, because } : undefined
    },
    failures: () => failures,
    wake() {
      until = Math.min(until, now())
    },
  })
}
