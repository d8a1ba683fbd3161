// Black and white in place of grey. The line between them follows the paper, so that a shadow stays white and thin strokes
// stay whole on either side of it.

import type { GrayImage } from './ink.ts'
import { type Paper, paperLine } from './paper.ts'

/** Black may begin neither so dark that thin strokes break nor so close to the paper that its grain shows. */
const blackShares = { least: 0.62, most: 0.82 }
/** Levels are told apart in so many steps of the paper's. */
const steps = 256
/** Lines of a page that share the paper's levels; it changes slowly. */
const sharedLines = 4

/** The share of the paper's level from which on a pixel is white: Otsu's, kept within bounds. `reduced` is what `paper` was found on. */
export function blackShare(reduced: GrayImage, paper: Paper): number {
  const { width, height, pixels } = reduced
  const counts = new Uint32Array(steps)
  const levels = new Float32Array(width)
  for (let y = 0, at = 0; y < height; y++) {
    if (y % sharedLines === 0) paperLine(paper, y, height, levels)
    for (let x = 0; x < width; x++, at++) {
      const step = Math.min(steps - 1, Math.floor(((pixels[at] as number) / (levels[x] as number)) * (steps - 1)))
      counts[step] = (counts[step] as number) + 1
    }
  }
  const share = (otsu(counts, pixels.length) + 1) / (steps - 1)
  return Math.min(blackShares.most, Math.max(blackShares.least, share))
}

/** Black (0) and white (255): black is what is darker than `share` of its paper. */
export function toBlackAndWhite(page: GrayImage, paper: Paper, share: number): Uint8Array {
  const { width, height, pixels } = page
  const black = new Uint8Array(pixels.length)
  const levels = new Float32Array(width)
  for (let y = 0, at = 0; y < height; y++) {
    if (y % sharedLines === 0) {
      paperLine(paper, y, height, levels)
      for (let x = 0; x < width; x++) levels[x] = (levels[x] as number) * share
    }
    for (let x = 0; x < width; x++, at++) black[at] = (pixels[at] as number) < (levels[x] as number) ? 0 : 255
  }
  return black
}

/** Black and white with one line between them: for what was so from the start and was only turned. */
export function splitAt(gray: Uint8Array, level: number): Uint8Array {
  const black = new Uint8Array(gray.length)
  for (let i = 0; i < gray.length; i++) black[i] = (gray[i] as number) < level ? 0 : 255
  return black
}

/** Whether every byte is 0 or 255: in a grey image, one that was black and white from the start. */
export function isBlackAndWhite(gray: Uint8Array): boolean {
  for (const level of gray) if (level !== 0 && level !== 255) return false
  return true
}

/** Otsu: the step that splits the counts with the greatest variance between its two classes. */
function otsu(counts: Uint32Array, total: number): number {
  let sum = 0
  for (let level = 0; level < steps; level++) sum += level * (counts[level] as number)
  let [best, bestVariance, below, sumBelow] = [0, -1, 0, 0]
  for (let level = 0; level < steps - 1; level++) {
    below += counts[level] as number
    sumBelow += level * (counts[level] as number)
    if (below === 0 || below === total) continue
    const variance = (sum * (below / total) - sumBelow) ** 2 / (below * (total - below))
    if (variance > bestVariance) [best, bestVariance] = [level, variance]
  }
  return best
}
