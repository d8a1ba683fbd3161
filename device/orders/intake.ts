// What people bring to the orders of cards: the wish to see prices, an order, the signed form. Checked and durable before
// anybody is told that it was taken.

import { createHash } from 'node:crypto'
import { type CardOrder, type StoredPaper, wantsForm } from '../cards/order.ts'
import { apart, type EnclosedFiles, type OrderBody, readOrderBody, wireBody } from '../cards/order-body.ts'
import { families, familyOf } from '../cards/products.ts'
import type { Config } from '../config/config.ts'
import { type ErrorCode, Fault } from '../errors.ts'
import type { CardPaper, CardShop, Clock } from '../ports.ts'
import type { Blobs } from '../store/blobs.ts'
import { createTurns } from '../turns.ts'
import { checkEnclosed, checkPaper, paperBlobs, writeEnclosed, writePaper } from './papers.ts'
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
   * IDEMPOTENCY_KEY_REUSED, too, and STAGE_CONFLICT for the key of an order that is erased.
   */
  orderFor(client: CardClient, request: CardAsked): Promise<CardPlaced>
  /**
   * Without a document, the one that went with the order. Throws STAGE_CONFLICT where nothing is waited for,
   * REQUEST_INVALID, also where there is no document.
   */
  submit(id: string, papers: CardPapersGiven): Promise<CardOrderView>
}

export interface CardPapersGiven {
  readonly form: CardPaper
  readonly document?: CardPaper | undefined
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

  /** One after the other: what is looked for before an order is still so when it is written. */
  const inTurn = createTurns(() => 1)

  /** The product by the list of now. Throws NOT_FOUND, REQUEST_INVALID where it costs something else or is not known here. */
  async function listed(code: string, agreed: number | undefined) {
    const { products, fetchedAt } = await pricesForOrder()
    const product = products.find(one => one.code === code)
    if (product === undefined) throw new Fault('NOT_FOUND', `no product ${code} is on the price list of ${fetchedAt}`)
    if (agreed !== undefined && agreed !== product.price)
      throw new Fault('REQUEST_INVALID', `${code} costs another price than the one that was agreed to`)
    const family = familyOf(product)
    if (family === undefined) throw new Fault('REQUEST_INVALID', `what ${code} needs is not known to this version`)
    const { name, kind, price: amount } = product
    return { product: { code, name, kind, family }, price: { amount, fetchedAt } }
  }

  async function write(id: string, order: CardOrder, files: EnclosedFiles): Promise<void> {
    records.begin(id)
    try {
      const enclosed = await writeEnclosed(blobs, id, files)
      records.create(id, Object.keys(enclosed).length === 0 ? order : { ...order, enclosed })
    } catch (thrown) {
      await records.erase(id)
      throw thrown
    }
    onOrder()
  }

  async function place(
    { product: code, body: given, again = false, reference, price: agreed }: CardAsked,
    by?: { readonly id: string; readonly client: NonNullable<CardOrder['client']> },
  ): Promise<CardPlaced> {
    const { product, price } = await listed(code, agreed)
    const { family } = product
    const { fields, files } = apart(readOrderBody(family, given))
    checkEnclosed(files)
    const body = families[family].changes === null ? fields : resolved(fields, by?.client.id)
    return inTurn(async () => {
      const bodySha256 = sha256(JSON.stringify([code, body]))
      const id = by?.id ?? newId()
      // Somebody may have been faster with the same key.
      if (by !== undefined && records.known(id)) return { order: earlier(id, by.client), created: false }
      if (!again) notTwice(bodySha256, by?.client.id)
      const at = new Date(clock.now()).toISOString()
      const order: CardOrder = {
        ...newOrder,
        ...{ product, price },
        ...(typeof body['quantita'] === 'number' && { quantity: body['quantita'] }),
        body: wireBody(body, { order: id, kiosk: config.kiosk.id, callbackUrl: config.cards.callback?.url, family }),
        bodySha256,
        orderedAt: at,
        ...(by !== undefined && { client: by.client }),
        ...(reference !== undefined && { reference }),
        nextAt: at,
      }
      await write(id, order, files)
      return { order: view(id), created: true }
    })
  }

  /** What was ordered by this key. */
  function earlier(id: string, { askedSha256 }: NonNullable<CardOrder['client']>): CardOrderView {
    const order = records.find(id)
    if (order === undefined) throw new Fault('STAGE_CONFLICT', 'this key was used for an order that is erased by now')
    if (order.client?.askedSha256 !== askedSha256)
      throw new Fault('IDEMPOTENCY_KEY_REUSED', `the key came with another request, of the order ${id}`)
    return view(id)
  }

  async function orderFor(client: CardClient, asked: CardAsked): Promise<CardPlaced> {
    const id = keyedId(client)
    const { product, body, again } = asked
    const own = { id: client.id, askedSha256: sha256(JSON.stringify([product, body, again ?? false])) }
    if (records.known(id)) return { order: earlier(id, own), created: false }
    return place(asked, { id, client: own })
  }

  async function checkedDocument(id: string, document: CardPaper): Promise<StoredPaper> {
    checkPaper('document', document)
    return writePaper(blobs, id, document)
  }

  async function submit(id: string, { form, document }: CardPapersGiven): Promise<CardOrderView> {
    const waited = (): CardOrder => {
      const order = records.load(id)
      if (!wantsForm(order)) throw new Fault('STAGE_CONFLICT', 'the service waits for no form of this order')
      return order
    }
    const { enclosed } = waited()
    checkPaper('form', form)
    const besides = document === undefined ? enclosed?.documento : await checkedDocument(id, document)
    if (besides === undefined) throw new Fault('REQUEST_INVALID', 'document: none went with the order')
    const givenAt = new Date(clock.now()).toISOString()
    const written = await writePaper(blobs, id, form)
    // Somebody else may have been faster.
    const before = waited()
    const papers = { state: 'waiting', form: written, document: besides, givenAt, attempts: 0 } as const
    const mentioned = paperBlobs(records.apply(id, { type: 'papersGiven', papers }))
    for (const old of paperBlobs(before)) if (!mentioned.has(old)) await blobs.remove(id, old)
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
