// How far the lines of a page are turned from the level, by the variance of differential line sums: when the sums run
// along the text they jump between line and gap. Works for upright and for sideways text; says 0 when it cannot tell.

import type { InkMap } from './ink.ts'

/** What the coarse search found along one axis. */
export interface LineAngle {
  /** Clockwise degrees that the content is turned by, to the coarse step. */
  readonly degrees: number
  /** Score of the best angle over the mean score of all; 1 is noise. */
  readonly confidence: number
  /** By how much that score exceeds the mean, per unit of ink; compares the two axes. */
  readonly strength: number
}

/** The skew of a page, with both axes: `rows` for upright text, `columns` for text that lies on its side. */
export interface SkewVerdict {
  /** Clockwise degrees, to 0.01; 0 where it could not be told. */
  readonly degrees: number
  readonly confident: boolean
  readonly rows: LineAngle
  readonly columns: LineAngle
}

/** Feeders skew a sheet by up to seven degrees; what is found at the end of the search is taken for a picture's. */
const widestDegrees = 7.5
/** Narrower than the peak that one line across the page makes. */
const coarseStepDegrees = 0.25
/** The coarse search looks at about so many ink pixels, evenly thinned. */
const coarsePoints = 16_000
/**
 * The finer searches around the best angle so far: half the width, the step, and in how many strips the lines are read:
 * columns of text do not stand on each other's lines, and only the whole width is exact.
 */
const refinements: readonly (readonly [reach: number, step: number, strips: number])[] = [
  [0.5, 0.1, 3],
  [0.15, 0.05, 1],
  [0.06, 0.02, 1],
]
/** Fewer ink pixels than this hold no line of text; at about 75 pixels per inch a full line has some 1500. */
const leastInkPixels = 900
const leastConfidence = 1.8
/** Ink that keeps to a smaller share of the page's width is a stamp or a note, whose angle is not the page's. */
const leastSpread = 0.35
/** So much of the ink at either end is left out when its spread is measured. */
const strayShare = 0.05
/** The sheet's own edges and their shadows are left out. */
const marginShare = 0.03
/** Ink that goes on for so many pixels to all sides is no letter. */
const solidReach = 5
/** Fixed-point places of a line's position; sums are split between two bins by the upper eight of them. */
const fractionBits = 16
const one = 1 << fractionBits
/** Finds the skew of a page from its ink. */
export function findSkew(ink: InkMap): SkewVerdict {
  const points = collectPoints(ink)
  const { x, y, weight } = points
  const flipped = { x: y, y: x, weight }
  const few = thin(points)
  const rows = searchCoarse(few, -1)
  const columns = searchCoarse({ x: few.y, y: few.x, weight: few.weight }, 1)
  const upright = rows.strength >= columns.strength
  const best = upright ? rows : columns
  const confident =
    x.length >= leastInkPixels &&
    best.confidence >= leastConfidence &&
    Math.abs(best.degrees) < widestDegrees - coarseStepDegrees &&
    (upright ? spreadOf(x, ink.width) : spreadOf(y, ink.height)) >= leastSpread
  const degrees = !confident ? 0 : upright ? refine(points, -1, best.degrees) : refine(flipped, 1, best.degrees)
  return { degrees, confident, rows, columns }
}

/** Ink pixels: `x` along the lines, `y` across them. */
interface Points {
  readonly x: Int32Array
  readonly y: Int32Array
  readonly weight: Uint8Array
}

/** How a clockwise turn moves `y` as `x` grows, to be undone: −1 for rows, 1 for columns. */
type Sign = 1 | -1

function collectPoints(ink: InkMap): Points {
  const marginX = Math.ceil(ink.width * marginShare)
  const marginY = Math.ceil(ink.height * marginShare)
  let count = 0
  const x = new Int32Array(ink.contrast.length)
  const y = new Int32Array(ink.contrast.length)
  const weight = new Uint8Array(ink.contrast.length)
  for (let row = marginY; row < ink.height - marginY; row++) {
    for (let column = marginX, at = row * ink.width + marginX; column < ink.width - marginX; column++, at++) {
      const contrast = ink.contrast[at] as number
      if (contrast === 0 || isSolid(ink, at)) continue
      x[count] = column
      y[count] = row
      weight[count++] = contrast
    }
  }
  return { x: x.subarray(0, count), y: y.subarray(0, count), weight: weight.subarray(0, count) }
}

/** Inside of a large dark area: only its edges tell an angle. */
function isSolid({ width, contrast }: InkMap, at: number): boolean {
  const rows = solidReach * width
  return (
    contrast[at - solidReach] !== 0 &&
    contrast[at + solidReach] !== 0 &&
    contrast[at - rows] !== 0 &&
    contrast[at + rows] !== 0
  )
}

function searchCoarse(points: Points, sign: Sign): LineAngle {
  const score = scorer(points, sign)
  const steps = Math.round(widestDegrees / coarseStepDegrees)
  let best = { degrees: 0, score: -1 }
  let sum = 0
  for (let i = -steps; i <= steps; i++) {
    const found = score(i * coarseStepDegrees)
    sum += found
    if (found > best.score) best = { degrees: i * coarseStepDegrees, score: found }
  }
  let weight = 0
  for (const value of points.weight) weight += value
  const mean = sum / (2 * steps + 1)
  return {
    degrees: best.degrees,
    confidence: mean === 0 ? 1 : best.score / mean,
    strength: weight === 0 ? 0 : (best.score - mean) / weight,
  }
}

