// How often a code may be guessed at the kiosk, of a pick-up or of officials: after five wrong ones in a row nobody types any for a
// minute, then for two, up to sixteen. A code that is seen to be mistyped, by a check digit, does not count.

const tolerated = 5
const firstPauseMs = 60_000
const longestPauseMs = 16 * 60_000

export interface CodeAttempts {
  /** Milliseconds that are still to be waited; 0: a code may be tried. */
  waitMs(): number
  /** A well-formed code that nobody has. Gives how many there were in a row. */
  wrong(): number
  right(): void
}

export function createCodeAttempts({ now }: { readonly now: () => number }): CodeAttempts {
  let failures = 0
  let since = 0
  let pauseMs = 0
  return Object.freeze({
    waitMs() {
      // A clock that was set back holds nobody for longer than a pause.
      const left = since + pauseMs - now()
      return left > pauseMs ? 0 : Math.max(0, left)
    },
    wrong() {
      failures += 1
      since = now()
      pauseMs = failures < tolerated ? 0 : Math.min(longestPauseMs, firstPauseMs * 2 ** (failures - tolerated))
      return failures
    },
    right() {
      failures = 0
      pauseMs = 0
    },
  })
}
