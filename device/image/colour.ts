// Whether a page needs its colours, and where black begins in a grey one. Paper tone is not colour: every pixel is held
// against the paper it lies on; a coloured sheet, a stamp or a signature in blue ink is.

/** A colour image, R G B bytes, row by row. */
export interface ColourImage {
  readonly width: number
  readonly height: number
  readonly pixels: Uint8Array
}

/** How far a pixel's colour differences (Cb, Cr) must lie from the paper's to count as coloured. */
const leastChroma = 10
/** Beyond this the paper itself is coloured, not merely yellowed. */
const colouredPaperChroma = 24
/** Coloured pixels that make a page coloured: a signature's worth, above the fringes of misaligned sensor rows. */
const leastColouredShare = 0.0003

/** True when something on the page, or the page itself, is coloured. */
export function isColoured(image: ColourImage): boolean {
  const chroma = chromaOf(image)
  const paper = { blue: medianOf(chroma.blue), red: medianOf(chroma.red) }
  if (Math.hypot(paper.blue, paper.red) > colouredPaperChroma) return true
  let coloured = 0
  for (let i = 0; i < chroma.blue.length; i++) {
    const blue = (chroma.blue[i] as number) - paper.blue
    const red = (chroma.red[i] as number) - paper.red
    if (blue * blue + red * red > leastChroma * leastChroma) coloured++
  }
  return coloured >= chroma.blue.length * leastColouredShare
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

/** Black may begin neither so dark that pencil vanishes nor so close to the paper that its grain shows. */
const thresholdShareOfPaper = { least: 0.5, most: 0.82 }

/** The grey level from which on a pixel is white: Otsu's threshold, kept between shares of the paper's level. */
export function blackThreshold(gray: Uint8Array): number {
  const counts = new Uint32Array(256)
  for (const level of gray) counts[level] = (counts[level] as number) + 1
  const paper = paperLevel(counts, gray.length)
  const least = Math.round(paper * thresholdShareOfPaper.least)
  const most = Math.round(paper * thresholdShareOfPaper.most)
  return Math.max(1, Math.min(most, Math.max(least, otsu(counts, gray.length) + 1)))
}

/** Black (0) and white (255) in place of grey. */
export function toBlackAndWhite(gray: Uint8Array, threshold: number): Uint8Array {
  const pixels = new Uint8Array(gray.length)
  for (let i = 0; i < gray.length; i++) pixels[i] = (gray[i] as number) < threshold ? 0 : 255
  return pixels
}

/** Whether every byte is 0 or 255: in a grey image, one that was black and white from the start. */
export function isBlackAndWhite(gray: Uint8Array): boolean {
  for (const level of gray) if (level !== 0 && level !== 255) return false
  return true
}

/** Otsu: the level that splits the histogram with the greatest variance between its two classes. */
function otsu(counts: Uint32Array, total: number): number {
  let sum = 0
  for (let level = 0; level < 256; level++) sum += level * (counts[level] as number)
  let [best, bestVariance, below, sumBelow] = [0, -1, 0, 0]
  for (let level = 0; level < 255; level++) {
    below += counts[level] as number
    sumBelow += level * (counts[level] as number)
    if (below === 0 || below === total) continue
    const variance = (sum * (below / total) - sumBelow) ** 2 / (below * (total - below))
    if (variance > bestVariance) [best, bestVariance] = [level, variance]
  }
  return best
}

/** The paper: the commonest level of the brighter half of the page's pixels. */
function paperLevel(counts: Uint32Array, total: number): number {
  let seen = 0
  let paper = 255
  let most = -1
  for (let level = 255; level >= 0 && seen < total / 2; level--) {
    seen += counts[level] as number
    if ((counts[level] as number) > most) {
      most = counts[level] as number
      paper = level
    }
  }
  return paper
}

interface Chroma {
  readonly blue: Int16Array
  readonly red: Int16Array
}

/** Cb and Cr (ITU-R BT.601, around 0), each the mean of two by two pixels against the noise of single ones. */
function chromaOf(image: ColourImage): Chroma {
  const across = image.width >> 1
  const down = image.height >> 1
  const blue = new Int16Array(across * down)
  const red = new Int16Array(across * down)
  const lineBytes = image.width * 3
  const { pixels } = image
  for (let y = 0, to = 0; y < down; y++) {
    for (let x = 0, at = y * 2 * lineBytes; x < across; x++, at += 6, to++) {
      const below = at + lineBytes
      const r = byte(pixels, at) + byte(pixels, at + 3) + byte(pixels, below) + byte(pixels, below + 3)
      const g = byte(pixels, at + 1) + byte(pixels, at + 4) + byte(pixels, below + 1) + byte(pixels, below + 4)
      const b = byte(pixels, at + 2) + byte(pixels, at + 5) + byte(pixels, below + 2) + byte(pixels, below + 5)
      blue[to] = Math.round((-0.169 * r - 0.331 * g + 0.5 * b) / 4)
      red[to] = Math.round((0.5 * r - 0.419 * g - 0.081 * b) / 4)
    }
  }
  return { blue, red }
}

function byte(pixels: Uint8Array, at: number): number {
  return pixels[at] as number
}

/** The median of colour differences, which lie between −128 and 128. */
function medianOf(values: Int16Array): number {
  const counts = new Uint32Array(257)
  for (const value of values) counts[value + 128] = (counts[value + 128] as number) + 1
  let below = 0
  for (let i = 0; i < counts.length; i++) {
    below += counts[i] as number
    if (2 * below > values.length) return i - 128
  }
  return 0
}
