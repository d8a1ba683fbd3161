// Where on its page an image lies, and the content that shows it there (ISO 32000-1, 8.3): straightened about its centre,
// cut to the sheet, turned upright, at its true size. All of it is a matrix and a clip; the stored bytes stay as they came.

import { Fault } from '../errors.ts'
import type { RenditionGeometry } from '../ports.ts'

/** An image as far as its place is concerned; pixels, and clockwise degrees that bring the straightened image upright. */
export interface ImageGeometry extends RenditionGeometry {
  readonly resolution: number
  readonly turn: 0 | 90 | 180 | 270
}

/** Points. */
export interface Size {
  readonly width: number
  readonly height: number
}

/** The lower left corner of the upright image, in points from the page's, and what its true size is multiplied by. */
export interface Place {
  readonly x: number
  readonly y: number
  readonly scale: number
}

export interface PageLayout extends Size {
  readonly places: readonly Place[]
}

/** Smallest and largest side of a page (ISO 19005-2, 6.1.13); points. */
const pageSides = { least: 3, most: 14_400 }
const pointsPerInch = 72
/** A ten-thousandth of a point is far below a pixel, and no number needs an exponent, which PDF does not know. */
const matrixPlaces = 4
/** Free paper around each of several images on one sheet; points. */
const gutter = 14

/** The size at which the upright image is as large as the paper it was scanned from. Throws IMAGE_UNREADABLE, IMAGE_TOO_LARGE. */
export function trueSize({ frame, resolution, turn }: ImageGeometry): Size {
  const [width, height] = [points(frame.width, resolution), points(frame.height, resolution)]
  return turn % 180 === 0 ? { width, height } : { width: height, height: width }
}

/**
 * The page of one image is that image, above `margin` points that are added at the foot. On a sheet of a given size, to
 * which the margin is added or from which it is taken, images stand centred in equal parts, from the top, above the margin;
 * one that does not fit is reduced, none is enlarged.
 */
export function layOutPage(
  sizes: readonly Size[],
  margin: number,
  sheet: Size | undefined,
  marginIs: 'added' | 'within',
): PageLayout {
  const [only] = sizes
  if (sheet === undefined) {
    if (only === undefined || sizes.length > 1) throw new Fault('INTERNAL', 'several images need a sheet')
    return {
      width: only.width,
      height: checked(only.height + margin),
      places: [{ x: 0, y: margin, scale: 1 }],
    }
  }
  const height = checked(marginIs === 'added' ? sheet.height + margin : sheet.height)
  const part = (height - margin) / sizes.length
  const free = sizes.length === 1 ? 0 : gutter
  const places = sizes.map((size, index) => {
    const scale = Math.min(1, (sheet.width - 2 * free) / size.width, (part - 2 * free) / size.height)
    const bottom = height - (index + 1) * part
    return { x: (sheet.width - size.width * scale) / 2, y: bottom + (part - size.height * scale) / 2, scale }
  })
  return { width: sheet.width, height, places }
}

/** The operators that show the image `name` at its place. What sticks out of its frame is clipped, what is missing white. */
export function showImage(name: string, image: ImageGeometry, { x, y, scale }: Place): string {
  const { width, height, frame, resolution, straightenDegrees, turn } = image
  const upright = trueSize(image)
  const unit = (pointsPerInch / resolution) * scale
  const [w, h] = [width * unit, height * unit]
  const [left, bottom] = [frame.left * unit, (height - frame.top - frame.height) * unit]
  const onFrame = multiply(straightening(w, h, straightenDegrees), [1, 0, 0, 1, -left, -bottom])
  const upTurned = multiply(onFrame, quarterTurn(turn, frame.width * unit, frame.height * unit))
  const matrix = multiply(upTurned, [1, 0, 0, 1, x, y])
  const box = [x, y, upright.width * scale, upright.height * scale].map(decimal).join(' ')
  const untouched = straightenDegrees === 0 && isWhole(image)
  const clip = untouched ? '' : `1 g ${box} re W f\n`
  return `q\n${clip}${matrix.map(decimal).join(' ')} cm\n/${name} Do\nQ`
}

/** Whether the frame is all of the stored image. */
function isWhole({ frame, width, height }: RenditionGeometry): boolean {
  return frame.left === 0 && frame.top === 0 && frame.width === width && frame.height === height
}

type Matrix = readonly [number, number, number, number, number, number]

/** The unit square onto the image's box, turned about its centre against the clockwise skew. */
function straightening(width: number, height: number, degrees: number): Matrix {
  // User space has y upwards: there the turn against a clockwise skew has a positive angle.
  const angle = (degrees * Math.PI) / 180
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  return [
    width * cosine,
    width * sine,
    -height * sine,
    height * cosine,
    (width - width * cosine + height * sine) / 2,
    (height - width * sine - height * cosine) / 2,
  ]
}

/** A box of `width` × `height` turned clockwise, its lower left corner at the origin again. */
function quarterTurn(turn: ImageGeometry['turn'], width: number, height: number): Matrix {
  switch (turn) {
    case 0:
      return [1, 0, 0, 1, 0, 0]
    case 90:
      return [0, -1, 1, 0, 0, width]
    case 180:
      return [-1, 0, 0, -1, width, height]
    case 270:
      return [0, 1, -1, 0, height, 0]
  }
}

/** First `one`, then `other` (row vectors, as PDF has them). */
function multiply(one: Matrix, other: Matrix): Matrix {
  const [a, b, c, d, e, f] = one
  const [p, q, r, s, t, u] = other
  return [a * p + b * r, a * q + b * s, c * p + d * r, c * q + d * s, e * p + f * r + t, e * q + f * s + u]
}

function decimal(value: number): number {
  return Number(value.toFixed(matrixPlaces)) + 0
}

/** A side in points, to a thousandth. */
function points(pixels: number, resolution: number): number {
  const side = (pixels / resolution) * pointsPerInch
  if (!(side >= pageSides.least))
    throw new Fault('IMAGE_UNREADABLE', `a page side of ${pixels} pixels at ${resolution} ppi`)
  return Number(checked(side).toFixed(3))
}

function checked(side: number): number {
  if (side > pageSides.most) throw new Fault('IMAGE_TOO_LARGE', `a page side of ${Math.round(side)} points`)
  return side
}
