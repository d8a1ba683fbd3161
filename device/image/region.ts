// Connected parts of an image: what can be reached from its border over like pixels, and the largest of what is left.

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

/** The largest connected part of what a region leaves, and the size of the second largest, in pixels. */
export function largestOutside(region: Region): {
  readonly part: Region
  readonly pixels: number
  readonly next: number
} {
  const { width, height } = region
  const labels = Int32Array.from(region.inside, inside => (inside === 1 ? -1 : 0))
  const open = new Int32Array(width * height)
  const sizes: number[] = [0]
  for (let start = 0; start < labels.length; start++) {
    if (labels[start] === 0) sizes.push(flood(labels, width, start, sizes.length, open))
  }
  const largest = sizes.reduce((best, size, label) => (size > (sizes[best] as number) ? label : best), 0)
  const next = sizes.reduce((most, size, label) => (label === largest ? most : Math.max(most, size)), 0)
  const inside = Uint8Array.from(labels, label => (label === largest && largest > 0 ? 1 : 0))
  return { part: { width, height, inside }, pixels: sizes[largest] as number, next }
}

function flood(labels: Int32Array, width: number, start: number, label: number, open: Int32Array): number {
  let [count, size] = [1, 0]
  open[0] = start
  labels[start] = label
  while (count > 0) {
    const at = open[--count] as number
    size++
    const x = at % width
    for (const near of [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width]) {
      if (near < 0 || near >= labels.length || labels[near] !== 0) continue
      labels[near] = label
      open[count++] = near
    }
  }
  return size
}
