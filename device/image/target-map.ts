// The grid of the test target, found mark by mark: the map from its millimetres to the image, and how far the marks lie
// from where an even scale would put them, which is the feeder's stretch or the optics' distortion.

import { type Affine, apply, fitAffine, type Pair, type ScaleAndTurn, scaleAndTurn } from './target-affine.ts'
import { centroid, type Plane } from './target-find.ts'
import { corners, dotRadius, dots, type Point } from './target-layout.ts'

export interface SheetMap extends ScaleAndTurn {
  /** Marks seen, of all that are on the sheet. */
  readonly seen: number
  readonly marks: number
  /** The farthest mark from its place after the even fit, and the root mean square of all; millimetres. */
  readonly distortionMm: number
  readonly distortionRmsMm: number
  readonly affine: Affine
  /** A place of the sheet on the image, the distortion around it included. */
  toImage(place: Point): Point
}

/** A dot is looked for within so many radii of where it should be: a feeder may have pulled a millimetre. */
const searchRadii = 2
/** A dot has about its own ink; a stain or a blot is no dot. */
const inkRange = { least: 0.5, most: 1.7 }
/** Neighbours are within this distance; a mark that differs from theirs by the second is soiled, not displaced. */
const neighbourMm = 29
const soiledMm = 0.4
const neighboursForPlace = 4

/** undefined where fewer than `leastShare` of the marks are seen. */
export function mapSheet(gray: Plane, first: Affine, seen: readonly Point[], leastShare: number): SheetMap | undefined {
  const pixelsPerMm = Math.sqrt(Math.abs(first.a * first.e - first.b * first.d))
  const atCorners = corners.map((sheet, index) => ({ sheet, image: seen[index] ?? sheet }))
  const found = [...atCorners, ...dots.flatMap(dot => findDot(gray, first, dot, pixelsPerMm))]
  const marks = dots.length + corners.length
  if (found.length < marks * leastShare) return undefined
  const shifts = shiftsOf(found, fitAffine(found))
  const clean = shifts.filter(shift => !isSoiled(shift, shifts, pixelsPerMm))
  const affine = fitAffine(clean)
  const fitted = shiftsOf(clean, affine)
  const lengths = fitted.map(({ dx, dy }) => Math.hypot(dx, dy) / pixelsPerMm)
  return {
    ...scaleAndTurn(affine),
    seen: clean.length,
    marks,
    distortionMm: Math.max(...lengths),
    distortionRmsMm: Math.sqrt(lengths.reduce((sum, length) => sum + length * length, 0) / lengths.length),
    affine,
    toImage: place => displaced(place, affine, fitted),
  }
}

function findDot(gray: Plane, map: Affine, dot: Point, pixelsPerMm: number): Pair[] {
  const radius = dotRadius * pixelsPerMm
  const near = centroid(gray, apply(map, dot), radius * searchRadii)
  const { ink, ...image } = centroid(gray, near, radius * 1.6)
  const share = ink / (Math.PI * radius * radius)
  return share < inkRange.least || share > inkRange.most ? [] : [{ sheet: dot, image }]
}

interface Shift extends Pair {
  /** Pixels that the mark lies beside the fit. */
  readonly dx: number
  readonly dy: number
}

function shiftsOf(pairs: readonly Pair[], map: Affine): readonly Shift[] {
  return pairs.map(({ sheet, image }) => {
    const due = apply(map, sheet)
    return { sheet, image, dx: image.x - due.x, dy: image.y - due.y }
  })
}

function isSoiled(shift: Shift, all: readonly Shift[], pixelsPerMm: number): boolean {
  const near = all.filter(
    other => other !== shift && Math.hypot(other.sheet.x - shift.sheet.x, other.sheet.y - shift.sheet.y) < neighbourMm,
  )
  if (near.length === 0) return false
  const middle = (pick: (one: Shift) => number) => median(near.map(pick))
  const apart = Math.hypot(shift.dx - middle(({ dx }) => dx), shift.dy - middle(({ dy }) => dy))
  return apart / pixelsPerMm > soiledMm
}

function displaced(place: Point, affine: Affine, shifts: readonly Shift[]): Point {
  const near = shifts
    .map(shift => ({ shift, distance: Math.hypot(shift.sheet.x - place.x, shift.sheet.y - place.y) }))
    .sort((one, other) => one.distance - other.distance)
    .slice(0, neighboursForPlace)
  const due = apply(affine, place)
  const mean = (pick: (shift: Shift) => number) => near.reduce((sum, { shift }) => sum + pick(shift), 0) / near.length
  return { x: due.x + mean(({ dx }) => dx), y: due.y + mean(({ dy }) => dy) }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other)
  const middle = Math.floor(sorted.length / 2)
  const [low, high] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]]
  return low === undefined || high === undefined ? Number.NaN : (low + high) / 2
}
