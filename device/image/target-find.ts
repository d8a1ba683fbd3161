// Looks for the test target on an image: its four corner marks in whatever quarter turn, skewed and shifted, and the
// row of marks that says which corner is which and which version was printed. What is not the target is told by name.

import { type Affine, apply, fitAffine, scaleAndTurn } from './target-affine.ts'
import { code, codeLength, corners, decodeVersion, finder, gridSize, type Point } from './target-layout.ts'

/** Grey, a byte a pixel. */
export interface Plane {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** The first map from the sheet to the image, from the corner marks alone, or why there is none. */
export type Found =
  | { readonly found: 'target'; readonly version: number; readonly map: Affine; readonly corners: readonly Point[] }
  | { readonly found: 'nothing'; readonly detail: string }

/** Corner marks are looked for on a copy of about this many pixels on its longer side: 120 per inch of A4. */
const searchSide = 1400
/** Paper and ink are at least so far apart. */
const leastContrast = 40
/** How far a stripe of a corner mark may be from its width, in modules. */
const stripeTolerance = 0.6
/** Rows of the copy that must have met a mark. */
const leastHits = 3
const shapeTolerance = 0.04
const maxCandidates = 24

export function findTarget(gray: Plane): Found {
  const factor = Math.max(1, Math.round(Math.max(gray.width, gray.height) / searchSide))
  const small = reduce(gray, factor)
  const { threshold, contrast } = levels(small)
  if (contrast < leastContrast) return { found: 'nothing', detail: 'the image shows bare paper' }
  const marks = finders(small, threshold)
  const rectangle = bestRectangle(marks)
  if (rectangle === undefined) {
    const seen = Math.min(marks.length, 3)
    return {
      found: 'nothing',
      detail: seen === 0 ? 'no corner mark is seen' : `${seen} of the 4 corner marks are seen`,
    }
  }
  const precise = rectangle.map(({ x, y, module }) =>
    centroid(gray, { x: x * factor, y: y * factor }, module * factor * ((finder.disc + finder.gap) / 2)),
  )
  return orient(gray, precise, threshold)
}

/** The darkness-weighted centre of what lies within `radius` pixels, and how many pixels' worth of ink that is. */
export function centroid(gray: Plane, at: Point, radius: number): Point & { readonly ink: number } {
  let [lightest, darkest] = [0, 255]
  eachWithin(gray, at, radius, value => {
    lightest = Math.max(lightest, value)
    darkest = Math.min(darkest, value)
  })
  let [sum, x, y] = [0, 0, 0]
  // What is nearly paper is noise, which would draw the centre to the middle of the window.
  const range = Math.max(1, lightest - darkest)
  eachWithin(gray, at, radius, (value, px, py) => {
    const weight = Math.max(0, (lightest - value) / range - 0.15)
    sum += weight
    x += weight * px
    y += weight * py
  })
  return sum === 0 ? { ...at, ink: 0 } : { x: x / sum, y: y / sum, ink: sum / 0.85 }
}

function eachWithin(gray: Plane, at: Point, radius: number, take: (value: number, x: number, y: number) => void): void {
  const { width, height, pixels } = gray
  const [top, bottom] = [Math.max(0, Math.floor(at.y - radius)), Math.min(height - 1, Math.ceil(at.y + radius))]
  const [left, right] = [Math.max(0, Math.floor(at.x - radius)), Math.min(width - 1, Math.ceil(at.x + radius))]
  for (let y = top; y <= bottom; y++) {
    for (let x = left; x <= right; x++) {
      if ((x + 0.5 - at.x) ** 2 + (y + 0.5 - at.y) ** 2 > radius * radius) continue
      take(pixels[y * width + x] ?? 0, x + 0.5, y + 0.5)
    }
  }
}

/** Each pixel the mean of a square of them. */
function reduce({ width, height, pixels }: Plane, factor: number): Plane {
  if (factor === 1) return { width, height, pixels }
  const [across, down] = [Math.floor(width / factor), Math.floor(height / factor)]
  const sums = new Uint32Array(across)
  const reduced = new Uint8Array(across * down)
  for (let y = 0; y < down; y++) {
    sums.fill(0)
    for (let row = y * factor; row < (y + 1) * factor; row++) {
      for (let x = 0, from = row * width; x < across * factor; x++, from++) {
        const to = Math.floor(x / factor)
        sums[to] = (sums[to] ?? 0) + (pixels[from] ?? 0)
      }
    }
    for (let x = 0; x < across; x++) reduced[y * across + x] = (sums[x] ?? 0) / (factor * factor)
  }
  return { width: across, height: down, pixels: reduced }
}

/** Half-way between ink and paper; the sheet is mostly paper, and its marks are one pixel in fifty at least. */
function levels({ pixels }: Plane): { readonly threshold: number; readonly contrast: number } {
  const histogram = new Uint32Array(256)
  for (const value of pixels) histogram[value] = (histogram[value] ?? 0) + 1
  const share = (part: number): number => {
    let count = 0
    for (let value = 0; value < 256; value++) {
      count += histogram[value] ?? 0
      if (count >= pixels.length * part) return value
    }
    return 255
  }
  const [ink, paper] = [share(0.01), share(0.75)]
  return { threshold: (ink + paper) / 2, contrast: paper - ink }
}

interface Mark extends Point {
  /** Pixels. */
  readonly module: number
}

const stripes = [1, 1, 3, 1, 1] as const
const stripesSum = 7

function finders(plane: Plane, threshold: number): readonly Mark[] {
  const groups: { x: number; y: number; module: number; hits: number }[] = []
  const { width, height, pixels } = plane
  for (let y = 0; y < height; y++) {
    const starts = [0]
    for (let x = 1; x < width; x++) {
      const [before, here] = [pixels[y * width + x - 1] ?? 0, pixels[y * width + x] ?? 0]
      if (before < threshold !== here < threshold) starts.push(x)
    }
    starts.push(width)
    for (let first = 0; first + 5 < starts.length; first++) {
      const start = starts[first] ?? 0
      if ((pixels[y * width + start] ?? 0) >= threshold) continue
      const runs = stripes.map((_, index) => (starts[first + index + 1] ?? 0) - (starts[first + index] ?? 0))
      if (!isFinder(runs)) continue
      const mark = confirmed(plane, threshold, { x: start + sumOf(runs) / 2, y: y + 0.5 }, sumOf(runs))
      if (mark !== undefined) gather(groups, mark)
    }
  }
  return groups
    .filter(({ hits }) => hits >= leastHits)
    .sort((one, other) => other.hits - one.hits)
    .slice(0, maxCandidates)
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0)
}

