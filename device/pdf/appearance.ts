// What a visible signature shows (ISO 32000-1, 12.5.5): text, an image or both, as a form XObject that reads upright for
// whoever looks at the page, however that is turned. Fonts are embedded and colours device-independent, so that PDF/A stays
// PDF/A (ISO 19005-2, 6.2.4, 6.2.11 and 6.3.3).

import { deflateSync } from 'node:zlib'
import { Fault } from '../errors.ts'
import type { Draft } from './draft.ts'
import { sRgbProfile } from './icc.ts'
import { addColourSpace, addImage, type PlacedImage } from './image-object.ts'
import { numbers, plain } from './numbers.ts'
import { type PdfDirect, type PdfReference, pdfDictionary, pdfName } from './objects.ts'
import type { PageSpace } from './page-space.ts'
import { addText, type Box, type ShownText } from './shown-text.ts'
import { latin1 } from './write.ts'

export interface AppearanceContent extends ShownText {
  /** JPEG or PNG; beside the text, or alone, in its own proportions. */
  readonly image?: Uint8Array
  /** Counter-clockwise degrees by which all of it is turned against the page, in the same rectangle. */
  readonly rotation?: 90 | 180 | 270
}

/** What the document allows: `opaque` where it may have no transparency. */
export interface AppearanceRoom {
  /** Of the rectangle on the page as it is shown; points. */
  readonly width: number
  readonly height: number
  readonly rotate: PageSpace['rotate']
  readonly opaque: boolean
  /** Of the form that this one takes the place of. */
  readonly before?: FormBefore
}

/** What stays as it was where it can: EU DSS takes any other change of these for no form filling. */
export interface FormBefore {
  /** /BBox, where it is the same box. */
  readonly box?: PdfDirect
  readonly deflated: boolean
}

/** Free space around the content; points. */
const margin = 2
/** Share of the longer side that the image takes beside text. */
const imageShare = 0.35

/** A form XObject for a widget of that size. Throws REQUEST_INVALID, IMAGE_UNREADABLE, IMAGE_TOO_LARGE. */
export function addAppearance(draft: Draft, content: AppearanceContent, room: AppearanceRoom): PdfReference {
  const { opaque, before = { deflated: true } } = room
  const { width, height, rotate } = turned(room, content.rotation)
  // The profile of our own copies.
  const colours = addColourSpace(draft, 3, sRgbProfile())
  const inner = { x: margin, y: margin, width: width - 2 * margin, height: height - 2 * margin }
  if (inner.width <= 0 || inner.height <= 0)
    throw new Fault('REQUEST_INVALID', 'the rectangle is too small to show anything')
  const both = content.image !== undefined && content.text !== undefined
  const [imageBox, textBox] = both ? divided(inner) : [inner, inner]
  const image = content.image && addImage(draft, content.image, { rgb: colours, opaque })
  const text = content.text === undefined ? undefined : addText(draft, content, textBox)
  const operators = [...(image ? [showImage(image, imageBox)] : []), ...(text ? [text.operators] : [])].join('\n')
  const resources = pdfDictionary({
    ColorSpace: pdfDictionary({ CS0: colours }),
    ...(text && { Font: pdfDictionary({ F0: text.font }) }),
    ...(image && { XObject: pdfDictionary({ Im0: image.reference }) }),
  })
  return draft.addStream(
    pdfDictionary({
      Type: pdfName('XObject'),
      Subtype: pdfName('Form'),
      BBox: before.box ?? numbers([0, 0, width, height]),
      ...(rotate !== 0 && { Matrix: numbers(turns[rotate]) }),
      Resources: resources,
      ...(image?.transparent && {
        Group: pdfDictionary({ S: pdfName('Transparency'), CS: colours, I: { kind: 'boolean', value: true } }),
      }),
      ...(before.deflated && { Filter: pdfName('FlateDecode') }),
    }),
    before.deflated ? deflateSync(latin1(operators)) : latin1(operators),
  )
}

/** An appearance that shows nothing, for a visible field of PDF/A whose author gave it none. */
export function addEmptyAppearance(draft: Draft, width: number, height: number): PdfReference {
  const BBox = numbers([0, 0, width, height])
  return draft.addStream(
    pdfDictionary({ Type: pdfName('XObject'), Subtype: pdfName('Form'), BBox, Resources: pdfDictionary({}) }),
    new Uint8Array(),
  )
}

/** The room as content that is turned in it sees it. */
export function turned<Room extends Pick<AppearanceRoom, 'width' | 'height' | 'rotate'>>(
  { width, height, rotate }: Room,
  rotation: 0 | 90 | 180 | 270 = 0,
): Pick<AppearanceRoom, 'width' | 'height' | 'rotate'> {
  const across = rotation === 90 || rotation === 270
  return {
    width: across ? height : width,
    height: across ? width : height,
    rotate: ((rotate + rotation) % 360) as PageSpace['rotate'],
  }
}

/** The matrix by which a form of that room, painted by itself, fills a rectangle as an annotation would (algorithm 8). */
export function fitted(
  { width, height, rotate }: Pick<AppearanceRoom, 'width' | 'height' | 'rotate'>,
  [left, bottom, right, top]: readonly [number, number, number, number],
): readonly number[] {
  const [x, y] = { 0: [0, 0], 90: [-height, 0], 180: [-width, -height], 270: [0, -width] }[rotate] as [number, number]
  const across = rotate === 90 || rotate === 270
  const [scaleX, scaleY] = [(right - left) / (across ? height : width), (top - bottom) / (across ? width : height)]
  return [scaleX, 0, 0, scaleY, left - x * scaleX, bottom - y * scaleY]
}

/** Turns the content against the page, counter-clockwise; the box is fitted to the rectangle afterwards (algorithm 8). */
const turns = { 90: [0, 1, -1, 0, 0, 0], 180: [-1, 0, 0, -1, 0, 0], 270: [0, -1, 1, 0, 0, 0] } as const

/** Image and text: side by side in a wide box, one above the other in a tall one. */
function divided({ x, y, width, height }: Box): readonly [Box, Box] {
  if (width >= height) {
    const own = width * imageShare
    return [
      { x, y, width: own - margin, height },
      { x: x + own, y, width: width - own, height },
    ]
  }
  const own = height * imageShare
  return [
    { x, y: y + height - own + margin, width, height: own - margin },
    { x, y, width, height: height - own },
  ]
}

/** In the middle of its box, as large as its proportions let it be. */
function showImage({ width, height }: PlacedImage, box: Box): string {
  const scale = Math.min(box.width / width, box.height / height)
  const [across, up] = [width * scale, height * scale]
  const [x, y] = [box.x + (box.width - across) / 2, box.y + (box.height - up) / 2]
  return `q ${[across, 0, 0, up, x, y].map(plain).join(' ')} cm /Im0 Do Q`
}