function refine(points: Points, sign: Sign, coarseDegrees: number): number {
  const whole = scorer(points, sign)
  let degrees = coarseDegrees
  let finest = coarseStepDegrees
  for (const [reach, step, strips] of refinements) {
    degrees = bestAround(strips === 1 ? whole : scorer(thin(points), sign, strips), degrees, reach, step)
    finest = step
  }
  const vertex = degrees + finest * parabolaVertex(whole(degrees - finest), whole(degrees), whole(degrees + finest))
  return Math.round(vertex * 100) / 100 + 0
}

function bestAround(score: (degrees: number) => number, centre: number, reach: number, step: number): number {
  let best = { degrees: centre, score: score(centre) }
  for (let offset = -reach; offset <= reach + 1e-9; offset += step) {
    const found = score(centre + offset)
    if (found > best.score) best = { degrees: centre + offset, score: found }
  }
  return best.degrees
}

function thin(points: Points): Points {
  const every = Math.ceil(points.x.length / coarsePoints)
  if (every <= 1) return points
  const length = Math.ceil(points.x.length / every)
  const [x, y, weight] = [new Int32Array(length), new Int32Array(length), new Uint8Array(length)]
  for (let i = 0, at = 0; i < length; i++, at += every) {
    x[i] = points.x[at] as number
    y[i] = points.y[at] as number
    weight[i] = points.weight[at] as number
  }
  return { x, y, weight }
}

/** Scores an angle by how the line sums jump; lines are read whole, or in so many strips side by side. */
function scorer(points: Points, sign: Sign, parts = 1): (degrees: number) => number {
  const { x: along, y: across, weight } = points
  const length = greatest(along) + 1
  const slack = Math.ceil(length * Math.tan(((widestDegrees + 1) * Math.PI) / 180)) + 2
  const stripBins = greatest(across) + 2 * slack + 4
  const sums = new Int32Array(stripBins * parts)
  const starts = Int32Array.from(along, x => (slack + Math.floor((x * parts) / length) * stripBins) * one)
  for (let i = 0; i < starts.length; i++) {
    starts[i] =
      (starts[i] as number) +
      ((across[i] as number) << fractionBits) +
      ditherOf(along[i] as number, across[i] as number)
  }
  return degrees => {
    sums.fill(0)
    const slope = Math.round(sign * Math.tan((degrees * Math.PI) / 180) * one)
    for (let i = 0; i < along.length; i++) {
      const position = (starts[i] as number) + Math.imul(along[i] as number, slope)
      const bin = position >> fractionBits
      const upper = (weight[i] as number) * ((position >> 8) & 0xff)
      sums[bin] = (sums[bin] as number) + ((weight[i] as number) << 8) - upper
      sums[bin + 1] = (sums[bin + 1] as number) + upper
    }
    return differentialVariance(sums)
  }
}

/**
 * Columns are shifted by scattered fractions of a pixel. Without it lines that by chance lie level fall on whole bins,
 * those of all other angles between two, and small skews are drawn to nothing. From line to line the fractions are each
 * other's complement, so that they have no slope of their own.
 */
function ditherOf(column: number, line: number): number {
  const mixed = Math.imul(column ^ (column >>> 4), 0x45d9f3b)
  const fraction = Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> (32 - fractionBits)
  return line % 2 === 0 ? fraction : one - fraction
}

/** Sum of squared differences between neighbouring line sums, lightly blurred. */
function differentialVariance(sums: Int32Array): number {
  let total = 0
  for (let i = 3; i < sums.length; i++) {
    const before = (sums[i - 3] as number) + (sums[i - 2] as number)
    const difference = ((sums[i] as number) + (sums[i - 1] as number) - before) / 512
    total += difference * difference
  }
  return total
}

function greatest(values: Int32Array): number {
  let found = 0
  for (const value of values) if (value > found) found = value
  return found
}

/** The share of `length` between the positions that leave the stray ends out. */
function spreadOf(positions: Int32Array, length: number): number {
  const counts = new Uint32Array(length)
  for (let i = 0; i < positions.length; i++) {
    const position = positions[i] as number
    counts[position] = (counts[position] as number) + 1
  }
  const stray = Math.floor(positions.length * strayShare)
  let first = 0
  for (let below = counts[0] as number; below <= stray && first < length - 1; below += counts[++first] as number);
  let last = length - 1
  for (let above = counts[last] as number; above <= stray && last > 0; above += counts[--last] as number);
  return Math.max(0, last - first) / length
}

/** Where between −1 and 1 the top of the parabola through three equally spaced scores lies. */
function parabolaVertex(left: number, middle: number, right: number): number {
  const curve = left - 2 * middle + right
  return curve >= 0 ? 0 : Math.max(-1, Math.min(1, (left - right) / (2 * curve)))
}
