// The straight sides of a sheet, fitted to the outline of the region that it fills in an image: one angle for all four,
// and one line a side. Says nothing where the region is no rectangle.

import type { Point, Size } from './geometry.ts'

/** A region of an image: 1 where it is, row by row. */
export interface Region extends Size {
  readonly inside: Uint8Array
}

/** One side: its own angle, the middle of the outline's pixels on it, along and across the image, and their count. */
export interface Line {
  readonly degrees: number
  readonly along: number
  readonly across: number
  readonly count: number
}

/** What the outline tells: the corners of the sheet as far as the image shows it, and how its sides lie. */
export interface Outline {
  /** Clockwise degrees that the sides are turned by. */
  readonly degrees: number
  /** Of the visible part, in pixels; four, and more where a corner lies outside the image. */
  readonly corners: readonly Point[]
  /** The sides clockwise from the upper one; undefined where they run out of the image. */
  readonly sides: readonly (Line | undefined)[]
  /** The region's share of the visible part, and the share of the region that lies outside of it. */
  readonly filled: number
  readonly spilled: number
}

/** Beyond this a sheet was not fed but laid down anyhow. */
const widestDegrees = 8
const angleStepDegrees = 0.2
/** Outline pixels so near to a line belong to it. */
const reachPixels = 1.2
/** A side is seen where so many of its outline's pixels, and so many at least, lie on one line. */
const leastShareOnLine = 0.5
const leastOnLine = 24
/** Sides of one sheet differ in angle by no more than this, besides what a pixel more or less makes. */
const mostBendDegrees = 0.35

/** Points of one side: `along` it, and how far `across` the image its outline lies there. */
interface Side {
  readonly along: readonly number[]
  readonly across: readonly number[]
  /** How `across` grows along a side of a sheet that is turned clockwise: 1 for upper and lower, −1 for left and right. */
  readonly sign: 1 | -1
}

/** Fits the sides; undefined where none is straight or they do not belong to one rectangle. */
export function fitOutline(region: Region): Outline | undefined {
  const sides = outlineOf(region)
  const coarse = commonAngle(sides)
  const lines = sides.map(side => fitLine(side, coarse))
  const seen = lines.filter(line => line !== undefined)
  if (seen.length === 0) return undefined
  const weights = seen.map(({ count }) => count ** 3)
  const degrees =
    seen.reduce((sum, line, i) => sum + line.degrees * (weights[i] as number), 0) /
    weights.reduce((sum, weight) => sum + weight, 0)
  const bent = seen.some(line => Math.abs(line.degrees - degrees) > mostBendDegrees + 60 / line.count)
  if (bent) return undefined
  const corners = clip(region, lines, degrees)
  if (corners.length < 3) return undefined
  return { degrees, corners, sides: lines, ...fitOf(region, corners) }
}

/** The outermost pixels of the region's rows and columns, without those at the border of the image. */
function outlineOf({ width, height, inside }: Region): readonly [Side, Side, Side, Side] {
  const side = (sign: 1 | -1) => ({ along: [] as number[], across: [] as number[], sign })
  const [top, right, bottom, left] = [side(1), side(-1), side(1), side(-1)]
  const put = (to: ReturnType<typeof side>, along: number, across: number) => {
    to.along.push(along + 0.5)
    to.across.push(across)
  }
  for (let y = 0; y < height; y++) {
    const first = inside.indexOf(1, y * width) - y * width
    if (first < 0 || first >= width) continue
    const last = inside.lastIndexOf(1, (y + 1) * width - 1) - y * width
    if (first > 1) put(left, y, first)
    if (last < width - 2) put(right, y, last + 1)
  }
  for (let x = 0; x < width; x++) {
    let first = 0
    while (first < height && inside[first * width + x] === 0) first++
    if (first === height) continue
    let last = height - 1
    while (inside[last * width + x] === 0) last--
    if (first > 1) put(top, x, first)
    if (last < height - 2) put(bottom, x, last + 1)
  }
  return [top, right, bottom, left]
}

/** The angle under which most outline pixels of all sides fall on one line each. */
function commonAngle(sides: readonly Side[]): number {
  let best = { degrees: 0, score: -1 }
  for (let step = -widestDegrees / angleStepDegrees; step <= widestDegrees / angleStepDegrees; step++) {
    const degrees = step * angleStepDegrees
    const score = sides.reduce((sum, side) => sum + densest(side, degrees).count ** 2, 0)
    if (score > best.score) best = { degrees, score }
  }
  return best.degrees
}

