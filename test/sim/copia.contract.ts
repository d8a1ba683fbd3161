// The receiving side of what drivers/delivery/copia-wire.ts says, read strictly and written apart from it: who asks, the
// session request, the parts. Pure.

import { createHmac } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import Type, { type Static } from 'typebox'
import Value from 'typebox/value'

/** A refusal as the service tells it. */
export class Ko extends Error {
  override readonly name = 'Ko'
  readonly status: number
  readonly codi: string

  constructor(status: number, codi: string, missatge = codi) {
    super(missatge)
    this.status = status
    this.codi = codi
  }
}

export interface Registered {
  readonly domain: string
  readonly key: string
  readonly ens: readonly string[]
}

const strict = { additionalProperties: false }
const Request = Type.Object(
  {
    ens: Type.String({ pattern: '^\\d{10}$' }),
    usuari: Type.String({ minLength: 1 }),
    creatPer: Type.Optional(Type.String()),
    suport: Type.Optional(Type.Enum(['paper', 'electronic'])),
    nomFitxer: Type.Optional(Type.String({ minLength: 1 })),
    signatura: Type.Enum(['NONE', 'LOCAL', 'SEAL']),
    clau: Type.String({ pattern: '^[\\x21-\\x7e]{1,255}$' }),
    document: Type.Object(
      { mida: Type.Integer({ minimum: 1 }), sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) },
      strict,
    ),
    metadades: Type.Record(Type.String(), Type.String()),
  },
  strict,
)
export type SessionClaim = Static<typeof Request>

const hourMs = 3_600_000

/** Throws Ko unless the caller is registered and its clock no more than an hour off. */
export function checkCaller(headers: IncomingHttpHeaders, { domain, key }: Registered, now: number): void {
  const { authorization = '', origin, date = '' } = headers
  if (origin !== domain) throw new Ko(401, 'NO_AUTORITZAT')
  const code = createHmac('sha256', key).update(`${domain}_${date}`).digest('base64')
  if (authorization !== `SC ${code}`) throw new Ko(401, 'NO_AUTORITZAT', `not ${authorization}`)
  if (Math.abs(timeIn(date) - now) > hourMs) throw new Ko(401, 'RELLOTGE')
}

/** `dd/MM/yyyy HH:mm` in Madrid, which is one hour before UTC in winter and two in summer. */
function timeIn(text: string): number {
  const found = /^(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d)$/.exec(text)?.slice(1).map(Number)
  if (found === undefined) throw new Ko(401, 'NO_AUTORITZAT', 'the date has another form')
  const [day = 0, month = 0, year = 0, hour = 0, minute = 0] = found
  const asUtc = Date.UTC(year, month - 1, day, hour, minute)
  const there = (utc: number) =>
    Number(new Intl.DateTimeFormat('en', { timeZone: 'Europe/Madrid', hour: 'numeric', hourCycle: 'h23' }).format(utc))
  return [1, 2].map(offset => asUtc - offset * hourMs).find(utc => there(utc) === hour) ?? Number.NaN
}

/** Throws Ko. */
export function sessionClaim(body: Buffer, { ens }: Registered): SessionClaim {
  let value: unknown
  try {
    value = JSON.parse(body.toString('utf8'))
  } catch {
    throw new Ko(400, 'DADES_INCORRECTES')
  }
  if (!Value.Check(Request, value)) {
    const [fault] = Value.Errors(Request, value)
    throw new Ko(400, 'DADES_INCORRECTES', `${fault?.instancePath} ${fault?.message}`)
  }
  if (!ens.includes(value.ens)) throw new Ko(403, 'ENS_NO_AUTORITZAT')
  return value
}

const types: Readonly<Record<string, string>> = {
  pdf: 'application/pdf',
  eni: 'application/xml',
  evidencies: 'application/json',
}

/** Throws Ko for a part that is none of the service's, of another type or without a length. */
export function checkPart(part: string, headers: IncomingHttpHeaders, limit: number): void {
  if (types[part] === undefined) throw new Ko(404, 'NO_TROBAT')
  if (headers['content-type'] !== types[part]) throw new Ko(415, 'DADES_INCORRECTES')
  const bytes = Number(headers['content-length'])
  if (!Number.isSafeInteger(bytes)) throw new Ko(411, 'DADES_INCORRECTES')
  if (bytes > limit) throw new Ko(413, 'MIDA_EXCESSIVA')
}
