// Where there is ink on a page: each pixel of a reduced grey copy against the paper around it, so that paper tone, shading
// and noise are not taken for writing. Everything else that judges a page starts from this.

/** A grey image, one byte a pixel, row by row, 0 = black. */
export interface GrayImage {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** How much darker than its paper each pixel is, 0 where it is paper; `paper` is the level of the sheet as a whole. */
export interface InkMap {
  readonly width: number
  readonly height: number
  readonly contrast: Uint8Array
  readonly paper: number
}

/** Blocks of the reduced copy in which the paper's level is taken; text never fills one. */
const blockPixels = 16
/** Share of a block's pixels that may be darker than its paper level. */
const paperPercentile = 0.85
/** Where even a block's neighbours are darker than this share of the sheet's level lies no shadow but a large dark mark. */
const leastPaperShare = 0.55
/** Paper gets lighter by no more than this from one block to the next. */
const mostRimStep = 4
/** Less contrast than this is paper grain, show-through or JPEG noise at about 75 pixels per inch. */
const leastContrast = 20
/** Noise is counted out by so many times its mean step between neighbours. */
const noiseFactor = 7

/** Tells ink from paper. */
export function findInk(image: GrayImage): InkMap {
  const { width, height, pixels } = image
  const paper = paperLevels(image)
  const threshold = Math.max(leastContrast, Math.ceil(noiseFactor * noiseOf(image)))
  const contrast = new Uint8Array(width * height)
  for (let y = 0; y < height; y++) {
    const blockRow = Math.floor(y / blockPixels) * paper.across
    for (let x = 0, at = y * width; x < width; x++, at++) {
      const darker = (paper.levels[blockRow + Math.floor(x / blockPixels)] as number) - (pixels[at] as number)
      if (darker >= threshold) contrast[at] = darker
    }
  }
  return { width, height, contrast, paper: medianOf(paper.levels) }
}

interface PaperLevels {
  readonly across: number
  readonly levels: Uint8Array
}

/** The paper's level by block: the brightest of a block and its neighbours, so that a filled box counts as ink. */
function paperLevels(image: GrayImage): PaperLevels {
  const across = Math.ceil(image.width / blockPixels)
  const down = Math.ceil(image.height / blockPixels)
  const own = new Uint8Array(across * down)
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) own[row * across + column] = blockPaper(image, column, row)
  }
  limitRim(own, across, down)
  const levels = new Uint8Array(own.length)
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      let brightest = 0
      for (let y = Math.max(0, row - 1); y <= Math.min(down - 1, row + 1); y++) {
        for (let x = Math.max(0, column - 1); x <= Math.min(across - 1, column + 1); x++) {
          brightest = Math.max(brightest, own[y * across + x] as number)
        }
      }
      levels[row * across + column] = brightest
    }
  }
  const sheet = medianOf(levels)
  return { across, levels: levels.map(level => (level < sheet * leastPaperShare ? sheet : level)) }
}

/** A light lid beside tinted paper must not pass for it: the two outermost rings are not lighter than what they enclose. */
function limitRim(levels: Uint8Array, across: number, down: number): void {
  if (Math.min(across, down) < 6) return
  for (const ring of [1, 0]) {
    for (let row = ring; row < down - ring; row++) {
      const innerRow = Math.max(ring + 1, Math.min(down - 2 - ring, row))
      for (let column = ring; column < across - ring; column++) {
        const innerColumn = Math.max(ring + 1, Math.min(across - 2 - ring, column))
        if (row === innerRow && column === innerColumn) continue
        const most = (levels[innerRow * across + innerColumn] as number) + mostRimStep
        const at = row * across + column
        levels[at] = Math.min(levels[at] as number, most)
      }
    }
  }
}

function blockPaper(image: GrayImage, column: number, row: number): number {
  const right = Math.min(image.width, (column + 1) * blockPixels)
  const bottom = Math.min(image.height, (row + 1) * blockPixels)
  const counts = new Uint16Array(256)
  let count = 0
  for (let y = row * blockPixels; y < bottom; y++) {
    for (let x = column * blockPixels; x < right; x++, count++) {
      const level = image.pixels[y * image.width + x] as number
      counts[level] = (counts[level] as number) + 1
    }
  }
  let below = 0
  for (let level = 0; level < 256; level++) {
    below += counts[level] as number
    if (below >= count * paperPercentile) return level
  }
  return 255
}

/** The mean step between neighbours over the calmer three quarters of the page: grain, not edges. */
function noiseOf(image: GrayImage): number {
  const counts = new Uint32Array(256)
  let count = 0
  for (let at = 1; at < image.pixels.length; at += 3, count++) {
    const step = Math.abs((image.pixels[at] as number) - (image.pixels[at - 1] as number))
    counts[step] = (counts[step] as number) + 1
  }
  let taken = 0
  let sum = 0
  for (let step = 0; step < 256 && taken < count * 0.75; step++) {
    taken += counts[step] as number
    sum += (counts[step] as number) * step
  }
  return taken === 0 ? 0 : sum / taken
}

function medianOf(levels: Uint8Array): number {
  return levels.toSorted()[levels.length >> 1] ?? 255
}
