// Delivery to a back office over HTTPS. Promises: one attempt per call, the same bytes and key on each, no redirect
// followed, no answer believed that is not a receipt for these very bytes. The wire contract, for who receives:
//
//   POST {url}                                        body: the PDF as it is, nothing around it
//   Authorization: Bearer …                           where the destination has a token (RFC 6750)
//   Content-Type: application/pdf, Content-Length
//   Content-Digest: sha-256=:base64:                  RFC 9530; other bytes → 422
//   Content-Disposition: attachment; filename="…"     RFC 6266, with filename*=UTF-8''… by RFC 8187 where needed
//   Idempotency-Key: "…"                              draft-ietf-httpapi-idempotency-key-header-07: none → 400, in progress
//                                                     → 409, known with this payload → the same receipt, with another → 422
//   Compulsa-Metadata: :base64:                       the UTF-8 JSON object of strings as an RFC 9651 byte sequence, ≤ 4 KiB
//
//   201 (200 for a repetition) application/json       {"reference": "…", "sha256": "lower-case hex", "receivedAt": RFC 3339}
//   any failure application/problem+json              RFC 9457; the `title` is kept. 429 and 503 may carry Retry-After
//
// The receiver answers only when the copy is durable, for the kiosk may erase its own on the receipt. The metadata is a
// header field, not a multipart body, so that the body is the very file the digest and the signature speak of.

import { Fault } from '../../device/errors.ts'
import type { Clock, Delivery, DeliveryOutcome, DeliveryRequest } from '../../device/ports.ts'
import { type HttpResponse, request as httpRequest } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import { type Answer, maxAnswerBytes, outcomeOf, pinPauseMs } from './answer.ts'
import { type CheckedBody, checkedBody } from './body.ts'
import { type Credential, readCredential } from './credential.ts'
import { requestHeaders } from './headers.ts'

const connectTimeoutMs = 15_000
const idleTimeoutMs = 60_000
const defaultDeadlineMs = 15 * 60_000

export interface HttpsDestination {
  readonly id: string
  /** `https:`, without user, password or fragment. */
  readonly url: string
  /** PEM of the only authorities trusted for this destination; absent: the runtime's own list. */
  readonly caFile?: string
  /** The only keys that it may have (drivers/pins.ts). */
  readonly pins?: readonly string[]
  /** One line, the bearer token; readable by its owner only. */
  readonly tokenFile?: string
  /** For a whole attempt. Default 15 min. */
  readonly deadlineMs?: number
  /** Longest wait for the destination to take or send the next bytes. Default 60 s. */
  readonly idleTimeoutMs?: number
}

/**
 * Deliveries by the contract above. Throws CONFIG_INVALID for a destination that cannot be meant or is not known,
 * REQUEST_INVALID for what no header field can carry, BLOB_DAMAGED when the body is not `bytes` long or not `sha256`.
 */
export function createHttpsDelivery(options: {
  readonly destinations: readonly HttpsDestination[]
  readonly clock?: Pick<Clock, 'now'>
}): Delivery {
  const now = options.clock?.now ?? Date.now
  const destinations = new Map(options.destinations.map(destination => [destination.id, checked(destination)]))

  async function deliver(request: DeliveryRequest, signal: AbortSignal): Promise<DeliveryOutcome> {
    const body = checkedBody(request.body, request)
    try {
      const destination = destinations.get(request.destinationId)
      if (destination === undefined) {
        throw new Fault('CONFIG_INVALID', `destinations: none has the id ${request.destinationId}`)
      }
      const credential = await readCredential(destination)
      if (!credential.usable) return unusable[credential.because](credential.reason)
      const outcome = await attempt({ destination, credential, request, body, now, signal })
      return withoutToken(outcome, credential.token)
    } finally {
      await body.release()
    }
  }

  return Object.freeze({ deliver })
}

function checked(destination: HttpsDestination): HttpsDestination {
  const url = URL.canParse(destination.url) ? new URL(destination.url) : undefined
  // A password in a URL ends in logs; the token file is there for that.
  const fits = url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === ''
  if (!fits) throw new Fault('CONFIG_INVALID', `destinations: ${destination.id} needs a plain https:// url`)
  return Object.freeze({ ...destination })
}

interface Attempt {
  readonly destination: HttpsDestination
  readonly credential: Extract<Credential, { usable: true }>
  readonly request: DeliveryRequest
  readonly body: CheckedBody
  readonly now: () => number
  readonly signal: AbortSignal
}

async function attempt({ destination, credential, request, body, now, signal }: Attempt): Promise<DeliveryOutcome> {
  const headers = requestHeaders(request, credential.token)
  try {
    const response = await httpRequest({
      method: 'POST',
      url: destination.url,
      headers,
      body: body.stream,
      ...(credential.ca === undefined ? {} : { ca: credential.ca }),
      pins: destination.pins,
      keep: true,
      connectTimeoutMs,
      idleTimeoutMs: destination.idleTimeoutMs ?? idleTimeoutMs,
      deadlineMs: destination.deadlineMs ?? defaultDeadlineMs,
      maxBodyBytes: maxAnswerBytes,
      signal,
    })
    return outcomeOf(await readAnswer(response), { sha256: request.sha256, now: now() })
  } catch (thrown) {
    // Whoever aborts gets the signal's reason, and a damaged copy is no fault of the network: both pass as they are.
    if (thrown instanceof HttpError) return outcomeOfError(thrown)
    throw thrown
  }
}

async function readAnswer({ status, headers, body }: HttpResponse): Promise<Answer> {
  try {
    return { status, headers, body: await readAll(body) }
  } catch (thrown) {
    // The status is known, and a verdict by itself unless it announces a receipt.
    if (thrown instanceof HttpError) return { status, headers, body: new Uint8Array(), broken: thrown.message }
    throw thrown
  }
}

function outcomeOfError(error: HttpError): DeliveryOutcome {
  if (error.kind === 'tls') return untrusted(error.message)
  if (error.kind === 'pin') {
    return { outcome: 'later', code: 'TLS_PIN_MISMATCH', detail: error.message, retryAfterMs: pinPauseMs }
  }
  if (error.kind === 'credentials') return refused(error.message)
  return { outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail: error.message }
}

/** Not the document's fault: it waits, and goes on by itself as soon as clock, certificate or file are right again. */
function untrusted(detail: string): DeliveryOutcome {
  return { outcome: 'later', code: 'DESTINATION_UNTRUSTED', detail }
}

function refused(detail: string): DeliveryOutcome {
  return { outcome: 'later', code: 'CREDENTIALS_REFUSED', detail }
}

const unusable = { untrusted, refused } as const

/** A destination may give back what it was sent; the token must not end in the queue or the log that way. */
function withoutToken(outcome: DeliveryOutcome, token: string | undefined): DeliveryOutcome {
  if (outcome.outcome === 'delivered' || token === undefined) return outcome
  return { ...outcome, detail: outcome.detail.replaceAll(token, '…') }
}
