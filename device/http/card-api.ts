// Orders of cards by other programs. Money is spent here: only the clients that the configuration names may order, the same
// Idempotency-Key is the same order for ever, and each client sees its own orders only. Nothing of the person comes back.
//
// GET  /api/v1/cards/products            the price list, EUR before VAT, and when it was read → CardPricesAnswer
// POST /api/v1/cards/orders              {product, body, again?}; Idempotency-Key: a UUID → 201 CardAnswer, 200 for the same key
// GET  /api/v1/cards/orders              → {orders: CardAnswer[]}, oldest first
// GET  /api/v1/cards/orders/{id}         → CardAnswer
// GET  /api/v1/cards/orders/{id}/form    the recognition form as it is now, a PDF
// POST /api/v1/cards/orders/{id}/submit  {form, document}, each {fileName, base64} → 202 CardAnswer
// POST /api/v1/cards/callback            what the card service called a back office with, handed on → 202 {known}

import { Buffer } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { familyOf } from '../cards/products.ts'
import type { Config } from '../config/config.ts'
import { Fault } from '../errors.ts'
import type { CardDesk } from '../orders/desk.ts'
import type { CardOrderView } from '../orders/view.ts'
import type { ApiClient } from './api-clients.ts'
import { maxCardBodyBytes, OrderAsked, papersIn } from './card-routes.ts'
import { jsonOf, shaped } from './json-body.ts'

export interface CardApiParts {
  readonly desk: CardDesk
  readonly config: Pick<NonNullable<Config['cards']>, 'clients' | 'callback'>
}

/** Answer about an order: `CardOrderView` without what is the operator's, such as ids of other requests at the service. */
export type CardAnswer = Pick<
  CardOrderView,
  'id' | 'stage' | 'product' | 'price' | 'orderedAt' | 'wantsForm' | 'endedAt'
> & {
  readonly url: string
  /** The service's own: its id, its word for the state, and, once it is sent, the numbers that go with it. */
  readonly request: {
    readonly id: string
    readonly state: string
    readonly tracking: string | null
    readonly envelope: string | null
    readonly device: string | null
    readonly seenAt: string
  } | null
  readonly papers: 'waiting' | 'sent' | 'refused' | null
  /** Why it does not go on by itself, or did not at the last try. */
  readonly fault: { readonly code: string; readonly at: string } | null
}

type ClientOf = (request: FastifyRequest) => ApiClient
type OfOrder = { Params: { id: string } }

/** Of a callback: one request of the service's with what surrounds it. */
const maxCallbackBytes = 256 * 1024
const path = '/api/v1/cards'
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i

export function cardApiRoutes(app: FastifyInstance, { desk, config }: CardApiParts, clientOf: ClientOf): void {
  const orderer = (request: FastifyRequest): string => {
    const { id } = clientOf(request)
    if (!config.clients.includes(id))
      throw new Fault('REQUEST_FORBIDDEN', 'this client orders no cards (cards.clients)')
    return id
  }
  const own = (request: FastifyRequest<OfOrder>): CardOrderView => {
    const client = orderer(request)
    const { id } = request.params
    const order = desk.list().find(one => one.id === id)
    if (order?.client !== client) throw new Fault('NOT_FOUND', `no order ${id}`)
    return order
  }
  app.get(`${path}/products`, async (request, reply) => {
    orderer(request)
    return reply.send(pricesOf(await desk.prices()))
  })
  app.get(`${path}/orders`, async (request, reply) => {
    const client = orderer(request)
    const orders = desk.list().filter(one => one.client === client)
    return reply.send({ orders: orders.map(answerOf) })
  })
  app.post(`${path}/orders`, async (request, reply) => {
    const client = { id: orderer(request), key: keyOf(request) }
    const asked = shaped(OrderAsked, await jsonOf(request.body, maxCardBodyBytes, 'the order'))
    const { order, created } = await desk.orderFor(client, asked)
    const answer = answerOf(order)
    return reply
      .status(created ? 201 : 200)
      .header('location', answer.url)
      .send(answer)
  })
  app.get<OfOrder>(`${path}/orders/:id`, async (request, reply) => reply.send(answerOf(own(request))))
  app.get<OfOrder>(`${path}/orders/:id/form`, async (request, reply) =>
    reply.type('application/pdf').send(Buffer.from(await desk.form(own(request).id))),
  )
  app.post<OfOrder>(`${path}/orders/:id/submit`, async (request, reply) => {
    const { id } = own(request)
    const papers = papersIn(await jsonOf(request.body, maxCardBodyBytes, 'the papers'))
    return reply.status(202).send(answerOf(await desk.submit(id, papers)))
  })
  app.post(`${path}/callback`, async (request, reply) => {
    const { id } = clientOf(request)
    if (config.callback?.clients.includes(id) !== true)
      throw new Fault('REQUEST_FORBIDDEN', 'this client hands on no callbacks (cards.callback.clients)')
    const known = desk.callback(await jsonOf(request.body, maxCallbackBytes, 'the callback')).length
    return reply.status(202).send({ known })
  })
}

function keyOf({ headers }: FastifyRequest): string {
  const key = headers['idempotency-key']
  if (typeof key === 'string' && uuid.test(key)) return key
  throw new Fault('REQUEST_INVALID', 'an order needs an Idempotency-Key, a UUID: it costs money')
}

function pricesOf({ fetchedAt, products, stale }: Awaited<ReturnType<CardDesk['prices']>>) {
  return {
    fetchedAt,
    /** The service does not answer now, and this is the list of before. */
    stale: stale?.code ?? null,
    vat: 'excluded',
    products: products.map(({ code, name, kind, price, blank }) => ({
      ...{ code, name, kind, price, blank },
      /** Which fields an order has; null: it cannot be ordered here. */
      fields: familyOf({ code, blank }) ?? null,
    })),
  }
}

function answerOf(order: CardOrderView): CardAnswer {
  const { id, stage, product, price, orderedAt, remote, papers, wantsForm, lastFault, endedAt } = order
  const request = remote && {
    id: remote.id,
    state: remote.state,
    tracking: remote.tracking,
    envelope: remote.envelope,
    device: remote.device,
    seenAt: remote.seenAt,
  }
  return {
    ...{ id, url: `${path}/orders/${id}`, stage, product, price, orderedAt, request, wantsForm },
    papers: papers?.state ?? null,
    fault: lastFault && { code: lastFault.code, at: lastFault.at },
    endedAt,
  }
}
