// Whether a rectangle on a light ground is a sheet that lies on it: a sheet casts a faint shadow, deeper on the side that
// is turned from the lamp, where a printed frame is as dark on all sides and a printed field casts none.

import type { Point } from './geometry.ts'
import type { GrayImage } from './ink.ts'
import type { Outline } from './outline.ts'

/** How far to either side of an edge is looked, in pixels of the halved copy at about 37 pixels per inch. */
const outer = [-7, -6, -5, -4]
const seam = [-3, -2, -1, 0, 1, 2]
const inner = [3, 4, 5, 6, 7]
/** A shadow is so much darker than the ground it falls on, and no line of ink. */
const leastDepth = 4
const mostDepth = 110
/** The deepest and the faintest side differ by so much. */
const leastAsymmetry = 4
/** Both ends of a side are left out: corners may be folded, and other sides' shadows end there. */
const endShare = 0.08

/** Holds the sides that were seen against what a lying sheet's look like. */
export function hasSheetShadow(image: GrayImage, outline: Outline): boolean {
  const depths = sidesOf(outline).map(([from, to]) => depthOf(image, from, to))
  if (depths.length < 2) return false
  const [most, least] = [Math.max(...depths), Math.min(...depths)]
  return most >= leastDepth && most <= mostDepth && most - least >= leastAsymmetry
}

/** Those sides of the polygon that lie inside the image, from corner to corner, clockwise. */
function sidesOf({ corners }: Outline): readonly (readonly [Point, Point])[] {
  return corners.map((corner, i) => [corners.at(i - 1) as Point, corner] as const).filter(isLong)
}

function isLong([from, to]: readonly [Point, Point]): boolean {
  return Math.hypot(to.x - from.x, to.y - from.y) > 30
}

/** How much darker the seam is than both of its sides, by the median along it. */
function depthOf(image: GrayImage, from: Point, to: Point): number {
  const length = Math.hypot(to.x - from.x, to.y - from.y)
  const [alongX, alongY] = [(to.x - from.x) / length, (to.y - from.y) / length]
  const level = (offset: number) => {
    const levels: number[] = []
    for (let at = length * endShare; at < length * (1 - endShare); at++) {
      const x = Math.floor(from.x + alongX * at - alongY * offset)
      const y = Math.floor(from.y + alongY * at + alongX * offset)
      if (x >= 0 && y >= 0 && x < image.width && y < image.height)
        levels.push(image.pixels[y * image.width + x] as number)
    }
    return levels.sort((a, b) => a - b)[levels.length >> 1]
  }
  const mean = (offsets: readonly number[]) => {
    const levels = offsets.map(level).filter(found => found !== undefined)
    return levels.length === 0 ? undefined : levels.reduce((sum, found) => sum + found, 0) / levels.length
  }
  const [outside, inside] = [mean(outer), mean(inner)]
  const darkest = Math.min(...seam.map(level).filter(found => found !== undefined))
  return outside === undefined || inside === undefined ? 0 : Math.min(outside, inside) - darkest
}
