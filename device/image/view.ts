// A stored page image as its reader sees it: level, cut to the page, upright, and no finer than asked. Grey pixels in and
// out; the file keeps the scanner's own image and says the same by numbers (device/pdf).

import { type PagePixels, straighten } from './straighten.ts'

/** What is done, in this order; sizes in pixels of the stored image. */
export interface ViewRequest {
  /** Clockwise skew of the content. */
  readonly straightenDegrees: number
  /** May reach beyond the image, which is white there. */
  readonly frame: { readonly left: number; readonly top: number; readonly width: number; readonly height: number }
  /** Clockwise degrees. */
  readonly turn: 0 | 90 | 180 | 270
  /** So many pixels each way become one, their mean; 1 keeps them. */
  readonly reduction: number
}

const white = 255

/** The view of a grey image; throws RangeError for a frame without pixels. */
export function viewOf(page: PagePixels, { straightenDegrees, frame, turn, reduction }: ViewRequest): PagePixels {
  const level = straightenDegrees === 0 ? page : straighten(page, straightenDegrees)
  const cut = cutOut(level, frame)
  const reduced = reduction === 1 ? cut : reduceWhole(cut, reduction)
  return turn === 0 ? reduced : turned(reduced, turn)
}

function cutOut(page: PagePixels, frame: ViewRequest['frame']): PagePixels {
  const { left, top, width, height } = frame
  const [first, end] = [Math.max(left, 0), Math.min(left + width, page.width)]
  const [upper, lower] = [Math.max(top, 0), Math.min(top + height, page.height)]
  if (first >= end || upper >= lower) {
    throw new RangeError(`a frame of ${width} × ${height} at ${left}, ${top} in ${page.width} × ${page.height} pixels`)
  }
  if (left === 0 && top === 0 && width === page.width && height === page.height) return page
  const pixels = new Uint8Array(width * height).fill(white)
  for (let y = upper; y < lower; y++) {
    const row = y * page.width
    pixels.set(page.pixels.subarray(row + first, row + end), (y - top) * width + first - left)
  }
  return { width, height, channels: 1, pixels }
}

/** What is left over at the right and lower edge, less than `factor` pixels, is dropped. */
function reduceWhole(page: PagePixels, factor: number): PagePixels {
  const width = Math.max(1, Math.floor(page.width / factor))
  const height = Math.max(1, Math.floor(page.height / factor))
  const pixels = new Uint8Array(width * height)
  const sums = new Uint32Array(width)
  const half = (factor * factor) >> 1
  for (let y = 0; y < height; y++) {
    sums.fill(0)
    for (let row = 0; row < factor; row++) {
      let at = (y * factor + row) * page.width
      for (let x = 0; x < width; x++) {
        for (let column = 0; column < factor; column++) sums[x] = (sums[x] as number) + (page.pixels[at++] as number)
      }
    }
    for (let x = 0; x < width; x++) pixels[y * width + x] = ((sums[x] as number) + half) / (factor * factor)
  }
  return { width, height, channels: 1, pixels }
}

function turned(page: PagePixels, turn: 90 | 180 | 270): PagePixels {
  const source = page.pixels
  if (turn === 180) return { ...page, pixels: Uint8Array.from(source).reverse() }
  const [width, height] = [page.height, page.width]
  const pixels = new Uint8Array(source.length)
  for (let y = 0; y < height; y++) {
    // Row y of the new image is column y, or the last but y, of the old one.
    let from = turn === 90 ? (page.height - 1) * page.width + y : page.width - 1 - y
    const step = turn === 90 ? -page.width : page.width
    for (let x = 0, to = y * width; x < width; x++, to++, from += step) pixels[to] = source[from] as number
  }
  return { width, height, channels: 1, pixels }
}
