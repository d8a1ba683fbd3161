// What the scanner's lid looks like where it shows beside a sheet: one level, neutral, without anything on it.

import type { GrayImage } from './ink.ts'
import type { Region } from './outline.ts'

/** A lid of one level has no more than this deviation: noise, and light that falls off; a printed dark picture has more. */
const mostDeviation = 12
/** Red, green and blue of a lid lie no further apart; a navy or burgundy cover's do. */
const mostChroma = 16
/** So near to the sheet a pixel shows a mix of both. */
const seamPixels = 3

/** The levels along the border of an image, a pixel in, ascending. */
export function borderLevels({ width, height, pixels }: GrayImage): Uint8Array {
  const levels = new Uint8Array(2 * (width + height))
  let count = 0
  for (let x = 0; x < width; x++) {
    levels[count++] = pixels[width + x] as number
    levels[count++] = pixels[(height - 2) * width + x] as number
  }
  for (let y = 0; y < height; y++) {
    levels[count++] = pixels[y * width + 1] as number
    levels[count++] = pixels[(y + 1) * width - 2] as number
  }
  return levels.sort()
}

/** The level that this share of the pixels does not exceed. */
export function percentile(pixels: Uint8Array, share: number): number {
  const counts = new Uint32Array(256)
  for (const level of pixels) counts[level] = (counts[level] as number) + 1
  let below = 0
  for (let level = 0; level < 256; level++) {
    below += counts[level] as number
    if (below >= pixels.length * share) return level
  }
  return 255
}

/** The image at half its size, each pixel the mean of four. */
export function halved({ width, height, pixels }: GrayImage): GrayImage {
  const [across, down] = [width >> 1, height >> 1]
  const half = new Uint8Array(across * down)
  for (let y = 0, to = 0; y < down; y++) {
    for (let x = 0, at = 2 * y * width; x < across; x++, at += 2, to++) {
      const upper = (pixels[at] as number) + (pixels[at + 1] as number)
      const lower = (pixels[at + width] as number) + (pixels[at + width + 1] as number)
      half[to] = (upper + lower + 2) >> 2
    }
  }
  return { width: across, height: down, pixels: half }
}

/** Whether a region is a lid: even and neutral. `colour` is R G B of the same pixels, where the image has any. */
export function isPlain(image: GrayImage & { readonly colour: Uint8Array | undefined }, region: Region): boolean {
  const { width, height, inside } = region
  const { pixels, colour } = image
  let [count, sum, squares, chroma] = [0, 0, 0, 0]
  for (let y = 0; y < height; y++) {
    for (let x = 0, at = y * width; x < width; x++, at++) {
      if (inside[at] === 0 || isSeam(region, x, y)) continue
      const level = pixels[at] as number
      count++
      sum += level
      squares += level * level
      if (colour !== undefined) chroma += spread(colour, 3 * at)
    }
  }
  if (count === 0) return false
  const mean = sum / count
  const deviation = Math.sqrt(Math.max(0, squares / count - mean * mean))
  return deviation <= mostDeviation && chroma / count <= mostChroma
}

function isSeam({ width, height, inside }: Region, x: number, y: number): boolean {
  const is = (column: number, row: number) =>
    column >= 0 && row >= 0 && column < width && row < height && inside[row * width + column] === 0
  return is(x - seamPixels, y) || is(x + seamPixels, y) || is(x, y - seamPixels) || is(x, y + seamPixels)
}

function spread(colour: Uint8Array, at: number): number {
  const [red, green, blue] = [colour[at] as number, colour[at + 1] as number, colour[at + 2] as number]
  return Math.max(red, green, blue) - Math.min(red, green, blue)
}
