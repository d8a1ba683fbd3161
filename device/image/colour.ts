// Whether a page needs its colours. Paper tone is not colour, nor are the coloured seams that sensor rows leave along
// black edges; a coloured sheet, a stamp, a seal or a signature in blue ink is. Every doubt is settled for colour: there
// a wrong answer costs bytes, the other way round it costs what a clerk put on the page.

/** A colour image, R G B bytes, row by row. */
export interface ColourImage {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/**
 * Colour differences are looked at in cells of two by two pixels, some 0.7 mm of a reduced copy, against sensor noise; in
 * tiles of so many by so many cells, some 5 mm, against what is left of it.
 */
const tileCells = 8
/** Colour differences are kept as sums over a cell's four pixels. */
const cellPixels = 4
/** Beyond this the paper itself is coloured. */
const colouredPaper = 6
/** Old paper is yellow: so far its tone goes towards yellow, and so far from there towards green and towards red. */
const yellowedPaper = { toYellow: 18, toGreen: 3, toRed: 8 }
/** How far a cell must lie from the paper to count, and by how many times the page's noise. */
const leastCellChroma = 5
const noiseFactor = 5
/** What is nearly black is nearly grey in every scanner: so much more is asked of it. */
const darkLuma = 80
const darkAllowance = 6
/** A short stroke of a pen in one tile; its cells point one way, where a seam's point both ways. */
const leastTileCells = 6
const leastCoherence = 0.6
const leastStroke = 1.4
/** No seam is as strong. */
const surelyCellChroma = 40
/** A tile's mean that is no paper drift any more: over several tiles, and in one. */
const faintTile = { chroma: 1.5, count: 4 }
const clearTileChroma = 5
/** Paper drifts towards yellow at its edges. */
const yellowDrift = 4
/** The largest seam that is taken for one: rows apart by a quarter of a cell. */
const mostSeam = 0.07

/** True when something on the page, or the page itself, is coloured. */
export function isColoured(image: ColourImage): boolean {
  const cells = cellsOf(image)
  const paper = paperTone(cells)
  if (isColouredPaper(paper.blue, paper.red)) return true
  removePaper(cells, paper)
  removeSeams(cells)
  const least = Math.max(leastCellChroma, noiseFactor * noiseOf(cells))
  let faint = 0
  for (let top = 0; top < cells.down; top += tileCells) {
    for (let left = 0; left < cells.across; left += tileCells) {
      const found = judgeTile(cells, left, top, least)
      if (found === 'coloured') return true
      if (found === 'faint') faint++
    }
  }
  return faint >= faintTile.count
}

/** The grey copy of a colour image (ITU-R BT.601 luma). */
export function grayOf(image: ColourImage): Uint8Array {
  const { pixels } = image
  const gray = new Uint8Array(image.width * image.height)
  for (let i = 0, at = 0; i < gray.length; i++, at += 3) {
    gray[i] =
      (77 * (pixels[at] as number) + 150 * (pixels[at + 1] as number) + 29 * (pixels[at + 2] as number) + 128) >> 8
  }
  return gray
}

/** Sums over two by two pixels: luma, and Cb and Cr (ITU-R BT.601) around 0, later around the paper's. */
interface Cells {
  readonly across: number
  readonly down: number
  readonly luma: Int16Array
  readonly blue: Float32Array
  readonly red: Float32Array
}

function cellsOf(image: ColourImage): Cells {
  const across = image.width >> 1
  const down = image.height >> 1
  const luma = new Int16Array(across * down)
  const blue = new Float32Array(across * down)
  const red = new Float32Array(across * down)
  const lineBytes = image.width * 3
  const { pixels } = image
  for (let y = 0, to = 0; y < down; y++) {
    for (let x = 0, at = y * 2 * lineBytes; x < across; x++, at += 6, to++) {
      const below = at + lineBytes
      const r = byte(pixels, at) + byte(pixels, at + 3) + byte(pixels, below) + byte(pixels, below + 3)
      const g = byte(pixels, at + 1) + byte(pixels, at + 4) + byte(pixels, below + 1) + byte(pixels, below + 4)
      const b = byte(pixels, at + 2) + byte(pixels, at + 5) + byte(pixels, below + 2) + byte(pixels, below + 5)
      const y4 = 0.299 * r + 0.587 * g + 0.114 * b
      luma[to] = y4
      blue[to] = 0.564 * (b - y4)
      red[to] = 0.713 * (r - y4)
    }
  }
  return { across, down, luma, blue, red }
}

interface Tone {
  readonly blue: number
  readonly red: number
}

/** The paper's colour differences, of one pixel: the medians over the page. */
function paperTone({ blue, red }: Cells): Tone {
  return { blue: medianOf(blue) / cellPixels, red: medianOf(red) / cellPixels }
}

/** Takes the paper's tone away; of ink, which lets less of it be seen, as much less. */
function removePaper({ luma, blue, red }: Cells, paper: Tone): void {
  const paperLuma = Math.max(1, medianOf(luma))
  for (let at = 0; at < luma.length; at++) {
    const share = ((luma[at] as number) / paperLuma) * cellPixels
    blue[at] = (blue[at] as number) - paper.blue * share
    red[at] = (red[at] as number) - paper.red * share
  }
}

/** Whether a paper's colour differences are more than white's, or old paper's. */
function isColouredPaper(blue: number, red: number): boolean {
  if (Math.hypot(blue, red) <= colouredPaper) return false
  const { toYellow, toGreen, toRed } = yellowedPaper
  return blue > 0 || -blue > toYellow || -red > toGreen || red > toRed
}

/**
 * Takes away what sensor rows that saw the sheet a little apart leave: colour in proportion to how steeply luma rises
 * there, found by least squares over the page. A coloured mark is the same on both its sides, so that nothing of it
 * follows the slope.
 */
function removeSeams(cells: Cells): void {
  const { luma, across, down } = cells
  for (const plane of [cells.blue, cells.red]) {
    let [xx, xy, yy, cx, cy] = [0, 0, 0, 0, 0]
    for (let y = 1; y < down - 1; y++) {
      for (let x = 1, at = y * across + 1; x < across - 1; x++, at++) {
        const slopeX = (luma[at + 1] as number) - (luma[at - 1] as number)
        const slopeY = (luma[at + across] as number) - (luma[at - across] as number)
        xx += slopeX * slopeX
        xy += slopeX * slopeY
        yy += slopeY * slopeY
        cx += (plane[at] as number) * slopeX
        cy += (plane[at] as number) * slopeY
      }
    }
    const determinant = xx * yy - xy * xy
    if (determinant <= 0) continue
    const alongX = within(mostSeam, (cx * yy - cy * xy) / determinant)
    const alongY = within(mostSeam, (cy * xx - cx * xy) / determinant)
    for (let y = 1; y < down - 1; y++) {
      for (let x = 1, at = y * across + 1; x < across - 1; x++, at++) {
        const slopeX = (luma[at + 1] as number) - (luma[at - 1] as number)
        const slopeY = (luma[at + across] as number) - (luma[at - across] as number)
        plane[at] = (plane[at] as number) - alongX * slopeX - alongY * slopeY
      }
    }
  }
}

function within(most: number, value: number): number {
  return Math.max(-most, Math.min(most, value))
}

/** The median length of the colour differences, of one pixel: most of a page is paper. */
function noiseOf({ blue, red }: Cells): number {
  const lengths = new Float32Array(Math.ceil(blue.length / 7))
  for (let i = 0, at = 0; i < lengths.length; i++, at += 7) {
    lengths[i] = Math.hypot(blue[at] as number, red[at] as number)
  }
  return (lengths.toSorted()[lengths.length >> 1] ?? 0) / cellPixels
}

function judgeTile(cells: Cells, left: number, top: number, least: number): 'coloured' | 'faint' | 'plain' {
  const right = Math.min(cells.across, left + tileCells)
  const bottom = Math.min(cells.down, top + tileCells)
  let [sumBlue, sumRed, markBlue, markRed, lengths, marks, sure] = [0, 0, 0, 0, 0, 0, 0]
  for (let y = top; y < bottom; y++) {
    for (let x = left, at = y * cells.across + left; x < right; x++, at++) {
      const blue = (cells.blue[at] as number) / cellPixels
      const red = (cells.red[at] as number) / cellPixels
      sumBlue += blue
      sumRed += red
      const length = Math.sqrt(blue * blue + red * red)
      const asked = (cells.luma[at] as number) < darkLuma * cellPixels ? least + darkAllowance : least
      if (length < asked) continue
      marks++
      markBlue += blue
      markRed += red
      lengths += length
      if (length >= surelyCellChroma) sure++
    }
  }
  if (sure >= leastTileCells) return 'coloured'
  const count = (right - left) * (bottom - top)
  const oneWay = Math.hypot(markBlue, markRed)
  if (marks >= leastTileCells && oneWay >= leastCoherence * lengths && oneWay >= leastStroke * count) return 'coloured'
  const mean = tileTone(sumBlue / count, sumRed / count)
  if (count < (tileCells * tileCells) / 2) return 'plain'
  if (mean >= clearTileChroma) return 'coloured'
  return mean >= faintTile.chroma ? 'faint' : 'plain'
}

/** How far a tile's mean lies from the paper, a drift towards yellow forgiven. */
function tileTone(blue: number, red: number): number {
  const drift = blue < 0 ? Math.max(0, -blue - yellowDrift) : blue
  return Math.hypot(drift, red)
}

function byte(pixels: Uint8Array, at: number): number {
  return pixels[at] as number
}

/** The median of sums over a cell: of luma, or of colour differences around 0. */
function medianOf(values: Float32Array | Int16Array): number {
  const reach = 256 * cellPixels
  const counts = new Uint32Array(2 * reach + 1)
  for (let i = 0; i < values.length; i++) {
    const bin = Math.round(values[i] as number) + reach
    counts[bin] = (counts[bin] as number) + 1
  }
  let below = 0
  for (let i = 0; i < counts.length; i++) {
    below += counts[i] as number
    if (2 * below > values.length) return i - reach
  }
  return 0
}
