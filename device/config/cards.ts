// The part of the configuration about the service that sells signature cards; off where it is absent.

import Type, { type Static } from 'typebox'
import { Delivery } from '../cards/order-body.ts'
import { optionNames } from '../cards/products.ts'
import { Pins } from './pins.ts'
import { Id } from './scanners.ts'

const strict = { additionalProperties: false } as const
const File = Type.String({ minLength: 1 })

export const Cards = Type.Object(
  {
    /** The service, production or sandbox: each has tokens of its own. */
    url: Type.String({ pattern: '^https://[A-Za-z0-9._:[\\]-]{1,260}/?$' }),
    /** One line, the bearer token, mode 0600; read anew at each request. */
    tokenFile: File,
    /** PEM of the only authorities trusted for the service; absent: the runtime's own list. */
    caFile: Type.Optional(File),
    pins: Type.Optional(Pins),
    /** First wait between two looks at an order; it doubles while nothing changes, up to six hours. */
    pollMinutes: Type.Integer({ minimum: 1, maximum: 360, default: 15 }),
    /** How long after its end an order and the person's data are kept. */
    erasePersonalDataDays: Type.Integer({ minimum: 1, maximum: 3650, default: 30 }),
    /** Whether people can order at the screen. */
    screen: Type.Boolean({ default: false }),
    /** Which of the service's options people choose at the screen; the price list does not tell what they cost. */
    screenOptions: Type.Array(Type.Enum([...optionNames]), { default: [], maxItems: 3 }),
    /** Blank cards at the maintenance screen, for officials of a registration authority, always to the authority's address. */
    blanks: Type.Optional(
      Type.Object(
        {
          /** One line, mode 0600: the code that an official types. */
          codeFile: File,
          /** Cards in one order. */
          most: Type.Integer({ minimum: 1, maximum: 10_000, default: 50 }),
          delivery: Delivery,
        },
        strict,
      ),
    ),
    /** The clients of `api` that may order by it; each sees its own orders only. */
    clients: Type.Array(Id, { default: [], maxItems: 20 }),
    /** A back office that the service calls, and the clients of `api` that may hand on what it was told. */
    callback: Type.Optional(
      Type.Object(
        {
          url: Type.String({ pattern: '^https://', maxLength: 2000 }),
          clients: Type.Array(Id, { default: [], maxItems: 20 }),
        },
        strict,
      ),
    ),
  },
  strict,
)

export type CardsConfig = Static<typeof Cards>

/** What of it does not go together with the rest. */
export function cardFaults(config: {
  readonly cards?: {
    readonly clients: readonly string[]
    readonly callback?: { readonly clients: readonly string[] }
  }
  readonly api?: { readonly clients: readonly { readonly id: string }[] }
}): string[] {
  const known = new Set(config.api?.clients.map(client => client.id))
  const named = { 'cards.clients': config.cards?.clients, 'cards.callback.clients': config.cards?.callback?.clients }
  return Object.entries(named).flatMap(([key, ids = []]) =>
    ids.filter(id => !known.has(id)).map(id => `${key} names ${id}, which is not in api.clients`),
  )
}
