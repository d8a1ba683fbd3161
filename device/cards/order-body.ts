// The body of a card order: what a person's JSON file holds, checked against what the service wants before anything is
// stored, and what goes out on the wire. A refusal names the field, never what stands in it.

import { Buffer } from 'node:buffer'
import Type, { type TSchema } from 'typebox'
import Value from 'typebox/value'
import { Fault } from '../errors.ts'
import { nearestName } from '../nearest.ts'
import type { CardPaper } from '../ports.ts'
import { knownKeys } from '../schema-keys.ts'
import type { EnclosedName } from './order.ts'
import { families, type ProductFamily } from './products.ts'

const strict = { additionalProperties: false } as const
const Text = Type.String({ minLength: 1, maxLength: 200, pattern: '^[^\\p{Cc}]*$' })
const Day = Type.String({ pattern: '^(0[1-9]|[12]\\d|3[01])/(0[1-9]|1[0-2])/(19|20)\\d\\d$' })
const Email = Type.String({ maxLength: 254, pattern: '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$' })
const Mobile = Type.String({ pattern: '^\\+?[0-9 ]{6,20}$' })
const Note = Type.Optional(Type.String({ maxLength: 200, pattern: '^[^\\p{Cc}]*$' }))
/** Base64 of a file below 10 MiB. */
const FileText = Type.String({ minLength: 4, maxLength: 14_000_000, pattern: '^[A-Za-z0-9+/]+={0,2}$' })

const delivery = {
  destinatario: Text,
  indirizzo_spedizione: Text,
  comune_spedizione: Text,
  provincia_spedizione: Text,
  cap_spedizione: Text,
  note: Note,
}

const Person = Type.Object(
  {
    nome: Text,
    cognome: Text,
    email: Email,
    cellulare: Mobile,
    codice_fiscale: Text,
    data_nascita: Day,
    sesso: Type.Enum(['M', 'F']),
    comune_nascita: Text,
    provincia_nascita: Text,
    nazione_nascita: Text,
    indirizzo_residenza: Text,
    comune_residenza: Text,
    provincia_residenza: Text,
    cap_residenza: Text,
    nazione_residenza: Text,
    ...delivery,
    tipo_documento: Text,
    numero_documento: Text,
    soggetto_emittente: Text,
    data_emissione: Day,
    data_scadenza: Day,
  },
  strict,
)

const help = Type.Optional(Type.Boolean())
const common = { assistenza: help, urgenza: help }
const shipped = { ...common, spedizione: Type.Optional(Type.Enum(['ordinaria', 'prioritaria', 'veloce'])) }

/** Where devices go to. */
export const Delivery = Type.Object({ email: Email, cellulare: Mobile, ...delivery }, strict)

const Devices = Type.Object(
  {
    ...shipped,
    anagrafica_spedizione: Delivery,
    quantita: Type.Optional(Type.Integer({ minimum: 1, maximum: 10_000 })),
  },
  strict,
)
const Unasked = Type.Object({ assistenza: help }, strict)

/** What an order of each family has, as the service names it. */
export const orderBodies = {
  person: Type.Object(
    {
      ...shipped,
      anagrafica: Person,
      documento: Type.Optional(FileText),
      nome_documento: Type.Optional(Text),
      modulo: Type.Optional(FileText),
      nome_modulo: Type.Optional(Text),
    },
    strict,
  ),
  aruba: Type.Object(
    { ...shipped, videoriconoscimento: help, anagrafica: Person, documento: FileText, nome_documento: Text },
    strict,
  ),
  video: Type.Object({ ...common, email: Email, cellulare: Mobile }, strict),
  devices: Devices,
  blank: Devices,
  renewal: Unasked,
  abroad: Unasked,
  recognition: Type.Object({ id: Type.String({ pattern: '^[A-Za-z0-9-]{1,64}$' }) }, strict),
} as const satisfies Readonly<Record<ProductFamily, TSchema>>

