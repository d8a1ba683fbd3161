// Sizes, densities and turns of a page image: how far it is reduced for judging, which pixels per inch to believe, what
// an EXIF orientation means, and where a part of the image lies once the whole was turned.

/** The reduced copy that pages are judged on, and the preview, keep within so many pixels: A4 at about 75 per inch. */
export const reducedLongestSide = 1000

/** The size of the reduced copy: a whole division of the image, so that decoders can skip what it leaves out. */
export function reducedSize(width: number, height: number): { readonly width: number; readonly height: number } {
  const divisor = Math.max(1, Math.ceil(Math.max(width, height) / reducedLongestSide))
  return { width: Math.max(1, Math.round(width / divisor)), height: Math.max(1, Math.round(height / divisor)) }
}

/** A header within this share of what was asked of the scanner is believed. */
const densityTolerance = 0.1
/** A sheet measured by a density may miss a paper's size by this share. */
const paperTolerance = 0.03
/** A3, A4, A5, Letter and Legal, millimetres, shorter side first. */
const papers = [
  [297, 420],
  [210, 297],
  [148, 210],
  [215.9, 279.4],
  [215.9, 355.6],
] as const

/**
 * Pixels per inch of an image: its header's, where that is near what was asked or where by the header it is a sheet of a
 * common size and by what was asked it is not (the scanner took another resolution); else what was asked.
 */
export function believedResolution(
  size: { readonly width: number; readonly height: number },
  header: number | undefined,
  asked: number,
): number {
  if (header === undefined) return asked
  const rounded = Math.round(header)
  if (Math.abs(header - asked) <= asked * densityTolerance) return rounded
  return isPaper(size, header) && !isPaper(size, asked) ? rounded : asked
}

function isPaper(size: { readonly width: number; readonly height: number }, resolution: number): boolean {
  const short = (Math.min(size.width, size.height) * 25.4) / resolution
  const long = (Math.max(size.width, size.height) * 25.4) / resolution
  return papers.some(
    ([paperShort, paperLong]) =>
      Math.abs(short - paperShort) <= paperShort * paperTolerance &&
      Math.abs(long - paperLong) <= paperLong * paperTolerance,
  )
}

/** A3 to A6, Letter, Legal, ID-1 (cards), ID-3 (passports) and a photograph's, millimetres (ISO 216, ISO/IEC 7810). */
const sheetFormats = [...papers, [105, 148], [53.98, 85.6], [88, 125], [102, 152]] as const
/** Widths of receipts, whatever their length. */
const receiptWidths = [57.5, 80]
const formatToleranceMillimetres = 2.2

/** Whether sheets of this size, in millimetres, are common. */
export function isSheetFormat(width: number, height: number): boolean {
  const [short, long] = width < height ? [width, height] : [height, width]
  const is = (found: number, meant: number) => Math.abs(found - meant) <= formatToleranceMillimetres
  if (sheetFormats.some(format => is(short, format[0]) && is(long, format[1]))) return true
  return receiptWidths.some(receipt => is(short, receipt) && long >= receipt)
}

/** Whether an EXIF orientation (TIFF 6.0 tag 274, 1 to 8) asks for the image to be turned or mirrored. */
export function isTurnedByExif(orientation: number | undefined): boolean {
  return orientation !== undefined && orientation >= 2 && orientation <= 8
}

/** Whether an EXIF orientation exchanges width and height. */
export function isSidewaysByExif(orientation: number | undefined): boolean {
  return orientation !== undefined && orientation >= 5 && orientation <= 8
}

/** A position in an image, in pixels from its upper left corner. */
export interface Point {
  readonly x: number
  readonly y: number
}

export interface Size {
  readonly width: number
  readonly height: number
}

/** A rectangle in an image that was turned about its own centre; it may stick out of the canvas. */
export interface Frame extends Size {
  readonly left: number
  readonly top: number
}

/** All of an image. */
export function wholeFrame({ width, height }: Size): Frame {
  return { left: 0, top: 0, width, height }
}

/** Where a point of an image comes to lie when the image is turned counterclockwise by so many degrees about its centre. */
export function turnedPoint(point: Point, size: Size, degrees: number): Point {
  const angle = (degrees * Math.PI) / 180
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const [x, y] = [point.x - size.width / 2, point.y - size.height / 2]
  return { x: size.width / 2 + cosine * x + sine * y, y: size.height / 2 - sine * x + cosine * y }
}

/** The whole pixels around `points` of an image of this size once it was turned counterclockwise by `degrees`. */
export function frameAround(points: readonly Point[], size: Size, degrees: number): Frame {
  const turned = points.map(point => turnedPoint(point, size, degrees))
  const [xs, ys] = [turned.map(({ x }) => x), turned.map(({ y }) => y)]
  const [left, top] = [Math.round(Math.min(...xs)), Math.round(Math.min(...ys))]
  const [right, bottom] = [Math.round(Math.max(...xs)), Math.round(Math.max(...ys))]
  return { left, top, width: Math.max(1, right - left), height: Math.max(1, bottom - top) }
}

/** A frame grown to hold `points` too once the image was turned counterclockwise by `degrees`. */
export function frameWith(frame: Frame, points: readonly Point[], size: Size, degrees: number): Frame {
  const other = frameAround(points, size, degrees)
  const [left, top] = [Math.min(frame.left, other.left), Math.min(frame.top, other.top)]
  const right = Math.max(frame.left + frame.width, other.left + other.width)
  const bottom = Math.max(frame.top + frame.height, other.top + other.height)
  return { left, top, width: right - left, height: bottom - top }
}
