// The errors of FIRe by their numbers (es.gob.fire.server.services.FIReError), and what each is to the kiosk. Numbers that are
// not in the list count by their HTTP status.

import { type ErrorCode, Fault } from '../../device/errors.ts'

/** What the service calls an error, and who it concerns. */
const byNumber: Readonly<Record<number, ErrorCode>> = {
  ...all(
    [1, 2, 3, 5, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 20, 34, 35, 42, 43, 44, 48, 53, 55, 56],
    'CLAVE_REFUSED',
  ),
  // No, or another, certificate of the client; the application is not known, or may not.
  ...all([6, 7, 501, 502], 'CLAVE_CREDENTIALS_REFUSED'),
  21: 'CLAVE_USER_UNKNOWN',
  24: 'CLAVE_USER_WEAK',
  38: 'CLAVE_CERTIFICATE_BLOCKED',
  39: 'CLAVE_CERTIFICATE_ABSENT',
  // No provider chosen: the person never reached the page; a batch that was not signed.
  ...all([27, 49], 'CLAVE_NOT_FINISHED'),
  507: 'CLAVE_CANCELLED',
  // Never begun, or over; what can be fetched once was fetched.
  ...all([51, 54, 503], 'CLAVE_EXPIRED'),
  510: 'CLAVE_UNREACHABLE',
  ...all([22, 23, 25, 26, 31, 32, 50, 52, 500, 504, 505, 506, 508], 'CLAVE_FAILED'),
}

function all(numbers: readonly number[], code: ErrorCode): Record<number, ErrorCode> {
  return Object.fromEntries(numbers.map(number => [number, code]))
}

/** Numbers of the list, for whoever wants to know that none is forgotten. */
export const fireErrorNumbers: readonly number[] = Object.keys(byNumber).map(Number)

/** The kiosk's code for a number of the service's; CLAVE_FAILED for one that is not in the list. */
export function codeOf(number: number): ErrorCode {
  return byNumber[number] ?? 'CLAVE_FAILED'
}

export interface FireAnswer {
  readonly status: number
  readonly body: Uint8Array
  /** What its Retry-After says, milliseconds. */
  readonly retryAfterMs?: number | undefined
}

/** Why there is no success. Of the answer only numbers are told: its words may say who somebody is. */
export function failureIn({ status, body, retryAfterMs }: FireAnswer): Fault {
  const number = errorNumberIn(body)
  if (number !== undefined) return new Fault(codeOf(number), `FIRe answered ${status}, error ${number}`)
  const detail = `FIRe answered ${status} without an error of its own`
  if (status === 401 || status === 403 || status === 407) return new Fault('CLAVE_CREDENTIALS_REFUSED', detail)
  if (status === 413) return new Fault('CLAVE_REFUSED', detail)
  // A result that is no longer there.
  if (status === 408) return new Fault('CLAVE_EXPIRED', detail)
  // A redirect is not followed: a captive portal sends them.
  if (status === 429 || status >= 500 || (status >= 300 && status < 400))
    return new Fault('CLAVE_UNREACHABLE', detail, { retryAfterMs })
  return new Fault('CLAVE_REFUSED', detail)
}

/** `{"c":…,"m":…}`, or the error of a whole transaction, `{"result":{"ercod":…,"ermsg":…}}`. */
export function errorNumberIn(body: Uint8Array): number | undefined {
  const answer = objectIn(body)
  const result = asObject(answer?.['result'])
  const number = answer?.['c'] ?? result?.['ercod']
  return typeof number === 'number' && Number.isInteger(number) ? number : undefined
}

export type Json = Readonly<Record<string, unknown>>

/** The object in an answer; undefined for anything else. */
export function objectIn(body: Uint8Array): Json | undefined {
  if (body[0] !== 0x7b) return undefined
  try {
    return asObject(JSON.parse(Buffer.from(body).toString('utf8')))
  } catch {
    return undefined
  }
}

export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}
