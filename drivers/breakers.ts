// The circuit breakers of the services that one worker asks, so that whoever looks after the kiosk can see which of them are
// left alone, and have one asked again.

import { asFault } from '../device/errors.ts'
import type { RestingService } from '../device/ports.ts'
import { type Breaker, type BreakerOptions, createBreaker } from './breaker.ts'

export interface Breakers {
  /** A new breaker for a service, which is at `url`. */
  add(service: Pick<RestingService, 'service' | 'id'> & { readonly url: string }, options: BreakerOptions): Breaker
  resting(): readonly RestingService[]
  /** Ends the pauses of the services at this host, `name:port`. */
  wake(host: string): void
}

export function createBreakers(): Breakers {
  const all: (Pick<RestingService, 'service' | 'id' | 'host'> & { readonly breaker: Breaker })[] = []
  return Object.freeze({
    add({ service, id, url }, options) {
      const breaker = createBreaker(options)
      all.push({ service, id, host: hostAt(url), breaker })
      return breaker
    },
    resting: () =>
      all.flatMap(({ breaker, ...service }) => {
        const rest = breaker.rest()
        if (rest === undefined) return []
        const { sinceMs, leftMs, because } = rest
        return [{ ...service, sinceMs, leftMs, code: asFault(because).code }]
      }),
    wake(host) {
      for (const one of all) if (one.host === host) one.breaker.wake()
    },
  } satisfies Breakers)
}

function hostAt(url: string): string {
  const { hostname, port, protocol } = new URL(url)
  return `${hostname}:${port === '' ? (protocol === 'https:' ? '443' : '80') : port}`
}
