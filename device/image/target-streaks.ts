// Streaks along the way of the paper: a speck of dust on the feeder's glass, or a dead place of the sensor, draws a line
// of one column through the whole image. Only bare paper is looked at, so that no mark of the sheet is taken for one, and
// only what goes on over most of the image counts, so that dirt on the sheet is not.

import type { PagePixels } from './straighten.ts'
import { invert } from './target-affine.ts'
import { type PaperMask, paperMask, sheet } from './target-layout.ts'
import { median, type SheetMap } from './target-map.ts'

export interface Streak {
  /** From the left border of the image, millimetres. */
  readonly fromLeftMm: number
  readonly widthMm: number
  /** Levels of 255 that it differs from its surroundings by, at most; negative: darker. */
  readonly depth: number
}

const segments = 10
const leastSegments = 4
/** Bare paper in a column of a segment, as a share of its rows, that says something. */
const leastShare = 0.12
const rowStep = 2
/** What a column is compared with: from so far to so far beside it, millimetres. */
const beside = { from: 0.9, to: 3.5 } as const
const leastDepth = 3
/** Share of the segments that show it. */
const leastAgreement = 0.7
const joinedMm = 0.3
const mostStreaks = 20

export function findStreaks(page: PagePixels, map: SheetMap): readonly Streak[] {
  const { width, height, channels } = page
  const mask = paperMask()
  const border = (part: number) => Math.round((height * part) / segments)
  const parts = Array.from({ length: segments }, (_, part) =>
    columnMeans(page, map, mask, border(part), border(part + 1)),
  )
  const perMm = map.ppiX / 25.4
  const depths = new Float64Array(width)
  for (let channel = 0; channel < channels; channel++) {
    const deviations = parts.map(part => deviationsOf(part, channel, channels, width, perMm))
    for (let x = 0; x < width; x++) {
      const depth = agreed(deviations.map(part => part[x] ?? Number.NaN))
      if (Math.abs(depth) > Math.abs(depths[x] ?? 0)) depths[x] = depth
    }
  }
  return joined(depths, perMm).slice(0, mostStreaks)
}

/** The mean of bare paper in each column and channel between two rows; NaN where there is too little. */
function columnMeans(
  { width, channels, pixels }: PagePixels,
  map: SheetMap,
  mask: PaperMask,
  top: number,
  bottom: number,
): Float64Array {
  const sums = new Float64Array(width * channels)
  const counts = new Uint32Array(width)
  const back = invert(map.affine)
  for (let y = top; y < bottom; y += rowStep) {
    let [sheetX, sheetY] = [back.a * 0.5 + back.b * (y + 0.5) + back.c, back.d * 0.5 + back.e * (y + 0.5) + back.f]
    for (let x = 0; x < width; x++, sheetX += back.a, sheetY += back.d) {
      if (!isBare(mask, sheetX, sheetY)) continue
      counts[x] = (counts[x] ?? 0) + 1
      for (let channel = 0, at = (y * width + x) * channels; channel < channels; channel++, at++) {
        const to = x * channels + channel
        sums[to] = (sums[to] ?? 0) + (pixels[at] ?? 0)
      }
    }
  }
  const least = ((bottom - top) / rowStep) * leastShare
  return sums.map((sum, index) => {
    const count = counts[Math.floor(index / channels)] ?? 0
    return count < least ? Number.NaN : sum / count
  })
}

function isBare({ cellsPerMm, across, cells }: PaperMask, x: number, y: number): boolean {
  if (x < 0 || y < 0 || x >= sheet.width || y >= sheet.height) return false
  return cells[Math.floor(y * cellsPerMm) * across + Math.floor(x * cellsPerMm)] === 1
}

/** Each column's difference from the median of those beside it. */
function deviationsOf(
  means: Float64Array,
  channel: number,
  channels: number,
  width: number,
  perMm: number,
): Float64Array {
  const [from, to] = [Math.max(1, Math.round(beside.from * perMm)), Math.round(beside.to * perMm)]
  const at = (x: number) => (x < 0 || x >= width ? Number.NaN : (means[x * channels + channel] ?? Number.NaN))
  const deviations = new Float64Array(width).fill(Number.NaN)
  for (let x = 0; x < width; x++) {
    const here = at(x)
    if (Number.isNaN(here)) continue
    const around: number[] = []
    for (let away = from; away <= to; away += 2) around.push(at(x - away), at(x + away))
    const known = around.filter(value => !Number.isNaN(value))
    if (known.length >= around.length / 3) deviations[x] = here - median(known)
  }
  return deviations
}

/** The median over the segments where enough of them say the same; else 0. */
function agreed(deviations: readonly number[]): number {
  const known = deviations.filter(value => !Number.isNaN(value))
  if (known.length < leastSegments) return 0
  const depth = median(known)
  if (Math.abs(depth) < leastDepth) return 0
  const agreeing = known.filter(value => value * depth > 0 && Math.abs(value) > Math.abs(depth) / 3)
  return agreeing.length >= known.length * leastAgreement ? depth : 0
}

function joined(depths: Float64Array, perMm: number): readonly Streak[] {
  const runs: { first: number; last: number; depth: number }[] = []
  for (const [x, depth] of depths.entries()) {
    if (depth === 0) continue
    const run = runs.at(-1)
    if (run === undefined || x - run.last > joinedMm * perMm) runs.push({ first: x, last: x, depth })
    else {
      run.last = x
      if (Math.abs(depth) > Math.abs(run.depth)) run.depth = depth
    }
  }
  return runs
    .sort((one, other) => Math.abs(other.depth) - Math.abs(one.depth))
    .map(({ first, last, depth }) => ({
      fromLeftMm: (first + last + 1) / 2 / perMm,
      widthMm: (last - first + 1) / perMm,
      depth,
    }))
}
