// Whether a rectangle on a light ground is a sheet that lies on it: a sheet casts a faint shadow, deeper on the side that
// is turned from the lamp, where a printed frame is as dark on all sides and a printed field casts none.

import type { Point } from './geometry.ts'
import type { GrayImage } from './ink.ts'
import { clip, type Line, type Outline } from './outline.ts'

/** How far outward (negative) and inward of a side is looked, in pixels of the halved copy at about 37 per inch. */
const reachPixels = 7
const seamPixels = 3
/** A shadow is so much darker than what lies on both sides of it, at most: beyond that it is a line of ink. */
const mostDepth = 110
/** Below this a side casts none, and the outline is the sheet's own. */
const leastDepth = 4
/** The deepest and the faintest side differ by so much. */
const leastAsymmetry = 4
/** Both ends of a side are left out: corners may be folded, and other sides' shadows end there. */
const endShare = 0.08
const leastSidePixels = 20

/** The shadow of one side: its depth in grey levels, and how far inward of the outline the sheet begins. */
interface Shadow {
  readonly depth: number
  readonly inward: number
}

/** The outline of the sheet without the shadow that it casts; undefined where it casts none, or all around the same. */
export function withoutShadow(image: GrayImage, outline: Outline): Outline | undefined {
  const shadows = outline.sides.map((side, i) => (side === undefined ? undefined : shadowOf(image, outline, side, i)))
  const depths = shadows.flatMap(shadow => (shadow === undefined ? [] : [shadow.depth]))
  if (depths.length < 2) return undefined
  const [most, least] = [Math.max(...depths), Math.min(...depths)]
  if (most > mostDepth || most - least < leastAsymmetry) return undefined
  const sides = outline.sides.map((side, i) => side && moved(side, i, shadows[i]?.inward ?? 0))
  return { ...outline, sides, corners: clip(image, sides, outline.degrees) }
}

/** Sides are numbered clockwise from the upper one. */
function moved(side: Line, i: number, inward: number): Line {
  return { ...side, across: side.across + (i === 0 || i === 3 ? inward : -inward) }
}

/** Looks across one side, by the median along it; undefined where the image ends too near to it. */
function shadowOf(image: GrayImage, outline: Outline, side: Line, i: number): Shadow | undefined {
  const levels: (number | undefined)[] = []
  for (let inward = -reachPixels; inward <= reachPixels; inward++) {
    levels.push(levelAlong(image, outline, moved(side, i, inward), i))
  }
  const mean = (from: number, until: number) => {
    const found = levels.slice(from + reachPixels, until + reachPixels + 1).filter(level => level !== undefined)
    return found.length === 0 ? undefined : found.reduce((sum, level) => sum + level, 0) / found.length
  }
  const [outside, inside] = [mean(-reachPixels, -seamPixels - 1), mean(seamPixels + 1, reachPixels)]
  if (outside === undefined || inside === undefined) return undefined
  const seam = levels.slice(reachPixels - seamPixels, reachPixels + seamPixels + 1)
  const darkest = Math.min(...seam.filter(level => level !== undefined))
  const depth = Math.max(0, Math.min(outside, inside) - darkest)
  if (depth < leastDepth) return { depth, inward: 0 }
  const at = seam.lastIndexOf(darkest)
  const risen = seam.findIndex((level, index) => index > at && level !== undefined && level > (darkest + inside) / 2)
  return { depth, inward: risen < 0 ? 0 : Math.max(0, risen - seamPixels) }
}

/** The median level along a line, between those of the outline's corners that lie farthest apart on it. */
function levelAlong(image: GrayImage, { corners, degrees }: Outline, side: Line, i: number): number | undefined {
  const slope = Math.tan((degrees * Math.PI) / 180)
  const lying = i % 2 === 0
  const positions = corners.map((corner: Point) => (lying ? corner.x : corner.y))
  const [from, until] = [Math.min(...positions), Math.max(...positions)]
  const levels: number[] = []
  for (let at = from + (until - from) * endShare; at < until - (until - from) * endShare; at++) {
    const across = Math.floor(side.across + (lying ? slope : -slope) * (at - side.along))
    const [x, y] = lying ? [Math.floor(at), across] : [across, Math.floor(at)]
    if (x >= 0 && y >= 0 && x < image.width && y < image.height)
      levels.push(image.pixels[y * image.width + x] as number)
  }
  return levels.length < leastSidePixels ? undefined : levels.sort((a, b) => a - b)[levels.length >> 1]
}
