// All that is left alone for now: hosts of destinations, which the path minds, those that are called back, which the sessions
// mind, the card service as its desk has it, and the services and hosts that the net worker minds; and an operator's
// word that one of them is to be asked at once.

import type { Config } from './config/config.ts'
import { sealOf } from './config/seal.ts'
import type { Document, StageName } from './document/document.ts'
import { Fault } from './errors.ts'
import type { HostPauses, PausedHost } from './host-pauses.ts'
import { hostAndPort } from './hosts.ts'
import type { CardDesk } from './orders/desk.ts'
import type { Clock, Peers, RestingService } from './ports.ts'
import type { Queue } from './queue.ts'
import type { CallbackHosts } from './requests/session-notices.ts'

export interface Pauses {
  list(): Promise<readonly PausedHost[]>
  /** Resolves when it is under way. Throws NOT_FOUND for a host that is not left alone. */
  askNow(host: string): Promise<void>
  /** Called when the hosts of destinations or of callbacks have changed; returns the way to stop. */
  subscribe(listener: () => void): () => void
}

export interface PausesParts {
  readonly config: Pick<Config, 'seal' | 'body' | 'cards'>
  readonly queue: Queue
  readonly hosts: Pick<HostPauses, 'paused' | 'askNow' | 'subscribe'>
  readonly peers: Pick<Peers, 'resting' | 'wake'>
  /** Absent where no card service is configured. */
  readonly cards?: Pick<CardDesk, 'state' | 'poll'> | undefined
  /** Absent where no sessions are served. */
  readonly callbacks?: CallbackHosts | undefined
  readonly clock: Pick<Clock, 'now'>
}

export function createPauses({ config, queue, hosts, peers, cards, callbacks, clock }: PausesParts): Pauses {
  function pauseOf({ service, id, host, sinceMs, leftMs, code }: RestingService): PausedHost {
    const at = (ms: number) => new Date(Math.round(clock.now() + ms)).toISOString()
    return { service, host, ids: [id], since: at(-sinceMs), until: at(leftMs), code, copies: null }
  }

  /** Those that wait for the service have a plan of their own; the first shows whether it is back, the others hear of it. */
  function resume({ service, id }: RestingService): void {
    const stage = waitingAt[service]
    if (service === 'cards') cards?.poll()
    if (stage === undefined) return
    for (const summary of queue.list({ stages: [stage] })) {
      const document = queue.get(summary.id)
      const held = document.hold !== null
      if (!held && (service !== 'seal' || isSealedBy(document, id))) queue.commit(document.id, { type: 'resumed' })
    }
  }

  const isSealedBy = ({ order }: Document, service: string) =>
    sealOf(config.seal, order.signature.ens ?? config.body.ine10)?.service === service

  const cardHost = config.cards === undefined ? null : hostAndPort(config.cards.url)

  /** A service that does not accept the kiosk, or at which nothing can be bought. */
  function cardPause(): readonly PausedHost[] {
    const { paused, creditLow } = cards?.state() ?? { paused: null, creditLow: null }
    const pause = paused ?? creditLow
    if (pause === null || cardHost === null) return []
    const { since, until, code } = pause
    return [{ service: 'cards', host: cardHost, ids: ['cards'], since, until, code, copies: null }]
  }

  return Object.freeze({
    async list() {
      const services = (await peers.resting()).map(pauseOf)
      return joined([...hosts.paused(), ...cardPause(), ...services, ...(callbacks?.paused() ?? [])])
    },
    async askNow(host: string): Promise<void> {
      const services = (await peers.resting()).filter(one => one.host === host)
      const delivers = hosts.askNow(host)
      const callsBack = callbacks?.askNow(host) === true
      const sellsCards = cardPause().some(one => one.host === host)
      if (sellsCards) cards?.poll()
      if (!delivers && !callsBack && !sellsCards && services.length === 0) {
        throw new Fault('NOT_FOUND', `${host} is not left alone`)
      }
      if (services.length > 0) await peers.wake(host)
      for (const service of services) resume(service)
    },
    subscribe(listener: () => void) {
      const stops = [hosts.subscribe(listener), callbacks?.subscribe(listener)]
      return () => {
        for (const stop of stops) stop?.()
      }
    },
  })
}

/** The stage of copies that go on when a service is back; for the others no copy waits. */
const waitingAt: Readonly<Partial<Record<RestingService['service'], StageName>>> = {
  seal: 'unsealed',
  extension: 'extending',
  'time-stamping': 'extending',
  revocation: 'extending',
}

/** What is asked of one host for one purpose is told once: with all that it is asked for, and its last failure. */
function joined(pauses: readonly PausedHost[]): readonly PausedHost[] {
  const all = new Map<string, PausedHost>()
  for (const pause of pauses) {
    const name = `${pause.service} ${pause.host}`
    const { ids, since, until } = all.get(name) ?? pause
    all.set(name, {
      ...pause,
      ids: [...new Set([...ids, ...pause.ids])],
      since: since < pause.since ? since : pause.since,
      until: until > pause.until ? until : pause.until,
    })
  }
  return [...all.values()]
}
