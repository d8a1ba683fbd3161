// What programs and operators ask about orders of cards and are told, by one schema each, from which the OpenAPI file is made
// too. Nothing of the person comes back.

import { Buffer } from 'node:buffer'
import Type, { type Static, type TSchema } from 'typebox'
import { type CardStage, finalStages } from '../cards/order.ts'
import { families, familyOf, type ProductFamily } from '../cards/products.ts'
import type { CardPaper } from '../ports.ts'
import type { CardIntake, CardPapersGiven } from './intake.ts'
import type { CardOrderView } from './view.ts'

const strict = { additionalProperties: false } as const
const text = Type.String()
const time = Type.String({ format: 'date-time' })
const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()])

/** Body of a new order. */
export const OrderAsked = Type.Object(
  {
    product: Type.String({ description: 'The code of a product on the price list.' }),
    body: Type.Unknown(),
    again: Type.Optional(Type.Boolean({ description: 'Although the very same is under way already.' })),
  },
  strict,
)

const Paper = Type.Object({ fileName: text, base64: Type.String({ pattern: '^[A-Za-z0-9+/]*={0,2}$' }) }, strict)

/** Body of the hand-in of papers; without a document, the one that went with the order. */
export const PapersAsked = Type.Object(
  {
    form: Type.Object(Paper.properties, {
      ...strict,
      description: 'The signed form: a PDF, or a CMS around one (p7m).',
    }),
    document: Type.Optional(
      Type.Object(Paper.properties, {
        ...strict,
        description: 'The identity document: PDF, JPEG or PNG. Not needed where it went with the order.',
      }),
    ),
  },
  strict,
)
export type PapersAsked = Static<typeof PapersAsked>

export function papersGiven({ form, document }: PapersAsked): CardPapersGiven {
  return { form: paperOf(form), document: document && paperOf(document) }
}

const paperOf = ({ fileName, base64 }: Static<typeof Paper>): CardPaper => ({
  fileName,
  bytes: Buffer.from(base64, 'base64'),
})

const familyNames = Object.keys(families) as readonly ProductFamily[]

/** The price list. */
export const PricesAnswer = Type.Object(
  {
    fetchedAt: time,
    stale: nullable(
      Type.String({ description: 'Why this is the list of before: a row of the table of errors in the README.' }),
    ),
    vat: Type.Literal('excluded'),
    products: Type.Array(
      Type.Object(
        {
          code: text,
          name: text,
          kind: Type.String({ description: 'The certification authority.' }),
          price: Type.Number({ description: 'EUR before VAT, of each.' }),
          blank: Type.Boolean({ description: 'Without a certificate.' }),
          fields: nullable(
            Type.Enum([...familyNames], {
              description: 'Which fields an order has, by the names of the schemas; null: it cannot be ordered here.',
            }),
          ),
        },
        strict,
      ),
    ),
  },
  strict,
)
export type PricesAnswer = Static<typeof PricesAnswer>

export function pricesAnswer({ fetchedAt, products, stale }: Awaited<ReturnType<CardIntake['prices']>>): PricesAnswer {
  return {
    fetchedAt,
    stale: stale?.code ?? null,
    vat: 'excluded',
    products: products.map(({ code, name, kind, price, blank }) => ({
      ...{ code, name, kind, price, blank },
      fields: familyOf({ code, blank }) ?? null,
    })),
  }
}

const stages = [
  ...(['new', 'sending', 'unknown', 'undecided', 'placed'] as const),
  ...finalStages,
] as const satisfies readonly CardStage[]

/** Where an order stands. What is the operator's, such as ids of other requests at the service, is not in it. */
export const OrderAnswer = Type.Object(
  {
    id: text,
    url: text,
    stage: Type.Enum([...stages], {
      description:
        '`unknown`: sent without an answer, looked for and not sent again; `undecided`: an operator decides; `placed`: bought; `ended`: made and sent.',
    }),
    product: Type.Object({ code: text, name: text, kind: text }, strict),
    price: Type.Object(
      { amount: Type.Number({ description: 'EUR before VAT, of each.' }), fetchedAt: time },
      { ...strict, description: 'As it was on the list when it was ordered.' },
    ),
    quantity: Type.Integer(),
    orderedAt: time,
    request: nullable(
      Type.Object(
        {
          id: text,
          state: Type.String({ description: 'The service’s own word; `evasa` is the last one.' }),
          tracking: nullable(text),
          envelope: nullable(text),
          device: nullable(text),
          seenAt: time,
        },
        { ...strict, description: 'What the service has of it, with the numbers that go with what is sent.' },
      ),
    ),
    wantsForm: Type.Boolean({ description: 'The service waits for the signed form.' }),
    documentEnclosed: Type.Boolean({ description: 'The identity document went with the order.' }),
    papers: nullable(Type.Enum(['waiting', 'sent', 'refused'])),
    recognisable: Type.Boolean({ description: 'Video recognition can be ordered in place of the form.' }),
    hasActivation: Type.Boolean({ description: 'The code that was bought can be fetched.' }),
    fault: nullable(
      Type.Object(
        { code: text, at: time },
        { ...strict, description: 'Why it does not go on by itself, or did not at the last try.' },
      ),
    ),
    endedAt: nullable(time),
  },
  strict,
)
export type OrderAnswer = Static<typeof OrderAnswer>

export const OrdersAnswer = Type.Object({ orders: Type.Array(OrderAnswer) }, strict)
export const ActivationAnswer = Type.Object({ code: text }, strict)
export const CallbackAnswer = Type.Object(
  { known: Type.Integer({ description: 'Orders that it may be about; they are asked for.' }) },
  strict,
)

/** `url`: where the answer can be had again. */
export function orderAnswer(order: CardOrderView, url: string): OrderAnswer {
  const { id, stage, product, price, quantity, orderedAt, remote, papers, lastFault, endedAt } = order
  const { wantsForm, documentEnclosed, recognisable, hasActivation } = order
  const request = remote && {
    id: remote.id,
    state: remote.state,
    tracking: remote.tracking,
    envelope: remote.envelope,
    device: remote.device,
    seenAt: remote.seenAt,
  }
  return {
    ...{ id, url, stage, product, price, quantity, orderedAt, request, wantsForm, documentEnclosed },
    papers: papers?.state ?? null,
    ...{ recognisable, hasActivation },
    fault: lastFault && { code: lastFault.code, at: lastFault.at },
    endedAt,
  }
}
