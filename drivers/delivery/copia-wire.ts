// Every name that a CÒPIA service has on the wire, and nothing else: requests and answers, pure. AOC gives its integration
// document to integrators only. Public are the flow (a JSON request with the parameters gets a sessionID, a document is
// loaded, the result is PDF and XML), `sessionID` and `ens`, the labels of the request's metadata, and the authentication
// of its neighbour, the Signador. All other names are ours, in the same manner, until AOC's are known: they are to be changed
// here, and in test/recordings/copia, which holds an exchange of each kind.
//
// POST {base}/sessions                              session request → Session
// PUT  {base}/sessions/{sessionID}/documents/pdf    the copy as it is; /eni (XML) and /evidencies (JSON) beside it
// POST {base}/sessions/{sessionID}/finalitzar       {} → Session
// GET  {base}/sessions/{sessionID}                  → Session
// GET  {base}/documents/{id}/pdf                    the copy as it is kept there
//
// Session: {"status": "OK", "sessionID", "estat", "document": {"id", "csv", "sha256", "mida", "data"}}, the document once it
// is finished. A failure is {"status": "KO", "codi", "missatge"}, be its HTTP status what it may.

import { createHmac } from 'node:crypto'
import type { Attachment, DeliveryLaterCode, DeliveryRefusedCode, DeliveryRequest } from '../../device/ports.ts'

/** Who asks: the body by its INE10, the user who makes the copy, and the domain that is registered with a key. */
export interface CopiaAsker {
  readonly ens: string
  readonly user: string
  readonly domain: string
}

export const copiaPaths = {
  sessions: 'sessions',
  session: (sessionId: string) => `sessions/${sessionId}`,
  part: (sessionId: string, part: 'pdf' | Attachment['kind']) => `sessions/${sessionId}/documents/${partNames[part]}`,
  finish: (sessionId: string) => `sessions/${sessionId}/finalitzar`,
  kept: (documentId: string) => `documents/${documentId}/pdf`,
} as const

const partNames = { pdf: 'pdf', eni: 'eni', evidence: 'evidencies' } as const
export const partTypes = { pdf: 'application/pdf', eni: 'application/xml', evidence: 'application/json' } as const

/**
 * As the Signador has it: `SC` and the Base64 of an HMAC-SHA256 over `domain_date`, the date as `dd/MM/yyyy HH:mm` in its
 * own time zone, from which a caller's clock may be an hour off.
 */
export function authentication(
  domain: string,
  key: string,
  now: number,
): Record<'authorization' | 'origin' | 'date', string> {
  const date = dateThere(now)
  const code = createHmac('sha256', Buffer.from(key, 'utf8')).update(`${domain}_${date}`, 'utf8').digest('base64')
  return { authorization: `SC ${code}`, origin: domain, date }
}

const clockThere = new Intl.DateTimeFormat('en-GB', {
  ...{ timeZone: 'Europe/Madrid', hourCycle: 'h23', year: 'numeric', month: '2-digit', day: '2-digit' },
  ...{ hour: '2-digit', minute: '2-digit' },
})

function dateThere(now: number): string {
  const part = Object.fromEntries(clockThere.formatToParts(now).map(({ type, value }) => [type, value]))
  return `${part['day']}/${part['month']}/${part['year']} ${part['hour']}:${part['minute']}`
}

/**
 * The session of a copy that is signed already: the same for the same copy, so that `clau` gives the same session again, and
 * other content under it is refused.
 */
export function sessionRequest(request: DeliveryRequest, { ens, user }: CopiaAsker): object {
  const { idempotencyKey, fileName, bytes, sha256, metadata } = request
  return {
    ens,
    usuari: user,
    creatPer: 'Compulsa',
    suport: 'paper',
    nomFitxer: fileName.toWellFormed(),
    signatura: 'NONE',
    clau: idempotencyKey,
    document: { mida: bytes, sha256 },
    metadades: Object.fromEntries(Object.entries(metadata).toSorted(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** What a session is at; `ended`: it came to nothing, and the next request gets a new one. */
export type CopiaState = 'open' | 'working' | 'finished' | 'ended' | 'failed'

const states: Readonly<Record<string, CopiaState>> = {
  OBERTA: 'open',
  EN_PROCES: 'working',
  FINALITZADA: 'finished',
  CADUCADA: 'ended',
  ANULLADA: 'ended',
  ERROR: 'failed',
}

export interface CopiaDocument {
  readonly id: string
  /** Secure verification code that the service gave it; null where it gave none. */
  readonly csv: string | null
  readonly sha256: string
  readonly bytes: number
  /** ISO 8601. */
  readonly receivedAt: string
}

export interface CopiaSession {
  readonly sessionId: string
  readonly state: CopiaState
  /** Where it is finished. */
  readonly document: CopiaDocument | undefined
}

/** `codi` is undefined for an answer that is none of the service's. */
export type CopiaAnswer =
  | { readonly ok: true; readonly session: CopiaSession }
  | { readonly ok: false; readonly codi?: string }

export function answerIn(body: Uint8Array): CopiaAnswer {
  const value = objectIn(body)
  if (value?.['status'] !== 'OK') {
    const codi = value?.['codi']
    return typeof codi === 'string' && /^[A-Z_]{1,40}$/.test(codi) ? { ok: false, codi } : { ok: false }
  }
  const { sessionID: sessionId, estat, document } = value
  const state = typeof estat === 'string' ? states[estat] : undefined
  const finished = documentIn(document)
  const isWhole = state !== undefined && (state !== 'finished' || finished !== undefined)
  if (!isWhole || !isName(sessionId)) return { ok: false }
  return { ok: true, session: { sessionId, state, document: finished } }
}

/** What the service's own codes come to; any other is told by its HTTP status. */
export const codeOf: Readonly<Record<string, DeliveryLaterCode | DeliveryRefusedCode>> = {
  CLAU_REPETIDA: 'DESTINATION_REFUSED',
  DADES_INCORRECTES: 'DESTINATION_REFUSED',
  MIDA_EXCESSIVA: 'DESTINATION_REFUSED',
  SEGELL_NO_CEDIT: 'DESTINATION_REFUSED',
  NO_AUTORITZAT: 'CREDENTIALS_REFUSED',
  ENS_NO_AUTORITZAT: 'CREDENTIALS_REFUSED',
  RELLOTGE: 'CREDENTIALS_REFUSED',
  EN_PROCES: 'DESTINATION_BUSY',
  SESSIO_CADUCADA: 'DESTINATION_BUSY',
}

function documentIn(value: unknown): CopiaDocument | undefined {
  if (!isRecord(value)) return undefined
  const { id, csv = null, sha256, mida: bytes, data: receivedAt } = value
  if (!isName(id) || typeof bytes !== 'number' || typeof sha256 !== 'string') return undefined
  if (csv !== null && (typeof csv !== 'string' || !/^[\x21-\x7e]{1,200}$/.test(csv))) return undefined
  if (typeof receivedAt !== 'string' || Number.isNaN(Date.parse(receivedAt))) return undefined
  return { id, csv, sha256, bytes, receivedAt: new Date(receivedAt).toISOString() }
}

/** As it goes into a path. */
function isName(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9_-]{1,128}$/.test(value)
}

function objectIn(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    return isRecord(value) ? value : undefined
  } catch {
    return undefined
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
