// The one pure function that moves a document from stage to stage. Time and everything random arrive inside events; every
// event is committed before the work it allows begins.
//
//               scanStarted / pageStored / pagePrepared / page edits
//                 ┌───────┐
//                 ▼       │ approved            composed           signatureIntended
//   opened ──► gathering ─┴──────────► composing ─────────► signing ───────────────► sealing
//                 ▲  ▲                     │                 │   ▲  (claveIntended,     │
//                 │  │                     │                 │   │  claveStarted:       │
//                 │  │                     │                 │   │  authorising)        │
//                 │  └──── reopened ───────┼─────────────────┘   └── …Dropped ──────────┤
//                 └─────── reopened ───────┤                                            │
//                                          │ composed, mode seal        sealed          │
//                                          ├──────────────────► unsealed ──────────────►│ as signed
//                                          │ composed,                                  │ signed, a higher level
//                                          │ mode none          signed, level B ordered │ ordered
//                                          └───────────► delivering ◄───────────────────┤
//                                                          │    ▲                       ▼
//                        delivered, to every destination   │    └── extended ─────── extending ──┐ extended, one
//                                                          ▼                            ▲       │ level of several
//   discarded ◄── (before it is signed; held on its way) done ──► erased                └───────┘
//      └──────────────────────────► erased

import type { SourceNature } from '../config/config.ts'
import { errorTable, Fault } from '../errors.ts'
import {
  conflict,
  deliveriesFor,
  delivering,
  extending,
  outbound,
  type StageOf,
  toBeSealed,
  unsealed,
} from '../outbound.ts'
import type { ClockTrust } from '../ports.ts'
import { trailAfter, unknownClock } from './copy-trail.ts'
import type { DiscardReason, Document, DocumentEvent, Hold } from './document.ts'
import { elaborationState, keptPages } from './document.ts'
import { afterBrokenFeeding, estimateBytes, largestBytes, newPage } from './page.ts'
import { editPages, type PagesEvent, settlePage } from './page-events.ts'

/**
 * The document after an event that happened at `at` (ISO 8601), by a clock as good as `clock` says. Throws STAGE_CONFLICT where the event does not belong to
 * the stage, and the named fault where a rule forbids it; the document given is never altered.
 */
export function next(document: Document, event: DocumentEvent, at: string, clock: ClockTrust = unknownClock): Document {
  const changed = apply(document, event, at)
  return { ...changed, trail: trailAfter(changed.trail, event, { at, clock }), changedAt: at }
}

function apply(document: Document, event: DocumentEvent, at: string): Document {
  switch (event.type) {
    case 'held':
      return { ...document, hold: { ...holdOf(event, at), attempts: (document.hold?.attempts ?? 0) + 1 } }
    case 'resumed':
      return resume(document)
    case 'discarded':
      return discard(document, event.reason)
    case 'erased':
      return erase(document)
    case 'pagePrepared':
    case 'pageUnusable':
    case 'pageRead':
      return { ...document, pages: settlePage(document.pages, event) }
    default:
      break
  }
  const { stage } = document
  switch (stage.name) {
    case 'gathering':
      return gathering(document, stage, event, at)
    case 'composing':
      return composing(document, stage, event)
    case 'signing':
    case 'sealing':
    case 'authorising':
      return signing(document, stage, event, at)
    case 'unsealed':
      return unsealed(document, stage, event, at)
    case 'extending':
      return extending(document, stage, event, at)
    case 'delivering':
    case 'done':
      return delivering(document, stage, event, at)
    default:
      throw conflict(document, event)
  }
}

function gathering(document: Document, stage: StageOf<'gathering'>, event: DocumentEvent, at: string): Document {
  switch (event.type) {
    case 'scanStarted':
      if (stage.scan === 'running') throw conflict(document, event)
      return { ...document, hold: null, stage: { name: 'gathering', scan: 'running' } }
    case 'pageStored':
      return { ...document, pages: [...document.pages, newPage(event.page, document.pages)] }
    case 'scanEnded': {
      const pages = event.end === 'stopped' ? broken(document) : document.pages
      return { ...document, pages, hold: null, stage: { name: 'gathering', scan: 'idle' } }
    }
    case 'scanFailed':
      return {
        ...document,
        pages: broken(document),
        hold: scanHold(event, at),
        stage: { name: 'gathering', scan: 'idle' },
      }
    case 'reduced':
      return { ...document, reduction: event.reduction }
    case 'pageTurned':
    case 'pageDeleted':
    case 'pageRestored':
    case 'pagesOrdered':
    case 'pagesJoined':
    case 'pagesParted':
    case 'pagesMoved':
      return edited(document, event)
    case 'approved':
      return approve(document, stage, event.sourceNature, at)
    default:
      throw conflict(document, event)
  }
}

function broken({ pages, order }: Document) {
  return afterBrokenFeeding(pages, order.digitisation.duplex && order.digitisation.source === 'adf')
}

function edited(document: Document, event: PagesEvent): Document {
  const pages = editPages(document.pages, event)
  if (event.type !== 'pagesMoved') return { ...document, pages }
  const { of, nextId } = event
  return { ...document, pages, part: { number: document.part?.number ?? 1, of, nextId } }
}

