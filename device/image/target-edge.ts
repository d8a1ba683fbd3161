// The real resolving power, by slanted edges (ISO 12233): where the edges of the sheet lie on the image, and the profile
// across each, sampled four times finer than the pixels, because the edge crosses their rows at a few degrees. Printed
// edges are not perfectly sharp, so what is measured is the scanner's and the print's together.

import { linearByByte } from './target-colour.ts'
import type { Plane } from './target-find.ts'
import { type Point, squareSide, squares } from './target-layout.ts'
import { median, type SheetMap } from './target-map.ts'
import { asymmetryOf, type EdgeSharpness, oversampling, sharpnessOf } from './target-mtf.ts'

export interface AxisSharpness extends EdgeSharpness {
  /** Edges that were measured. */
  readonly edges: number
}

export interface Sharpness {
  /** Across upright edges: along the rows of the image. */
  readonly x: AxisSharpness | undefined
  readonly y: AxisSharpness | undefined
}

/** What is looked at of an edge: so much of its length, and so much on each side. */
const usedLengthMm = 9
const sideMm = 2.5
/** ISO 12233 wants some degrees, so that the pixels meet the edge at every phase. */
const angleDegrees = { least: 1.8, most: 14 }
/** Ink and paper are so far apart in linear light. */
const leastStep = 0.15

/**
 * Optics and sensor blur light, and an edge is then symmetric in linear light. A scanner that makes up pixels blurs the
 * values it has encoded already, and in linear light that edge looks sharper than it is. So the edges are judged in
 * whichever of the two they are more symmetric.
 */
export function measureSharpness(gray: Plane, map: SheetMap): Sharpness {
  const profiles = edgesOf(map).flatMap(edge => profileOf(gray, edge) ?? [])
  const lean = (domain: Domain) => Math.abs(median(profiles.map(one => asymmetryOf(one[domain]))))
  const domain = lean('encoded') < lean('light') ? 'encoded' : 'light'
  const of = (axis: Edge['axis']): AxisSharpness | undefined => {
    const own = profiles.filter(one => one.axis === axis).flatMap(one => sharpnessOf(one[domain], one.cosine) ?? [])
    if (own.length === 0) return undefined
    return { mtf50: median(own.map(one => one.mtf50)), mtf10: median(own.map(one => one.mtf10)), edges: own.length }
  }
  return { x: of('x'), y: of('y') }
}

/** How far, in pixels, one channel lies beside another at the worst of the squares. */
export function measureRegistration(
  first: Plane,
  second: Plane,
  map: SheetMap,
): { readonly x: number; readonly y: number } {
  const offsets = edgesOf(map).flatMap(edge => {
    const [one, other] = [lineOf(first, edge), lineOf(second, edge)]
    return one === undefined || other === undefined
      ? []
      : [{ square: edge.square, axis: edge.axis, offset: one.middle - other.middle }]
  })
  // Opposite edges of a square: what tone does to them cancels out, what registration does adds up.
  const worst = (axis: Edge['axis']) =>
    Math.max(
      0,
      ...squares.map((_, square) => {
        const own = offsets.filter(one => one.square === square && one.axis === axis)
        return own.length < 2 ? 0 : Math.abs(own.reduce((sum, one) => sum + one.offset, 0) / own.length)
      }),
    )
  return { x: worst('x'), y: worst('y') }
}

/** An edge on the image. `axis` x: upright, crossed along the rows. */
interface Edge {
  readonly square: number
  readonly axis: 'x' | 'y'
  readonly centre: Point
  /** How far the edge moves across for one pixel along it. */
  readonly slope: number
  /** Pixels along the edge, and on each side of it. */
  readonly length: number
  readonly reach: number
}

function edgesOf(map: SheetMap): readonly Edge[] {
  return squares.flatMap(({ x, y, degrees }, square) =>
    [0, 90, 180, 270].map(side => {
      const angle = ((degrees + side) * Math.PI) / 180
      const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
      const at = (out: number, along: number) =>
        map.toImage({ x: x + cosine * out - sine * along, y: y + sine * out + cosine * along })
      const half = usedLengthMm / 2
      const centre = at(squareSide / 2, 0)
      const [from, to] = [at(squareSide / 2, -half), at(squareSide / 2, half)]
      const [dx, dy] = [to.x - from.x, to.y - from.y]
      const upright = Math.abs(dy) > Math.abs(dx)
      const [along, across] = upright ? [dy, dx] : [dx, dy]
      const perMm = Math.hypot(dx, dy) / usedLengthMm
      return {
        square,
        axis: upright ? ('x' as const) : ('y' as const),
        centre,
        slope: across / along,
        length: Math.abs(along),
        reach: sideMm * perMm,
      }
    }),
  )
}

interface Line {
  /** Where the edge is half-way along, and its slope; across, in pixels. */
  readonly middle: number
  readonly slope: number
}

