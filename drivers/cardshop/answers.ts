// The card service's JSON, read tolerantly: its own examples have `_id` for `id`, numbers for texts, `false` for a word and
// times with a comma behind them. Only what is named here leaves this file: PIN, PUK, emergency and user codes are never
// looked at, the person only as marks to compare by, and a code to go on with only where it is asked for by itself.

import type { CardMarks, CardProduct, CardRequest } from '../../device/ports.ts'

type Fields = Readonly<Record<string, unknown>>

/** What an answer is wrapped in; `data` is undefined where the text is none of this service's. */
export interface Envelope {
  readonly data: unknown
  readonly success: boolean
  /** The service's own number of an error. */
  readonly error: number | null
}

const textPattern = /^[^\p{Cc}]{1,200}$/u
const idPattern = /^[A-Za-z0-9_-]{1,64}$/

/** The envelope in a body, also one that comes as a JSON text within `message`; undefined for anything else. */
export function envelopeIn(body: Uint8Array): Envelope | undefined {
  const outer = fieldsOf(parsed(new TextDecoder().decode(body)))
  if (outer === undefined) return undefined
  const message = outer['message']
  const inner = outer['data'] == null && typeof message === 'string' ? fieldsOf(parsed(message)) : undefined
  const fields = inner !== undefined && 'success' in inner ? inner : outer
  if (!('data' in fields) && !('success' in fields) && !('error' in fields)) return undefined
  return { data: fields['data'], success: fields['success'] !== false, error: numberOf(fields['error']) }
}

/** undefined where nothing of it can be used: no id, or no state. */
export function requestIn(data: unknown): CardRequest | undefined {
  const fields = fieldsOf(data)
  const id = fields === undefined ? undefined : idOf(fields)
  const state = textOf(fields?.['stato'])
  if (fields === undefined || id === undefined || state === null) return undefined
  const times = fieldsOf(fields['timestamp']) ?? {}
  const device = fieldsOf(fields['firma']) ?? {}
  return {
    id,
    productCode: textOf(fields['codice_prodotto']),
    state,
    boughtAt: timeOf(times['acquisto']),
    shippedAt: timeOf(times['evasione']),
    tracking: textOf(device['codice_spedizione']),
    envelope: textOf(device['numero_busta']),
    device: textOf(device['numero_dispositivo']),
    formThere: flagOf(fields['modulo']),
    documentThere: flagOf(fields['documento']),
    videoRecognition: flagOf(fields['videoriconoscimento']),
  }
}

/** Entries that cannot be used are left out: they hide no other. */
export function requestsIn(data: unknown): readonly CardRequest[] | undefined {
  if (!Array.isArray(data)) return undefined
  return data.flatMap((one: unknown) => requestIn(one) ?? [])
}

/** What a renewal, or a certificate from abroad, is gone on with. */
export function activationIn(data: unknown): string | null {
  const { codice, token } = fieldsOf(fieldsOf(data)?.['credenziali']) ?? {}
  return textOf(codice) ?? textOf(token)
}

export function marksIn(data: unknown): CardMarks {
  const fields = fieldsOf(data) ?? {}
  const person = fieldsOf(fields['anagrafica']) ?? fieldsOf(fields['anagrafica_spedizione']) ?? fields
  const own = textOf(fieldsOf(fieldsOf(fields['callback'])?.['data'])?.['order'])
  const note = typeof person['note'] === 'string' ? /\[compulsa ([A-Za-z0-9-]{1,64})\]/.exec(person['note']) : null
  return {
    order: own ?? note?.[1] ?? null,
    fiscalCode: textOf(person['codice_fiscale']),
    email: textOf(person['email']),
    mobile: textOf(person['cellulare']),
  }
}

export function productsIn(data: unknown): readonly CardProduct[] | undefined {
  if (!Array.isArray(data)) return undefined
  return data.flatMap((one: unknown) => {
    const fields = fieldsOf(one) ?? {}
    const code = textOf(fields['codice_prodotto'])
    const price = numberOf(fields['prezzo'])
    if (code === null || !/^[A-Z0-9_]{1,40}$/.test(code) || price === null || price < 0) return []
    const name = textOf(fields['nome']) ?? code
    return [{ code, name, kind: textOf(fields['tipo']) ?? '', price, blank: fields['vergine'] === true }]
  })
}

function idOf(fields: Fields): string | undefined {
  const id = textOf(fields['id']) ?? textOf(fields['_id'])
  return id !== null && idPattern.test(id) ? id : undefined
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : undefined
}

function textOf(value: unknown): string | null {
  const text = typeof value === 'number' ? String(value) : value
  return typeof text === 'string' && textPattern.test(text) ? text : null
}

function flagOf(value: unknown): boolean | null {
  return typeof value === 'boolean' ? value : null
}

function numberOf(value: unknown): number | null {
  const number = typeof value === 'string' && /^\d+(\.\d+)?$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

/** Seconds since 1970, as a number or a text with something behind it; 0 and less is no time. */
function timeOf(value: unknown): number | null {
  const digits = typeof value === 'string' ? /^\d{1,13}/.exec(value)?.[0] : undefined
  const seconds = digits === undefined ? value : Number(digits)
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds <= 0) return null
  const inMilliseconds = seconds > 1e11
  return Math.round(inMilliseconds ? seconds : seconds * 1000)
}
