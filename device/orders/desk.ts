// Orders of cards, from the moment somebody orders until the person's data are erased. Promises: an order is durable before
// it is sent, marked as being sent before the first byte goes out, and never sent a second time unless a person says so;
// what is not reachable waits, the credit that is used up stops the sending and not the orders; nothing of the person leaves
// but to the service.

import { type CardStage, finalStages, hasActivation, wantsForm } from '../cards/order.ts'
import { families } from '../cards/products.ts'
import type { Config } from '../config/config.ts'
import { asFault, Fault } from '../errors.ts'
import { hostAndPort } from '../hosts.ts'
import type { CardShop, Clock, Log, Peers, Random } from '../ports.ts'
import type { Store } from '../store/store.ts'
import { createTasks } from '../tasks.ts'
import { namesIn } from './callback.ts'
import {
  type Exchange,
  type ExchangeTools,
  followOrder,
  lookForOrder,
  orFault,
  placedBy,
  sendOrder,
  uploadPapers,
} from './exchange.ts'
import { type CardPause, createGates } from './gates.ts'
import { type CardIntake, createCardIntake } from './intake.ts'
import { readEnclosed, readPapers } from './papers.ts'
import { openCardRecords } from './record.ts'
import { type CardOrderView, viewOfOrder } from './view.ts'

export type CardDecision =
  | { readonly decision: 'placed'; readonly remoteId: string }
  | { readonly decision: 'send-again' }
  | { readonly decision: 'drop' }

/** How many orders stand where, and why nothing goes out where it does not. */
export interface CardState {
  readonly waiting: number
  readonly unknown: number
  readonly undecided: number
  readonly placed: number
  readonly wantForm: number
  /** Nothing at all is asked of the service. */
  readonly paused: CardPause | null
  /** Nothing is bought. */
  readonly creditLow: CardPause | null
}

export interface CardDesk extends CardIntake {
  list(): readonly CardOrderView[]
  show(id: string): CardOrderView
  /** The recognition form as it is now. Throws NOT_FOUND where the product has none, STAGE_CONFLICT before it is placed. */
  form(id: string): Promise<Uint8Array>
  /**
   * The code by which the person goes on, asked of the service now and kept nowhere; the trail tells to whom it was shown:
   * `screen`, `operator` or a client. Throws NOT_FOUND where the product has none, STAGE_CONFLICT before it is there.
   */
  activation(id: string, to: string): Promise<string>
  /** Somebody wants to know where it stands: it is asked for, at most once a minute. */
  look(id: string): void
  /** Asks now and sends what waits, of one order or of all, and ends a pause. */
  poll(id?: string): void
  decide(id: string, decision: CardDecision): Promise<CardOrderView>
  /** Takes what the service called back with, as a hint to look and nothing else; gives the orders it may be about. */
  callback(told: unknown): readonly string[]
  state(): CardState
  start(): void
  stop(): Promise<void>
}

export interface CardDeskParts {
  readonly config: Pick<Config, 'kiosk'> & { readonly cards: NonNullable<Config['cards']> }
  readonly store: Pick<Store, 'cards' | 'blobs' | 'audit'>
  readonly shop: CardShop
  readonly peers: Pick<Peers, 'wake'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly newId: () => string
}

const dayMs = 24 * 3_600_000
/** A callback makes an order be looked at no more often than this. */
const hintApartMs = 60_000
/** A plan further ahead than any is made was made by another clock. */
const longestPlanMs = 25 * 3_600_000

