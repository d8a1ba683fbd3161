// Which way up a page lies, from its ink alone: text lines run along the axis whose line sums jump most, and in Latin
// script more letters rise above the small ones (ascenders, capitals) than hang below them. A page is only turned when
// many lines agree; capitals and figures, which rise and hang alike, say nothing. A wrong turn is worse than none.

import type { InkMap } from './ink.ts'
import type { SkewVerdict } from './skew.ts'

export type QuarterTurn = 0 | 90 | 180 | 270

/** How the lines voted; `turn` brings the text upright by clockwise degrees and is 0 without confidence. */
export interface OrientationVerdict {
  readonly turn: QuarterTurn
  readonly confident: boolean
  readonly sideways: boolean
  /** Lines whose taller letters point to the top (left, where sideways) of the image, and to its bottom (right). */
  readonly votesToTop: number
  readonly votesToBottom: number
}

/** Line sums jump so many times more along text than across it; in tables of figures they jump both ways. */
const leastStrengthRatio = 4
/** Lines are read in strips, so that columns of text side by side do not blur each other. */
const strips = 5
/** Height of a line from ascender to descender at about 75 pixels per inch: 5 to 30 points and the gap's blur. */
const lineHeights = { least: 6, most: 32 }
/** Rows below this share of the strip's densest row separate lines. */
const gapShare = 0.04
/** A letter rises or hangs when it passes the small letters by so much of their height, and so many pixels at least. */
const leastRise = { share: 0.22, pixels: 1.5 }
/** Heights of small letters that can be told from their risers, in pixels. */
const leastBody = 3
/** A line votes when this share of its columns passes on one side, and so many times more than on the other. */
const leastRisers = 0.07
const voteMargin = 1.5
/** Tops and bottoms are counted by half pixels. */
const binsPerPixel = 2
/** Share of the votes, and how many times the risers of the other side, that the winning side needs. */
const leastAgreement = 0.7
const leastRiserMargin = 1.25
/** So many lines must have told something. */
const leastVotes = 12
/** How many standard deviations the vote must lie from a draw of lots. */
const leastDeviations = 3

/** Decides the quarter turn that brings the text upright. */
export function judgeOrientation(ink: InkMap, skew: SkewVerdict): OrientationVerdict {
  const sideways = skew.columns.strength > skew.rows.strength
  const [strong, weak] = sideways ? [skew.columns, skew.rows] : [skew.rows, skew.columns]
  const votes = countVotes(readLines(ink, skew.degrees, sideways))
  const toTop = votes.toTop >= votes.toBottom
  const agreed = skew.confident && strong.strength >= weak.strength * leastStrengthRatio && isClear(votes)
  const upright: QuarterTurn = sideways ? (toTop ? 90 : 270) : toTop ? 0 : 180
  return {
    turn: agreed ? upright : 0,
    confident: agreed,
    sideways,
    votesToTop: votes.toTop,
    votesToBottom: votes.toBottom,
  }
}

/** Whether the lines agree so far that chance, capitals or figures do not explain it; sixteen lines at least. */
export function isClear(votes: Votes): boolean {
  const cast = votes.toTop + votes.toBottom
  const most = Math.max(votes.toTop, votes.toBottom)
  const [more, less] =
    votes.toTop >= votes.toBottom
      ? [votes.risersToTop, votes.risersToBottom]
      : [votes.risersToBottom, votes.risersToTop]
  return (
    cast >= leastVotes &&
    most >= cast * leastAgreement &&
    2 * most - cast >= leastDeviations * Math.sqrt(cast) &&
    more >= less * leastRiserMargin
  )
}

/** How the lines of a page lie: `along` them and `across`, the slope of the skew, and room for what it moves. */
interface Reading {
  readonly along: number
  readonly across: number
  readonly slope: number
  readonly slack: number
  readonly inked: (along: number, across: number) => number
}

/** Where the columns of one line begin and end, in pixels across the lines with the skew taken out. */
interface LineExtent {
  readonly tops: number[]
  readonly bottoms: number[]
}

