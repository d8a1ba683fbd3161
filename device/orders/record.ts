// Orders of cards in the store: loaded, moved on by an event with its audit entry in the same transaction, erased. Keeps in
// memory which requests of the service's are orders of this kiosk, and which order asked for the same.

import type { ApplianceEntry } from '../audit/events.ts'
import { type CardEvent, type CardOrder, type CardStage, finalStages, nextOrder } from '../cards/order.ts'
import { families } from '../cards/products.ts'
import { Fault } from '../errors.ts'
import type { Clock } from '../ports.ts'
import type { Store } from '../store/store.ts'
import { paperBlobs } from './papers.ts'
import { type CardPrices, orderIn, pricesId, pricesIn } from './view.ts'

export interface CardRecords {
  /** Throws NOT_FOUND, also for one that was erased. */
  load(id: string): CardOrder
  find(id: string): CardOrder | undefined
  /** Oldest first. */
  ids(stages?: readonly CardStage[]): readonly { readonly id: string; readonly wakeAt: number | null }[]
  /** Makes room for an order, whose files are written before `create` commits it; `erase` takes that back. */
  begin(id: string): void
  create(id: string, order: CardOrder): void
  /** Throws STAGE_CONFLICT where the event does not belong to where the order stands. */
  apply(id: string, event: CardEvent): CardOrder
  erase(id: string): Promise<void>
  /** The order that a request of the service's is. */
  orderOf(remoteId: string): string | undefined
  /** Whether there was ever an order of that id, also one that was erased since. */
  known(id: string): boolean
  /** An order for the very same that is not at its end. */
  sameAs(bodySha256: string): string | undefined
  prices(): CardPrices | undefined
  keepPrices(prices: CardPrices, sha256: string): void
}

export function openCardRecords({ store, clock }: { store: Pick<Store, 'cards'>; clock: Clock }): CardRecords {
  const { cards } = store
  const claimed = new Map<string, string>()
  const open = new Map<string, string>()
  const remember = (id: string, order: CardOrder) => {
    if (order.remote !== null && families[order.product.family].changes === null) claimed.set(order.remote.id, id)
    if (!finalStages.includes(order.stage)) open.set(order.bodySha256, id)
    else if (open.get(order.bodySha256) === id) open.delete(order.bodySha256)
  }
  const find = (id: string) => orderIn(cards.load(id))
  const load = (id: string): CardOrder => {
    const order = find(id)
    if (order === undefined) throw new Fault('NOT_FOUND', `no order ${id}`)
    return order
  }
  const commit = (id: string, order: CardOrder, entry: ApplianceEntry) => {
    const version = (cards.load(id)?.version ?? 0) + 1
    const wakeAt = order.nextAt === null ? null : Date.parse(order.nextAt)
    cards.commit({ id, version, stage: order.stage, wakeAt, body: order }, entry)
    remember(id, order)
  }
  for (const { id } of cards.list()) {
    const order = orderIn(cards.load(id))
    if (order !== undefined) remember(id, order)
  }
  return Object.freeze({
    load,
    find,
    ids: (stages?: readonly CardStage[]) =>
      cards
        .list(stages === undefined ? {} : { stages })
        .filter(({ id }) => id !== pricesId)
        .reverse(),
    begin: (id: string) => cards.create(id),
    create(id: string, order: CardOrder) {
      const { code } = order.product
      const details = {
        order: id,
        product: code,
        cents: Math.round(order.price.amount * 100),
        sha256: order.bodySha256,
        ...(order.quantity !== undefined && { quantity: order.quantity }),
        ...(order.client !== undefined && { client: order.client.id }),
        ...(order.reference !== undefined && { screen: true }),
      }
      commit(id, order, { event: 'cardOrdered', details })
    },
    apply(id: string, event: CardEvent) {
      const after = nextOrder(load(id), event, new Date(clock.now()).toISOString())
      commit(id, after, entryOf(id, event, after))
      return after
    },
    async erase(id: string) {
      await cards.erase(id, { event: 'cardOrderErased', details: { order: id, reason: 'retention' } })
    },
    orderOf: (remoteId: string) => claimed.get(remoteId),
    known: (id: string) => cards.load(id) !== undefined,
    sameAs: (bodySha256: string) => open.get(bodySha256),
    prices: () => pricesIn(cards.load(pricesId)),
    keepPrices(prices: CardPrices, sha256: string) {
      const stored = cards.load(pricesId)
      if (stored === undefined) cards.create(pricesId)
      const version = (stored?.version ?? 0) + 1
      const entry = { event: 'cardPricesRead', details: { products: prices.products.length, sha256 } } as const
      cards.commit({ id: pricesId, version, stage: pricesId, wakeAt: null, body: prices }, entry)
    },
  })
}

/** What the audit trail says of an event; a state that is no word becomes one. */
function entryOf(order: string, event: CardEvent, after: CardOrder): ApplianceEntry {
  switch (event.type) {
    case 'sending':
      return { event: 'cardOrderSent', details: { order, attempt: after.attempts } }
    case 'unsent':
    case 'postponed':
      return { event: 'cardOrderPostponed', details: { order, code: event.code } }
    case 'lost':
      return { event: 'cardOrderLost', details: { order, code: event.code } }
    case 'placed': {
      const { id, state } = event.request
      return { event: 'cardOrderPlaced', details: { order, remote: word(id), state: word(state), by: event.by } }
    }
    case 'refused':
      return { event: 'cardOrderRefused', details: { order } }
    case 'lookedInVain':
      return { event: 'cardOrderLooked', details: { order, found: 0 } }
    case 'severalFound':
      return { event: 'cardOrderLooked', details: { order, found: event.ids.length } }
    case 'sentAgain':
    case 'cancelled':
      return { event: 'cardOrderDecided', details: { order, decision: event.type } }
    case 'seen':
      return { event: 'cardOrderSeen', details: { order, state: word(event.request.state) } }
    case 'papersGiven': {
      const { form, document } = event.papers
      return { event: 'cardPapersGiven', details: { order, sha256: form.sha256, documentSha256: document.sha256 } }
    }
    case 'papersSent':
    case 'papersRefused':
      return { event: 'cardPapersEnded', details: { order, end: event.type === 'papersSent' ? 'sent' : 'refused' } }
    case 'hinted':
      return { event: 'cardOrderSeen', details: { order, state: 'hinted' } }
  }
}

function word(text: string): string {
  const made = text
    .replace(/[^A-Za-z0-9._:+-]+/g, '-')
    .replace(/^[^A-Za-z0-9]+/, '')
    .slice(0, 64)
  return made === '' ? 'unreadable' : made
}

/** The blobs that an order mentions; undefined for what is none. */
export function cardBlobNames(store: Pick<Store, 'cards'>, id: string): ReadonlySet<string> | undefined {
  const stored = store.cards.load(id)
  if (stored === undefined) return undefined
  const order = orderIn(stored)
  return order === undefined ? new Set() : paperBlobs(order)
}
