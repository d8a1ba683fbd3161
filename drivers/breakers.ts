// The circuit breakers of the services that one worker asks, so that whoever looks after the kiosk can see which of them are
// left alone, and have one asked again.

import { asFault, type ErrorCode } from '../device/errors.ts'
import { hostAndPort } from '../device/hosts.ts'
import type { RestingService } from '../device/ports.ts'
import { type Breaker, type BreakerOptions, createBreaker } from './breaker.ts'
import { createHostBreakers, type HostBreakers } from './host-breakers.ts'
import { HttpError } from './http-error.ts'

type Named = Pick<RestingService, 'service' | 'id'>

export interface Breakers {
  /** A new breaker for a service, which is at `url`. */
  add(service: Named & { readonly url: string }, options: BreakerOptions): Breaker
  /** One for each host that is asked for the sake of a service; `code` is what is told while a host is left alone. */
  addHosts(service: Named & { readonly code: ErrorCode }): HostBreakers
  resting(): readonly RestingService[]
  /** Ends the pauses of the services at this host, `name:port`. */
  wake(host: string): void
}

/** `now`: milliseconds that only grow. */
export function createBreakers(now: () => number = () => performance.now()): Breakers {
  const sources: (() => readonly (Named & { readonly host: string; readonly breaker: Breaker; code?: ErrorCode })[])[] =
    []
  const all = () => sources.flatMap(source => source())
  return Object.freeze({
    add({ service, id, url }, options) {
      const one = { service, id, host: hostAndPort(url), breaker: createBreaker(options) }
      sources.push(() => [one])
      return one.breaker
    },
    addHosts({ service, id, code }) {
      const hosts = createHostBreakers(code, now)
      sources.push(() => hosts.list().map(([host, breaker]) => ({ service, id, host, breaker, code })))
      return hosts
    },
    resting: () =>
      all().flatMap(({ breaker, code, service, id, host }) => {
        const rest = breaker.rest()
        if (rest === undefined) return []
        const { sinceMs, leftMs, because } = rest
        return [{ service, id, host, sinceMs, leftMs, code: codeOf(because, code) }]
      }),
    wake(host) {
      for (const one of all()) if (one.host === host) one.breaker.wake()
    },
  } satisfies Breakers)
}

function codeOf(because: unknown, code: ErrorCode | undefined): ErrorCode {
  if (!(because instanceof HttpError)) return asFault(because).code
  return because.kind === 'pin' ? 'TLS_PIN_MISMATCH' : (code ?? 'INTERNAL')
}