export function createCardDesk(parts: CardDeskParts): CardDesk {
  const { config, store, shop, clock, random, log, newId } = parts
  const { cards: settings } = config
  const records = openCardRecords({ store, clock })
  const tasks = createTasks({ clock, log })
  const gates = createGates({ clock, random })
  const hinted = new Map<string, number>()
  const tools: ExchangeTools = {
    shop,
    clock,
    random,
    pollMs: settings.pollMinutes * 60_000,
    keepMs: settings.erasePersonalDataDays * dayMs,
    isClaimed: remoteId => records.orderOf(remoteId) !== undefined,
  }
  const intake = createCardIntake({ config, blobs: store.blobs, records, shop, clock, newId, onOrder: () => go() })
  const view = (id: string) => viewOfOrder(id, records.load(id))
  const ids = (...stages: CardStage[]) => records.ids(stages)
  const active: readonly CardStage[] = ['new', 'unknown', 'placed']

  const settle = (id: string, { events, later }: Exchange): boolean => {
    for (const event of events) records.apply(id, event)
    if (later === null) gates.through(events.some(({ type }) => type === 'placed'))
    else gates.close(later)
    return true
  }

  /** Whether anything came of it: an order that may not be worked on now stays as it is. */
  async function work(id: string, signal: AbortSignal): Promise<boolean> {
    const order = records.load(id)
    if (finalStages.includes(order.stage)) {
      await records.erase(id)
      return true
    }
    if (order.stage === 'new') {
      if (!gates.mayBuy()) return false
      const files = await readEnclosed(store.blobs, id, order)
      return settle(id, await sendOrder(records.apply(id, { type: 'sending' }), files, tools, signal))
    }
    if (!gates.mayAsk()) return false
    if (order.stage === 'unknown') return settle(id, await lookForOrder(id, order, tools, signal))
    if (order.stage !== 'placed') return false
    const { papers } = order
    if (papers?.state !== 'waiting') return settle(id, await followOrder(order, tools, signal))
    return settle(id, await uploadPapers(order, await readPapers(store.blobs, id, papers), tools, signal))
  }

  /** Everything that is due, one after the other, until nothing goes on; an order that fails stops no other. */
  async function pump(signal: AbortSignal): Promise<void> {
    for (let goesOn = true; goesOn; ) {
      goesOn = false
      for (const id of due()) {
        signal.throwIfAborted()
        try {
          if (await work(id, signal)) goesOn = true
        } catch (thrown) {
          signal.throwIfAborted()
          const { code, detail } = asFault(thrown)
          log.error('an order of cards cannot go on', { order: id, code, detail })
        }
      }
    }
    plan()
  }

  function due(): readonly string[] {
    const now = clock.now()
    const live = ids(...active).filter(
      ({ wakeAt }) => wakeAt !== null && (wakeAt <= now || wakeAt > now + longestPlanMs),
    )
    const over = ids(...finalStages).filter(({ wakeAt }) => wakeAt !== null && wakeAt <= now)
    return [...live, ...over].map(({ id }) => id)
  }

  /** Never at once again: what was due and did not go on rests. */
  function plan(): void {
    const restMs = 10_000
    const times = [...active, ...finalStages].flatMap(stage => {
      const gate = finalStages.includes(stage) ? 0 : gates.opensAt(stage === 'new')
      return ids(stage).flatMap(({ wakeAt }) => (wakeAt === null ? [] : [Math.max(wakeAt, gate)]))
    })
    if (times.length === 0) return
    const soonest = times.reduce((a, b) => Math.min(a, b))
    tasks.at('next', soonest > clock.now() ? soonest : clock.now() + restMs, go)
  }

  const go = () => tasks.run('orders', pump)

  /** Also where the service is left alone by whoever speaks with it. */
  const goNow = () =>
    tasks.run('wake', async () => {
      try {
        await parts.peers.wake(hostAndPort(settings.url))
      } finally {
        go()
      }
    })

  async function decide(id: string, decision: CardDecision): Promise<CardOrderView> {
    if (decision.decision === 'send-again') records.apply(id, { type: 'sentAgain' })
    else if (decision.decision === 'drop')
      records.apply(id, { type: 'cancelled', nextAt: new Date(clock.now() + tools.keepMs).toISOString() })
    else {
      const { remoteId } = decision
      const other = records.orderOf(remoteId)
      if (other !== undefined) throw new Fault('STAGE_CONFLICT', `the request ${remoteId} is the order ${other}`)
      const found = orFault(await shop.request(remoteId))
      if (found.outcome !== 'found') throw new Fault('NOT_FOUND', `the service knows no request ${remoteId}`)
      const order = records.load(id)
      if (found.request.productCode !== null && found.request.productCode !== order.product.code)
        throw new Fault('STAGE_CONFLICT', `the request ${remoteId} is for another product`)
      records.apply(id, placedBy('person', found.request, order, tools))
    }
    go()
    return view(id)
  }

  function hint(id: string): void {
    const { stage, nextAt } = records.load(id)
    const last = hinted.get(id)
    if ((stage !== 'placed' && stage !== 'unknown') || (last !== undefined && clock.now() - last < hintApartMs)) return
    hinted.set(id, clock.now())
    if (nextAt === null || Date.parse(nextAt) > clock.now()) records.apply(id, { type: 'hinted' })
  }

  return Object.freeze({
    ...intake,
    list: () => records.ids().map(({ id }) => view(id)),
    show: view,
    async form(id: string) {
      const { remote } = records.load(id)
      if (remote === null) throw new Fault('STAGE_CONFLICT', 'the order is not placed yet')
      const answer = orFault(await shop.form(remote.id))
      if (answer.outcome === 'none') throw new Fault('NOT_FOUND', 'the service has no form for this order')
      return answer.bytes
    },
    async activation(id: string, to: string) {
      const order = records.load(id)
      if (!families[order.product.family].activation) throw new Fault('NOT_FOUND', 'what was ordered has no such code')
      if (order.remote === null || !hasActivation(order)) throw new Fault('STAGE_CONFLICT', 'the code is not there yet')
      const answer = orFault(await shop.activation(order.remote.id))
      if (answer.outcome === 'none') throw new Fault('NOT_FOUND', 'the service has no code for this order')
      store.audit.append({ event: 'cardActivationShown', details: { order: id, to } })
      return answer.code
    },
    look(id: string) {
      hint(id)
      go()
    },
    poll(id?: string) {
      gates.open()
      const wanted = id === undefined ? ids(...active).map(one => one.id) : [id]
      for (const one of wanted) {
        const { stage } = records.load(one)
        if (active.includes(stage)) records.apply(one, { type: 'hinted' })
      }
      goNow()
    },
    decide,
    callback(told: unknown) {
      const known = new Set(records.ids().map(({ id }) => id))
      const found = new Set(namesIn(told).flatMap(name => (known.has(name) ? [name] : (records.orderOf(name) ?? []))))
      for (const id of found) hint(id)
      if (found.size > 0) go()
      return [...found]
    },
    state: () => ({
      waiting: ids('new', 'sending').length,
      unknown: ids('unknown').length,
      undecided: ids('undecided').length,
      placed: ids('placed').length,
      wantForm: ids('placed').filter(({ id }) => wantsForm(records.load(id))).length,
      ...gates.told(),
    }),
    start() {
      const detail = 'the appliance stopped while the order was being sent'
      for (const { id } of ids('sending')) {
        const nextAt = new Date(clock.now()).toISOString()
        records.apply(id, { type: 'lost', code: 'INTERRUPTED', detail, nextAt })
      }
      go()
    },
    stop: () => tasks.stop(),
  })
}
