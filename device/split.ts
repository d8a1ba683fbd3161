// A copy that is too large, as several: its sheets in order, as many in each as the limit lets in. The first copy keeps
// its name; the others are new documents that come into hand one after the other.

import type { Config } from './config/config.ts'
import { csvFor } from './csv.ts'
import type { Document, Opening } from './document/document.ts'
import { copySheets, estimateBytes, largestBytes, type Page, type StoredBlob } from './document/page.ts'
import { Fault } from './errors.ts'
import type { Blobs, NewId } from './path/step.ts'
import type { Clock, Random } from './ports.ts'
import type { Queue } from './queue.ts'

export interface SplitParts {
  readonly queue: Queue
  readonly blobs: Blobs
  readonly random: Random
  readonly clock: Pick<Clock, 'now'>
  readonly config: Pick<Config, 'body'>
  readonly newId: NewId
  readonly newReference: () => string
}

/** The pages of each copy, the first one's first. Throws COPY_TOO_LARGE where one sheet alone is over the limit, PAGE_NOT_READY. */
export function planParts(document: Document): readonly (readonly Page[])[] {
  const { order, reduction } = document
  const { signature } = order
  const limit = largestBytes(order)
  const legend = order.document.legend !== 'none'
  const sizeOf = (pages: readonly Page[]) => {
    const bytes = estimateBytes({ pages, reduction }, { signature, legend })
    if (bytes === undefined) throw new Fault('PAGE_NOT_READY', 'a page is not prepared yet')
    return bytes
  }
  const parts: Page[][] = []
  for (const sheet of copySheets(document.pages)) {
    const alone = sizeOf(sheet)
    if (alone > limit) throw new Fault('COPY_TOO_LARGE', `one sheet alone makes ${alone} bytes; the most is ${limit}`)
    const current = parts.at(-1)
    if (current !== undefined && sizeOf([...current, ...sheet]) <= limit) current.push(...sheet)
    else parts.push([...sheet])
  }
  return parts
}

/**
 * The first copy, with what it keeps. Either all copies are there afterwards, each with its pages, or everything is as
 * before. Throws what planParts() throws, STAGE_CONFLICT where nothing is gathered, and what the store throws.
 */
export async function splitCopy(document: Document, parts: SplitParts): Promise<Document> {
  const { stage, part } = document
  if (stage.name !== 'gathering' || stage.scan === 'running' || part !== null) {
    throw new Fault('STAGE_CONFLICT', 'this copy cannot be split now')
  }
  const [, ...moved] = planParts(document)
  if (moved.length === 0) return document
  const of = moved.length + 1
  const ids = moved.map(() => parts.newId())
  const codes = { random: parts.random.bytes, ine10: parts.config.body.ine10, now: parts.clock.now() }
  for (const id of ids) parts.queue.reserve(id)
  const openings: Omit<Opening, 'at'>[] = []
  for (const [index, pages] of moved.entries()) {
    const id = ids[index] ?? ''
    const continued = {
      part: { number: index + 2, of, nextId: ids[index + 1] ?? null },
      pages: await copiesOf(pages, document.id, id, parts.blobs),
      reduction: document.reduction,
      trail: document.trail,
    }
    const { language, order } = document
    const csv = csvFor(order, codes)
    openings.push({ id, reference: parts.newReference(), language, order, csv, continued })
  }
  const pageIds = moved.flat().map(page => page.id)
  return parts.queue.commitSplit(document.id, { type: 'pagesMoved', pageIds, of, nextId: ids[0] ?? '' }, openings)
}

/** The pages with their files sealed under the other document's key. */
async function copiesOf(pages: readonly Page[], from: string, to: string, blobs: Blobs): Promise<readonly Page[]> {
  const copies: Page[] = []
  for (const page of pages) {
    const { image, prepared, text } = page
    const copied = new Map<string, StoredBlob>()
    for (const blob of [image, prepared?.preview, prepared?.rendition.blob, text?.blob]) {
      if (blob != null && !copied.has(blob.name))
        copied.set(blob.name, await blobs.write(to, blobs.read(from, blob.name)))
    }
    const own = (blob: StoredBlob) => copied.get(blob.name) ?? blob
    copies.push({
      ...page,
      image: own(image),
      prepared: prepared && {
        ...prepared,
        preview: own(prepared.preview),
        rendition: { ...prepared.rendition, blob: own(prepared.rendition.blob) },
      },
      text: text && { ...text, blob: text.blob && own(text.blob) },
    })
  }
  return copies
}
