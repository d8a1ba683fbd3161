// The deliver step: one attempt to hand a finished copy to one destination. At least once on the wire, exactly once in
// effect: every attempt carries the same key and the same bytes.

import type { DeliveryState, Document, DocumentEvent } from '../document/document.ts'
import { asFault, Fault } from '../errors.ts'
import type { Attachment, Clock, Delivery, DeliveryOutcome, Random } from '../ports.ts'
import { nextAttempt } from './backoff.ts'
import type { Blobs } from './step.ts'

export interface DeliverTools {
  readonly delivery: Delivery
  readonly blobs: Blobs
  readonly clock: Clock
  readonly random: Random
  /** What goes to a destination beside the copy; absent: nothing. */
  readonly attach?: (document: Document, destinationId: string) => Promise<readonly Attachment[]>
}

/** `delivered`, `deliveryPostponed` or `deliveryRefused`. Throws only when `signal` aborts or the stored copy is damaged. */
export async function attemptDelivery(
  document: Document,
  state: DeliveryState,
  tools: DeliverTools,
  signal: AbortSignal,
): Promise<DocumentEvent> {
  const { stage } = document
  if (stage.name !== 'delivering') throw new Fault('STAGE_CONFLICT', `nothing is delivered at ${stage.name}`)
  const { destinationId, idempotencyKey } = state
  const attachments = (await tools.attach?.(document, destinationId)) ?? []
  const outcome = await attempt(() =>
    tools.delivery.deliver(
      {
        destinationId,
        idempotencyKey,
        fileName: `${document.reference}.pdf`,
        mediaType: 'application/pdf',
        bytes: stage.copy.bytes,
        sha256: stage.copy.sha256,
        metadata: deliveryMetadata(document, stage),
        ...(attachments.length > 0 && { attachments }),
        body: tools.blobs.read(document.id, stage.copy.name),
      },
      signal,
    ),
  )
  signal.throwIfAborted()
  return eventOf(outcome, state, tools)
}

/** A lost worker is a passing reason like a lost network. */
async function attempt(deliver: () => Promise<DeliveryOutcome>): Promise<DeliveryOutcome> {
  try {
    return await deliver()
  } catch (thrown) {
    const fault = asFault(thrown)
    if (fault.code !== 'WORKER_LOST') throw thrown
    return { outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail: fault.detail }
  }
}

type Delivering = Extract<Document['stage'], { readonly name: 'delivering' | 'done' }>

/** The level is told where it is above B: what an earlier version began to deliver must stay the same to the letter. */
function deliveryMetadata(document: Document, { approval, signature }: Delivering): Record<string, string> {
  const { order } = document
  return {
    reference: document.reference,
    procedure: order.procedureId,
    documentType: order.document.type,
    elaborationState: approval.elaborationState,
    origin: order.document.origin,
    language: document.language,
    ...(signature !== null && signature.level !== 'B' && { signatureLevel: signature.level }),
  }
}

function eventOf(outcome: DeliveryOutcome, state: DeliveryState, { clock, random }: DeliverTools): DocumentEvent {
  const { destinationId } = state
  switch (outcome.outcome) {
    case 'delivered':
      return { type: 'delivered', destinationId, receipt: outcome.receipt }
    case 'refused':
      return { type: 'deliveryRefused', destinationId, code: outcome.code, detail: outcome.detail }
    case 'later': {
      const { code, detail, retryAfterMs } = outcome
      const attempts = state.attempts + 1
      const at = nextAttempt({
        attempts,
        now: clock.now(),
        random: random.fraction,
        ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
      })
      return { type: 'deliveryPostponed', destinationId, code, detail, nextAttemptAt: new Date(at).toISOString() }
    }
  }
}
