// Connected parts of an image: what can be reached from its border over like pixels, and the one part that is left.

import type { GrayImage } from './ink.ts'
import type { Region } from './outline.ts'

/** 1 for pixels between two levels that hang together with the image's border. */
export function reachedFromBorder(image: GrayImage, least: number, most: number): Region {
  const { width, height, pixels } = image
  const inside = new Uint8Array(width * height)
  const open = new Int32Array(width * height)
  let count = 0
  const visit = (at: number) => {
    const level = pixels[at] as number
    if (inside[at] === 1 || level < least || level > most) return
    inside[at] = 1
    open[count++] = at
  }
  for (let x = 0; x < width; x++) {
    visit(x)
    visit((height - 1) * width + x)
  }
  for (let y = 0; y < height; y++) {
    visit(y * width)
    visit((y + 1) * width - 1)
  }
  while (count > 0) {
    const at = open[--count] as number
    const x = at % width
    if (x > 0) visit(at - 1)
    if (x < width - 1) visit(at + 1)
    if (at >= width) visit(at - width)
    if (at < width * (height - 1)) visit(at + width)
  }
  return { width, height, inside }
}

/**
 * The one connected part that a region leaves besides specks of at most `speckPixels`; undefined where there are several,
 * or none of at least `leastPixels`.
 */
export function onlyPartOutside(region: Region, leastPixels: number, speckPixels: number): Region | undefined {
  const { width, height } = region
  const seen = region.inside.slice()
  const open = new Int32Array(width * height)
  let [found, label] = [0, 1]
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] !== 0) continue
    const size = fill(seen, width, start, label + 1, open)
    if (size <= speckPixels) continue
    if (found > 0 || size < leastPixels) return undefined
    found = ++label
  }
  if (found === 0) return undefined
  const inside = new Uint8Array(seen.length)
  for (let at = 0; at < seen.length; at++) inside[at] = seen[at] === found ? 1 : 0
  return { width, height, inside }
}

/** Marks all that hangs together with one unmarked pixel, and counts it. */
function fill(seen: Uint8Array, width: number, start: number, label: number, open: Int32Array): number {
  let [count, size] = [1, 0]
  const visit = (at: number) => {
    if (at < 0 || at >= seen.length || seen[at] !== 0) return
    seen[at] = label
    open[count++] = at
  }
  open[0] = start
  seen[start] = label
  while (count > 0) {
    const at = open[--count] as number
    size++
    const x = at % width
    if (x > 0) visit(at - 1)
    if (x < width - 1) visit(at + 1)
    visit(at - width)
    visit(at + width)
  }
  return size
}
