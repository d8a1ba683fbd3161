// What people bring to the orders of cards: the wish to see prices, an order, the signed form. Checked and durable before
// anybody is told that it was taken.

import { createHash } from 'node:crypto'
import { type CardOrder, wantsForm } from '../cards/order.ts'
import { type OrderBody, readOrderBody, wireBody } from '../cards/order-body.ts'
import { familyOf } from '../cards/products.ts'
import type { Config } from '../config/config.ts'
import { type ErrorCode, Fault } from '../errors.ts'
import type { CardPaper, CardShop, Clock } from '../ports.ts'
import type { Blobs } from '../store/blobs.ts'
import { checkPapers, writePaper } from './papers.ts'
import type { CardRecords } from './record.ts'
import { type CardOrderView, type CardPrices, viewOfOrder } from './view.ts'

export interface CardAsked {
  readonly product: string
  readonly body: unknown
  readonly again?: boolean
  /** What a person types to see it again. */
  readonly reference?: string
  /** What the person agreed to pay, EUR before VAT: at another price nothing is ordered. */
  readonly price?: number
}

/** A program, and its own key of one order. */
export interface CardClient {
  readonly id: string
  readonly key: string
}

export interface CardPlaced {
  readonly order: CardOrderView
  /** False where it was there already. */
  readonly created: boolean
}

export interface CardIntake {
  /** Read now; where that fails the list of before, with the reason. Throws the reason where there never was one. */
  prices(): Promise<CardPrices & { readonly stale: { readonly code: ErrorCode; readonly detail: string } | null }>
  /**
   * `body`: the product's fields as the service names them. Throws REQUEST_INVALID, NOT_FOUND for a product that is not on
   * the list, REQUEST_INVALID where the price is not the one agreed to, STAGE_CONFLICT where the same is under way already and `again` does not ask for it.
   */
  order(request: CardAsked): Promise<CardOrderView>
  /**
   * As `order`, for a program: the same key is the same order, however often and whenever it is asked for. Throws
   * STAGE_CONFLICT, too, for a key that something else was ordered by.
   */
  orderFor(client: CardClient, request: CardAsked): Promise<CardPlaced>
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

  /** Of an order that video recognition is bought for, the service's id; of another's order nothing is told. */
  function resolved(body: OrderBody, client: string | undefined): OrderBody {
    const own = records.ids().find(({ id }) => id === body['id'])
    const order = own && records.load(own.id)
    if (order === undefined || order.client?.id !== client) return body
    if (order.remote === null) throw new Fault('STAGE_CONFLICT', 'that order is not placed yet')
    return { ...body, id: order.remote.id }
  }

  /** Nothing of an order of somebody else's but that it is there. */
  function notTwice(bodySha256: string, client: string | undefined): void {
    const same = records.sameAs(bodySha256)
    if (same === undefined) return
    const own = records.load(same).client?.id === client
    throw new Fault('STAGE_CONFLICT', `the same is ordered already${own ? `, as ${same}` : ''}`)
  }

  async function place(
    { product: code, body: given, again = false, reference, price: agreed }: CardAsked,
    by?: { readonly id: string; readonly client: NonNullable<CardOrder['client']> },
  ): Promise<CardPlaced> {
    const { products, fetchedAt } = await pricesForOrder()
    const product = products.find(one => one.code === code)
    if (product === undefined) throw new Fault('NOT_FOUND', `no product ${code} is on the price list of ${fetchedAt}`)
    if (agreed !== undefined && agreed !== product.price)
      throw new Fault('REQUEST_INVALID', `${code} costs another price than the one that was agreed to`)
    const family = familyOf(product)
    if (family === undefined) throw new Fault('REQUEST_INVALID', `what ${code} needs is not known to this version`)
    const read = readOrderBody(family, given)
    const body = family === 'recognition' ? resolved(read, by?.client.id) : read
    const bodySha256 = sha256(JSON.stringify([code, body]))
    const id = by?.id ?? newId()
    // Somebody may have been faster with the same key.
    if (by !== undefined && records.known(id)) return { order: earlier(id, by.client), created: false }
    if (!again) notTwice(bodySha256, by?.client.id)
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
      ...(by !== undefined && { client: by.client }),
      ...(reference !== undefined && { reference }),
      nextAt: at,
    })
    onOrder()
    return { order: view(id), created: true }
  }

  /** What was ordered by this key. */
  function earlier(id: string, { askedSha256 }: NonNullable<CardOrder['client']>): CardOrderView {
    const order = records.find(id)
    if (order === undefined) throw new Fault('STAGE_CONFLICT', 'this key was used for an order that is erased by now')
    if (order.client?.askedSha256 !== askedSha256)
      throw new Fault('STAGE_CONFLICT', 'this key was used for another order')
    return view(id)
  }

  async function orderFor(client: CardClient, asked: CardAsked): Promise<CardPlaced> {
    const id = keyedId(client)
    const { product, body, again } = asked
    const own = { id: client.id, askedSha256: sha256(JSON.stringify([product, body, again ?? false])) }
    if (records.known(id)) return { order: earlier(id, own), created: false }
    return place(asked, { id, client: own })
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

  return Object.freeze({
    prices: readPrices,
    order: async (asked: CardAsked) => (await place(asked)).order,
    orderFor,
    submit,
  })
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

/** The order's id, the same for the same key as long as the row is there, and that is for ever. */
function keyedId({ id, key }: CardClient): string {
  return sha256(`${id} ${key.toLowerCase()}`).slice(0, 26).toUpperCase()
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