export type OrderBody = Readonly<Record<string, unknown>>

/**
 * The fields of an order as the wire has them, at the top level. A `data` around them, as the service's own prose shows it,
 * is taken off. Throws REQUEST_INVALID naming each field that does not fit.
 */
export function readOrderBody(family: ProductFamily, given: unknown): OrderBody {
  const schema: TSchema = orderBodies[family]
  const body = unwrapped(given)
  const faults = [...Value.Errors(schema, body)].flatMap(({ keyword, instancePath, message }) => {
    const path = instancePath.slice(1).replaceAll('/', '.')
    if (keyword === 'boolean') return [`unknown field ${path}${hint(schema, path)}`]
    return keyword === 'additionalProperties' ? [] : [`${path === '' ? 'the order' : path} ${message}`]
  })
  if (faults.length > 0) throw new Fault('REQUEST_INVALID', [...new Set(faults)].join('; '))
  return body as OrderBody
}

function unwrapped(given: unknown): unknown {
  if (!isObject(given)) return given
  const { data } = given
  // A callback in the file would be the caller's own; the appliance has its own.
  return Object.keys(given).every(key => key === 'data' || key === 'callback') && isObject(data) ? data : given
}

function hint(schema: TSchema, path: string): string {
  const parts = path.split('.')
  const key = parts.pop() ?? ''
  const nearest = nearestName(key, knownKeys(schema, parts))
  return nearest === undefined ? '' : `; did you mean ${[...parts, nearest].join('.')}?`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Files that go with an order, by their names in its JSON. */
export type EnclosedFiles = Readonly<Partial<Record<EnclosedName, CardPaper>>>

/** The order without its files, which are large and differ from one scan to the next, and the files. */
export function apart(body: OrderBody): { readonly fields: OrderBody; readonly files: EnclosedFiles } {
  const { documento, nome_documento, modulo, nome_modulo, ...fields } = body
  const file = (name: EnclosedName, base64: unknown, fileName: unknown) =>
    typeof base64 !== 'string'
      ? {}
      : {
          [name]: {
            fileName: typeof fileName === 'string' ? fileName : name,
            bytes: Buffer.from(base64, 'base64'),
          },
        }
  return { fields, files: { ...file('documento', documento, nome_documento), ...file('modulo', modulo, nome_modulo) } }
}

/** What is sent: the JSON that is kept with the files in it again. */
export function whole(body: string, files: EnclosedFiles): string {
  const named = Object.entries(files).map(([name, { fileName, bytes }]) => ({
    [name]: Buffer.from(bytes).toString('base64'),
    [`nome_${name}`]: fileName,
  }))
  return named.length === 0 ? body : JSON.stringify(Object.assign(JSON.parse(body), ...named))
}

/** How an order is told in free text. */
export const noteMark = (order: string) => `[compulsa ${order}]`

/**
 * The JSON that is sent, the same to the byte however often it is asked for. The order's id goes along twice: in the data of
 * the callback, which the service gives back, and in the note, where the product has one.
 */
export function wireBody(
  body: OrderBody,
  { order, kiosk, callbackUrl, family }: WireNames & { readonly family: ProductFamily },
): string {
  // A change to an order is told by that order's own marks.
  if (families[family].changes !== null) return JSON.stringify(body)
  const noted = Object.fromEntries(
    Object.entries(body).map(([key, value]) => {
      if (!key.startsWith('anagrafica') || !isObject(value)) return [key, value]
      const note = typeof value['note'] === 'string' && value['note'] !== '' ? `${value['note']} ` : ''
      return [key, { ...value, note: `${note}${noteMark(order)}` }]
    }),
  )
  if (callbackUrl === undefined) return JSON.stringify(noted)
  const callback = { url: callbackUrl, method: 'JSON', field: 'data', data: { kiosk, order } }
  return JSON.stringify({ ...noted, callback })
}

interface WireNames {
  readonly order: string
  readonly kiosk: string
  readonly callbackUrl?: string | undefined
}
