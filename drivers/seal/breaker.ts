// A service that does not answer is left alone for a moment, whoever asks: of many copies that wait for the same one, one
// finds out that it is back.

import { Fault } from '../../device/errors.ts'

export type Breaker = <T>(work: () => Promise<T>) => Promise<T>

/** So many failures in a row, and nothing is asked of the service for so long; then one call may try. */
const failuresBeforeRest = 3
const restMs = 5_000

/** `name` is told in SEAL_UNREACHABLE, which is all that counts as a failure. */
export function createBreaker(name: string, now: () => number = () => performance.now()): Breaker {
  let failures = 0
  let restsUntil = 0
  let trying = false
  return async work => {
    const resting = failures >= failuresBeforeRest
    if (resting && (trying || now() < restsUntil)) {
      throw new Fault('SEAL_UNREACHABLE', `${name}: it did not answer a moment ago`)
    }
    if (resting) trying = true
    try {
      const result = await work()
      failures = 0
      return result
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      failures = thrown.code === 'SEAL_UNREACHABLE' ? failures + 1 : 0
      restsUntil = now() + restMs
      throw thrown
    } finally {
      if (resting) trying = false
    }
  }
}
