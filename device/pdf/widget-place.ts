// Where a widget stands on its page (ISO 32000-1, 12.5.2): whether it can be seen, whether it lies on another annotation,
// whether it takes up so much of the page that it can only be there to cover it. Content itself is not painted here.

import type { Comparison } from './comparison.ts'
import type { PdfDocument } from './document.ts'
import { maxTreeDepth } from './limits.ts'
import { entry, integerEntry, type PdfDictionary, type PdfDirect, type PdfObject } from './objects.ts'

/** Part of a page's area beyond which a new signature field covers the page rather than signs it. */
const maxPageShare = 0.25
/** How far neighbours may reach into each other, as borders do; points. */
const maxOverlap = 2
/** Annotations of a page that are compared. */
const maxAnnotations = 5_000

const hiddenFlags = 2 | 32

interface Rectangle {
  readonly left: number
  readonly bottom: number
  readonly right: number
  readonly top: number
}

/** Whether a reader paints the widget: it has an area or a border and is neither hidden nor kept from view. */
export async function isVisible(document: PdfDocument, widget: PdfDictionary): Promise<boolean> {
  if ((integerEntry(widget, 'F') ?? 0) & hiddenFlags) return false
  if (['MK', 'BS', 'Border'].some(key => widget.entries.has(key))) return true
  const rectangle = await rectangleOf(document, entry(widget, 'Rect'))
  return rectangle === undefined || areaOf(rectangle) > 0
}

/** Why a new signature field covers what was signed; undefined where it does not, or cannot be seen. */
export async function coverProblem(
  comparison: Comparison,
  number: number,
  widget: PdfDictionary,
): Promise<string | undefined> {
  const { after } = comparison
  if (!(await isVisible(after, widget))) return undefined
  const rectangle = await rectangleOf(after, entry(widget, 'Rect'))
  if (!rectangle) return 'the new signature field has no rectangle'
  const page = await after.resolve(entry(widget, 'P'))
  const box = page.kind === 'dictionary' ? await mediaBoxOf(after, page) : undefined
  if (!box) return 'the new signature field names no page'
  if (areaOf(rectangle) > areaOf(box) * maxPageShare) return 'the new signature field covers the page'
  return overlapProblem(comparison, number, widget)
}

/** Why a widget could hide another annotation or be hidden by it; undefined where it lies apart from all. */
export async function overlapProblem(
  { after }: Comparison,
  number: number,
  widget: PdfDictionary,
): Promise<string | undefined> {
  const page = await after.resolve(entry(widget, 'P'))
  const annotations = page.kind === 'dictionary' ? await after.resolve(entry(page, 'Annots')) : page
  if (annotations.kind !== 'array' || !annotations.items.some(item => isReferenceTo(item, number))) {
    return 'the widget is not on the page that it names'
  }
  if (annotations.items.length > maxAnnotations) return 'the page has too many annotations to tell them apart'
  const own = await rectangleOf(after, entry(widget, 'Rect'))
  if (!own) return 'the widget has no rectangle'
  for (const item of annotations.items) {
    if (isReferenceTo(item, number)) continue
    const other = await after.resolve(item)
    const place = other.kind === 'dictionary' ? await rectangleOf(after, entry(other, 'Rect')) : undefined
    if (place && overlap(own, place)) return 'the widget lies on another annotation'
  }
  return undefined
}

function isReferenceTo(item: PdfDirect, number: number): boolean {
  return item.kind === 'reference' && item.number === number
}

/** /MediaBox, inherited (ISO 32000-1, 7.7.3.4). */
async function mediaBoxOf(document: PdfDocument, page: PdfDictionary): Promise<Rectangle | undefined> {
  let node: PdfObject = page
  for (let depth = 0; depth < maxTreeDepth && node.kind === 'dictionary'; depth++) {
    const box = await rectangleOf(document, entry(node, 'MediaBox'))
    if (box) return box
    node = await document.resolve(entry(node, 'Parent'))
  }
  return undefined
}

async function rectangleOf(document: PdfDocument, value: PdfDirect): Promise<Rectangle | undefined> {
  const array = await document.resolve(value)
  if (array.kind !== 'array' || array.items.length !== 4) return undefined
  const numbers: number[] = []
  for (const item of array.items) {
    const number = await document.resolve(item)
    if (number.kind !== 'integer' && number.kind !== 'real') return undefined
    numbers.push(number.value)
  }
  const [a = 0, b = 0, c = 0, d = 0] = numbers
  return { left: Math.min(a, c), bottom: Math.min(b, d), right: Math.max(a, c), top: Math.max(b, d) }
}

function areaOf({ left, bottom, right, top }: Rectangle): number {
  return (right - left) * (top - bottom)
}

function overlap(a: Rectangle, b: Rectangle): boolean {
  const width = Math.min(a.right, b.right) - Math.max(a.left, b.left)
  const height = Math.min(a.top, b.top) - Math.max(a.bottom, b.bottom)
  return width > maxOverlap && height > maxOverlap
}
