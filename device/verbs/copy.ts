// A copy made in one run of the command line: the same steps and rules as at the kiosk, the document kept in memory.

import type { Config } from '../config.ts'
import { type CopyOrder, type Document, type DocumentEvent, keptPages, openDocument } from '../document.ts'
import { Fault } from '../errors.ts'
import { systemClock } from '../host.ts'
import { legendParts } from '../main.ts'
import { largestBytes, type StoredBlob } from '../page.ts'
import { compose } from '../path/compose.ts'
import { preparePage, unsettledPage } from '../path/pages.ts'
import { next } from '../transition.ts'
import type { Workbench } from './appliance.ts'
import type { Call } from './verb.ts'

export interface CopyRequest {
  readonly config: Config
  readonly order: CopyOrder
  readonly language: string
  /** Pages that look blank stay in. */
  readonly keepBlank: boolean
  readonly feed: (document: Document) => AsyncIterable<DocumentEvent>
}

export interface MadeCopy {
  readonly copy: StoredBlob
  readonly documentId: string
  readonly pages: readonly PageSummary[]
  /** The feeding ended badly; the copy holds the pages before. */
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
  /** The scanner's own bytes went in. */
  readonly untouched: boolean
}

/** Throws NO_PAGES, IMAGE_UNREADABLE naming the page, and what scanner and store throw. */
export async function makeCopy(
  request: CopyRequest,
  { rooms, scratch, newId }: Workbench,
  call: Call,
): Promise<MadeCopy> {
  const { config, order, language, feed } = request
  const imaging = rooms.imaging()
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
  for await (const event of feed(document)) {
    apply(event)
    for (let page = unsettledPage(document); page !== undefined; page = unsettledPage(document)) {
      const settled = await preparePage(document, page, { imaging, blobs: scratch }, call.signal)
      if (settled.type === 'pageUnusable') throw new Fault(settled.code, `image ${document.pages.length}`)
      apply(settled)
      call.progress(`page ${document.pages.length}`)
    }
  }
  const { hold } = document
  const pages = document.pages.map(summary)
  if (!request.keepBlank) {
    for (const page of document.pages.filter(one => one.prepared?.verdict.blank))
      apply({ type: 'pageDeleted', pageId: page.id })
  }
  if (keptPages(document).length === 0)
    throw hold === null ? new Fault('NO_PAGES', 'nothing but blank pages') : new Fault(hold.code, hold.detail)
  apply({ type: 'approved', sourceNature: order.sourceNatures[0] ?? 'copy' })
  apply(await compose(document, { config, blobs: scratch, newId, ...legendParts() }, call.signal))
  const { stage } = document
  if (stage.name !== 'done') throw new Fault('INTERNAL', `the copy ended at ${stage.name}`)
  return {
    copy: stage.copy,
    documentId: document.id,
    pages,
    fault: hold === null ? null : new Fault(hold.code, hold.detail),
  }
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

function summary({ prepared, image }: Document['pages'][number], i: number): PageSummary {
  if (prepared === null) throw new Fault('PAGE_NOT_READY', `image ${i + 1}`)
  const { width, height, resolution, colour, skewDegrees, turn, blank } = prepared.verdict
  return {
    number: i + 1,
    width,
    height,
    resolution,
    colour,
    skewDegrees,
    turn,
    blank,
    untouched: prepared.rendition.blob.name === image.name,
  }
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
  untouched,
}: PageSummary): string {
  const notes = [
    ...(blank ? ['blank'] : []),
    ...(turn === 0 ? [] : [`turned ${turn}°`]),
    ...(skewDegrees === 0 ? [] : [`skew ${skewDegrees.toFixed(2)}°`]),
    untouched ? 'as scanned' : 'encoded anew',
  ]
  return `page ${number}: ${width} × ${height} px, ${resolution} ppi, ${colour}, ${notes.join(', ')}`
}