/** The lines of every strip by their columns' extents; sideways pages are read by columns. */
function readLines(ink: InkMap, degrees: number, sideways: boolean): readonly LineExtent[] {
  const slope = Math.tan((degrees * Math.PI) / 180) * (sideways ? 1 : -1)
  const [along, across] = sideways ? [ink.height, ink.width] : [ink.width, ink.height]
  const slack = Math.ceil(Math.abs(slope) * along) + 1
  const inked = sideways
    ? (position: number, line: number) => ink.contrast[position * ink.width + line] as number
    : (position: number, line: number) => ink.contrast[line * ink.width + position] as number
  const reading = { along, across, slope, slack, inked }
  return Array.from({ length: strips }, (_, strip) => {
    const from = Math.floor((strip * along) / strips)
    const until = Math.floor(((strip + 1) * along) / strips)
    return linesOfStrip(reading, from, until)
  }).flat()
}

function linesOfStrip(reading: Reading, from: number, until: number): readonly LineExtent[] {
  const { across, slope, slack, inked } = reading
  const profile = new Float64Array(across + 2 * slack)
  for (let position = from; position < until; position++) {
    for (let line = 0; line < across; line++) {
      const contrast = inked(position, line)
      if (contrast === 0) continue
      const row = Math.round(line + position * slope) + slack
      profile[row] = (profile[row] as number) + contrast
    }
  }
  const { lines, lineAt } = findLines(profile)
  for (let position = from; position < until; position++) {
    const shift = position * slope + slack
    let current = -1
    for (let line = 0; line < across; line++) {
      if (inked(position, line) === 0) continue
      const at = lineAt[Math.round(line + shift)] as number
      if (at < 0) continue
      const { tops, bottoms } = lines[at] as LineExtent
      if (at !== current) tops.push(line + shift)
      else bottoms.pop()
      bottoms.push(line + shift)
      current = at
    }
  }
  return lines
}

/** The lines of a strip, still without extents, and which of them a row belongs to, −1 for none. */
function findLines(profile: Float64Array): { readonly lines: readonly LineExtent[]; readonly lineAt: Int32Array } {
  const gap = profile.reduce((most, value) => Math.max(most, value), 0) * gapShare
  const lineAt = new Int32Array(profile.length).fill(-1)
  const lines: LineExtent[] = []
  let start = -1
  for (let row = 0; row <= profile.length; row++) {
    const inked = row < profile.length && (profile[row] as number) > gap
    if (inked && start < 0) start = row
    if (inked || start < 0) continue
    if (row - start >= lineHeights.least && row - start <= lineHeights.most) {
      lineAt.fill(lines.length, start, row)
      lines.push({ tops: [], bottoms: [] })
    }
    start = -1
  }
  return { lines, lineAt }
}

/** Lines that voted, and columns of letters that rise, toward the image's top (left, where sideways) or bottom (right). */
export interface Votes {
  toTop: number
  toBottom: number
  risersToTop: number
  risersToBottom: number
}

function countVotes(lines: readonly LineExtent[]): Votes {
  const votes: Votes = { toTop: 0, toBottom: 0, risersToTop: 0, risersToBottom: 0 }
  for (const { tops, bottoms } of lines) {
    const [top, bottom] = [commonest(tops), commonest(bottoms)]
    if (bottom - top < leastBody) continue
    const rise = Math.max(leastRise.pixels, (bottom - top) * leastRise.share)
    const above = tops.filter(at => at < top - rise).length
    const below = bottoms.filter(at => at > bottom + rise).length
    votes.risersToTop += above
    votes.risersToBottom += below
    const least = tops.length * leastRisers
    if (above >= least && above > below * voteMargin) votes.toTop++
    else if (below >= least && below > above * voteMargin) votes.toBottom++
  }
  return votes
}

/** The position that most of the values lie next to. */
function commonest(values: readonly number[]): number {
  const counts = new Map<number, number>()
  let best = { bin: 0, count: 0 }
  for (const value of values) {
    const bin = Math.floor(value * binsPerPixel)
    for (const near of [bin, bin + 1]) {
      const count = (counts.get(near) ?? 0) + 1
      counts.set(near, count)
      if (count > best.count) best = { bin: near, count }
    }
  }
  return best.bin / binsPerPixel
}
