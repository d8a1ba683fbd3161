// A copy made in one run of the command line: the same steps and rules as at the kiosk, the document kept in memory.

import type { Config } from '../config/config.ts'
import { type CopyOrder, type Document, type DocumentEvent, keptPages, openDocument } from '../document/document.ts'
import { largestBytes, type StoredBlob } from '../document/page.ts'
import { next } from '../document/transition.ts'
import { Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import { legendParts } from '../legend-parts.ts'
import { compose } from '../path/compose.ts'
import { readPage, unreadPage } from '../path/text.ts'
import type { Workbench } from './appliance.ts'
import { gatherPages } from './gather.ts'
import { checkLanguages } from './searchable.ts'
import type { Call } from './verb.ts'

export interface CopyRequest {
  readonly config: Config
  readonly order: CopyOrder
  readonly language: string
  /** What becomes of pages that look blank; `by-side`: backs are left out, fronts stay, as at the kiosk. */
  readonly blank: 'kept' | 'left-out' | 'by-side'
  readonly feed: (document: Document) => AsyncIterable<DocumentEvent>
  /** How many images may wait to be prepared before the next is asked for; absent: any number. */
  readonly ahead?: number
  /** What the images are called, in their order; those without a name go by their number. */
  readonly names?: readonly string[]
}

export interface MadeCopy {
  readonly copy: StoredBlob
  readonly documentId: string
  readonly pages: readonly PageSummary[]
  /** The feeding ended badly, or images could not be used; the copy holds the other pages. */
  readonly fault: Fault | null
}

export interface PageSummary {
  readonly number: number
  readonly width: number
  readonly height: number
  readonly resolution: number
  readonly colour: string
  readonly skewDegrees: number
  readonly turn: number
  readonly blank: boolean
  /** It does not go into the copy. */
  readonly leftOut: boolean
  /** The scanner's own bytes went in. */
  readonly untouched: boolean
  /** Whether its text could be read; null where none was wanted. */
  readonly text: boolean | null
}

/** Throws NO_PAGES, TEXT_READER_ABSENT, what is wrong with the images where none can be used, and what scanner and store throw. */
export async function makeCopy(
  request: CopyRequest,
  { rooms, scratch, newId }: Workbench,
  call: Pick<Call, 'signal' | 'progress'>,
): Promise<MadeCopy> {
  const { config, order, language, feed } = request
  const imaging = rooms.imaging()
  await checkLanguages(order.digitisation, rooms.textReader, call.signal)
  const at = () => new Date(systemClock.now()).toISOString()
  let document = openDocument({
    id: newId(),
    reference: '',
    csv: null,
    language,
    order: fileOrder(order),
    at: at(),
  })
  const apply = (event: DocumentEvent) => {
    document = next(document, event, at())
  }
  await gatherPages({
    current: () => document,
    apply,
    feed: feed(document),
    imaging,
    scratch,
    signal: call.signal,
    ahead: request.ahead ?? Number.POSITIVE_INFINITY,
    onPrepared: number => call.progress(`page ${number}`),
  })
  const fault = faultOf(document, request.names ?? [])
  for (const { id, leftOut, prepared } of document.pages) {
    if (request.blank === 'kept' && leftOut === 'blank') apply({ type: 'pageRestored', pageId: id })
    if (request.blank === 'left-out' && prepared?.verdict.blank) apply({ type: 'pageDeleted', pageId: id })
  }
  if (keptPages(document).length === 0) throw fault ?? new Fault('NO_PAGES', 'nothing but blank pages')
  for (let page = unreadPage(document); page !== undefined; page = unreadPage(document)) {
    apply(await readPage(document, page, { textReader: rooms.textReader(), blobs: scratch, log: unheard }, call.signal))
    call.progress(`text of page ${document.pages.findIndex(one => one.id === page?.id) + 1}`)
  }
  const pages = document.pages.flatMap(summary)
  apply({ type: 'approved', sourceNature: order.sourceNatures[0] ?? 'copy' })
  apply(await compose(document, { config, blobs: scratch, newId, ...legendParts() }, call.signal))
  const { stage } = document
  if (stage.name !== 'done') throw new Fault('INTERNAL', `the copy ended at ${stage.name}`)
  return { copy: stage.copy, documentId: document.id, pages, fault }
}

/** Why the copy is not all of what was to be copied: the feeding, else the images that nothing can be made of, by name. */
function faultOf({ hold, pages }: Document, names: readonly string[]): Fault | null {
  if (hold !== null) return new Fault(hold.code, hold.detail)
  const unusable = pages.flatMap(({ unusable: code }, i) => (code === null ? [] : [{ code, i }]))
  const [first] = unusable
  if (first === undefined) return null
  return new Fault(first.code, unusable.map(({ code, i }) => `${names[i] ?? `image ${i + 1}`} (${code})`).join(', '))
}

/** Where the pages go that can be used, beside the file that was asked for. */
export function partialPath(out: string): string {
  return `${out.replace(/\.pdf$/i, '')}.partial.pdf`
}

/** PDF/A's own limit is the only one of a file. */
const largestMegabytes = 2000

/** The order of a file that nobody will find in the queue: no signature, no way to check it, no limit of an exchange. */
function fileOrder(order: CopyOrder): CopyOrder {
  return {
    ...order,
    signature: { ...order.signature, mode: 'none' },
    document: { ...order.document, csv: 'none', legend: 'none', largestMegabytes },
    destinations: [],
  }
}

/** What is said of a file that the exchange of registries would not take. */
export function sizeLines(copy: StoredBlob, order: CopyOrder): readonly string[] {
  const limit = largestBytes(order)
  return copy.bytes <= limit ? [] : [`larger than the ${limit} bytes that the procedure sends`]
}

/** The line of a page tells that it goes without text. */
const unheard = { info: () => undefined, warn: () => undefined, error: () => undefined }

function summary(
  { prepared, unusable, image, text, leftOut }: Document['pages'][number],
  i: number,
): readonly PageSummary[] {
  if (unusable !== null) return []
  if (prepared === null) throw new Fault('PAGE_NOT_READY', `image ${i + 1}`)
  const { width, height, resolution, colour, skewDegrees, turn, blank } = prepared.verdict
  const one = {
    number: i + 1,
    width,
    height,
    resolution,
    colour,
    skewDegrees,
    turn,
    blank,
    leftOut: leftOut !== null,
    untouched: prepared.rendition.blob.name === image.name,
    text: text && text.blob !== null,
  }
  return [one]
}

export function pageLine({
  number,
  width,
  height,
  resolution,
  colour,
  skewDegrees,
  turn,
  blank,
  leftOut,
  untouched,
  text,
}: PageSummary): string {
  const notes = [
    ...(blank ? [leftOut ? 'blank, left out' : 'blank'] : []),
    ...(turn === 0 ? [] : [`turned ${turn}°`]),
    ...(skewDegrees === 0 ? [] : [`skew ${skewDegrees.toFixed(2)}°`]),
    untouched ? 'as scanned' : 'encoded anew',
    ...(text === false ? ['without text'] : []),
  ]
  return `page ${number}: ${width} × ${height} px, ${resolution} ppi, ${colour}, ${notes.join(', ')}`
}
