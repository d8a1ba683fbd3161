// What a page would lose at its corners when it is turned on a canvas that keeps its size: a page that was printed or
// copied crooked has writing there, a crooked sheet has only lid.

import { type Point, turnedPoint } from './geometry.ts'
import type { InkMap } from './ink.ts'

/** The edges of sheets and their shadows are not looked at: this share of each side. */
const marginShare = 0.03
/**
 * Writing beyond a side of the canvas is told from dust and from the shadow of the sheet's edge, which lies level there:
 * so many depths, in pixels, hold so many pixels of it at least.
 */
const leastDepths = 8
const leastAtDepth = 3
/** White that is left around what sticks out, in pixels. */
const rimPixels = 3

/** The outermost ink beyond each side of the canvas once the page was turned back by `degrees`; none where none is. */
export function inkBeyond(ink: InkMap, degrees: number): readonly Point[] {
  if (degrees === 0) return []
  const { width, height, contrast } = ink
  const [marginX, marginY] = [Math.ceil(width * marginShare), Math.ceil(height * marginShare)]
  const beyond = { left: none(), right: none(), top: none(), bottom: none() }
  for (let y = marginY; y < height - marginY; y++) {
    for (let x = marginX, at = y * width + marginX; x < width - marginX; x++, at++) {
      if (contrast[at] === 0) continue
      const turned = turnedPoint({ x: x + 0.5, y: y + 0.5 }, ink, degrees)
      put(beyond.left, -turned.x, x - rimPixels, y)
      put(beyond.right, turned.x - width, x + rimPixels, y)
      put(beyond.top, -turned.y, x, y - rimPixels)
      put(beyond.bottom, turned.y - height, x, y + rimPixels)
    }
  }
  return Object.values(beyond).flatMap(({ depths, point }) =>
    depths.filter(pixels => pixels >= leastAtDepth).length >= leastDepths ? [point] : [],
  )
}

/** What lies beyond one side: pixels by their depth, and the deepest of them. */
interface Beyond {
  readonly depths: number[]
  depth: number
  point: Point
}

function none(): Beyond {
  return { depths: [], depth: 0, point: { x: 0, y: 0 } }
}

function put(beyond: Beyond, depth: number, x: number, y: number): void {
  if (depth <= 0) return
  const bin = Math.floor(depth)
  while (beyond.depths.length <= bin) beyond.depths.push(0)
  beyond.depths[bin] = (beyond.depths[bin] as number) + 1
  if (depth <= beyond.depth) return
  beyond.depth = depth
  beyond.point = { x, y }
}
