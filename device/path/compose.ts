// The compose step: pages and metadata → PDF/A-2b. The images go in as the pages step left them, one chunk in memory at a
// time; turning and straightening a page are entries in the file, never a new encoding.

import { type Config, textIn } from '../config.ts'
import { type Document, type DocumentEvent, keptPages, type Page } from '../document.ts'
import { Fault } from '../errors.ts'
import { composePdf, type PdfImage, type PdfPage } from '../pdf/compose.ts'
import type { DocumentMetadata } from '../pdf/xmp.ts'
import type { Blobs, NewId } from './step.ts'

export interface ComposeTools {
  readonly config: Pick<Config, 'body' | 'kiosk'>
  readonly blobs: Blobs
  readonly newId: NewId
}

/** `composed`. Throws PAGE_NOT_READY, IMAGE_UNREADABLE, IMAGE_TOO_LARGE, and what the store throws. */
export async function compose(
  document: Document,
  { config, blobs, newId }: ComposeTools,
  signal: AbortSignal,
): Promise<DocumentEvent> {
  const bytes = composePdf({ pages: pdfPages(document, blobs, signal), metadata: metadataOf(document, config) })
  const copy = await blobs.write(document.id, bytes)
  return { type: 'composed', copy, deliveryKeys: document.order.destinations.map(() => newId()) }
}

async function* pdfPages(document: Document, blobs: Blobs, signal: AbortSignal): AsyncGenerator<PdfPage> {
  for (const page of keptPages(document)) {
    signal.throwIfAborted()
    yield { images: [pdfImage(document.id, page, blobs)] }
  }
}

function pdfImage(documentId: string, { id, prepared, turn }: Page, blobs: Blobs): PdfImage {
  if (prepared === null) throw new Fault('PAGE_NOT_READY', `page ${id} is not prepared`)
  const { rendition, verdict } = prepared
  const { blob, ...image } = rendition
  return {
    ...image,
    resolution: verdict.resolution,
    turn: quarterTurn(verdict.turn + turn),
    bytes: blobs.read(documentId, blob.name),
    byteLength: blob.bytes,
  }
}

function quarterTurn(degrees: number): PdfImage['turn'] {
  const turns = [0, 90, 180, 270] as const
  return turns[(degrees / 90) % 4] ?? 0
}

const natures = { original: 'original', authenticCopy: 'authentic-copy', copy: 'copy' } as const

function metadataOf(document: Document, { body, kiosk }: Pick<Config, 'body' | 'kiosk'>): DocumentMetadata {
  const { stage, order, language, openedAt } = document
  if (stage.name !== 'composing') throw new Fault('STAGE_CONFLICT', `nothing is composed at ${stage.name}`)
  const { sourceNature, elaborationState, at } = stage.approval
  const organ = order.document.organ ?? body.dir3
  return {
    title: `${order.title} ${document.reference}`.trim(),
    language,
    publisher: textIn(body.name, language),
    producer: `Compulsa ${kiosk.id}`,
    createdAt: Date.parse(at),
    eni: {
      identifier: eniIdentifier(document.id, organ, openedAt),
      organs: [organ],
      capturedAt: Date.parse(openedAt),
      origin: order.document.origin,
      elaborationState,
      documentType: order.document.type,
      sourceNature: natures[sourceNature],
      resolution: order.digitisation.resolution,
    },
  }
}

/** `ES_<organ>_<year of capture>_<30 characters>` (NTI de Documento Electrónico, annex I). */
function eniIdentifier(documentId: string, organ: string, openedAt: string): string {
  return `ES_${organ}_${openedAt.slice(0, 4)}_${`COMPULSA${documentId.toUpperCase()}`.slice(-30).padStart(30, '0')}`
}
