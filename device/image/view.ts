// A stored page image as its reader sees it: level, cut to the page, upright, and no finer than asked. Pixels in and
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

/** The view of an image, in its own colours; throws RangeError for a frame without pixels. */
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
  const { channels } = page
  const pixels = new Uint8Array(width * height * channels).fill(white)
  for (let y = upper; y < lower; y++) {
    const row = y * page.width
    const line = page.pixels.subarray((row + first) * channels, (row + end) * channels)
    pixels.set(line, ((y - top) * width + first - left) * channels)
  }
  return { width, height, channels, pixels }
}

/** What is left over at the right and lower edge, less than `factor` pixels, is dropped. */
function reduceWhole(page: PagePixels, factor: number): PagePixels {
  const { channels } = page
  const width = Math.max(1, Math.floor(page.width / factor))
  const height = Math.max(1, Math.floor(page.height / factor))
  const pixels = new Uint8Array(width * height * channels)
  const sums = new Uint32Array(width * channels)
  const count = factor * factor
  for (let y = 0; y < height; y++) {
    sums.fill(0)
    for (let row = 0; row < factor; row++) addLine(page, y * factor + row, factor, sums)
    for (let x = 0; x < sums.length; x++) pixels[y * sums.length + x] = ((sums[x] as number) + (count >> 1)) / count
  }
  return { width, height, channels, pixels }
}

function addLine({ pixels, width, channels }: PagePixels, y: number, factor: number, sums: Uint32Array): void {
  for (let to = 0, x = 0; to < sums.length; to += channels) {
    for (let column = 0; column < factor; column++, x++) {
      const at = (y * width + x) * channels
      for (let channel = 0; channel < channels; channel++) {
        sums[to + channel] = (sums[to + channel] as number) + (pixels[at + channel] as number)
      }
    }
  }
}

function turned(page: PagePixels, turn: 90 | 180 | 270): PagePixels {
  const { channels, pixels: source } = page
  const [width, height] = turn === 180 ? [page.width, page.height] : [page.height, page.width]
  const pixels = new Uint8Array(source.length)
  // Where the first pixel comes from, and how far on the one to its right and the one below do.
  const last = page.width * page.height - 1
  const [origin, right, down] = {
    90: [last + 1 - page.width, -page.width, 1],
    180: [last, -1, -page.width],
    270: [page.width - 1, page.width, -1],
  }[turn] as [number, number, number]
  for (let y = 0, to = 0; y < height; y++) {
    let from = (origin + y * down) * channels
    for (let x = 0; x < width; x++, from += right * channels) {
      for (let channel = 0; channel < channels; channel++) pixels[to++] = source[from + channel] as number
    }
  }
  return { width, height, channels, pixels }
}
