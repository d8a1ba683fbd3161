// The judgement of one page from its reduced copy: the sheet, then on the sheet alone ink, blank, skew and orientation, and
// colour. Pure: the same pixels give the same verdict everywhere.

import { judgeBlank } from './blank.ts'
import { type ColourImage, grayOf, isColoured } from './colour.ts'
import { inkBeyond } from './corners.ts'
import { frameAround, type Point } from './geometry.ts'
import { findInk, type GrayImage } from './ink.ts'
import { judgeOrientation, type QuarterTurn } from './orientation.ts'
import { findSheet, type Sheet } from './sheet.ts'
import { findSkew, type SkewVerdict } from './skew.ts'
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
  /** Ink, in pixels of the copy, that levelling moves off the canvas. */
  readonly beyond: readonly Point[]
}

/** The density that A4 pages are judged at. */
const usualPixelsPerInch = 75

/** Text that deviates more from its sheet's edges, in degrees, was printed so. */
const printedCrooked = 0.6
/** Smaller sheets than this, in square millimetres, have longer edges than lines: somewhat less than A5. */
const smallSheet = 25_000

/** Judges a page. `pixelsPerInch` is the copy's own density. */
export function judgePage(page: ReducedPage, pixelsPerInch = usualPixelsPerInch): PageJudgement {
  const whole = toGray(page)
  const colour = page.channels === 3 ? page.pixels : undefined
  const sheet = findSheet({ ...whole, colour, pixelsPerInch })
  const part =
    sheet === undefined ? page : straighten(page, sheet.degrees, frameAround(sheet.corners, page, sheet.degrees))
  const ink = findInk(part === page ? whole : toGray(part))
  const blank = judgeBlank(ink).blank && (part.channels === 1 || judgeBlank(findInk(darkestOf(part))).blank)
  const coloured = part.channels === 3 && isColoured(part)
  const edges = Math.round((sheet?.degrees ?? 0) * 100) / 100
  const found = { coloured, sheet: sheet?.corners, beyond: [] }
  if (blank) return { ...found, blank, skewDegrees: edges, turn: 0, turnConfident: false }
  const skew = findSkew(ink)
  const { turn, confident } = judgeOrientation(ink, skew)
  const area = part.width * part.height * (25.4 / pixelsPerInch) ** 2
  const skewDegrees = Math.round((edges + (isByEdges(sheet, skew, area) ? 0 : skew.degrees)) * 100) / 100
  const beyond = sheet === undefined ? inkBeyond(ink, skewDegrees) : []
  return { ...found, beyond, blank, skewDegrees, turn, turnConfident: confident }
}

/**
 * Whether the sheet's edges tell its angle better than its text. Sharp edges do, unless the text was plainly printed at
 * another angle; edges told by their shadow do on small sheets.
 */
function isByEdges(sheet: Sheet | undefined, skew: SkewVerdict, area: number): boolean {
  if (sheet === undefined) return false
  return sheet.sharp ? Math.abs(skew.degrees) < printedCrooked : area < smallSheet
}

/** The darkest channel of every pixel: yellow is nearly white in grey, and black in blue light. */
function darkestOf({ width, height, pixels }: ReducedPage): GrayImage {
  const darkest = new Uint8Array(width * height)
  for (let i = 0, at = 0; i < darkest.length; i++, at += 3) {
    darkest[i] = Math.min(pixels[at] as number, pixels[at + 1] as number, pixels[at + 2] as number)
  }
  return { width, height, pixels: darkest }
}

function toGray(page: ReducedPage): ReducedPage & { readonly channels: 1 } {
  return { ...page, channels: 1, pixels: page.channels === 1 ? page.pixels : grayOf(page) }
}
