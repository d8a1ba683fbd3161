// Cleans the background of a bad copy: paper becomes white, shadows and a faint other side go, ink, stamps and pencil stay
// as dark as they were against their paper. Done only where a procedure asks for it: a cleaned page is no longer all that
// the sheet showed.

import { grayOf } from './colour.ts'
import { findPaper, type Paper, paperLine } from './paper.ts'
import type { PagePixels } from './straighten.ts'

const white = 255
/** As dark against paper made white: what is fainter than the first is background, what is darker than the second ink. */
const background = { faintest: 14, ink: 28 }
/** Channels of a pixel further apart than this are colour, which is never background. */
const leastColour = 14
/** Paper whose channels lie further apart is coloured: it is made even, not white. */
const mostTint = 30
const sharedLines = 4

/** A new image of the same size; `reduced` is a reduced copy of the whole page. */
export function cleanBackground(page: PagePixels, reduced: PagePixels): PagePixels {
  const { width, height, channels } = reduced
  const paper = findPaper({ width, height, pixels: channels === 1 ? reduced.pixels : grayOf(reduced) })
  const tint = channels === 1 ? [1, 1, 1] : paperTint(reduced, paper)
  if (page.channels === 1) return { ...page, pixels: cleanGray(page, paper) }
  return { ...page, pixels: cleanColour(page, paper, tint ?? [1, 1, 1], tint === undefined ? paper.level : white) }
}

/** What each channel is to be multiplied with beside luma, so that paper has no tint; undefined for coloured paper. */
function paperTint({ pixels }: PagePixels, paper: Paper): readonly number[] | undefined {
  const sums = [0, 0, 0]
  let count = 0
  for (let at = 0; at < pixels.length; at += 3) {
    const [red, green, blue] = [pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number]
    if (Math.abs(0.299 * red + 0.587 * green + 0.114 * blue - paper.level) > paper.level * 0.06) continue
    for (const [i, value] of [red, green, blue].entries()) sums[i] = (sums[i] as number) + value
    count++
  }
  const means = sums.map(sum => sum / Math.max(1, count))
  if (count === 0 || Math.max(...means) - Math.min(...means) > mostTint) return undefined
  const luma = 0.299 * (means[0] as number) + 0.587 * (means[1] as number) + 0.114 * (means[2] as number)
  return means.map(mean => luma / Math.max(1, mean))
}

function cleanGray({ width, height, pixels }: PagePixels, paper: Paper): Uint8Array {
  const cleaned = new Uint8Array(pixels.length)
  const levels = new Float32Array(width)
  const gain = new Int32Array(width)
  for (let y = 0, at = 0; y < height; y++) {
    if (y % sharedLines === 0) {
      paperLine(paper, y, height, levels)
      fillGains(levels, white, gain)
    }
    for (let x = 0; x < width; x++, at++) {
      const level = ((pixels[at] as number) * (gain[x] as number)) >> gainBits
      cleaned[at] = lifted[level > white ? white : level] as number
    }
  }
  return cleaned
}

/** Written out in whole numbers: a page has nine million pixels. */
function cleanColour(
  { width, height, pixels }: PagePixels,
  paper: Paper,
  tint: readonly number[],
  target: number,
): Uint8Array {
  const cleaned = new Uint8ClampedArray(pixels.length)
  const levels = new Float32Array(width)
  const [gainRed, gainGreen, gainBlue] = [new Int32Array(width), new Int32Array(width), new Int32Array(width)]
  for (let y = 0, at = 0; y < height; y++) {
    if (y % sharedLines === 0) {
      paperLine(paper, y, height, levels)
      for (const [i, gain] of [gainRed, gainGreen, gainBlue].entries()) {
        fillGains(levels, target * (tint[i] as number), gain)
      }
    }
    for (let x = 0; x < width; x++, at += 3) {
      const red = ((pixels[at] as number) * (gainRed[x] as number)) >> gainBits
      const green = ((pixels[at + 1] as number) * (gainGreen[x] as number)) >> gainBits
      const blue = ((pixels[at + 2] as number) * (gainBlue[x] as number)) >> gainBits
      const most = red > green ? (red > blue ? red : blue) : green > blue ? green : blue
      const least = red < green ? (red < blue ? red : blue) : green < blue ? green : blue
      const sum = (77 * red + 150 * green + 29 * blue) >> 8
      const luma = sum > white ? white : sum
      const lift = most - least > leastColour ? 0 : (lifted[luma] as number) - luma
      cleaned[at] = red + lift
      cleaned[at + 1] = green + lift
      cleaned[at + 2] = blue + lift
    }
  }
  return new Uint8Array(cleaned.buffer)
}

/** Gains are counted in 1/4096. */
const gainBits = 12

/** What a line's pixels are multiplied with to bring their paper to `target`. */
function fillGains(levels: Float32Array, target: number, gain: Int32Array): void {
  const scaled = target * (1 << gainBits)
  for (let x = 0; x < levels.length; x++) gain[x] = Math.round(scaled / Math.max(1, levels[x] as number))
}

/** By level: background goes to white, ink stays, and between them nothing changes places. */
const lifted = Uint8Array.from({ length: white + 1 }, (_, level) => {
  const darkness = white - level
  const { faintest, ink } = background
  if (darkness <= faintest) return white
  return darkness >= ink ? level : Math.round(white - ((darkness - faintest) * ink) / (ink - faintest))
})
