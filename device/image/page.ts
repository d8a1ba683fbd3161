// The judgement of one page from its reduced copy: ink, then blank, skew and orientation, then colour. Pure: the same
// pixels give the same verdict everywhere.

import { judgeBlank } from './blank.ts'
import { type ColourImage, grayOf, isColoured } from './colour.ts'
import { findInk } from './ink.ts'
import { judgeOrientation, type QuarterTurn } from './orientation.ts'
import { findSkew } from './skew.ts'

/** A reduced copy, one (grey) or three (R G B) channels of bytes. */
export interface ReducedPage extends ColourImage {
  readonly channels: 1 | 3
}

/** What the reduced copy tells about the page; a blank page is neither skewed nor turned. */
export interface PageJudgement {
  readonly blank: boolean
  readonly coloured: boolean
  /** Clockwise degrees that the content is turned by; 0 where it could not be told. */
  readonly skewDegrees: number
  /** Clockwise degrees that bring the text upright; 0 without confidence. */
  readonly turn: QuarterTurn
}

/** Judges a page. */
export function judgePage(page: ReducedPage): PageJudgement {
  const { width, height } = page
  const gray = page.channels === 1 ? page.pixels : grayOf(page)
  const ink = findInk({ width, height, pixels: gray })
  const { blank } = judgeBlank(ink)
  const coloured = page.channels === 3 && isColoured(page)
  if (blank) return { blank, coloured, skewDegrees: 0, turn: 0 }
  const skew = findSkew(ink)
  const { turn } = judgeOrientation(ink, skew)
  return { blank, coloured, skewDegrees: skew.degrees, turn }
}
