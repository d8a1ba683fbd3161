// Which hosts are left alone for now, and the copies that wait because of it: one of them at a time asks whether its host is
// back, and all go as soon as it is. So an outage costs a few attempts, not one for every queued copy.

import type { Config } from './config.ts'
import { hostOf } from './config-destinations.ts'
import type { DeliveryState, DocumentEvent } from './document.ts'
import { createBreaker } from './path/breaker.ts'
import type { Clock, Log, Random } from './ports.ts'
import type { Tasks } from './tasks.ts'

/** A host that is left alone, for whoever asks about the appliance. */
export interface PausedHost {
  /** `name:port`. */
  readonly host: string
  /** ISO 8601: when it is asked again. */
  readonly until: string
  /** Copies that wait without having been tried. */
  readonly copies: number
}

export interface HostPauses {
  /** Whether this delivery may be attempted now; if not, its copy is woken when its host is back or to be asked. */
  mayGo(documentId: string, delivery: DeliveryState): boolean
  /** What came of an attempt. */
  tell(destinationId: string, outcome: DocumentEvent): void
  /** The copy is no longer waiting, whatever has become of it. */
  forget(documentId: string): void
  paused(): readonly PausedHost[]
}

export interface HostPausesParts {
  readonly destinations: Config['destinations']
  readonly tasks: Pick<Tasks, 'at'>
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'fraction'>
  readonly log: Log
  readonly wake: (documentId: string) => void
}

/** How long a probe may take before another copy is sent to ask, milliseconds: longer than the longest attempt. */
const probeMs = 20 * 60_000

export function createHostPauses({ destinations, tasks, clock, random, log, wake }: HostPausesParts): HostPauses {
  const breaker = createBreaker({ now: clock.now, random: random.fraction })
  const hosts = new Map(destinations.map(destination => [destination.id, hostOf(destination)]))
  const waiting = new Map<string, Set<string>>()
  const hostBehind = (destinationId: string) => hosts.get(destinationId) ?? destinationId

  function askAgain(host: string, at: number): void {
    tasks.at(`ask-${host}`, at, () => {
      const [first] = waiting.get(host) ?? []
      if (first === undefined) return
      waiting.get(host)?.delete(first)
      // Should nothing come of it, the next one asks.
      askAgain(host, clock.now() + probeMs)
      wake(first)
    })
  }

  function release(host: string): void {
    const released = waiting.get(host) ?? []
    waiting.delete(host)
    for (const id of released) wake(id)
  }

  return Object.freeze({
    mayGo(documentId: string, { destinationId, attempts }: DeliveryState): boolean {
      const host = hostBehind(destinationId)
      if (attempts > 0 || breaker.admits(host)) return true
      const copies = waiting.get(host) ?? new Set()
      if (copies.size === 0) askAgain(host, breaker.pausedUntil(host) ?? clock.now())
      waiting.set(host, copies.add(documentId))
      return false
    },
    tell(destinationId: string, outcome: DocumentEvent): void {
      const host = hostBehind(destinationId)
      if (outcome.type === 'delivered' || outcome.type === 'deliveryRefused') {
        breaker.answered(host)
        release(host)
      } else if (outcome.type === 'deliveryPostponed' && outcome.code !== 'RECEIPT_INVALID') {
        if (outcome.code === 'TLS_PIN_MISMATCH') breaker.shut(host)
        else breaker.failed(host)
        const until = breaker.pausedUntil(host)
        if (until === null) return
        log.warn('a host is left alone', { host, code: outcome.code, until: new Date(until).toISOString() })
        askAgain(host, until)
      }
    },
    forget(documentId: string): void {
      for (const copies of waiting.values()) copies.delete(documentId)
    },
    paused: () =>
      [...new Set(hosts.values())].flatMap(host => {
        const until = breaker.pausedUntil(host)
        if (until === null) return []
        return [{ host, until: new Date(until).toISOString(), copies: waiting.get(host)?.size ?? 0 }]
      }),
  })
}
