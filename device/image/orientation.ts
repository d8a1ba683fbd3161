// Which way up a page lies, from its ink alone: text lines run along the axis whose line sums jump most, and in Latin
// script more ink stands above the small letters (ascenders, capitals, accents) than hangs below them. A page is only
// turned when many lines agree; a wrong turn is worse than none.

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
/** Rows of a line with at least this share of its densest row are the small letters' bodies. */
const bodyShare = 0.5
/** Rows below this share of the strip's densest row separate lines. */
const gapShare = 0.04
/** A line votes when one side outweighs the other so many times. */
const voteMargin = 1.25
/** Share of the votes, and how many times the ink, that the winning side needs. */
const leastAgreement = 0.7
const leastInkMargin = 1.25
/** How many standard deviations the vote must lie from a draw of lots. */
const leastDeviations = 4

/** Decides the quarter turn that brings the text upright. */
export function judgeOrientation(ink: InkMap, skew: SkewVerdict): OrientationVerdict {
  const sideways = skew.columns.strength > skew.rows.strength
  const [strong, weak] = sideways ? [skew.columns, skew.rows] : [skew.rows, skew.columns]
  const votes = countVotes(lineProfiles(ink, skew.degrees, sideways))
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
    votes.toTop >= votes.toBottom ? [votes.inkToTop, votes.inkToBottom] : [votes.inkToBottom, votes.inkToTop]
  return (
    most >= cast * leastAgreement &&
    2 * most - cast >= leastDeviations * Math.sqrt(cast) &&
    more >= less * leastInkMargin
  )
}

/** The ink of each line position in every strip, the skew taken out; sideways pages are read by columns. */
function lineProfiles(ink: InkMap, degrees: number, sideways: boolean): readonly Float64Array[] {
  const slope = Math.tan((degrees * Math.PI) / 180) * (sideways ? 1 : -1)
  const [along, across] = sideways ? [ink.height, ink.width] : [ink.width, ink.height]
  const slack = Math.ceil(Math.abs(slope) * along) + 1
  const profiles = Array.from({ length: strips }, () => new Float64Array(across + 2 * slack))
  for (let y = 0, at = 0; y < ink.height; y++) {
    for (let x = 0; x < ink.width; x++, at++) {
      const contrast = ink.contrast[at] as number
      if (contrast === 0) continue
      const [position, line] = sideways ? [y, x] : [x, y]
      const profile = profiles[Math.floor((position * strips) / along)] as Float64Array
      const row = Math.round(line + position * slope) + slack
      profile[row] = (profile[row] as number) + contrast
    }
  }
  return profiles
}

/** Lines, and their ink, whose taller side points to the image's top (left, where sideways) or bottom (right). */
export interface Votes {
  toTop: number
  toBottom: number
  inkToTop: number
  inkToBottom: number
}

function countVotes(profiles: readonly Float64Array[]): Votes {
  const votes: Votes = { toTop: 0, toBottom: 0, inkToTop: 0, inkToBottom: 0 }
  for (const profile of profiles) {
    const gap = profile.reduce((most, value) => Math.max(most, value), 0) * gapShare
    let start = -1
    for (let row = 0; row <= profile.length; row++) {
      const inked = row < profile.length && (profile[row] as number) > gap
      if (inked && start < 0) start = row
      if (inked || start < 0) continue
      if (row - start >= lineHeights.least && row - start <= lineHeights.most) voteOfLine(profile, start, row, votes)
      start = -1
    }
  }
  return votes
}

function voteOfLine(profile: Float64Array, start: number, end: number, votes: Votes): void {
  const line = profile.subarray(start, end)
  const densest = line.reduce((most, value) => Math.max(most, value), 0)
  const first = line.findIndex(value => value >= densest * bodyShare)
  const last = line.findLastIndex(value => value >= densest * bodyShare)
  const above = line.subarray(0, first).reduce((sum, value) => sum + value, 0)
  const below = line.subarray(last + 1).reduce((sum, value) => sum + value, 0)
  votes.inkToTop += above
  votes.inkToBottom += below
  if (above > below * voteMargin) votes.toTop++
  else if (below > above * voteMargin) votes.toBottom++
}
