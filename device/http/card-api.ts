// Orders of cards by other programs. Money is spent here: only the clients that the configuration names may order, the same
// Idempotency-Key is the same order for ever, and each client sees its own orders only. Nothing of the person comes back.
//
// GET  /api/v1/cards/products                the price list, EUR before VAT, and when it was read → PricesAnswer
// POST /api/v1/cards/orders                  {product, body, again?}; Idempotency-Key: a UUID → 201 OrderAnswer, 200 for the same key
// GET  /api/v1/cards/orders                  → {orders: OrderAnswer[]}, oldest first
// GET  /api/v1/cards/orders/{id}             → OrderAnswer
// GET  /api/v1/cards/orders/{id}/form        the recognition form as it is now, a PDF
// POST /api/v1/cards/orders/{id}/submit      {form, document?}, each {fileName, base64} → 202 OrderAnswer
// GET  /api/v1/cards/orders/{id}/activation  the code that was bought → {code}
// POST /api/v1/cards/orders/{id}/poll        has the service asked now → 202 OrderAnswer
// POST /api/v1/cards/callback                what the card service called a back office with, handed on → 202 {known}
// GET  /api/v1/cards/openapi.json            of all this; without a token

import { Buffer } from 'node:buffer'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Config } from '../config/config.ts'
import { Fault } from '../errors.ts'
import type { CardDesk } from '../orders/desk.ts'
import { openapi } from '../orders/openapi.ts'
import type { CardOrderView } from '../orders/view.ts'
import { OrderAsked, orderAnswer, PapersAsked, papersGiven, pricesAnswer } from '../orders/wire.ts'
import { version } from '../version.ts'
import type { ApiClient } from './api-clients.ts'
import { maxCardBodyBytes } from './card-routes.ts'
import { jsonOf, shaped } from './json-body.ts'

export interface CardApiParts {
  readonly desk: CardDesk
  readonly config: Pick<NonNullable<Config['cards']>, 'clients' | 'callback'>
}

type ClientOf = (request: FastifyRequest) => ApiClient
type OfOrder = { Params: { id: string } }

/** Of a callback: one request of the service's with what surrounds it. */
const maxCallbackBytes = 256 * 1024
const path = '/api/v1/cards'
/** Whoever builds a client reads it before there is a token. */
export const cardOpenapiPath = `${path}/openapi.json`
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
  const file = openapi(version)
  app.get(cardOpenapiPath, async (_request, reply) => reply.send(file))
  app.get(`${path}/products`, async (request, reply) => {
    orderer(request)
    return reply.send(pricesAnswer(await desk.prices()))
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
  orderRoutes(app, desk, own)
  app.post(`${path}/callback`, async (request, reply) => {
    const { id } = clientOf(request)
    if (config.callback?.clients.includes(id) !== true)
      throw new Fault('REQUEST_FORBIDDEN', 'this client hands on no callbacks (cards.callback.clients)')
    const known = desk.callback(await jsonOf(request.body, maxCallbackBytes, 'the callback')).length
    return reply.status(202).send({ known })
  })
}

/** What is done with an order that is there; `own` gives the client's own and no other. */
function orderRoutes(
  app: FastifyInstance,
  desk: CardDesk,
  own: (request: FastifyRequest<OfOrder>) => CardOrderView,
): void {
  app.get<OfOrder>(`${path}/orders/:id`, async (request, reply) => reply.send(answerOf(own(request))))
  app.get<OfOrder>(`${path}/orders/:id/form`, async (request, reply) =>
    reply.type('application/pdf').send(Buffer.from(await desk.form(own(request).id))),
  )
  app.post<OfOrder>(`${path}/orders/:id/submit`, async (request, reply) => {
    const { id } = own(request)
    const papers = papersGiven(shaped(PapersAsked, await jsonOf(request.body, maxCardBodyBytes, 'the papers')))
    return reply.status(202).send(answerOf(await desk.submit(id, papers)))
  })
  app.get<OfOrder>(`${path}/orders/:id/activation`, async (request, reply) => {
    const { id, client } = own(request)
    return reply.send({ code: await desk.activation(id, client ?? '') })
  })
  app.post<OfOrder>(`${path}/orders/:id/poll`, async (request, reply) => {
    const { id } = own(request)
    desk.look(id)
    return reply.status(202).send(answerOf(desk.show(id)))
  })
}

const answerOf = (order: CardOrderView) => orderAnswer(order, `${path}/orders/${order.id}`)

function keyOf({ headers }: FastifyRequest): string {
  const key = headers['idempotency-key']
  if (typeof key === 'string' && uuid.test(key)) return key
  throw new Fault('REQUEST_INVALID', 'an order needs an Idempotency-Key, a UUID: it costs money')
}
