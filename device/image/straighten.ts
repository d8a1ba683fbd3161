// Turns the pixels of a page about its centre by a small angle, so that its lines lie level, and cuts the sheet out of
// it. What comes in from outside is white, and each pixel is the bilinear mix of the four it came from.

import { type Frame, wholeFrame } from './geometry.ts'

/** Bytes, row by row, one (grey) or three (R G B) a pixel. */
export interface PagePixels {
  readonly width: number
  readonly height: number
  readonly channels: 1 | 3
  readonly pixels: Uint8Array
}

const white = 255
/** Positions are counted in 1/65536 pixel; the mix uses the upper eight of the sixteen places. */
const fractionBits = 16
const one = 1 << fractionBits

/**
 * Undoes a skew: `skewDegrees` is how far clockwise the content is turned. A new image of the size of `frame`, which lies
 * in the turned page and may stick out of it.
 */
export function straighten(page: PagePixels, skewDegrees: number, frame: Frame = wholeFrame(page)): PagePixels {
  if (skewDegrees === 0) return cutOut(page, frame)
  const { channels } = page
  const { width, height } = frame
  const angle = (skewDegrees * Math.PI) / 180
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const [centreX, centreY] = [(page.width - 1) / 2, (page.height - 1) / 2]
  const pixels = new Uint8Array(width * height * channels).fill(white)
  const stepX = Math.round(cosine * one)
  const stepY = Math.round(sine * one)
  const fromCentre = frame.left - centreX
  for (let y = 0; y < height; y++) {
    const below = frame.top + y - centreY
    const startX = Math.round((centreX + cosine * fromCentre - sine * below) * one)
    const startY = Math.round((centreY + sine * fromCentre + cosine * below) * one)
    const from = Math.max(firstInside(startX, stepX, page.width), firstInside(startY, stepY, page.height), 0)
    const until = Math.min(lastInside(startX, stepX, page.width), lastInside(startY, stepY, page.height), width - 1)
    const line = { startX, startY, stepX, stepY, from, until, to: (y * width + from) * channels }
    if (channels === 1) mixGrayLine(page, pixels, line)
    else mixColourLine(page, pixels, line)
  }
  return { width, height, channels, pixels }
}

/** The pixels of `frame` as they are; the page itself where that is all of it. */
function cutOut(page: PagePixels, { left, top, width, height }: Frame): PagePixels {
  if (left === 0 && top === 0 && width === page.width && height === page.height) return page
  const { channels } = page
  const pixels = new Uint8Array(width * height * channels).fill(white)
  const [fromX, untilX] = [Math.max(0, left), Math.min(page.width, left + width)]
  for (let y = Math.max(0, top); y < Math.min(page.height, top + height) && untilX > fromX; y++) {
    const source = page.pixels.subarray((y * page.width + fromX) * channels, (y * page.width + untilX) * channels)
    pixels.set(source, ((y - top) * width + fromX - left) * channels)
  }
  return { width, height, channels, pixels }
}

/** One line of the new page: where its first pixel comes from, the step to the next, and which of them lie inside. */
interface Line {
  readonly startX: number
  readonly startY: number
  readonly stepX: number
  readonly stepY: number
  readonly from: number
  readonly until: number
  readonly to: number
}

function mixGrayLine(page: PagePixels, pixels: Uint8Array, line: Line): void {
  const source = page.pixels
  const { width } = page
  let x = line.startX + line.stepX * line.from
  let y = line.startY + line.stepY * line.from
  let to = line.to
  for (let i = line.from; i <= line.until; i++, x += line.stepX, y += line.stepY) {
    const at = (y >> fractionBits) * width + (x >> fractionBits)
    const right = (x >> 8) & 0xff
    const lower = (y >> 8) & 0xff
    const top = (source[at] as number) * (256 - right) + (source[at + 1] as number) * right
    const bottom = (source[at + width] as number) * (256 - right) + (source[at + width + 1] as number) * right
    pixels[to++] = (top * (256 - lower) + bottom * lower + 0x8000) >> 16
  }
}

/** The three channels are written out: a loop over them takes twice the time. */
function mixColourLine(page: PagePixels, pixels: Uint8Array, line: Line): void {
  const source = page.pixels
  const lineBytes = page.width * 3
  let x = line.startX + line.stepX * line.from
  let y = line.startY + line.stepY * line.from
  let to = line.to
  for (let i = line.from; i <= line.until; i++, x += line.stepX, y += line.stepY) {
    const right = (x >> 8) & 0xff
    const lower = (y >> 8) & 0xff
    const at = (y >> fractionBits) * lineBytes + (x >> fractionBits) * 3
    const below = at + lineBytes
    const fromRightBelow = right * lower
    const fromBelow = (lower << 8) - fromRightBelow
    const fromRight = (right << 8) - fromRightBelow
    const fromHere = 0x10000 - fromRight - fromBelow - fromRightBelow
    pixels[to] =
      ((source[at] as number) * fromHere +
        (source[at + 3] as number) * fromRight +
        (source[below] as number) * fromBelow +
        (source[below + 3] as number) * fromRightBelow +
        0x8000) >>
      16
    pixels[to + 1] =
      ((source[at + 1] as number) * fromHere +
        (source[at + 4] as number) * fromRight +
        (source[below + 1] as number) * fromBelow +
        (source[below + 4] as number) * fromRightBelow +
        0x8000) >>
      16
    pixels[to + 2] =
      ((source[at + 2] as number) * fromHere +
        (source[at + 5] as number) * fromRight +
        (source[below + 2] as number) * fromBelow +
        (source[below + 5] as number) * fromRightBelow +
        0x8000) >>
      16
    to += 3
  }
}

/** The first pixel of a line whose source, and that source's right or lower neighbour, lie inside `length`. */
function firstInside(start: number, step: number, length: number): number {
  const end = (length - 1) * one - 1
  if (step > 0) return Math.ceil(-start / step)
  if (step < 0) return Math.ceil((end - start) / step)
  return start >= 0 && start <= end ? 0 : Number.POSITIVE_INFINITY
}

/** The last such pixel. */
function lastInside(start: number, step: number, length: number): number {
  const end = (length - 1) * one - 1
  if (step > 0) return Math.floor((end - start) / step)
  if (step < 0) return Math.floor(-start / step)
  return start >= 0 && start <= end ? Number.POSITIVE_INFINITY : -1
}