/** Where most points of a side lie when they are seen along `degrees`, and how many lie there. */
function densest(side: Side, degrees: number): { readonly offset: number; readonly count: number } {
  const slope = side.sign * Math.tan((degrees * Math.PI) / 180)
  const counts = new Map<number, number>()
  let best = { offset: 0, count: 0 }
  for (let i = 0; i < side.along.length; i++) {
    const offset = Math.round((side.across[i] as number) - slope * (side.along[i] as number))
    for (const bin of [offset, offset + 1]) {
      const count = (counts.get(bin) ?? 0) + 1
      counts.set(bin, count)
      if (count > best.count) best = { offset: bin - 0.5, count }
    }
  }
  return best
}

/** Least squares through the points near the densest line, twice. */
function fitLine(side: Side, coarse: number): Line | undefined {
  let slope = side.sign * Math.tan((coarse * Math.PI) / 180)
  let { offset } = densest(side, coarse)
  let line: Line | undefined
  for (let round = 0; round < 3; round++) {
    const near: number[] = []
    for (let i = 0; i < side.along.length; i++) {
      const off = (side.across[i] as number) - slope * (side.along[i] as number) - offset
      if (Math.abs(off) <= reachPixels) near.push(i)
    }
    if (near.length < leastOnLine || near.length < side.along.length * leastShareOnLine) return undefined
    const mean = (values: readonly number[]) => near.reduce((sum, i) => sum + (values[i] as number), 0) / near.length
    const [along, across] = [mean(side.along), mean(side.across)]
    let [product, square] = [0, 0]
    for (const i of near) {
      product += ((side.along[i] as number) - along) * ((side.across[i] as number) - across)
      square += ((side.along[i] as number) - along) ** 2
    }
    slope = product / square
    offset = across - slope * along
    line = { degrees: (Math.atan(slope * side.sign) * 180) / Math.PI, along, across, count: near.length }
  }
  return line
}

/** The part of the image on the inner side of every line that was seen. */
export function clip({ width, height }: Size, lines: readonly (Line | undefined)[], degrees: number): readonly Point[] {
  const slope = Math.tan((degrees * Math.PI) / 180)
  let corners: readonly Point[] = [
    { x: 0, y: 0 },
    { x: width, y: 0 },
    { x: width, y: height },
    { x: 0, y: height },
  ]
  for (const [i, line] of lines.entries()) {
    if (line === undefined) continue
    const lying = i % 2 === 0
    const inner = i === 0 || i === 3 ? 1 : -1
    const depth = ({ x, y }: Point) =>
      inner * (lying ? y - line.across - slope * (x - line.along) : x - line.across + slope * (y - line.along))
    corners = cutBy(corners, depth)
  }
  return corners
}

/** The part of a polygon where `depth` is not negative (Sutherland and Hodgman). */
function cutBy(corners: readonly Point[], depth: (point: Point) => number): readonly Point[] {
  return corners.flatMap((corner, i) => {
    const before = corners.at(i - 1) as Point
    const [here, there] = [depth(corner), depth(before)]
    const kept = here >= 0 ? [corner] : []
    if (here >= 0 === there >= 0) return kept
    const share = there / (there - here)
    return [{ x: before.x + share * (corner.x - before.x), y: before.y + share * (corner.y - before.y) }, ...kept]
  })
}

/** How well the region and the polygon agree; a pixel and a half along the sides is nobody's. */
function fitOf({ width, height, inside }: Region, corners: readonly Point[]): Pick<Outline, 'filled' | 'spilled'> {
  let [total, outside, area, covered] = [0, 0, 0, 0]
  const slack = 1.5
  for (let y = 0; y < height; y++) {
    const [from, until] = spanOf(corners, y + 0.5)
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const within = x + 0.5 > from && x + 0.5 < until
      if (x + 0.5 > from + slack && x + 0.5 < until - slack) {
        area++
        covered += inside[at] as number
      }
      if (inside[at] === 0) continue
      total++
      if (!within && (x + 0.5 < from - slack || x + 0.5 > until + slack)) outside++
    }
  }
  return { filled: area === 0 ? 0 : covered / area, spilled: total === 0 ? 1 : outside / total }
}

/** Between which positions a convex polygon lies on one line of pixels. */
function spanOf(corners: readonly Point[], y: number): readonly [from: number, until: number] {
  let [from, until] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const [i, end] of corners.entries()) {
    const start = corners.at(i - 1) as Point
    if (start.y <= y === end.y <= y) continue
    const x = start.x + ((y - start.y) / (end.y - start.y)) * (end.x - start.x)
    from = Math.min(from, x)
    until = Math.max(until, x)
  }
  return [from, until]
}
