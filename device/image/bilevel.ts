// Whether a grey page loses nothing in black and white: whether all its grey is ink, paper and the blur between them.
// Pencil, a faint stamp, shading, a photograph, dark or screened, and what shines through strongly keep a page grey;
// every doubt is settled so.

import type { GrayImage } from './ink.ts'
import { type Paper, paperLine } from './paper.ts'

/** Pixels on a side of a cell of the whole image; blur never reaches over more than one from ink. */
const cellSide = 4
const cellPixels = cellSide * cellSide
/** A thin stroke leaves so many pixels of a cell to the paper; shading does not. */
const coveredPixels = cellPixels - 2
/** Cells on a side of a tile, some 5 mm at 300 pixels per inch. */
const tileSide = 16
/** Ink is as dark as this share of its paper somewhere within its stroke: in two pixels of a cell, against noise. */
const inkShare = 0.38
const leastInkPixels = 2
/** Grey fainter than this share of the paper is its grain, or the other side of the sheet. */
const grainShare = 0.05
/** So far from ink, through grey, the thin end of a stroke may reach. */
const thinEndCells = 3
/** So many cells of grey that no ink explains are a mark; fewer are dust. */
const mostStrayCells = 3
/** Paper on which all is black or white is bright, and as bright everywhere. */
const leastPaper = 170
const mostPaperDrift = 0.06
const mostPaperStep = 0.035
/** Share of a tile's pixels between ink and paper: letters have their edges there, a screened picture most of itself. */
const mostBetween = 0.5
/** Wholly black cells are as black as one another, or there is a picture in them. */
const mostInkSpread = 45
const inkSpreadShare = 0.02

/** Whether the paper alone allows it; the reduced copy tells, so that the whole page need not be decoded. */
export function isEvenPaper({ levels, seen, level, across }: Paper): boolean {
  if (level < leastPaper) return false
  for (let at = 0; at < levels.length; at++) {
    if (seen[at] === 0) continue
    const own = levels[at] as number
    if (Math.abs(own - level) > level * mostPaperDrift) return false
    if (at % across > 0 && seen[at - 1] === 1 && Math.abs(own - (levels[at - 1] as number)) > level * mostPaperStep)
      return false
    if (at >= across && seen[at - across] === 1) {
      if (Math.abs(own - (levels[at - across] as number)) > level * mostPaperStep) return false
    }
  }
  return true
}

/** Whether all of the whole page is ink on `paper`, which is even. */
export function isInkOnPaper(image: GrayImage, paper: Paper): boolean {
  const cells = cellsOf(image, paper)
  return !hasStrayGrey(cells) && !hasPicture(cells) && isOneBlack(cells)
}

/** By cell of the whole image. */
interface Cells {
  readonly across: number
  readonly down: number
  /** 1 where a pixel is as dark as ink. */
  readonly ink: Uint8Array
  /** 1 where the cell as a whole is darker than paper's grain, 2 where hardly a pixel of it shows the paper. */
  readonly grey: Uint8Array
  /** Pixels between ink and paper. */
  readonly between: Uint8Array
  /** The mean level of a cell that is ink all over, else 255. */
  readonly black: Uint8Array
}

function cellsOf(image: GrayImage, paper: Paper): Cells {
  const across = Math.floor(image.width / cellSide)
  const down = Math.floor(image.height / cellSide)
  const make = () => new Uint8Array(across * down)
  const cells = { across, down, ink: make(), grey: make(), between: make(), black: make() }
  const levels = new Float32Array(across)
  for (let row = 0; row < down; row++) {
    paperLine(paper, row, down, levels)
    for (let column = 0; column < across; column++) measure(image, cells, column, row, levels[column] as number)
  }
  return cells
}

function measure({ width, pixels }: GrayImage, cells: Cells, column: number, row: number, paper: number): void {
  const ink = paper * inkShare
  const clear = paper * (1 - 3 * grainShare)
  const shown = paper * (1 - 1.5 * grainShare)
  let [sum, dark, between, covered] = [0, 0, 0, 0]
  for (let y = 0, start = row * cellSide * width + column * cellSide; y < cellSide; y++, start += width) {
    for (let at = start; at < start + cellSide; at++) {
      const level = pixels[at] as number
      sum += level
      if (level <= ink) dark++
      else if (level < clear) between++
      if (level < shown) covered++
    }
  }
  const to = row * cells.across + column
  cells.ink[to] = dark >= leastInkPixels ? 1 : 0
  const isGrey = sum < paper * (1 - grainShare) * cellPixels
  cells.grey[to] = !isGrey ? 0 : covered < coveredPixels ? 1 : 2
  cells.between[to] = between
  cells.black[to] = dark === cellPixels ? sum / cellPixels : 255
}

/** Grey that is neither beside ink nor the thin end of a stroke: it hangs on to ink by too many cells, or by none. */
function hasStrayGrey({ across, down, ink, grey }: Cells): boolean {
  const explained = ink.slice()
  let stray: number[] = []
  for (let row = 1; row < down - 1; row++) {
    for (let column = 1, at = row * across + 1; column < across - 1; column++, at++) {
      if (grey[at] === 0) continue
      if (isNear(ink, at, across)) explained[at] = 1
      else stray.push(at)
    }
  }
  for (let step = 0; step < thinEndCells && stray.length > mostStrayCells; step++) {
    const reached = stray.filter(at => grey[at] === 1 && isNear(explained, at, across))
    for (const at of reached) explained[at] = 1
    stray = stray.filter(at => explained[at] === 0)
  }
  return stray.length > mostStrayCells
}

function isNear(cells: Uint8Array, at: number, across: number): boolean {
  for (const row of [at - across, at, at + across]) {
    if (cells[row - 1] === 1 || cells[row] === 1 || cells[row + 1] === 1) return true
  }
  return false
}

function hasPicture({ across, down, between }: Cells): boolean {
  const half = tileSide >> 1
  for (let top = 0; top + tileSide <= down; top += half) {
    for (let left = 0; left + tileSide <= across; left += half) {
      let count = 0
      for (let row = top; row < top + tileSide; row++) {
        for (let at = row * across + left; at < row * across + left + tileSide; at++) count += between[at] as number
      }
      if (count > mostBetween * (tileSide * cellSide) ** 2) return true
    }
  }
  return false
}

function isOneBlack({ black }: Cells): boolean {
  const counts = new Uint32Array(256)
  let total = 0
  for (const level of black) {
    if (level === 255) continue
    counts[level] = (counts[level] as number) + 1
    total++
  }
  const lowest = levelAt(counts, total * inkSpreadShare)
  return levelAt(counts, total * (1 - inkSpreadShare)) - lowest <= mostInkSpread
}

function levelAt(counts: Uint32Array, wanted: number): number {
  let below = 0
  for (let level = 0; level < counts.length; level++) {
    below += counts[level] as number
    if (below >= wanted) return level
  }
  return 255
}
