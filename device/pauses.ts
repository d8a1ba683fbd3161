// All that is left alone for now: hosts of destinations, which the path minds, the card service, which its desk minds, and the
// other services, which the net worker minds; and an operator's word that one of them is to be asked at once.

import type { Config } from './config/config.ts'
import { sealOf } from './config/seal.ts'
import type { Document } from './document/document.ts'
import { Fault } from './errors.ts'
import type { HostPauses, PausedHost } from './host-pauses.ts'
import type { CardDesk } from './orders/desk.ts'
import type { Clock, Peers, RestingService } from './ports.ts'
import type { Queue } from './queue.ts'

export interface Pauses {
  list(): Promise<readonly PausedHost[]>
  /** Resolves when it is under way. Throws NOT_FOUND for a host that is not left alone. */
  askNow(host: string): Promise<void>
  /** Called when the hosts of destinations have changed; returns the way to stop. */
  subscribe(listener: () => void): () => void
}

export interface PausesParts {
  readonly config: Pick<Config, 'seal' | 'body' | 'cards'>
  readonly queue: Queue
  readonly hosts: Pick<HostPauses, 'paused' | 'askNow' | 'subscribe'>
  readonly peers: Pick<Peers, 'resting' | 'wake'>
  /** Absent where no card service is configured. */
  readonly cards?: Pick<CardDesk, 'state' | 'poll'> | undefined
  readonly clock: Pick<Clock, 'now'>
}

export function createPauses({ config, queue, hosts, peers, cards, clock }: PausesParts): Pauses {
  function pauseOf({ service, id, host, sinceMs, leftMs, code }: RestingService): PausedHost {
    const at = (ms: number) => new Date(Math.round(clock.now() + ms)).toISOString()
    return { service, host, ids: [id], since: at(-sinceMs), until: at(leftMs), code, copies: null }
  }

  /**
   * Those that wait for the service have a plan of their own; the first shows whether it is back, the others hear of it.
   * No copy waits for Cl@ve.
   */
  function resume({ service, id }: RestingService): void {
    if (service === 'clave') return
    const stage = service === 'seal' ? 'unsealed' : 'extending'
    for (const summary of queue.list({ stages: [stage] })) {
      const document = queue.get(summary.id)
      const held = document.hold !== null
      if (!held && (service !== 'seal' || isSealedBy(document, id))) queue.commit(document.id, { type: 'resumed' })
    }
  }

  const isSealedBy = ({ order }: Document, service: string) =>
    sealOf(config.seal, order.signature.ens ?? config.body.ine10)?.service === service

  const cardHost = config.cards === undefined ? null : hostAndPort(config.cards.url)

  /** A service that does not answer, or at which nothing can be bought. */
  function cardPause(): readonly PausedHost[] {
    const { paused, creditLow } = cards?.state() ?? { paused: null, creditLow: null }
    const pause = paused ?? creditLow
    if (pause === null || cardHost === null) return []
    const { since, until, code } = pause
    return [{ service: 'cards', host: cardHost, ids: ['cards'], since, until, code, copies: null }]
  }

  return Object.freeze({
    list: async () => [...hosts.paused(), ...cardPause(), ...(await peers.resting()).map(pauseOf)],
    async askNow(host: string): Promise<void> {
      const services = (await peers.resting()).filter(one => one.host === host)
      const delivers = hosts.askNow(host)
      const sellsCards = host === cardHost && cardPause().length > 0
      if (sellsCards) cards?.poll()
      if (!delivers && !sellsCards && services.length === 0) throw new Fault('NOT_FOUND', `${host} is not left alone`)
      if (services.length > 0) await peers.wake(host)
      for (const service of services) resume(service)
    },
    subscribe: hosts.subscribe,
  })
}

/** `name:port`. */
function hostAndPort(address: string): string {
  const { hostname, port } = new URL(address)
  return `${hostname}:${port === '' ? 443 : port}`
}
