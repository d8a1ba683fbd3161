// One attempt to deliver, whatever to: the copy's bytes checked on their way, an end in time, every failure told as the outcome
// that it comes to, no secret in any of it, and everything let go of at the end.

import { Fault } from '../../device/errors.ts'
import type { Clock, Delivery, DeliveryOutcome, DeliveryRequest, Receipt } from '../../device/ports.ts'
import { type CheckedBody, checkedBody } from './body.ts'
import { asTargetFailure, TargetFailure } from './target-failure.ts'

const defaultDeadlineMs = 15 * 60_000

export interface TargetOptions<D> {
  readonly destinations: readonly D[]
  readonly clock?: Pick<Clock, 'now'>
}

/** What a driver opens for one attempt. */
export interface Opening<D> {
  readonly destination: D
  readonly signal: AbortSignal
  readonly now: () => number
}

/** Somewhere that takes copies, for one attempt. Throws TargetFailure for what it says or the network does. */
export interface Taker {
  /** Hands the copy over; the receipt is believed. */
  hand(request: DeliveryRequest, body: CheckedBody): Promise<Receipt>
  close(): Promise<void>
  /** What must not be told again. */
  readonly secrets: readonly string[]
}

/**
 * A Delivery to takers that `open` opens. Throws CONFIG_INVALID for an unknown destination, BLOB_DAMAGED when the body is not
 * `bytes` long or not `sha256`, and Faults of the takers.
 */
export function createAttempts<D extends { readonly id: string; readonly deadlineMs?: number }>(
  { destinations, clock }: TargetOptions<D>,
  open: (opening: Opening<D>) => Promise<Taker>,
): Delivery {
  const byId = new Map(destinations.map(destination => [destination.id, destination]))
  const now = clock?.now ?? Date.now

  async function deliver(request: DeliveryRequest, signal: AbortSignal): Promise<DeliveryOutcome> {
    const body = checkedBody(request.body, request)
    try {
      signal.throwIfAborted()
      const destination = byId.get(request.destinationId)
      if (destination === undefined) {
        throw new Fault('CONFIG_INVALID', `destinations: none has the id ${request.destinationId}`)
      }
      const deadline = AbortSignal.timeout(destination.deadlineMs ?? defaultDeadlineMs)
      const within = AbortSignal.any([signal, deadline])
      return await attempt(() => open({ destination, signal: within, now }), request, body, { signal, deadline })
    } finally {
      await body.release()
    }
  }

  return Object.freeze({ deliver })
}

interface Ends {
  readonly signal: AbortSignal
  readonly deadline: AbortSignal
}

async function attempt(
  open: () => Promise<Taker>,
  request: DeliveryRequest,
  body: CheckedBody,
  { signal, deadline }: Ends,
): Promise<DeliveryOutcome> {
  let taker: Taker | undefined
  try {
    taker = await open()
    return { outcome: 'delivered', receipt: await taker.hand(request, body) }
  } catch (thrown) {
    signal.throwIfAborted()
    // A damaged copy is no fault of the taker: it passes as it is.
    if (thrown instanceof Fault) throw thrown
    if (deadline.aborted) return outcomeOf(new TargetFailure('DESTINATION_UNREACHABLE', 'not finished in time'), [])
    return outcomeOf(asTargetFailure(thrown), taker?.secrets ?? [])
  } finally {
    await taker?.close()
  }
}

function outcomeOf({ code, message, retryAfterMs }: TargetFailure, secrets: readonly string[]): DeliveryOutcome {
  // A server may give back what it was sent; a secret must not end in the queue or the log that way.
  const detail = secrets.reduce((text, secret) => text.replaceAll(secret, '…'), message)
  if (code === 'DESTINATION_REFUSED') return { outcome: 'refused', code, detail }
  return { outcome: 'later', code, detail, ...(retryAfterMs !== undefined && { retryAfterMs }) }
}
