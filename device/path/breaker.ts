// The circuit breaker of a host, pure: where a host failed so often in a row, what was never tried there stays where it is,
// and one delivery at a time finds out whether the host is back. Copies that were tried already keep their own plan, so that
// nothing waits longer than without it. It forgets with the process: the first attempts then learn anew.

import { backoffBaseMs } from './backoff.ts'

/** Failures in a row that open it: one may be the fault of its own copy. */
const failuresToOpen = 3
/** Longest pause: what a host's return may go unnoticed, milliseconds. */
const longestPauseMs = 300_000

export interface Breaker {
  /** Whether a delivery that was never tried may go now; the one that may while it is open is the probe. */
  admits(host: string): boolean
  /** Null where nothing is held back. */
  pause(host: string): HostPause | null
  /** Its pause is over: one delivery asks. */
  endPause(host: string): void
  /** The host answered, whatever it said of the copy. */
  answered(host: string): void
  failed(host: string): void
  /** It failed in a way that is no copy's fault and will not pass soon: it is left alone at once, for the longest pause. */
  shut(host: string): void
}

/** Milliseconds since 1970: of the first failure in a row, and when the host is asked again. */
export interface HostPause {
  readonly since: number
  readonly until: number
}

export interface BreakerParts {
  readonly now: () => number
  /** Uniform in [0, 1). */
  readonly random: () => number
}

interface Circuit {
  failures: number
  since: number
  until: number
}

export function createBreaker({ now, random }: BreakerParts): Breaker {
  const circuits = new Map<string, Circuit>()

  function pauseMs(failures: number): number {
    const ceilingMs = Math.min(longestPauseMs, backoffBaseMs * 2 ** (failures - failuresToOpen + 1))
    return backoffBaseMs + random() * (ceilingMs - backoffBaseMs)
  }

  function open(host: string): Circuit | undefined {
    const circuit = circuits.get(host)
    return circuit !== undefined && circuit.failures >= failuresToOpen ? circuit : undefined
  }

  return Object.freeze({
    admits(host: string): boolean {
      const circuit = open(host)
      if (circuit === undefined) return true
      // A clock that was set back must not hold anything for longer than a pause.
      const left = circuit.until - now()
      if (left > 0 && left <= longestPauseMs) return false
      circuit.until = now() + longestPauseMs
      return true
    },
    pause(host: string): HostPause | null {
      const circuit = open(host)
      return circuit === undefined ? null : { since: circuit.since, until: circuit.until }
    },
    endPause(host: string): void {
      const circuit = open(host)
      if (circuit !== undefined) circuit.until = now()
    },
    answered: (host: string) => void circuits.delete(host),
    failed(host: string): void {
      const { failures: before, since } = circuits.get(host) ?? { failures: 0, since: now() }
      const failures = before + 1
      circuits.set(host, { failures, since, until: Math.round(now() + pauseMs(failures)) })
    },
    shut(host: string): void {
      const { failures, since } = circuits.get(host) ?? { failures: 0, since: now() }
      circuits.set(host, { failures: Math.max(failuresToOpen, failures + 1), since, until: now() + longestPauseMs })
    },
  })
}
