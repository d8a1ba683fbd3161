// The text step: what is printed on each page of the copy, read before it is composed and stored beside the image. The copy
// waits for it, and a page that cannot be read goes without: the text serves the search and is no part of what is certified.
// It is stored deflated, and is then about as large as its layer in the copy.

import { deflateSync } from 'node:zlib'
import type { Document, DocumentEvent } from '../document/document.ts'
import type { Page } from '../document/page.ts'
import { uprightTurn } from '../document/sheet.ts'
import { type ErrorCode, Fault } from '../errors.ts'
import type { Log, TextReader } from '../ports.ts'
import { type Blobs, streamOf } from './step.ts'

export interface TextTools {
  readonly textReader: Pick<TextReader, 'read'>
  readonly blobs: Blobs
  readonly log: Log
}

/** What another try would not mend. */
const lasting: readonly ErrorCode[] = ['TEXT_READER_ABSENT', 'TEXT_UNREADABLE', 'IMAGE_UNREADABLE', 'IMAGE_TOO_LARGE']

/** The first page of the copy that is prepared and not read as it lies now, where the order wants text. */
export function unreadPage({ pages, order, reduction }: Document): Page | undefined {
  if (!order.digitisation.ocr) return undefined
  const isReady = (page: Page) => page.leftOut === null && page.prepared?.reduction === reduction
  return pages.find(page => isReady(page) && page.text?.turn !== uprightTurn(page))
}

/** `pageRead`, without a text where there is none to be had, which the log tells; other faults are thrown. */
export async function readPage(
  document: Document,
  page: Page,
  { textReader, blobs, log }: TextTools,
  signal: AbortSignal,
): Promise<DocumentEvent> {
  if (page.prepared === null) throw new Fault('PAGE_NOT_READY', `page ${page.id} is not prepared`)
  const { verdict, rendition } = page.prepared
  const { blob, ...stored } = rendition
  const turn = uprightTurn(page)
  const languages = document.order.digitisation.ocrLanguages
  const request = { ...stored, turn, languages, resolution: verdict.resolution }
  try {
    const text = await textReader.read(blobs.read(document.id, blob.name), request, signal)
    const written = await blobs.write(document.id, streamOf(deflateSync(JSON.stringify(text))))
    return { type: 'pageRead', pageId: page.id, text: { blob: written, turn } }
  } catch (thrown) {
    if (!(thrown instanceof Fault) || !lasting.includes(thrown.code)) throw thrown
    log.warn('a page goes without text', {
      document: document.id,
      page: page.id,
      code: thrown.code,
      detail: thrown.detail,
    })
    return withoutText(page)
  }
}

/** For a page that is given up. */
export function withoutText(page: Page): DocumentEvent {
  return { type: 'pageRead', pageId: page.id, text: { blob: null, turn: uprightTurn(page) } }
}
