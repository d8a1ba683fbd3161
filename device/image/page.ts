// The judgement of one page from its reduced copy: the sheet, then on the sheet alone ink, blank, skew and orientation, and
// colour. Pure: the same pixels give the same verdict everywhere.

import { judgeBlank } from './blank.ts'
import { type ColourImage, grayOf, isColoured } from './colour.ts'
import { frameAround, type Point } from './geometry.ts'
import { findInk } from './ink.ts'
import { judgeOrientation, type QuarterTurn } from './orientation.ts'
import { findSheet } from './sheet.ts'
import { findSkew } from './skew.ts'
import { straighten } from './straighten.ts'

/** A reduced copy, one (grey) or three (R G B) channels of bytes. */
export interface ReducedPage extends ColourImage {
  readonly channels: 1 | 3
}

/** What the reduced copy tells about the page. */
export interface PageJudgement {
  readonly blank: boolean
  readonly coloured: boolean
  /** Clockwise degrees that the content is turned by, or the sheet where its content does not tell; 0 where neither does. */
  readonly skewDegrees: number
  /** Clockwise degrees that bring the text upright; 0 without confidence. */
  readonly turn: QuarterTurn
  readonly turnConfident: boolean
  /** The corners of the sheet, in pixels of the copy; undefined where it was not told from the scanner's lid. */
  readonly sheet: readonly Point[] | undefined
}

/** The density that A4 pages are judged at. */
const usualPixelsPerInch = 75

/** Judges a page. `pixelsPerInch` is the copy's own density. */
export function judgePage(page: ReducedPage, pixelsPerInch = usualPixelsPerInch): PageJudgement {
  const whole = toGray(page)
  const colour = page.channels === 3 ? page.pixels : undefined
  const sheet = findSheet({ ...whole, colour, pixelsPerInch })
  const part =
    sheet === undefined ? page : straighten(page, sheet.degrees, frameAround(sheet.corners, page, sheet.degrees))
  const ink = findInk(part === page ? whole : toGray(part))
  const { blank } = judgeBlank(ink)
  const coloured = part.channels === 3 && isColoured(part)
  const edges = Math.round((sheet?.degrees ?? 0) * 100) / 100
  const found = { coloured, sheet: sheet?.corners }
  if (blank) return { ...found, blank, skewDegrees: edges, turn: 0, turnConfident: false }
  const skew = findSkew(ink)
  const { turn, confident } = judgeOrientation(ink, skew)
  const skewDegrees = Math.round((edges + skew.degrees) * 100) / 100
  return { ...found, blank, skewDegrees, turn, turnConfident: confident }
}

function toGray(page: ReducedPage): ReducedPage & { readonly channels: 1 } {
  return { ...page, channels: 1, pixels: page.channels === 1 ? page.pixels : grayOf(page) }
}
