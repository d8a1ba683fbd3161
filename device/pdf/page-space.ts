// Where something lies on a page as its reader sees it (ISO 32000-1, 7.7.3.3 and 8.3.2.3): boxes and rotation are inherited
// along the page tree, a page that is turned shows its own left edge at the top, and a unit need not be a point.

import { Fault } from '../errors.ts'
import type { PdfDocument } from './document.ts'
import { maxTreeDepth } from './limits.ts'
import { entry, type PdfDictionary, type PdfObject, pdfNull } from './objects.ts'
import { type PdfPageNode, pagesOf } from './tree.ts'

/** In points, from the lower left corner of the page as it is shown. */
export interface PageRectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export interface PageSpace {
  /** Size as shown, points. */
  readonly width: number
  readonly height: number
  /** Clockwise degrees by which the page is turned to be shown. */
  readonly rotate: 0 | 90 | 180 | 270
  /** Lower left and upper right corner, in the page's own user space, of a rectangle on the page as shown. */
  toUserSpace(rectangle: PageRectangle): readonly [number, number, number, number]
}

/** The matrix that puts a unit square upright into a rectangle on the page as shown (8.3.4). */
export function uprightIn(space: PageSpace, rectangle: PageRectangle): readonly number[] {
  const [left, bottom, right, top] = space.toUserSpace(rectangle)
  const [across, up] = [right - left, top - bottom]
  const matrices = {
    0: [across, 0, 0, up, left, bottom],
    90: [0, up, -across, 0, right, bottom],
    180: [-across, 0, 0, -up, right, top],
    270: [0, -up, across, 0, left, top],
  } as const
  return matrices[space.rotate]
}

/** Page `number`, counted from 1, or from the end by -1. Throws REQUEST_INVALID where there is none. */
export async function pageAt(document: PdfDocument, number: number): Promise<PdfPageNode> {
  const pages: PdfPageNode[] = []
  for await (const page of pagesOf(document)) {
    pages.push(page)
    if (pages.length === number) return page
  }
  const found = number < 0 ? pages.at(number) : undefined
  if (!found) throw new Fault('REQUEST_INVALID', `the document has ${pages.length} pages, not a page ${number}`)
  return found
}

/** What readers take a page for that says nothing of its size; points. */
const letter: Box = [0, 0, 612, 792]

/** The space of a page. Throws PDF_UNREADABLE. */
export async function pageSpace(document: PdfDocument, page: PdfDictionary): Promise<PageSpace> {
  const media = (await boxOf(document, await inherited(document, page, 'MediaBox'))) ?? letter
  const crop = (await boxOf(document, await inherited(document, page, 'CropBox'))) ?? media
  const [left, bottom] = [Math.max(crop[0], media[0]), Math.max(crop[1], media[1])]
  const [right, top] = [Math.min(crop[2], media[2]), Math.min(crop[3], media[3])]
  const [across, up] =
    right > left && top > bottom ? [right - left, top - bottom] : [media[2] - media[0], media[3] - media[1]]
  const origin = right > left && top > bottom ? [left, bottom] : [media[0], media[1]]
  const rotate = rotationOf(await inherited(document, page, 'Rotate'))
  const unit = numberOf(await document.resolve(entry(page, 'UserUnit'))) ?? 1
  const turned = rotate === 90 || rotate === 270
  return {
    width: (turned ? up : across) * unit,
    height: (turned ? across : up) * unit,
    rotate,
    toUserSpace({ x, y, width, height }) {
      const [x1, y1, x2, y2] = [x / unit, y / unit, (x + width) / unit, (y + height) / unit]
      const corners = {
        0: [x1, y1, x2, y2],
        90: [across - y2, x1, across - y1, x2],
        180: [across - x2, up - y2, across - x1, up - y1],
        270: [y1, up - x2, y2, up - x1],
      } as const
      const [a, b, c, d] = corners[rotate]
      const [dx = 0, dy = 0] = origin
      return [a + dx, b + dy, c + dx, d + dy]
    },
  }
}

/** A page attribute, its own or an ancestor's. */
export async function inherited(document: PdfDocument, page: PdfDictionary, key: string): Promise<PdfObject> {
  let node: PdfObject = page
  for (let depth = 0; depth <= maxTreeDepth && node.kind === 'dictionary'; depth++) {
    const value = await document.resolve(entry(node, key))
    if (value.kind !== 'null') return value
    node = await document.resolve(entry(node, 'Parent'))
  }
  return pdfNull
}

type Box = readonly [number, number, number, number]

/** A rectangle with its corners in order; undefined where it has no area. */
export async function boxOf(document: PdfDocument, value: PdfObject): Promise<Box | undefined> {
  if (value.kind !== 'array' || value.items.length !== 4) return undefined
  const [a, b, c, d] = await Promise.all(value.items.map(async item => numberOf(await document.resolve(item))))
  if (a === undefined || b === undefined || c === undefined || d === undefined) return undefined
  const box: Box = [Math.min(a, c), Math.min(b, d), Math.max(a, c), Math.max(b, d)]
  return box[2] > box[0] && box[3] > box[1] ? box : undefined
}

function rotationOf(value: PdfObject): 0 | 90 | 180 | 270 {
  const quarter = (((numberOf(value) ?? 0) % 360) + 360) % 360
  return quarter === 90 || quarter === 180 || quarter === 270 ? quarter : 0
}

function numberOf(value: PdfObject): number | undefined {
  return value.kind === 'integer' || value.kind === 'real' ? value.value : undefined
}
