// Deliveries under way: each copy goes to each of its destinations by itself, so many at once to each as the destination may have,
// so that one that is slow or away holds up no other. A delivery that is not made now is asked for again: by its own time, or
// when its host is back.

import type { Config } from './config/config.ts'
import { mostDeliveries } from './config/destinations.ts'
import type { DeliveryState, Document } from './document/document.ts'
import { createHostPauses, type HostPauses } from './host-pauses.ts'
import { dueAt } from './path/backoff.ts'
import { attemptDelivery, type DeliverTools } from './path/deliver.ts'
import { whyOf } from './path/step.ts'
import type { Log } from './ports.ts'
import type { Queue } from './queue.ts'
import type { Tasks } from './tasks.ts'
import { createTurns } from './turns.ts'

export interface DeliveringParts extends DeliverTools {
  readonly config: Pick<Config, 'destinations'>
  readonly queue: Pick<Queue, 'get' | 'find' | 'commit' | 'list'>
  readonly tasks: Pick<Tasks, 'run' | 'at'>
  readonly log: Log
  /** Asks for the document anew at that time, milliseconds since 1970, and at no other. */
  readonly wakeAt: (documentId: string, time: number) => void
}

export interface Delivering {
  /** Sends the copy to every destination whose time has come; asks again for the others. */
  wake(document: Document): void
  /** The copy is no longer waiting, whatever has become of it. */
  forget(documentId: string): void
  /** Hosts that failed too often to try every copy there. */
  readonly hosts: Pick<HostPauses, 'paused' | 'askNow' | 'subscribe'>
}

/** To all destinations together: what one worker is asked for at once has an end. */
const mostTogether = 48
/** Copies that are looked at in one go: ten thousand at once would hold up the screen for seconds. */
const mostInOneGo = 25

export function createDelivering(parts: DeliveringParts): Delivering {
  const { queue, tasks, clock, random, log, wakeAt } = parts
  const { destinations } = parts.config
  const widths = new Map(destinations.map(({ id, parallel = mostDeliveries }) => [id, parallel]))
  const together = createTurns(() => mostTogether)
  /** Copies whose host is back, still to be looked at. */
  const woken = new Set<string>()
  const wakeId = (id: string) => {
    woken.add(id)
    tasks.run('wake', wakeInGoes)
  }
  const pauses = createHostPauses({ destinations, tasks, clock, random, log, wake: wakeId, makeDue })

  function wake(document: Document): void {
    const { id, stage } = document
    if (stage.name !== 'delivering') return
    const now = clock.now()
    const later: number[] = []
    for (const { destinationId: to, ...state } of stage.deliveries) {
      if (state.state !== 'waiting') continue
      const lane = { lane: `deliver:${to}`, width: widths.get(to) ?? mostDeliveries }
      if (dueAt(state, now) > now) later.push(dueAt(state, now))
      else tasks.run(`deliver:${to}:${id}`, signal => deliver(id, to, signal), lane)
    }
    if (later.length > 0) wakeAt(id, Math.min(...later))
  }

  async function wakeInGoes(signal: AbortSignal): Promise<void> {
    let looked = 0
    for (const id of woken) {
      woken.delete(id)
      wake(queue.get(id))
      looked += 1
      if (looked % mostInOneGo === 0) await clock.sleep(0, signal)
    }
  }

  async function deliver(id: string, destination: string, signal: AbortSignal): Promise<void> {
    const document = queue.get(id)
    const state = waitingFor(document, destination)
    if (state === undefined) return
    // One look at the clock: what is due at once would be late a moment after.
    const now = clock.now()
    if (dueAt(state, now) > now) return wake(document)
    // Another thousand may come after it.
    if (!pauses.mayGo(id, state)) return clock.sleep(0, signal)
    const event = await together(() => attemptDelivery(document, state, parts, signal))
    log.info('delivery attempted', { document: id, destination, outcome: event.type, ...whyOf(event) })
    queue.commit(id, event)
    pauses.tell(destination, event)
  }

  function makeDue(destinationIds: readonly string[], how: 'one' | 'all'): void {
    tasks.run(`due:${how}:${destinationIds.join(' ')}`, signal => makeDueInGoes(destinationIds, how, signal))
  }

  /** Those that were tried have a plan of their own; the others go by themselves. */
  async function makeDueInGoes(destinationIds: readonly string[], how: 'one' | 'all', signal: AbortSignal) {
    const wasTried = ({ destinationId, state, attempts }: DeliveryState) =>
      state === 'waiting' && attempts > 0 && destinationIds.includes(destinationId)
    for (const [looked, { id }] of queue.list({ stages: ['delivering'] }).entries()) {
      if (looked % mostInOneGo === mostInOneGo - 1) await clock.sleep(0, signal)
      const document = queue.find(id)
      if (document?.stage.name !== 'delivering' || document.hold !== null) continue
      if (!document.stage.deliveries.some(wasTried)) continue
      queue.commit(id, { type: 'deliveriesRetried', destinationIds })
      if (how === 'one') return
    }
  }

  function forget(id: string): void {
    woken.delete(id)
    pauses.forget(id)
  }

  return Object.freeze({ wake, forget, hosts: pauses })
}

function waitingFor({ stage, hold }: Document, destination: string): DeliveryState | undefined {
  if (stage.name !== 'delivering' || hold !== null) return undefined
  return stage.deliveries.find(({ destinationId, state }) => destinationId === destination && state === 'waiting')
}
