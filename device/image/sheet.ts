// Where the sheet lies in an image that also shows the scanner's lid: a dark lid by its darkness, a light one by the
// shadow at the sheet's edges. What is no clear rectangle on clean lid is left whole: a border too many is seen and cut by
// hand, a cut line of text is not missed.

import { frameAround, isSheetFormat, type Point, type Size } from './geometry.ts'
import type { GrayImage } from './ink.ts'
import { borderLevels, halved, isPlain, percentile } from './lid.ts'
import { fitOutline, type Outline } from './outline.ts'
import { onlyPartOutside, reachedFromBorder } from './region.ts'
import { withoutShadow } from './shadow.ts'

/** A sheet that was told from the lid around it. */
export interface Sheet {
  /** Clockwise degrees that its sides are turned by. */
  readonly degrees: number
  /** The part of it that the image shows, in the image's pixels. */
  readonly corners: readonly Point[]
  /** Whether `degrees` is told by sharp edges; by shadows it is a few tenths of a degree off. */
  readonly sharp: boolean
}

/** The reduced copy in grey, and in colour where it has any: `colour` is R G B of the same pixels. */
export interface LidImage extends GrayImage {
  readonly colour: Uint8Array | undefined
  readonly pixelsPerInch: number
}

/** A dark lid is no lighter than this; a light one no darker than the other. */
const lightestDarkLid = 110
const darkestLightLid = 160
/** So much of the image's border a dark lid takes up at least: the thin end of a wedge. */
const leastBorderShare = 0.04
/** The sheet is so much lighter than a dark lid, in grey levels. */
const leastContrast = 70
/** A card is a fiftieth of what the scanner sees, and its paper half of that: it is lighter than so many pixels. */
const sheetPercentile = 0.99
/** Lid is what lies within this share of that contrast above the lid's own level. */
const lidShareOfContrast = 0.35
/** Grey levels that a light lid varies by. */
const lightTolerance = 3
/** A part beside the sheet is dust up to this, millimetres square. */
const largestDust = 2
/** A sheet fills this share of its rectangle (its corner may be folded), and no more than the other lies outside. */
const leastFilled = 0.965
const mostSpilled = 0.008
/** Sheets of no known format cover at least this share of the image. */
const leastShareOfImage = 0.25
const leastShareOfKnown = 0.02

/** Opposite margins of a sheet differ by so many millimetres at least, in one direction. */
const leastOffCentre = 3

type LidSize = Size & { readonly pixelsPerInch: number }

/** Finds the sheet; undefined where no lid is seen or it cannot be told from what is printed. */
export function findSheet(image: LidImage): Sheet | undefined {
  return findOnDark(image) ?? findOnLight(image)
}

function findOnDark(image: LidImage): Sheet | undefined {
  const border = borderLevels(image)
  const dark = border.filter(level => level <= lightestDarkLid)
  if (dark.length < border.length * leastBorderShare) return undefined
  const lid = dark[dark.length >> 1] as number
  const sheetLevel = percentile(image.pixels, sheetPercentile)
  if (sheetLevel < lid + leastContrast) return undefined
  const reached = reachedFromBorder(image, 0, lid + (sheetLevel - lid) * lidShareOfContrast)
  const outline = outlineOutside(reached, image.pixelsPerInch)
  if (outline === undefined || !isPlain(image, reached)) return undefined
  return isTrusted(outline, image) ? { degrees: outline.degrees, corners: outline.corners, sharp: true } : undefined
}

/** On a copy of half the size, whose noise is half as large. */
function findOnLight(image: LidImage): Sheet | undefined {
  const half = halved(image)
  const border = borderLevels(half)
  const lid = border[border.length >> 1] as number
  if (lid < darkestLightLid) return undefined
  const reached = reachedFromBorder(half, lid - lightTolerance, lid + lightTolerance)
  const outline = outlineOutside(reached, image.pixelsPerInch / 2)
  const found = outline && withoutShadow(half, outline)
  if (found === undefined) return undefined
  const corners = found.corners.map(({ x, y }) => ({ x: 2 * x, y: 2 * y }))
  return isTrusted(found, { ...half, pixelsPerInch: image.pixelsPerInch / 2 })
    ? { degrees: found.degrees, corners, sharp: false }
    : undefined
}

/** The outline of the one part that the lid leaves; undefined where there are several, or it is no rectangle. */
function outlineOutside(lid: ReturnType<typeof reachedFromBorder>, pixelsPerInch: number): Outline | undefined {
  const leastPixels = lid.width * lid.height * leastShareOfKnown
  const part = onlyPartOutside(lid, leastPixels, largestDust * (pixelsPerInch / 25.4) ** 2)
  const outline = part && fitOutline(part)
  if (outline === undefined || outline.filled < leastFilled || outline.spilled > mostSpilled) return undefined
  return outline
}

/**
 * Whether the rectangle is a sheet's and not a picture's: of a known format, or large and with lid on so many sides, or
 * with nothing but the wedges that a crooked sheet leaves.
 */
function isTrusted(outline: Outline, image: LidSize): boolean {
  const { degrees, corners, sides } = outline
  const frame = frameAround(corners, image, degrees)
  const share = (frame.width * frame.height) / (image.width * image.height)
  const millimetres = (pixels: number) => (pixels * 25.4) / image.pixelsPerInch
  if (isSheetFormat(millimetres(frame.width), millimetres(frame.height))) return true
  if (share < leastShareOfImage) return false
  const seen = sides.filter(side => side !== undefined).length
  const opposite =
    (sides[0] === undefined) === (sides[2] === undefined) && (sides[1] === undefined) === (sides[3] === undefined)
  if (seen > 2 || (seen === 2 && !opposite)) return !isPrintedBorder(corners, image)
  return corners.length === 4 + seen
}

/** Whether the rectangle leaves the same margin at opposite sides: a printed border does, a sheet laid down does not. */
function isPrintedBorder(corners: readonly Point[], { width, height, pixelsPerInch }: LidSize): boolean {
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)]
  const unequal = Math.max(
    Math.abs(Math.min(...xs) + Math.max(...xs) - width),
    Math.abs(Math.min(...ys) + Math.max(...ys) - height),
  )
  return (unequal * 25.4) / pixelsPerInch < leastOffCentre
}
