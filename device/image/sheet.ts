// Where the sheet lies in an image that also shows the scanner's lid: a dark lid by its darkness, a light one by the
// shadow at the sheet's edges. What is no clear rectangle on clean lid is left whole: a border too many is seen and cut by
// hand, a cut line of text is not missed.

import { frameAround, isSheetFormat, type Point } from './geometry.ts'
import type { GrayImage } from './ink.ts'
import { borderLevels, halved, isPlain, percentile } from './lid.ts'
import { fitOutline, type Outline } from './outline.ts'
import { largestOutside, reachedFromBorder } from './region.ts'
import { hasSheetShadow } from './shadow.ts'

/** A sheet that was told from the lid around it. */
export interface Sheet {
  /** Clockwise degrees that its sides are turned by. */
  readonly degrees: number
  /** The part of it that the image shows, in the image's pixels. */
  readonly corners: readonly Point[]
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
/** Lid is what lies within this share of that contrast above the lid's own level. */
const lidShareOfContrast = 0.35
/** Grey levels that a light lid varies by. */
const lightTolerance = 3
/** A part beside the sheet is dust up to this, millimetres square. */
const largestDust = 2
/** A sheet fills this share of its rectangle (its corner may be folded), and no more than the other lies outside. */
const leastFilled = 0.965
const mostSpilled = 0.004
/** Sheets of no known format cover at least this share of the image. */
const leastShareOfImage = 0.25
const leastShareOfKnown = 0.02

/** Finds the sheet; undefined where no lid is seen or it cannot be told from what is printed. */
export function findSheet(image: LidImage): Sheet | undefined {
  return findOnDark(image) ?? findOnLight(image)
}

function findOnDark(image: LidImage): Sheet | undefined {
  const border = borderLevels(image)
  const dark = border.filter(level => level <= lightestDarkLid)
  if (dark.length < border.length * leastBorderShare) return undefined
  const lid = dark[dark.length >> 1] as number
  const sheetLevel = percentile(image.pixels, 0.9)
  if (sheetLevel < lid + leastContrast) return undefined
  const reached = reachedFromBorder(image, 0, lid + (sheetLevel - lid) * lidShareOfContrast)
  const outline = outlineOutside(reached, image.pixelsPerInch)
  if (outline === undefined || !isPlain(image, reached)) return undefined
  return isTrusted(outline, image) ? { degrees: outline.degrees, corners: outline.corners } : undefined
}

/** On a copy of half the size, whose noise is half as large. */
function findOnLight(image: LidImage): Sheet | undefined {
  const half = halved(image)
  const border = borderLevels(half)
  const lid = border[border.length >> 1] as number
  if (lid < darkestLightLid) return undefined
  const reached = reachedFromBorder(half, lid - lightTolerance, lid + lightTolerance)
  const outline = outlineOutside(reached, image.pixelsPerInch / 2)
  if (outline === undefined || !hasSheetShadow(half, outline)) return undefined
  const corners = outline.corners.map(({ x, y }) => ({ x: 2 * x, y: 2 * y }))
  return isTrusted(outline, { ...half, pixelsPerInch: image.pixelsPerInch / 2 })
    ? { degrees: outline.degrees, corners }
    : undefined
}

/** The outline of the one part that the lid leaves; undefined where there are several, or it is no rectangle. */
function outlineOutside(lid: ReturnType<typeof reachedFromBorder>, pixelsPerInch: number): Outline | undefined {
  const { part, pixels, next } = largestOutside(lid)
  const all = lid.width * lid.height
  if (pixels < all * leastShareOfKnown || next > largestDust * (pixelsPerInch / 25.4) ** 2) return undefined
  const outline = fitOutline(part)
  if (outline === undefined || outline.filled < leastFilled || outline.spilled > mostSpilled) return undefined
  return outline
}

/**
 * Whether the rectangle is a sheet's and not a picture's: of a known format, or large and with lid on so many sides, or
 * with nothing but the wedges that a crooked sheet leaves.
 */
function isTrusted(outline: Outline, image: GrayImage & { readonly pixelsPerInch: number }): boolean {
  const { degrees, corners, seen } = outline
  const frame = frameAround(corners, image, degrees)
  const share = (frame.width * frame.height) / (image.width * image.height)
  const millimetres = (pixels: number) => (pixels * 25.4) / image.pixelsPerInch
  if (isSheetFormat(millimetres(frame.width), millimetres(frame.height))) return true
  if (share < leastShareOfImage) return false
  const sides = seen.filter(side => side).length
  const opposite = seen[0] === seen[2] && seen[1] === seen[3]
  if (sides > 2 || (sides === 2 && !opposite)) return true
  return corners.length === 4 + sides
}