function approve(document: Document, stage: StageOf<'gathering'>, sourceNature: SourceNature, at: string): Document {
  if (stage.scan === 'running') throw new Fault('STAGE_CONFLICT', 'the feeder is still running')
  const kept = keptPages(document)
  if (kept.length === 0) throw new Fault('NO_PAGES', 'the copy has no pages')
  const unusable = kept.findIndex(page => page.unusable !== null)
  if (unusable >= 0)
    throw new Fault('IMAGE_UNREADABLE', `page ${unusable + 1} cannot be used and must be scanned again`)
  const { document: ordered, signature } = document.order
  const bytes = estimateBytes(document, { signature, legend: ordered.legend !== 'none' })
  if (bytes !== undefined && bytes > largestBytes(document.order)) {
    throw new Fault('COPY_TOO_LARGE', `about ${bytes} bytes; the most is ${largestBytes(document.order)}`)
  }
  const approval = { sourceNature, elaborationState: elaborationState(document.order, sourceNature), at }
  return { ...document, hold: null, stage: { name: 'composing', approval } }
}

function composing(document: Document, stage: StageOf<'composing'>, event: DocumentEvent): Document {
  switch (event.type) {
    case 'composed': {
      const { approval } = stage
      const { copy, deliveryKeys } = event
      const { mode } = document.order.signature
      if (mode === 'local' || mode === 'clave') {
        return { ...document, hold: null, stage: { name: 'signing', approval, copy } }
      }
      const deliveries = deliveriesFor(document, deliveryKeys)
      if (mode === 'seal') return toBeSealed(document, { approval, copy }, deliveries)
      return outbound(document, { approval, copy, signature: null }, deliveries)
    }
    case 'reopened':
      return { ...document, hold: null, stage: { name: 'gathering', scan: 'idle' } }
    default:
      throw conflict(document, event)
  }
}

function signing(
  document: Document,
  stage: StageOf<'signing' | 'sealing' | 'authorising'>,
  event: DocumentEvent,
  at: string,
): Document {
  const { approval, copy } = stage
  if (stage.name === 'signing') {
    if (event.type === 'signatureIntended') {
      return { ...document, hold: null, stage: { name: 'sealing', approval, copy, pending: event.pending } }
    }
    if (event.type === 'claveIntended') {
      return { ...document, hold: null, stage: { name: 'authorising', approval, copy, pending: event.pending } }
    }
    if (event.type === 'reopened') return { ...document, hold: null, stage: { name: 'gathering', scan: 'idle' } }
    throw conflict(document, event)
  }
  if (stage.name === 'authorising' && (event.type !== 'signed' || stage.pending.transaction === null)) {
    return authorising(document, stage, event)
  }
  if (event.type === 'signatureDropped') return { ...document, hold: null, stage: { name: 'signing', approval, copy } }
  if (event.type !== 'signed') throw conflict(document, event)
  const clave = stage.name === 'authorising' ? ({ clave: true } as const) : {}
  const signature = { signer: event.signer, level: 'B', at, ...clave } as const
  const deliveries = deliveriesFor(document, event.deliveryKeys)
  return outbound(document, { approval, copy: event.copy, signature }, deliveries)
}

/** One transaction at a time: what nothing came of is dropped before another is begun. */
function authorising(document: Document, stage: StageOf<'authorising'>, event: DocumentEvent): Document {
  const { approval, copy, pending } = stage
  if (event.type === 'claveDropped') {
    const refused = event.told ? { refused: event.code } : {}
    return { ...document, hold: null, stage: { name: 'signing', approval, copy, ...refused } }
  }
  if (event.type !== 'claveStarted' || pending.transaction !== null) throw conflict(document, event)
  return { ...document, stage: { ...stage, pending: { ...pending, transaction: event.transaction } } }
}

/** Sealing and extension are then tried at once, whenever they were planned for. */
function resume(document: Document): Document {
  const { stage } = document
  if (stage.name === 'unsealed') {
    return { ...document, hold: null, stage: { ...stage, sealing: { ...stage.sealing, nextAttemptAt: null } } }
  }
  if (stage.name !== 'extending') return { ...document, hold: null }
  return { ...document, hold: null, stage: { ...stage, extension: { ...stage.extension, nextAttemptAt: null } } }
}

const kept: ReadonlySet<string> = new Set(['unsealed', 'extending', 'delivering', 'done', 'discarded', 'erased'])

/**
 * What is finished goes on its way, whoever has left. Before it may leave, an operator gives up a copy that is held, and the
 * client of a session its own, where it goes to nobody else.
 */
function discard(document: Document, reason: DiscardReason): Document {
  const { stage, hold, order } = document
  const { name } = stage
  const isOnItsWay = name === 'unsealed' || name === 'extending'
  const isWithdrawn = reason === 'withdrawn' && order.session !== undefined && order.destinations.length === 0
  const isGivenUp = isOnItsWay && ((hold !== null && reason === 'operator') || isWithdrawn)
  if (kept.has(name) && !isGivenUp) throw new Fault('STAGE_CONFLICT', `a document at ${name} is not discarded`)
  return { ...document, hold: null, stage: { name: 'discarded', reason } }
}

/** Only what every destination has given a receipt for, or a person has thrown away, may be erased. */
function erase(document: Document): Document {
  if (document.stage.name !== 'done' && document.stage.name !== 'discarded') {
    throw new Fault('STAGE_CONFLICT', `a document at ${document.stage.name} is not erased`)
  }
  return { ...document, pages: [], hold: null, stage: { name: 'erased' } }
}

function holdOf(event: Extract<DocumentEvent, { type: 'held' }>, at: string): Omit<Hold, 'attempts'> {
  const { code, detail, retry, retryAt } = event
  return { code, detail, retry, at, retryAt }
}

function scanHold(event: Extract<DocumentEvent, { type: 'scanFailed' }>, at: string): Hold {
  const { code, detail } = event
  return { code, detail, retry: errorTable[code].retry, at, attempts: 1, retryAt: null }
}
