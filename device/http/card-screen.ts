// The calls of the screen about orders of cards (view-cards.ts lists them).

import { Buffer } from 'node:buffer'
import type { FastifyInstance } from 'fastify'
import Type, { type Static, type TSchema } from 'typebox'
import type { FieldGroup, FieldName } from '../cards/fields.ts'
import type { CardCounter } from '../orders/counter.ts'

const strict = { additionalProperties: false } as const
const Word = Type.String({ pattern: '^[A-Za-z_]{1,40}$' })
const Typed = Type.String({ maxLength: 400 })
const Opening = Type.Object(
  { language: Type.String({ pattern: '^[a-z]{2}$' }), official: Type.Optional(Type.Boolean()) },
  strict,
)
const OfficialCode = Type.Object({ code: Typed }, strict)
const Choice = Type.Object({ product: Type.String({ maxLength: 64 }) }, strict)
const Answer = Type.Object({ field: Word, value: Typed }, strict)
const Back = Type.Object({ value: Type.Optional(Typed) }, strict)
const Change = Type.Object({ group: Word }, strict)
const Agreed = Type.Object({ price: Type.Number() }, strict)
const Code = Type.Object({ reference: Typed }, strict)

const plain = [
  ...(['list', 'code', 'identity', 'activation', 'recognise', 'papers', 'sign', 'scan', 'submit'] as const),
  ...(['leave', 'stay'] as const),
]

export function cardScreenRoutes(app: FastifyInstance, counter: CardCounter): void {
  const act = <S extends TSchema>(path: string, schema: S, action: (body: Static<S>) => unknown) =>
    app.post(`/screen/cards/${path}`, { schema: { body: schema } }, async (request, reply) => {
      // Held against its schema by the server.
      await action(request.body as Static<S>)
      return reply.status(204).send()
    })
  act('open', Opening, ({ language, official }) => counter.open(language, official === true ? 'official' : 'anybody'))
  act('official', OfficialCode, ({ code }) => counter.official(code))
  act('choose', Choice, ({ product }) => counter.choose(product))
  // A field or a group that there is not is nothing that is asked now.
  act('answer', Answer, ({ field, value }) => counter.answer(field as FieldName, value))
  act('back', Back, ({ value }) => counter.back(value))
  act('change', Change, ({ group }) => counter.change(group as FieldGroup))
  act('order', Agreed, ({ price }) => counter.order(price))
  act('find', Code, ({ reference }) => counter.find(reference))
  for (const name of plain)
    app.post(`/screen/cards/${name}`, async (_request, reply) => {
      await counter[name]()
      return reply.status(204).send()
    })
  app.get<{ Params: { paper: string; number: string } }>(
    '/screen/cards/pages/:paper/:number',
    async (request, reply) => {
      const { paper, number } = request.params
      const image = counter.image(paper === 'form' ? 'form' : 'identity', Number(number))
      return reply.type('image/jpeg').send(Buffer.from(image))
    },
  )
}
