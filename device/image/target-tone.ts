// Grey, colour and light of the test target as scanned: what each patch came out as, how even and how quiet the bare paper
// is, and what lies at the ends of the scale.

import { grayOf } from './colour.ts'
import type { PagePixels } from './straighten.ts'
import { type Lab, labOf, lightness, linearByByte } from './target-colour.ts'
import type { Plane } from './target-find.ts'
import { type Point, paperFields, paperPlaces, patches, patchSide } from './target-layout.ts'
import type { SheetMap } from './target-map.ts'

export interface PatchReading {
  readonly name: string
  /** 0 to 255. */
  readonly rgb: readonly [number, number, number]
  readonly lab: Lab
  /** Standard deviation of L* over the patch. */
  readonly noise: number
}

export interface PaperReading {
  /** L* at the darkest and the lightest place of the sheet, single soiled ones left out. */
  readonly darkest: number
  readonly lightest: number
  /** Standard deviation of L*, without what a gradient adds. */
  readonly noise: number
}

/** Share of the pixels at the end of the scale: of bare paper at full white, of full ink at full black. */
export interface Clipping {
  readonly highlights: number
  readonly shadows: number
}

/** The inner part of a patch counts; its borders may be out of place. */
const usedShare = 0.6
/** Of the places of paper, at either end: a few specks of dirt are no uneven light. */
const soiledShare = 0.05
const placeMm = { width: 3, height: 5 } as const

export function readPatches(page: PagePixels, map: SheetMap): readonly PatchReading[] {
  const side = patchSide * usedShare
  return patches.map(patch => {
    const { rgb, noise } = readField(page, map, patch, side, side)
    return { name: patch.name, rgb, lab: labOf(rgb), noise }
  })
}

export function readPaper(page: PagePixels, map: SheetMap): PaperReading {
  const places = paperPlaces
    .map(place => labOf(readField(page, map, place, placeMm.width, placeMm.height).rgb)[0])
    .sort((one, other) => one - other)
  const left = Math.floor(places.length * soiledShare)
  const fields = paperFields.map(field => readField(page, map, field, patchSide * usedShare, patchSide * usedShare))
  return {
    darkest: places[left] ?? 0,
    lightest: places[places.length - 1 - left] ?? 0,
    noise: fields.reduce((sum, field) => sum + field.noise, 0) / fields.length,
  }
}

export function readClipping(page: PagePixels, map: SheetMap): Clipping {
  const share = (name: string, isClipped: (value: number) => boolean) => {
    const patch = patches.find(one => one.name === name)
    let [clipped, count] = [0, 0]
    if (patch === undefined) return 0
    eachPixel(page, map, patch, patchSide * usedShare, patchSide * usedShare, at => {
      count += 1
      for (let channel = 0; channel < page.channels; channel++) {
        if (isClipped(page.pixels[at + channel] ?? 0)) {
          clipped += 1
          break
        }
      }
    })
    return count === 0 ? 0 : clipped / count
  }
  return { highlights: share('gray0', value => value === 255), shadows: share('gray100', value => value === 0) }
}

export function planeOf(page: PagePixels): Plane {
  const { width, height, channels, pixels } = page
  return { width, height, pixels: channels === 1 ? pixels : grayOf(page) }
}

export function channelOf({ width, height, channels, pixels }: PagePixels, channel: 0 | 1 | 2): Plane {
  const plane = new Uint8Array(width * height)
  for (let index = 0, at = channel; index < plane.length; index++, at += channels) plane[index] = pixels[at] ?? 0
  return { width, height, pixels: plane }
}

function readField(page: PagePixels, map: SheetMap, centre: Point, widthMm: number, heightMm: number) {
  const sums: [number, number, number] = [0, 0, 0]
  const levels: number[] = []
  const { channels, pixels } = page
  eachPixel(page, map, centre, widthMm, heightMm, at => {
    let luminance = 0
    for (let channel = 0; channel < 3; channel++) {
      const value = pixels[at + (channels === 1 ? 0 : channel)] ?? 0
      sums[channel] = (sums[channel] ?? 0) + value
      luminance += (luminanceShares[channel] ?? 0) * (linearByByte[value] ?? 0)
    }
    levels.push(lightness(luminance))
  })
  const count = Math.max(1, levels.length)
  const rgb: [number, number, number] = [sums[0] / count, sums[1] / count, sums[2] / count]
  return { rgb, noise: noiseOf(levels) }
}

const luminanceShares = [0.2225045, 0.7168786, 0.0606169] as const

/** From neighbours' differences, so that a slow gradient is no noise. */
function noiseOf(levels: readonly number[]): number {
  let sum = 0
  for (let index = 1; index < levels.length; index++) sum += ((levels[index] ?? 0) - (levels[index - 1] ?? 0)) ** 2
  return levels.length < 2 ? 0 : Math.sqrt(sum / (levels.length - 1) / 2)
}

/** Every pixel of a field that lies along the sheet, by the offset of its first byte; what is off the image is left out. */
function eachPixel(
  { width, height, channels }: PagePixels,
  map: SheetMap,
  centre: Point,
  widthMm: number,
  heightMm: number,
  take: (at: number) => void,
): void {
  const middle = map.toImage(centre)
  const { a, b, d, e } = map.affine
  const [stepX, stepY] = [1 / Math.hypot(a, d), 1 / Math.hypot(b, e)]
  for (let v = -heightMm / 2; v <= heightMm / 2; v += stepY) {
    for (let u = -widthMm / 2; u <= widthMm / 2; u += stepX) {
      const [x, y] = [Math.floor(middle.x + a * u + b * v), Math.floor(middle.y + d * u + e * v)]
      if (x >= 0 && y >= 0 && x < width && y < height) take((y * width + x) * channels)
    }
  }
}
