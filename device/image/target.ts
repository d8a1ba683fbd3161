// Measures a scan of the test target: where it lies, how true its millimetres are, how sharp, how even, how grey and how
// coloured it came out. Pure: the same pixels give the same numbers.

import { Fault } from '../errors.ts'
import type { PagePixels } from './straighten.ts'
import { type AxisSharpness, measureRegistration, measureSharpness } from './target-edge.ts'
import { findTarget, type Plane } from './target-find.ts'
import { targetVersion } from './target-layout.ts'
import { mapSheet, type SheetMap } from './target-map.ts'
import type { AxisResolution, TargetMeasurement } from './target-measurement.ts'
import { findStreaks } from './target-streaks.ts'
import { channelOf, planeOf, readClipping, readPaper, readPatches } from './target-tone.ts'

/** With fewer of its marks the sheet is damaged, or covered, or not whole on the image. */
const leastMarks = 0.9
const places = 4

/** Throws TARGET_NOT_FOUND, TARGET_UNKNOWN (a sheet of another version). */
export function measureTarget(page: PagePixels): TargetMeasurement {
  const gray = planeOf(page)
  const map = locate(gray)
  const sharpness = measureSharpness(gray, map)
  const { ppiX, ppiY, orthogonalityDegrees, distortionMm, distortionRmsMm, seen, marks, turn, skewDegrees } = map
  const geometry = { ppiX, ppiY, orthogonalityDegrees, distortionMm, distortionRmsMm }
  return {
    version: targetVersion,
    width: page.width,
    height: page.height,
    channels: page.channels,
    turn,
    skewDegrees: round(skewDegrees),
    geometry: { ...rounded(geometry), marksSeen: seen, marks },
    resolution: { x: resolutionOf(sharpness.x, ppiX), y: resolutionOf(sharpness.y, ppiY) },
    registration: page.channels === 1 ? null : rounded(registrationOf(page, map)),
    patches: readPatches(page, map).map(({ name, rgb, lab, noise }) => ({
      name,
      rgb: [round(rgb[0]), round(rgb[1]), round(rgb[2])],
      lab: [round(lab[0]), round(lab[1]), round(lab[2])],
      noise: round(noise),
    })),
    paper: rounded(readPaper(page, map)),
    clipping: rounded(readClipping(page, map)),
    streaks: findStreaks(page, map).map(rounded),
  }
}

function locate(gray: Plane): SheetMap {
  const found = findTarget(gray)
  if (found.found === 'nothing') throw new Fault('TARGET_NOT_FOUND', found.detail)
  if (found.version !== targetVersion) {
    throw new Fault('TARGET_UNKNOWN', `the sheet is of version ${found.version}, this program knows ${targetVersion}`)
  }
  const map = mapSheet(gray, found.map, found.corners, leastMarks)
  if (map === undefined) throw new Fault('TARGET_NOT_FOUND', 'too many marks of the sheet are covered, torn or soiled')
  return map
}

function resolutionOf(sharpness: AxisSharpness | undefined, ppi: number): AxisResolution | null {
  if (sharpness === undefined) return null
  const { mtf50, mtf10, edges } = sharpness
  const perMillimetre = ppi / 25.4
  const nyquist = 0.5
  return {
    mtf50: round(mtf50 * perMillimetre),
    mtf10: round(mtf10 * perMillimetre),
    efficiency: round(mtf10 / nyquist),
    effectivePpi: round(Math.min(mtf10 / nyquist, 1) * ppi),
    edges,
  }
}

function registrationOf(page: PagePixels, map: SheetMap): { x: number; y: number } {
  const [red, green, blue] = [channelOf(page, 0), channelOf(page, 1), channelOf(page, 2)]
  const [one, other] = [measureRegistration(red, green, map), measureRegistration(blue, green, map)]
  return { x: Math.max(one.x, other.x), y: Math.max(one.y, other.y) }
}

/** `values` holds numbers alone. */
function rounded<T extends object>(values: T): { [K in keyof T]: number } {
  const entries = Object.entries(values).map(([key, value]) => [key, round(Number(value))])
  return Object.fromEntries(entries) as { [K in keyof T]: number }
}

function round(value: number): number {
  return Number(value.toFixed(places))
}
