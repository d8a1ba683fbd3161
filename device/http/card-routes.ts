// What an operator asks about orders of cards, over the socket file of the appliance, which alone owns the store and the
// way to the service.

import { Buffer } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { Fault } from '../errors.ts'
import type { CardDesk } from '../orders/desk.ts'
import { OrderAsked, PapersAsked, papersGiven } from '../orders/wire.ts'
import { shaped } from './json-body.ts'

/** Two papers of 20 MiB in Base64, or an order with a document in it. */
export const maxCardBodyBytes = 60 * 1024 * 1024

const closed = { additionalProperties: false } as const
const Decision = Type.Union([
  Type.Object({ decision: Type.Literal('placed'), remoteId: Type.String() }, closed),
  Type.Object({ decision: Type.Enum(['send-again', 'drop']) }, closed),
])

type OfOrder = { Params: { id: string }; Body: unknown }

/** All under /cards; without a configured service each answers CONFIG_INVALID. */
export function cardRoutes(app: FastifyInstance, cards: CardDesk | undefined): void {
  const desk = (): CardDesk => {
    if (cards === undefined) throw new Fault('CONFIG_INVALID', 'cards: no card service is configured')
    return cards
  }
  app.get('/cards/products', async (_request, reply) => reply.send(await desk().prices()))
  app.get('/cards/orders', async (_request, reply) => reply.send({ orders: desk().list(), state: desk().state() }))
  app.post<{ Body: unknown }>('/cards/orders', { bodyLimit: maxCardBodyBytes }, async (request, reply) => {
    const { product, body, again = false } = shaped(OrderAsked, request.body)
    return reply.send(await desk().order({ product, body, again }))
  })
  app.get<OfOrder>('/cards/orders/:id', async (request, reply) => reply.send(desk().show(request.params.id)))
  app.get<OfOrder>('/cards/orders/:id/form', async (request, reply) => {
    const form = await desk().form(request.params.id)
    return reply.send({ base64: Buffer.from(form).toString('base64') })
  })
  app.get<OfOrder>('/cards/orders/:id/activation', async (request, reply) =>
    reply.send({ code: await desk().activation(request.params.id, 'operator') }),
  )
  app.post<OfOrder>('/cards/orders/:id/papers', { bodyLimit: maxCardBodyBytes }, async (request, reply) => {
    return reply.send(await desk().submit(request.params.id, papersGiven(shaped(PapersAsked, request.body))))
  })
  app.post<OfOrder>('/cards/orders/:id/decision', async (request, reply) =>
    reply.send(await desk().decide(request.params.id, shaped(Decision, request.body))),
  )
  app.post<OfOrder>('/cards/orders/:id/poll', async (request, reply) => {
    desk().poll(request.params.id)
    return reply.send(desk().show(request.params.id))
  })
  app.post('/cards/poll', async (_request, reply) => {
    desk().poll()
    return reply.send(desk().state())
  })
  app.post<{ Body: unknown }>('/cards/callback', async (request, reply) =>
    reply.send({ orders: desk().callback(request.body) }),
  )
}
