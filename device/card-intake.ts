// What people bring to the orders of cards: the wish to see prices, an order, the signed form. Checked and durable before
// anybody is told that it was taken.

import { createHash } from 'node:crypto'
import { checkPapers, writePaper } from './card-papers.ts'
import type { CardPrices, CardRecords } from './card-record.ts'
import { type CardOrderView, viewOfOrder } from './card-view.ts'
import { type CardOrder, wantsForm } from './cards/order.ts'
import { readOrderBody, wireBody } from './cards/order-body.ts'
import { familyOf } from './cards/products.ts'
import type { Config } from './config.ts'
import { type ErrorCode, Fault } from './errors.ts'
import type { CardPaper, CardShop, Clock } from './ports.ts'
import type { Blobs } from './store/blobs.ts'

export interface CardIntake {
  /** Read now; where that fails the list of before, with the reason. Throws the reason where there never was one. */
  prices(): Promise<CardPrices & { readonly stale: { readonly code: ErrorCode; readonly detail: string } | null }>
  /**
   * `body`: the product's fields as the service names them. Throws REQUEST_INVALID, NOT_FOUND for a product that is not on
   * the list, STAGE_CONFLICT where the same is under way already and `again` does not ask for it.
   */
  order(request: { readonly product: string; readonly body: unknown; readonly again?: boolean }): Promise<CardOrderView>
  /** Throws STAGE_CONFLICT where nothing is waited for, REQUEST_INVALID. */
  submit(id: string, papers: { readonly form: CardPaper; readonly document: CardPaper }): Promise<CardOrderView>
}

export interface CardIntakeParts {
  readonly config: Pick<Config, 'kiosk'> & { readonly cards: NonNullable<Config['cards']> }
  readonly blobs: Blobs
  readonly records: CardRecords
  readonly shop: CardShop
  readonly clock: Clock
  readonly newId: () => string
  /** Something is there to be worked on. */
  readonly onOrder: () => void
}

/** Older than this, a price list is read anew before somebody orders by it. */
const pricesAgeMs = 24 * 3_600_000

export function createCardIntake(parts: CardIntakeParts): CardIntake {
  const { config, blobs, records, shop, clock, newId, onOrder } = parts
  const view = (id: string) => viewOfOrder(id, records.load(id))

  async function readPrices(): ReturnType<CardIntake['prices']> {
    const answer = await shop.products()
    if (answer.outcome === 'listed') {
      const read = { fetchedAt: new Date(clock.now()).toISOString(), products: answer.products }
      records.keepPrices(read, sha256(JSON.stringify(answer.products)))
      return { ...read, stale: null }
    }
    const { code, detail } = answer
    const kept = records.prices()
    if (kept === undefined) throw new Fault(code, detail)
    return { ...kept, stale: { code, detail } }
  }

  async function pricesForOrder(): Promise<CardPrices> {
    const kept = records.prices()
    const fresh = kept !== undefined && clock.now() - Date.parse(kept.fetchedAt) < pricesAgeMs
    return fresh ? kept : readPrices()
  }

  /** Of an order that video recognition is bought for, the service's id. */
  function resolved(body: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
    const own = records.ids().some(({ id }) => id === body['id'])
    if (!own) return body
    const { remote } = records.load(String(body['id']))
    if (remote === null) throw new Fault('STAGE_CONFLICT', 'that order is not placed yet')
    return { ...body, id: remote.id }
  }

  async function place({ product: code, body: given, again = false }: Parameters<CardIntake['order']>[0]) {
    const { products, fetchedAt } = await pricesForOrder()
    const product = products.find(one => one.code === code)
    if (product === undefined) throw new Fault('NOT_FOUND', `no product ${code} is on the price list of ${fetchedAt}`)
    const family = familyOf(product)
    if (family === undefined) throw new Fault('REQUEST_INVALID', `what ${code} needs is not known to this version`)
    const read = readOrderBody(family, given)
    const body = family === 'recognition' ? resolved(read) : read
    const bodySha256 = sha256(JSON.stringify([code, body]))
    const same = records.sameAs(bodySha256)
    if (same !== undefined && !again) throw new Fault('STAGE_CONFLICT', `the same is ordered already, as ${same}`)
    const id = newId()
    const at = new Date(clock.now()).toISOString()
    const wire = wireBody(body, { order: id, kiosk: config.kiosk.id, callbackUrl: config.cards.callback?.url, family })
    const { name, kind, price } = product
    records.create(id, {
      ...newOrder,
      product: { code, name, kind, family },
      price: { amount: price, fetchedAt },
      body: wire,
      bodySha256,
      orderedAt: at,
      nextAt: at,
    })
    onOrder()
    return view(id)
  }

  async function submit(id: string, { form, document }: Parameters<CardIntake['submit']>[1]): Promise<CardOrderView> {
    const order = records.load(id)
    if (!wantsForm(order)) throw new Fault('STAGE_CONFLICT', 'the service waits for no form of this order')
    checkPapers(form, document)
    const givenAt = new Date(clock.now()).toISOString()
    const stored = {
      form: await writePaper(blobs, id, form),
      document: await writePaper(blobs, id, document),
    }
    // Somebody else may have been faster.
    if (!wantsForm(records.load(id))) throw new Fault('STAGE_CONFLICT', 'the service waits for no form of this order')
    records.apply(id, { type: 'papersGiven', papers: { state: 'waiting', ...stored, givenAt, attempts: 0 } })
    for (const old of order.papers === null ? [] : [order.papers.form, order.papers.document])
      await blobs.remove(id, old.name)
    onOrder()
    return view(id)
  }

  return Object.freeze({ prices: readPrices, order: place, submit })
}

const newOrder = {
  stage: 'new',
  attempts: 0,
  sentAt: null,
  looks: [],
  undecided: null,
  remote: null,
  quietLooks: 0,
  papers: null,
  lastFault: null,
  endedAt: null,
} as const satisfies Partial<CardOrder>

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
