// What a destination's answer means, pure: status, header fields and body in, the outcome of the attempt out. A receipt
// is believed only when it names the bytes that were sent; what nobody but an operator can mend is told from what time can.

import type { DeliveryOutcome, Receipt } from '../../device/ports.ts'
import { retryAfterMs } from '../retry-after.ts'

/** Largest answer that is read, bytes. */
export const maxAnswerBytes = 64 * 1024
/** Pause where the destination does not accept the kiosk: its operator is slower than a network, and accounts lock. */
export const credentialPauseMs = 15 * 60_000
/** Pause where the destination has another key than the pinned ones: it asks for nothing, and nothing was sent. */
export const pinPauseMs = 15 * 60_000
const maxTitleCharacters = 120

export interface Answer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as far as it could be read; `broken` says why it ends early. */
  readonly body: Uint8Array
  readonly broken?: string
}

/** What the answer is held against. */
export interface Sent {
  readonly sha256: string
  /** The kiosk's clock, milliseconds since 1970; only used where the answer carries no Date. */
  readonly now: number
}

/** The outcome of one answered attempt (statuses: RFC 9110, 15; RFC 6585; the idempotency-key draft, 2.7). */
export function outcomeOf(answer: Answer, sent: Sent): DeliveryOutcome {
  const { status } = answer
  if (status === 200 || status === 201) return outcomeOfReceipt(answer, sent)
  const asked = retryAfterMs(answer.headers, sent.now)
  const detail = `answered ${status}${problemTitle(answer)}`
  switch (kindOf(status)) {
    case 'no-receipt':
      return { outcome: 'later', code: 'RECEIPT_INVALID', detail, ...wait(asked) }
    case 'credential':
      return {
        outcome: 'later',
        code: 'CREDENTIALS_REFUSED',
        detail,
        retryAfterMs: Math.max(asked ?? 0, credentialPauseMs),
      }
    case 'busy':
      return { outcome: 'later', code: 'DESTINATION_BUSY', detail, ...wait(asked) }
    case 'failing':
      return { outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail, ...wait(asked) }
    case 'refused':
      return { outcome: 'refused', code: 'DESTINATION_REFUSED', detail }
  }
}

/** What a status that is no success says of whose turn it is. */
export function kindOf(status: number): 'no-receipt' | 'credential' | 'busy' | 'failing' | 'refused' {
  if (status >= 200 && status < 300) return 'no-receipt'
  // The kiosk is at fault, not the document: it waits for a new token instead of being set aside one by one.
  if ([401, 402, 403, 407].includes(status)) return 'credential'
  // 409: the first attempt with this key is still being worked on.
  if ([409, 429, 503].includes(status)) return 'busy'
  // A passing redirect is a maintenance page or a captive portal; a permanent one is a wrong url and so refused.
  if ([302, 303, 307, 408, 425].includes(status)) return 'failing'
  if ([501, 505].includes(status)) return 'refused'
  return status >= 500 ? 'failing' : 'refused'
}

function wait(asked: number | undefined): { readonly retryAfterMs?: number } {
  return asked === undefined ? {} : { retryAfterMs: asked }
}

function outcomeOfReceipt(answer: Answer, sent: Sent): DeliveryOutcome {
  const receipt = answer.broken === undefined ? decodeReceipt(answer, sent.sha256) : answer.broken
  return typeof receipt === 'string'
    ? { outcome: 'later', code: 'RECEIPT_INVALID', detail: `answered ${answer.status}: ${receipt}` }
    : { outcome: 'delivered', receipt }
}

/** The receipt, or what is wrong with it. Members that are not known are left alone, for a destination may add some. */
function decodeReceipt(answer: Answer, sha256: string): Receipt | string {
  if (mediaType(answer.headers) !== 'application/json') return 'the receipt is not application/json'
  const value = parseJson(answer.body)
  if (value === undefined) return 'the receipt is not a JSON object'
  const { reference, sha256: received, receivedAt } = value
  if (typeof reference !== 'string' || !/^[^\p{C}]{1,256}$/u.test(reference))
    return 'the receipt has no usable reference'
  if (typeof received !== 'string' || !/^[0-9a-f]{64}$/.test(received)) return 'the receipt has no SHA-256'
  if (received !== sha256) return 'the receipt names other bytes than were sent'
  if (typeof receivedAt !== 'string' || !isDateTime(receivedAt)) return 'the receipt has no time of reception'
  return { reference, sha256: received, receivedAt }
}

function parseJson(bytes: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
    return isRecord(value) ? value : undefined
  } catch (thrown) {
    // Neither UTF-8 nor JSON: an expected answer of a portal or a proxy. Anything else is a defect.
    if (thrown instanceof SyntaxError || thrown instanceof TypeError) return undefined
    throw thrown
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** RFC 3339, 5.6: a date-time with its offset. */
function isDateTime(text: string): boolean {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text))
}

function mediaType(headers: Answer['headers']): string | undefined {
  return headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
}

/**
 * The `title` of problem details and nothing else of the answer: a title is the same for every occurrence (RFC 9457,
 * 3.1.3), so it cannot name a person or give the token back, as `detail` or a page of HTML can.
 */
function problemTitle(answer: Answer): string {
  if (mediaType(answer.headers) !== 'application/problem+json') return ''
  const title = parseJson(answer.body)?.title
  if (typeof title !== 'string') return ''
  const printable = title.replace(/\p{C}+/gu, ' ').trim()
  return printable === '' ? '' : `: ${Array.from(printable).slice(0, maxTitleCharacters).join('')}`
}
