// Documents as they lie in the store: the shape of each version, and the steps forward from one to the next. A step that
// has been released is never edited; a change of the shape is a new step at the end.

import { Fault } from '../errors.ts'
import { emptyTrail } from './copy-trail.ts'
import type { Document } from './document.ts'

type Stored = Readonly<Record<string, unknown>>

interface PixelSize {
  readonly width: number
  readonly height: number
}

/** From shape N (its index in the list, plus one) to N + 1. */
const steps: readonly ((stored: Stored) => Stored)[] = [withSheets, withTrail, withSeals, withClave]

const currentShape = steps.length + 1

/** What is stored of a document. */
export function storedShape(document: Document): object {
  return { ...document, shape: currentShape }
}

/** The document out of what was stored by this version or an earlier one. Throws DATABASE_NEWER. */
export function documentIn(body: unknown): Document {
  const { shape = 1, ...stored } = body as Stored
  if (typeof shape !== 'number' || shape > currentShape) {
    throw new Fault('DATABASE_NEWER', `a document has shape ${String(shape)}, this version knows ${currentShape}`)
  }
  const current = steps.slice(shape - 1).reduce((older, step) => step(older), stored as Stored)
  return current as unknown as Document
}

/** Pages got a sheet, a reason for being left out, a frame, a partner and a text; copies a code, parts and a reduction. */
function withSheets(stored: Stored): Stored {
  const pages = stored['pages'] as readonly Stored[]
  return { ...stored, csv: null, part: null, reduction: 'none', order: wholeOrder(stored), pages: pages.map(wholePage) }
}

/** Documents got a trail for their evidence; what was not noted stays unknown. Codes got a pattern. */
function withTrail(stored: Stored): Stored {
  const order = stored['order'] as { readonly document: Stored }
  return { ...stored, trail: emptyTrail, order: { ...order, document: { csvPattern: 'random', ...order.document } } }
}

/** A copy may wait for its seal; what is there stays, and a version that knows no such stage must not take it up. */
function withSeals(stored: Stored): Stored {
  return stored
}

/** Somebody may be signing a copy elsewhere: as with seals, an earlier version must not take it up. */
function withClave(stored: Stored): Stored {
  return stored
}

function wholeOrder({ order }: Stored): Stored {
  const known = order as { readonly digitisation: Stored; readonly document: Stored }
  return {
    ...known,
    digitisation: { crop: true, background: 'kept', ocr: false, ocrLanguages: ['ca', 'es'], ...known.digitisation },
    document: { csv: 'none', legend: 'none', largestMegabytes: 10, ...known.document },
  }
}

function wholePage({ deleted, prepared, ...page }: Stored, index: number): Stored {
  const leftOut = deleted === true ? 'person' : null
  return {
    ...page,
    prepared: wholeImage(prepared),
    sheet: index + 1,
    fedTurn: 0,
    inferredTurn: 0,
    leftOut,
    under: null,
    text: null,
  }
}

function wholeImage(prepared: unknown): unknown {
  if (prepared === null) return null
  const image = prepared as { readonly verdict: PixelSize & Stored; readonly rendition: PixelSize & Stored }
  const whole = ({ width, height }: PixelSize) => ({ left: 0, top: 0, width, height })
  const verdict = { ...image.verdict, turnConfident: image.verdict['turn'] !== 0, sheet: whole(image.verdict) }
  return { ...image, verdict, rendition: { ...image.rendition, frame: whole(image.rendition) }, reduction: 'none' }
}
