// What the card service's statuses and error numbers mean, pure. The line that costs money: `later` and `refused` say that
// certainly nothing was bought; whatever else happens to an order is unknown. Nothing of the service's texts is told, for
// they give back what they were sent.

import type { CardLater, CardRefusal } from '../../device/ports.ts'
import type { HttpErrorKind } from '../http-error.ts'

/** The service's error numbers that mean more than their status. */
export const serviceErrors = {
  wrongProduct: 201,
  noCredit: 207,
  personMissing: 209,
  invalidId: 211,
  unknownId: 212,
  noRequests: 214,
  invalidEmail: 247,
  patchInvalidId: 277,
  patchUnknownId: 278,
  alreadyProcessed: 279,
  recognitionNotNeeded: 290,
  recognitionNoCredit: 801,
} as const

const meanings: Readonly<Record<number, string>> = {
  201: 'no such product',
  209: 'the person’s data are missing',
  211: 'the request id is malformed',
  212: 'no such request',
  247: 'the mail address is not accepted',
  277: 'the request id is malformed',
  278: 'no such request',
}

/** Statuses of a request that was not carried out, whoever answered. Not 408, 409 or 425: there it may have been. */
const notDone = new Set([400, 404, 405, 406, 410, 411, 413, 414, 415, 416, 417, 422, 426, 428, 431])
/** Pause where the service does not accept the kiosk: whoever renews a token is slower than a network. */
const credentialPauseMs = 15 * 60_000

export interface Answered {
  readonly status: number
  readonly error: number | null
  /** How long it asks to be left alone. */
  readonly retryAfterMs?: number | undefined
}

/** An answer by which certainly nothing was done, and that time or an operator mends; undefined for any other. */
export function laterOf({ status, error, retryAfterMs }: Answered): CardLater | undefined {
  const detail = toldOf(status, error)
  if (status === 402 || error === serviceErrors.noCredit || error === serviceErrors.recognitionNoCredit)
    return { outcome: 'later', code: 'CARD_CREDIT_LOW', detail }
  if (status === 401 || status === 403 || status === 407)
    return { outcome: 'later', code: 'CREDENTIALS_REFUSED', detail, retryAfterMs: credentialPauseMs }
  if (status === 429) return { outcome: 'later', code: 'DESTINATION_BUSY', detail, ...asked(retryAfterMs) }
  return undefined
}

/** An answer by which certainly nothing was done, and that only another request mends; undefined for any other. */
export function refusalOf({ status, error }: Answered): CardRefusal | undefined {
  if (!notDone.has(status)) return undefined
  return { outcome: 'refused', detail: toldOf(status, error), serviceError: error }
}

/** For what may be asked again without harm: any answer that is none. */
export function unreachable({ status, error, retryAfterMs }: Answered): CardLater {
  const code = status === 503 ? 'DESTINATION_BUSY' : 'DESTINATION_UNREACHABLE'
  return { outcome: 'later', code, detail: toldOf(status, error), ...asked(retryAfterMs) }
}

function toldOf(status: number, error: number | null): string {
  if (error === null) return `the card service answered ${status}`
  const meaning = meanings[error]
  return `the card service answered ${status}, error ${error}${meaning === undefined ? '' : `: ${meaning}`}`
}

function asked(retryAfterMs: number | undefined): { retryAfterMs?: number } {
  return retryAfterMs === undefined ? {} : { retryAfterMs }
}

export function laterOfError(kind: HttpErrorKind, detail: string): CardLater {
  if (kind === 'tls') return { outcome: 'later', code: 'DESTINATION_UNTRUSTED', detail }
  if (kind === 'pin') return { outcome: 'later', code: 'TLS_PIN_MISMATCH', detail, retryAfterMs: credentialPauseMs }
  if (kind === 'credentials') return { outcome: 'later', code: 'CREDENTIALS_REFUSED', detail }
  return { outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail }
}
