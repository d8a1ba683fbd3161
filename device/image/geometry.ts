// Sizes, densities and turns of a page image: how far it is reduced for judging, which pixels per inch to believe, and
// what an EXIF orientation means.

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

/** Whether an EXIF orientation (TIFF 6.0 tag 274, 1 to 8) asks for the image to be turned or mirrored. */
export function isTurnedByExif(orientation: number | undefined): boolean {
  return orientation !== undefined && orientation >= 2 && orientation <= 8
}

/** Whether an EXIF orientation exchanges width and height. */
export function isSidewaysByExif(orientation: number | undefined): boolean {
  return orientation !== undefined && orientation >= 5 && orientation <= 8
}
