// The compose step: pages and metadata → PDF/A-2b. The images go in as the pages step left them, one chunk in memory at a
// time; cutting, turning and straightening a page are entries in the file, never a new encoding. The printable rendition
// is made of the same images apart from the copy, which it leaves as it is.

import { inflateSync } from 'node:zlib'
import { type Config, textIn } from '../config/config.ts'
import { type Document, type DocumentEvent, keptPages } from '../document/document.ts'
import type { Page, QuarterTurn } from '../document/page.ts'
import { copySheets, largestBytes } from '../document/page.ts'
import { a4, uprightTurn } from '../document/sheet.ts'
import { eniIdentifier } from '../eni/identifier.ts'
import { Fault } from '../errors.ts'
import { type LegendText, legendOf } from '../legend-lines.ts'
import { composePdf, type PdfImage, type PdfPage } from '../pdf/compose.ts'
import type { Font } from '../pdf/font.ts'
import type { Legend } from '../pdf/legend.ts'
import type { DocumentMetadata } from '../pdf/xmp.ts'
import type { ByteStream, PageText } from '../ports.ts'
import type { Blobs, NewId } from './step.ts'

/** What a rendition takes. */
export interface PrintTools {
  readonly config: Pick<Config, 'body' | 'kiosk'>
  readonly blobs: Pick<Blobs, 'read'>
  /** For the legend. Throws FILE_UNREADABLE. */
  readonly font: () => Promise<Font>
  readonly legendText: LegendText
  /** Of this program. */
  readonly version: string
}

export interface ComposeTools extends PrintTools {
  readonly blobs: Blobs
  readonly newId: NewId
}

/**
 * `composed`. Throws PAGE_NOT_READY, COPY_TOO_LARGE, IMAGE_UNREADABLE, IMAGE_TOO_LARGE, FILE_UNREADABLE, and what the store
 * throws.
 */
export async function compose(document: Document, tools: ComposeTools, signal: AbortSignal): Promise<DocumentEvent> {
  const { stage, order } = document
  const { config, blobs, newId } = tools
  if (stage.name !== 'composing') throw new Fault('STAGE_CONFLICT', `nothing is composed at ${stage.name}`)
  const legend = order.document.legend === 'none' ? undefined : await legendFor(document, tools)
  const pages = pdfPages(document, blobs, signal)
  const metadata = metadataOf(document, stage.approval, config)
  const bytes = composePdf({ pages, metadata, ...(legend !== undefined && { legend }) })
  const copy = await blobs.write(document.id, bytes)
  const limit = largestBytes(order)
  if (copy.bytes > limit) throw new Fault('COPY_TOO_LARGE', `${copy.bytes} bytes; the most is ${limit}`)
  const made = {
    identifier: metadata.eni?.identifier ?? '',
    organ: organOf(document, config),
    body: { name: metadata.publisher ?? '', ine10: config.body.ine10, dir3: config.body.dir3 },
    kiosk: config.kiosk.id,
    version: tools.version,
  }
  return { type: 'composed', copy, made, deliveryKeys: order.destinations.map(() => newId()) }
}

/**
 * A rendition on A4 sheets for printing, with the legend and, once it is signed, the signer; no copy, and never signed.
 * Throws STAGE_CONFLICT before the pages are approved and after they are erased.
 */
export async function composePrintable(
  document: Document,
  tools: PrintTools,
  signal: AbortSignal,
): Promise<ByteStream> {
  const { stage } = document
  if (!('approval' in stage)) throw new Fault('STAGE_CONFLICT', `nothing is printed at ${stage.name}`)
  const legend = { ...(await legendFor(document, tools)), margin: 'within' as const }
  const metadata = metadataOf(document, stage.approval, tools.config)
  return composePdf({ pages: pdfPages(document, tools.blobs, signal, 'A4'), metadata, legend })
}

async function legendFor(document: Document, tools: PrintTools): Promise<Legend> {
  return legendOf(document, tools.config.body, await tools.font(), tools.legendText)
}

async function* pdfPages(
  document: Document,
  blobs: PrintTools['blobs'],
  signal: AbortSignal,
  paper?: 'A4',
): AsyncGenerator<PdfPage> {
  for (const [first, ...more] of copySheets(document.pages)) {
    signal.throwIfAborted()
    const image = (page: Page) => pdfImage(document.id, page, blobs)
    const images: PdfPage['images'] = [await image(first), ...(await Promise.all(more.map(image)))]
    if (paper === undefined && more.length === 0) yield { images }
    else yield { images, sheet: more.length === 0 ? lyingAs(images[0]) : a4 }
  }
}

/** An A4 sheet, on its side for an image that is wider than high. */
function lyingAs({ frame, turn }: PdfImage): NonNullable<PdfPage['sheet']> {
  const isWide = turn % 180 === 0 ? frame.width > frame.height : frame.height > frame.width
  return isWide ? { width: a4.height, height: a4.width } : a4
}

async function pdfImage(documentId: string, page: Page, blobs: PrintTools['blobs']): Promise<PdfImage> {
  const { id, prepared } = page
  if (prepared === null) throw new Fault('PAGE_NOT_READY', `page ${id} is not prepared`)
  const { blob, ...image } = prepared.rendition
  const text = page.text?.blob == null ? undefined : await storedText(blobs.read(documentId, page.text.blob.name))
  return {
    ...image,
    ...(text !== undefined && { text }),
    resolution: prepared.verdict.resolution,
    turn: uprightTurn(page) satisfies QuarterTurn,
    bytes: blobs.read(documentId, blob.name),
    byteLength: blob.bytes,
  }
}

/** Above what the text worker may tell. */
const maxTextBytes = 32 << 20

/** As the text step wrote it. */
async function storedText(bytes: ByteStream): Promise<PageText> {
  const chunks: Uint8Array[] = []
  for await (const chunk of bytes) chunks.push(chunk)
  const json = inflateSync(Buffer.concat(chunks), { maxOutputLength: maxTextBytes })
  return JSON.parse(json.toString('utf8'))
}

const natures = { original: 'original', authenticCopy: 'authentic-copy', copy: 'copy' } as const

function metadataOf(
  document: Document,
  {
    sourceNature,
    elaborationState,
    at,
  }: { sourceNature: keyof typeof natures; elaborationState: 'EE03' | 'EE99'; at: string },
  { body, kiosk }: Pick<Config, 'body' | 'kiosk'>,
): DocumentMetadata {
  const { order, language, openedAt, csv } = document
  const organ = organOf(document, { body })
  return {
    title: titleOf(document),
    language,
    publisher: textIn(body.name, language),
    producer: `Compulsa ${kiosk.id}`,
    createdAt: Date.parse(at),
    eni: {
      identifier: eniIdentifier({ organ, capturedAt: openedAt, unique: document.id }),
      organs: [organ],
      capturedAt: Date.parse(openedAt),
      origin: order.document.origin,
      elaborationState,
      documentType: order.document.type,
      sourceNature: natures[sourceNature],
      resolution: lowestResolution(document),
      ...(csv !== null && { csv }),
    },
  }
}

/** The unit that makes the copy. */
function organOf({ order }: Document, { body }: Pick<Config, 'body'>): string {
  return order.document.organ ?? body.dir3
}

/** With its number where the paper made several copies. */
function titleOf({ order, reference, part }: Document): string {
  const numbered = part === null ? '' : ` (${part.number}/${part.of})`
  return `${order.title} ${reference}`.trim() + numbered
}

/** What every page has at least, pixels per inch. */
function lowestResolution(document: Document): number {
  return Math.min(...keptPages(document).map(page => page.prepared?.verdict.resolution ?? page.resolution))
}