function isFinder(runs: readonly number[]): boolean {
  const module = sumOf(runs) / stripesSum
  if (module < 1.5) return false
  return stripes.every(
    (width, index) => Math.abs((runs[index] ?? 0) - width * module) <= stripeTolerance * module + 0.7,
  )
}

/** The same stripes down the column through the middle, about as long, and along the row again. */
function confirmed(plane: Plane, threshold: number, at: Point, total: number): Mark | undefined {
  const down = through(plane, threshold, at, 0, 1)
  if (down === undefined || Math.abs(down.total - total) > total * 0.25) return undefined
  const level = through(plane, threshold, { x: at.x, y: at.y + down.offset }, 1, 0)
  if (level === undefined || Math.abs(level.total - down.total) > total * 0.25) return undefined
  const module = (level.total + down.total) / 2 / stripesSum
  return { x: at.x + level.offset, y: at.y + down.offset, module }
}

function through(plane: Plane, threshold: number, at: Point, dx: number, dy: number) {
  const { width, height, pixels } = plane
  const [x, y] = [Math.floor(at.x), Math.floor(at.y)]
  const arm = (direction: 1 | -1): number[] => {
    const runs: number[] = []
    for (let stripe = 0, step = direction === 1 ? 0 : 1; stripe < 3; stripe++) {
      const from = step
      for (; ; step++) {
        const [px, py] = [x + dx * step * direction, y + dy * step * direction]
        if (px < 0 || py < 0 || px >= width || py >= height) break
        if ((pixels[py * width + px] ?? 0) < threshold === (stripe === 1)) break
      }
      runs.push(step - from)
    }
    return runs
  }
  const [back, forth] = [arm(-1), arm(1)]
  const [b0 = 0, b1 = 0, b2 = 0] = back
  const [f0 = 0, f1 = 0, f2 = 0] = forth
  if (!isFinder([b2, b1, b0 + f0, f1, f2])) return undefined
  const [before, after] = [sumOf(back), sumOf(forth)]
  const within = dx === 1 ? at.x - x : at.y - y
  return { total: before + after, offset: (after - before) / 2 - within }
}

