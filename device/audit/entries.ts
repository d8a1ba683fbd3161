// What the audit trail says about each event of a document: who-did-what without names, texts or secrets.

import { createHash } from 'node:crypto'
import type { Document, DocumentEvent } from '../document/document.ts'
import { keptPages } from '../document/document.ts'
import type { DocumentEntry } from './events.ts'

/** The entry for an event; `after` is the document as the event left it. */
export function entryOf(event: DocumentEvent, after: Document): DocumentEntry {
  const pages = keptPages(after).length
  if ('pageId' in event) {
    return { event: 'pagesChanged', details: { change: event.type, page: pageNumber(after, event.pageId), pages } }
  }
  if (isOfClave(event)) return claveEntry(event, after)
  switch (event.type) {
    case 'scanStarted':
      return { event: 'pagesChanged', details: { change: 'scan-started', pages } }
    case 'pageStored': {
      const { bytes, sha256 } = event.page.image
      return { event: 'pageStored', details: { page: after.pages.length, bytes, sha256 } }
    }
    case 'scanEnded':
      return { event: 'scanEnded', details: { end: event.end, pages } }
    case 'scanFailed':
      return { event: 'scanEnded', details: { end: 'fault', code: event.code, pages } }
    case 'reduced':
      return { event: 'pagesChanged', details: { change: `reduced-${event.reduction}`, pages } }
    case 'pagesMoved':
    case 'pagesOrdered':
    case 'reopened':
      return { event: 'pagesChanged', details: { change: event.type, pages } }
    case 'approved':
      return { event: 'approved', details: { pages } }
    case 'discarded':
      return { event: 'discarded', details: { code: event.reason } }
    case 'erased':
      return { event: 'erased', details: { reason: 'retention' } }
    case 'held':
      return { event: 'held', details: { code: event.code } }
    case 'resumed':
      return { event: 'resumed', details: { stage: after.stage.name } }
    case 'deliveriesRetried':
      return { event: 'resumed', details: { stage: 'deliveries' } }
    default:
      return copyEntry(event, after)
  }
}

type CopyEvent = Extract<
  DocumentEvent,
  {
    type:
      | 'composed'
      | 'signatureIntended'
      | 'signatureDropped'
      | 'signed'
      | 'sealed'
      | 'sealPostponed'
      | 'extended'
      | 'extensionPostponed'
      | 'delivered'
      | 'deliveryPostponed'
      | 'deliveryRefused'
  }
>

function copyEntry(event: CopyEvent, after: Document): DocumentEntry {
  const { format } = after.order.signature
  // Whatever was ordered, a signature is made at level B and raised later.
  const level = 'B'
  switch (event.type) {
    case 'composed': {
      const { bytes, sha256 } = event.copy
      return { event: 'composed', details: { pages: keptPages(after).length, bytes, sha256 } }
    }
    case 'signatureIntended': {
      const { algorithm, certificates } = event.pending.intent
      return {
        event: 'signatureIntended',
        details: { format, level, algorithm, certificateSha256: sha256(certificates[0]) },
      }
    }
    case 'signatureDropped':
      return { event: 'signRefused', details: { code: 'other-certificate' } }
    case 'signed':
    case 'sealed':
      return { event: 'signed', details: { format, level, bytes: event.copy.bytes, sha256: event.copy.sha256 } }
    case 'extended':
      return { event: 'extended', details: extendedDetails(event) }
    case 'sealPostponed':
    case 'extensionPostponed':
      return { event: event.type, details: { code: event.code, attempt: attemptsOf(after) } }
    case 'delivered': {
      const { destinationId: destination, receipt } = event
      const receiptSha256 = createHash('sha256').update(JSON.stringify(receipt)).digest('hex')
      return { event: 'delivered', details: { destination, sha256: receipt.sha256, receiptSha256 } }
    }
    case 'deliveryPostponed':
      return { event: 'deliveryPostponed', details: { destination: event.destinationId, code: event.code } }
    case 'deliveryRefused':
      return { event: 'deliveryRefused', details: { destination: event.destinationId, code: event.code } }
  }
}

type ClaveEvent = Extract<DocumentEvent, { type: `clave${string}` }>

function isOfClave(event: DocumentEvent): event is ClaveEvent {
  return event.type.startsWith('clave')
}

function claveEntry(event: ClaveEvent, { order }: Document): DocumentEntry {
  if (event.type === 'claveStarted') return { event: 'claveStarted' }
  if (event.type === 'claveDropped') return { event: 'signRefused', details: { code: event.code } }
  const { format } = order.signature
  const digest = Buffer.from(event.pending.digest, 'base64').toString('hex')
  return { event: 'signatureIntended', details: { format, level: 'B', algorithm: 'SHA256withRSA', digest } }
}

function extendedDetails({ level, copy, answeredEarlier, by, declined }: Extract<CopyEvent, { type: 'extended' }>) {
  const { bytes, sha256 } = copy
  return { level, bytes, sha256, answeredEarlier, by, declined: declined?.code }
}

function attemptsOf({ stage }: Document): number | undefined {
  if (stage.name === 'unsealed') return stage.sealing.attempts
  return stage.name === 'extending' ? stage.extension.attempts : undefined
}

function pageNumber(document: Document, pageId: string): number {
  return document.pages.findIndex(page => page.id === pageId) + 1
}

function sha256(base64: string): string {
  return createHash('sha256').update(Buffer.from(base64, 'base64')).digest('hex')
}
