// The second half of the way: a finished copy is sealed where a seal signs it, raised to the level that was ordered and
// delivered. Part of the pure
// function in transition.ts, whose diagram shows it whole.

import { signatureLevels } from './ades/request.ts'
import type {
  Approval,
  Attempts,
  DeliveryState,
  Document,
  DocumentEvent,
  Stage,
  StageName,
} from './document/document.ts'
import type { StoredBlob } from './document/page.ts'
import type { SignatureFacts } from './document/signature-facts.ts'
import { Fault } from './errors.ts'

export type StageOf<N extends StageName> = Extract<Stage, { readonly name: N }>

/** The event does not belong to the stage. */
export function conflict(document: Document, event: DocumentEvent): Fault {
  return new Fault('STAGE_CONFLICT', `${event.type} does not belong to the stage ${document.stage.name}`)
}

const notTried: Attempts = { attempts: 0, nextAttemptAt: null, lastFault: null }

interface FinishedCopy {
  readonly approval: Approval
  readonly copy: StoredBlob
  readonly signature: SignatureFacts | null
}

/** The deliveries that a finished copy waits for; `keys` are those of its destinations, in their order. */
export function deliveriesFor({ order }: Document, keys: readonly string[]): readonly DeliveryState[] {
  return order.destinations.map((destinationId, i): DeliveryState => {
    const idempotencyKey = keys[i]
    if (idempotencyKey === undefined) throw new Fault('INTERNAL', 'a destination without an idempotency key')
    return { destinationId, idempotencyKey, state: 'waiting', ...notTried, receipt: null }
  })
}

/** Where a copy goes that wants its seal. */
export function toBeSealed(
  document: Document,
  copy: Omit<FinishedCopy, 'signature'>,
  deliveries: readonly DeliveryState[],
): Document {
  const stage = { name: 'unsealed', ...copy, pending: null, sealing: notTried, signature: null, deliveries } as const
  return { ...document, hold: null, stage }
}

/** Where a finished copy goes first. */
export function outbound(document: Document, finished: FinishedCopy, deliveries: readonly DeliveryState[]): Document {
  const { signature } = finished
  if (signature !== null && signature.level !== document.order.signature.level) {
    const stage = { ...finished, name: 'extending', signature, extension: notTried, deliveries } as const
    return { ...document, hold: null, stage }
  }
  return { ...document, hold: null, stage: deliverable(finished, deliveries) }
}

function deliverable(
  { approval, copy, signature }: FinishedCopy,
  deliveries: readonly DeliveryState[],
): StageOf<'delivering' | 'done'> {
  const name = deliveries.length === 0 ? 'done' : 'delivering'
  return { name, approval, copy, signature, deliveries }
}

/**
 * What will be signed may be stored anew: for another certificate of the same seal. A hold stays: what was under way when an
 * operator held the document is kept, and goes no further.
 */
export function unsealed(document: Document, stage: StageOf<'unsealed'>, event: DocumentEvent, at: string): Document {
  switch (event.type) {
    case 'signatureIntended':
      return { ...document, stage: { ...stage, pending: event.pending } }
    case 'sealed': {
      const { approval, deliveries } = stage
      const signature = { signer: event.signer, level: 'B', at } as const
      return { ...outbound(document, { approval, copy: event.copy, signature }, deliveries), hold: document.hold }
    }
    case 'sealPostponed':
      return { ...document, stage: { ...stage, sealing: postponed(stage.sealing, event, at) } }
    default:
      throw conflict(document, event)
  }
}

/** A hold stays: what was under way when an operator held the document is kept, and goes no further. */
export function extending(document: Document, stage: StageOf<'extending'>, event: DocumentEvent, at: string): Document {
  switch (event.type) {
    case 'extended': {
      const { level, copy, by, declined } = event
      const rank = (one: SignatureFacts['level']) => signatureLevels.indexOf(one)
      const ordered = document.order.signature.level
      if (rank(level) <= rank(stage.signature.level) || rank(level) > rank(ordered)) throw conflict(document, event)
      const facts = { level, extendedAt: at, extendedBy: by, ...(declined !== undefined && { declined }) }
      const raised = { ...stage, copy, signature: { ...stage.signature, ...facts } }
      if (level !== ordered) return { ...document, stage: { ...raised, extension: notTried } }
      return { ...document, stage: deliverable(raised, stage.deliveries) }
    }
    case 'extensionPostponed':
      return { ...document, stage: { ...stage, extension: postponed(stage.extension, event, at) } }
    default:
      throw conflict(document, event)
  }
}

function postponed(
  { attempts }: Attempts,
  {
    code,
    detail,
    nextAttemptAt,
  }: Extract<DocumentEvent, { type: 'sealPostponed' | 'extensionPostponed' | 'deliveryPostponed' }>,
  at: string,
): Attempts {
  return { attempts: attempts + 1, nextAttemptAt, lastFault: { code, detail, at } }
}

export function delivering(
  document: Document,
  stage: StageOf<'delivering' | 'done'>,
  event: DocumentEvent,
  at: string,
): Document {
  switch (event.type) {
    case 'delivered':
      return changeDelivery(document, stage, event.destinationId, delivery => ({
        ...delivery,
        state: 'delivered',
        attempts: delivery.attempts + 1,
        nextAttemptAt: null,
        lastFault: null,
        receipt: event.receipt,
      }))
    case 'deliveryPostponed':
      return changeDelivery(document, stage, event.destinationId, delivery => ({
        ...delivery,
        state: 'waiting',
        ...postponed(delivery, event, at),
      }))
    case 'deliveryRefused':
      return changeDelivery(document, stage, event.destinationId, delivery => ({
        ...delivery,
        state: 'refused',
        attempts: delivery.attempts + 1,
        nextAttemptAt: null,
        lastFault: { code: event.code, detail: event.detail, at },
      }))
    case 'deliveriesRetried':
      if (stage.name === 'done') throw conflict(document, event)
      return {
        ...document,
        hold: null,
        stage: {
          ...stage,
          deliveries: stage.deliveries.map(d =>
            isRetried(d, event.destinationIds) ? { ...d, state: 'waiting', nextAttemptAt: null } : d,
          ),
        },
      }
    default:
      throw conflict(document, event)
  }
}

function isRetried({ state, destinationId }: DeliveryState, among: readonly string[] | undefined): boolean {
  if (among === undefined) return state !== 'delivered'
  return state === 'waiting' && among.includes(destinationId)
}

function changeDelivery(
  document: Document,
  stage: StageOf<'delivering' | 'done'>,
  destinationId: string,
  change: (delivery: DeliveryState) => DeliveryState,
): Document {
  const found = stage.deliveries.find(d => d.destinationId === destinationId)
  if (found === undefined || found.state === 'delivered') {
    throw new Fault('STAGE_CONFLICT', `nothing waits for the destination ${destinationId}`)
  }
  const deliveries = stage.deliveries.map(d => (d === found ? change(d) : d))
  const name = deliveries.every(d => d.state === 'delivered') ? 'done' : 'delivering'
  return { ...document, stage: { ...stage, name, deliveries } }
}