function gather(groups: { x: number; y: number; module: number; hits: number }[], mark: Mark): void {
  const near = groups.find(one => Math.hypot(one.x - mark.x, one.y - mark.y) < 3 * mark.module)
  if (near === undefined) {
    groups.push({ ...mark, hits: 1 })
    return
  }
  near.hits += 1
  for (const key of ['x', 'y', 'module'] as const) near[key] += (mark[key] - near[key]) / near.hits
}

/** Four marks, clockwise on the image, that lie as the sheet's do; undefined where no four fit. */
function bestRectangle(marks: readonly Mark[]): readonly Mark[] | undefined {
  let best: { readonly marks: readonly Mark[]; readonly error: number } | undefined
  for (const four of fours(marks)) {
    const error = misfit(four)
    if (error <= shapeTolerance && error < (best?.error ?? Number.POSITIVE_INFINITY)) best = { marks: four, error }
  }
  return best?.marks
}

function* fours(marks: readonly Mark[]): Generator<readonly Mark[]> {
  for (let a = 0; a < marks.length; a++)
    for (let b = a + 1; b < marks.length; b++)
      for (let c = b + 1; c < marks.length; c++)
        for (let d = c + 1; d < marks.length; d++) yield clockwise([a, b, c, d].flatMap(index => marks[index] ?? []))
}

function clockwise(marks: readonly Mark[]): readonly Mark[] {
  const [x, y] = [sumOf(marks.map(one => one.x)) / 4, sumOf(marks.map(one => one.y)) / 4]
  return marks.toSorted((one, other) => Math.atan2(one.y - y, one.x - x) - Math.atan2(other.y - y, other.x - x))
}

/** The largest relative deviation of sides, diagonals and mark size from those of the sheet. */
function misfit(marks: readonly Mark[]): number {
  const side = (from: number, to: number) => {
    const [one, other] = [marks[from], marks[to]]
    return one === undefined || other === undefined ? 0 : Math.hypot(one.x - other.x, one.y - other.y)
  }
  const off = (value: number, due: number) => Math.abs(value / due - 1)
  const [first, second, third, fourth] = [side(0, 1), side(1, 2), side(2, 3), side(3, 0)]
  const [long, short] = [Math.max(first + third, second + fourth) / 2, Math.min(first + third, second + fourth) / 2]
  const modules = sumOf(marks.map(one => one.module)) / 4 / finder.module
  return Math.max(
    off(first, third),
    off(second, fourth),
    off(side(0, 2), side(1, 3)),
    off(long / short, gridSize.height / gridSize.width),
    // Few pixels tell the size of a mark.
    off(modules, long / gridSize.height) / 4,
  )
}

function orient(gray: Plane, found: readonly Point[], threshold: number): Found {
  for (let shift = 0; shift < 4; shift++) {
    const turned = [...found.slice(shift), ...found.slice(0, shift)]
    const map = fitAffine(corners.map((sheet, index) => ({ sheet, image: turned[index] ?? sheet })))
    const { ppiX, ppiY } = scaleAndTurn(map)
    if (Math.abs(ppiX / ppiY - 1) > shapeTolerance) continue
    const version = decodeVersion(readMarks(gray, map, threshold))
    if (version !== undefined) return { found: 'target', version, map, corners: turned }
  }
  return { found: 'nothing', detail: 'the marks that tell the version of the sheet cannot be read' }
}

function readMarks(gray: Plane, map: Affine, threshold: number): number[] {
  const places = [0.3, 0.4, 0.5, 0.6, 0.7]
  return Array.from({ length: codeLength }, (_, index) => {
    const dark = places.filter(place => {
      const at = apply(map, { x: code.left + (index + place) * code.cell, y: code.top + place * code.height })
      return (gray.pixels[Math.floor(at.y) * gray.width + Math.floor(at.x)] ?? 255) < threshold
    })
    return dark.length > places.length / 2 ? 1 : 0
  })
}