/** Each row of the edge from its first pixel: `take(along, first, bytes)`. */
function eachRow(
  plane: Plane,
  edge: Edge,
  line: Line,
  take: (along: number, first: number, bytes: Uint8Array) => void,
): void {
  const upright = edge.axis === 'x'
  const [middleAlong] = upright ? [edge.centre.y] : [edge.centre.x]
  const [most, lines] = upright ? [plane.width, plane.height] : [plane.height, plane.width]
  const [stepAcross, stepAlong] = upright ? [1, plane.width] : [plane.width, 1]
  const count = Math.floor(edge.reach * 2)
  const bytes = new Uint8Array(count)
  const start = Math.ceil(middleAlong - edge.length / 2)
  for (let row = start; row < start + Math.floor(edge.length); row++) {
    const along = row + 0.5 - middleAlong
    const first = Math.round(line.middle + line.slope * along - edge.reach)
    if (row < 0 || row >= lines || first < 0 || first + count > most) continue
    for (let index = 0; index < count; index++) {
      bytes[index] = plane.pixels[row * stepAlong + (first + index) * stepAcross] ?? 0
    }
    take(along, first, bytes)
  }
}

/** The straight line along which the light is half-way between both sides. */
function lineOf(plane: Plane, edge: Edge): Line | undefined {
  const due = { middle: edge.axis === 'x' ? edge.centre.x : edge.centre.y, slope: edge.slope }
  const rows: { along: number; across: number }[] = []
  eachRow(plane, edge, due, (along, first, bytes) => {
    const crossing = halfway(Float64Array.from(bytes, byte => linearByByte[byte] ?? 0))
    if (crossing !== undefined) rows.push({ along, across: first + crossing })
  })
  if (rows.length < edge.length / 2) return undefined
  const mean = (pick: (row: { along: number; across: number }) => number) =>
    rows.reduce((sum, row) => sum + pick(row), 0) / rows.length
  const [along, across] = [mean(row => row.along), mean(row => row.across)]
  const slope = mean(row => (row.along - along) * (row.across - across)) / mean(row => (row.along - along) ** 2)
  return { middle: across - slope * along, slope }
}

/** Where the values pass the middle of their two ends, in pixels from the first one's border. */
function halfway(values: Float64Array): number | undefined {
  const end = Math.max(2, Math.floor(values.length / 6))
  const level = (from: number) => values.subarray(from, from + end).reduce((sum, value) => sum + value, 0) / end
  const [start, stop] = [level(0), level(values.length - end)]
  if (Math.abs(start - stop) < leastStep) return undefined
  const middle = (start + stop) / 2
  let best: number | undefined
  for (let index = 1; index < values.length; index++) {
    const [before, here] = [values[index - 1] ?? 0, values[index] ?? 0]
    if (before < middle === here < middle) continue
    const at = index - 0.5 + (middle - before) / (here - before)
    const centre = values.length / 2
    if (best === undefined || Math.abs(at - centre) < Math.abs(best - centre)) best = at
  }
  return best
}

type Domain = 'light' | 'encoded'

interface Profile extends Readonly<Record<Domain, Float64Array>> {
  readonly axis: Edge['axis']
  /** Of the angle between the edge and the pixels' rows or columns. */
  readonly cosine: number
}

/** The profile across an edge; undefined where there is none, or where it lies along the pixels. */
function profileOf(plane: Plane, edge: Edge): Profile | undefined {
  const line = lineOf(plane, edge)
  if (line === undefined) return undefined
  const angle = Math.atan(Math.abs(line.slope))
  const turned = (angle * 180) / Math.PI
  if (turned < angleDegrees.least || turned > angleDegrees.most) return undefined
  const bins = Math.floor(edge.reach * 2 * oversampling)
  const [light, encoded, counts] = [new Float64Array(bins), new Float64Array(bins), new Float64Array(bins)]
  eachRow(plane, edge, line, (along, first, bytes) => {
    const origin = line.middle + line.slope * along - edge.reach
    for (const [index, byte] of bytes.entries()) {
      const bin = Math.floor((first + index + 0.5 - origin) * oversampling)
      if (bin < 0 || bin >= bins) continue
      light[bin] = (light[bin] ?? 0) + (linearByByte[byte] ?? 0)
      encoded[bin] = (encoded[bin] ?? 0) + byte / 255
      counts[bin] = (counts[bin] ?? 0) + 1
    }
  })
  const cosine = Math.cos(angle)
  return { axis: edge.axis, cosine, light: means(light, counts), encoded: means(encoded, counts) }
}

/** The mean of each bin; one that no pixel fell into takes its neighbour's. */
function means(sums: Float64Array, counts: Float64Array): Float64Array {
  let last = 0
  return sums.map((sum, bin) => {
    const count = counts[bin] ?? 0
    if (count > 0) last = sum / count
    return last
  })
}
