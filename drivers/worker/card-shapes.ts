// What the net worker may say of the card service, checked on the device's side: closed shapes, so that nothing of the
// service's comes along that the driver was to leave behind.

import Type from 'typebox'

const closed = { additionalProperties: false } as const
const text = Type.String({ maxLength: 200, pattern: '^[^\\p{Cc}]*$' })
const id = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
const orNull = <S extends Parameters<typeof Type.Union>[0][number]>(schema: S) => Type.Union([schema, Type.Null()])
const time = orNull(Type.Integer({ minimum: 0, maximum: 8_640_000_000_000_000 }))
const flag = orNull(Type.Boolean())
const detail = Type.String({ maxLength: 1_000 })

const request = Type.Object(
  {
    id,
    productCode: orNull(text),
    state: text,
    boughtAt: time,
    shippedAt: time,
    tracking: orNull(text),
    envelope: orNull(text),
    device: orNull(text),
    formThere: flag,
    documentThere: flag,
    videoRecognition: flag,
  },
  closed,
)

const marks = Type.Object(
  { order: orNull(text), fiscalCode: orNull(text), email: orNull(text), mobile: orNull(text) },
  closed,
)

const later = Type.Object(
  {
    outcome: Type.Literal('later'),
    code: Type.Enum([
      'DESTINATION_UNREACHABLE',
      'DESTINATION_BUSY',
      'DESTINATION_UNTRUSTED',
      'TLS_PIN_MISMATCH',
      'CREDENTIALS_REFUSED',
      'CARD_CREDIT_LOW',
    ]),
    detail,
    retryAfterMs: Type.Optional(Type.Number({ minimum: 0, maximum: 86_400_000 })),
  },
  closed,
)

const refused = Type.Object({ outcome: Type.Literal('refused'), detail, serviceError: orNull(Type.Number()) }, closed)
const already = Type.Object({ outcome: Type.Literal('already') }, closed)

/** `card-products` and `card-requests`: the rows are the bytes of the only item. */
export const listed = Type.Union([Type.Object({ outcome: Type.Literal('listed') }, closed), later])

const product = Type.Object(
  {
    code: Type.String({ pattern: '^[A-Z0-9_]{1,40}$' }),
    name: text,
    kind: text,
    price: Type.Number({ minimum: 0, maximum: 1_000_000 }),
    blank: Type.Boolean(),
  },
  closed,
)
export const productRows = Type.Array(product, { maxItems: 10_000 })
export const requestRows = Type.Array(request, { maxItems: 1_000_000 })

export const orderOutcome = Type.Union([
  Type.Object({ outcome: Type.Literal('placed'), request }, closed),
  already,
  Type.Object({ outcome: Type.Literal('unknown'), detail }, closed),
  refused,
  later,
])

export const requestOutcome = Type.Union([
  Type.Object({ outcome: Type.Literal('found'), request, marks }, closed),
  Type.Object({ outcome: Type.Literal('missing') }, closed),
  later,
])

export const formOutcome = Type.Union([
  Type.Object({ outcome: Type.Literal('form') }, closed),
  Type.Object({ outcome: Type.Literal('none') }, closed),
  later,
])

export const activationOutcome = Type.Union([
  Type.Object({ outcome: Type.Literal('code'), code: Type.String({ pattern: '^[^\\p{Cc}]{1,200}$' }) }, closed),
  Type.Object({ outcome: Type.Literal('none') }, closed),
  later,
])

export const submitOutcome = Type.Union([
  Type.Object({ outcome: Type.Literal('taken'), request }, closed),
  already,
  refused,
  later,
])
