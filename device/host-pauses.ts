// Which hosts are left alone for now, and the copies that wait because of it: one of them at a time asks whether its host is
// back, and all go as soon as it is. So an outage costs a few attempts, not one for every queued copy.

import type { Config } from './config/config.ts'
import { hostOf } from './config/destinations.ts'
import type { DeliveryState, DocumentEvent } from './document/document.ts'
import type { ErrorCode } from './errors.ts'
import { createBreaker } from './path/breaker.ts'
import type { Clock, Log, Random, RestingService } from './ports.ts'
import type { Tasks } from './tasks.ts'

/** A host that is left alone, for whoever asks about the appliance. */
export interface PausedHost {
  /** What is asked of it. */
  readonly service: 'delivery' | 'callback' | RestingService['service']
  /** `name:port`. */
  readonly host: string
  /** Of the destinations or the service in the configuration. */
  readonly ids: readonly string[]
  /** ISO 8601: the first failure in a row, and when it is asked again. */
  readonly since: string
  readonly until: string
  /** Of the last failure. */
  readonly code: ErrorCode
  /** Copies that wait without having been tried; null where nobody counts them. */
  readonly copies: number | null
}

export interface HostPauses {
  /** Whether this delivery may be attempted now; if not, its copy is woken when its host is back or to be asked. */
  mayGo(documentId: string, delivery: DeliveryState): boolean
  /** What came of an attempt. */
  tell(destinationId: string, outcome: DocumentEvent): void
  /** The copy is no longer waiting, whatever has become of it. */
  forget(documentId: string): void
  paused(): readonly PausedHost[]
  /** Has the host asked at once by one copy; if it is back, all copies for it go. False where it is not paused. */
  askNow(host: string): boolean
  /** Called when `paused` has changed; returns the way to stop. */
  subscribe(listener: () => void): () => void
}

export interface HostPausesParts {
  readonly destinations: Config['destinations']
  readonly tasks: Pick<Tasks, 'at'>
  readonly clock: Pick<Clock, 'now'>
  readonly random: Pick<Random, 'fraction'>
  readonly log: Log
  readonly wake: (documentId: string) => void
  /** Makes deliveries to these destinations due that were tried and have a plan of their own; `how` many copies. */
  readonly makeDue: (destinationIds: readonly string[], how: 'one' | 'all') => void
}

/** How long a probe may take before another copy is sent to ask, milliseconds: longer than the longest attempt. */
const probeMs = 20 * 60_000

export function createHostPauses(parts: HostPausesParts): HostPauses {
  const { destinations, tasks, clock, random, log, wake, makeDue } = parts
  const breaker = createBreaker({ now: clock.now, random: random.fraction })
  const hosts = new Map(destinations.map(destination => [destination.id, hostOf(destination)]))
  const waiting = new Map<string, Set<string>>()
  const causes = new Map<string, ErrorCode>()
  /** Hosts that somebody looks at: once they are back, no copy waits for its own plan. */
  const askedFor = new Set<string>()
  const listeners = new Set<() => void>()
  const hostBehind = (destinationId: string) => hosts.get(destinationId) ?? destinationId
  const behind = (host: string) => [...hosts].flatMap(([id, one]) => (one === host ? [id] : []))

  function changed(): void {
    for (const listener of listeners) listener()
  }

  function askAgain(host: string, at: number): void {
    tasks.at(`ask-${host}`, at, () => ask(host))
  }

  /** By one copy that was not tried yet; false where there is none. */
  function ask(host: string): boolean {
    const [first] = waiting.get(host) ?? []
    if (first === undefined) return false
    waiting.get(host)?.delete(first)
    // Should nothing come of it, the next one asks.
    askAgain(host, clock.now() + probeMs)
    wake(first)
    return true
  }

  function release(host: string): void {
    const released = waiting.get(host) ?? []
    waiting.delete(host)
    for (const id of released) wake(id)
    if (askedFor.delete(host)) makeDue(behind(host), 'all')
  }

  function failed(host: string, code: ErrorCode): void {
    if (code === 'TLS_PIN_MISMATCH') breaker.shut(host)
    else breaker.failed(host)
    causes.set(host, code)
    const pause = breaker.pause(host)
    if (pause === null) return
    log.warn('a host is left alone', { host, code, until: new Date(pause.until).toISOString() })
    askAgain(host, pause.until)
    changed()
  }

  function pausedAt(host: string): readonly PausedHost[] {
    const pause = breaker.pause(host)
    if (pause === null) return []
    const since = new Date(pause.since).toISOString()
    const until = new Date(pause.until).toISOString()
    const code = causes.get(host) ?? 'DESTINATION_UNREACHABLE'
    const copies = waiting.get(host)?.size ?? 0
    return [{ service: 'delivery', host, ids: behind(host), since, until, code, copies }]
  }

  return Object.freeze({
    mayGo(documentId: string, { destinationId, attempts }: DeliveryState): boolean {
      const host = hostBehind(destinationId)
      if (attempts > 0 || breaker.admits(host)) return true
      const copies = waiting.get(host) ?? new Set()
      if (copies.size === 0) askAgain(host, breaker.pause(host)?.until ?? clock.now())
      waiting.set(host, copies.add(documentId))
      return false
    },
    tell(destinationId: string, outcome: DocumentEvent): void {
      const host = hostBehind(destinationId)
      if (outcome.type === 'delivered' || outcome.type === 'deliveryRefused') {
        const wasPaused = breaker.pause(host) !== null
        breaker.answered(host)
        release(host)
        if (wasPaused) changed()
      } else if (outcome.type === 'deliveryPostponed' && outcome.code !== 'RECEIPT_INVALID') {
        failed(host, outcome.code)
      }
    },
    forget(documentId: string): void {
      for (const copies of waiting.values()) copies.delete(documentId)
    },
    paused: () => [...new Set(hosts.values())].flatMap(pausedAt),
    askNow(host: string): boolean {
      if (breaker.pause(host) === null) return false
      breaker.endPause(host)
      askedFor.add(host)
      if (!ask(host)) makeDue(behind(host), 'one')
      return true
    },
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
}
