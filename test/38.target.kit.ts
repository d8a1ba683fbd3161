// Scans of the test target with known faults: the sheet's own PDF, drawn by poppler, then turned, stretched, blurred,
// tinted and soiled by given amounts, so that what was put in can be compared with what is measured.

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { decodePnm, readPnmHeader } from '../device/image/pnm.ts'
import type { PagePixels } from '../device/image/straighten.ts'
import { targetVersion } from '../device/image/target-layout.ts'
import { targetSheet } from '../device/pdf/target-sheet.ts'
import { seededRandom } from './sim/paper.ts'

const drawn = new Map<string, Promise<PagePixels>>()

/** The sheet as poppler draws it, upright; each drawing is made once. */
export function drawTarget(options: {
  readonly ppi: number
  readonly gray?: boolean
  readonly version?: number
}): Promise<PagePixels> {
  const key = JSON.stringify(options)
  const present = drawn.get(key) ?? draw(options.ppi, options.gray === true, options.version ?? targetVersion)
  drawn.set(key, present)
  return present
}

async function draw(ppi: number, gray: boolean, version: number): Promise<PagePixels> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-target-'))
  try {
    const file = join(folder, 'sheet.pdf')
    await writeFile(file, targetSheet(['ca', 'es', 'en'], version))
    // Every drawn pixel is ink or none, so that the blur put in afterwards is the only one.
    const sharpEdges = gray ? ['-gray', '-aaVector', 'no'] : []
    await promisify(execFile)('pdftoppm', [
      '-r',
      String(ppi),
      '-singlefile',
      ...sharpEdges,
      file,
      join(folder, 'sheet'),
    ])
    const bytes = await readFile(join(folder, `sheet.${gray ? 'pgm' : 'ppm'}`))
    const header = readPnmHeader(bytes)
    const decoded = header === undefined ? undefined : decodePnm(bytes, header)
    if (header === undefined || decoded === undefined) throw new Error('poppler drew nothing')
    return { width: header.width, height: header.height, ...decoded }
  } finally {
    await rm(folder, { recursive: true })
  }
}

export interface ScanFaults {
  /** Pixels per inch of the scan, and of the drawing. */
  readonly ppi: number
  readonly drawnPpi: number
  /** What the scan takes in of a plane with the sheet in its middle; A4 unless told. */
  readonly areaMm?: readonly [number, number]
  /** The sheet's middle beside the area's. */
  readonly shiftMm?: readonly [number, number]
  /** Clockwise. */
  readonly degrees?: number
  /** Pixels that there are more along rows and columns than asked, as a share. */
  readonly stretch?: readonly [number, number]
  /** Columns lean by so much, clockwise. */
  readonly shearDegrees?: number
  /** The feed hurries and lags: amplitude and period along the columns. */
  readonly waveMm?: readonly [number, number]
  /** Of each channel along the rows, pixels. */
  readonly channelShift?: readonly [number, number, number]
  readonly background?: number
}

/** Bilinear samples of the drawing. */
export function scanOf(page: PagePixels, faults: ScanFaults): PagePixels {
  const {
    ppi,
    drawnPpi,
    areaMm = [210, 297],
    shiftMm = [0, 0],
    degrees = 0,
    stretch = [0, 0],
    background = 255,
  } = faults
  const [amplitude, period] = faults.waveMm ?? [0, 1]
  const lean = Math.tan(((faults.shearDegrees ?? 0) * Math.PI) / 180)
  const [width, height] = areaMm.map(side => Math.round((side * ppi) / 25.4)) as [number, number]
  const { channels } = page
  const pixels = new Uint8Array(width * height * channels)
  const angle = (degrees * Math.PI) / 180
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)]
  const perMm = drawnPpi / 25.4
  const [stepX, stepY] = [25.4 / (ppi * (1 + stretch[0])), 25.4 / (ppi * (1 + stretch[1]))]
  for (let y = 0, to = 0; y < height; y++) {
    const v = (y + 0.5 - height / 2) * stepY - shiftMm[1]
    const down = v + amplitude * Math.sin((2 * Math.PI * v) / period)
    for (let x = 0; x < width; x++) {
      for (let channel = 0; channel < channels; channel++, to++) {
        const shifted = x + 0.5 - (faults.channelShift?.[channel] ?? 0) - width / 2
        const across = shifted * stepX - shiftMm[0] + down * lean
        const sheetX = (across * cosine + down * sine + 105) * perMm
        const sheetY = (-across * sine + down * cosine + 148.5) * perMm
        pixels[to] = sample(page, sheetX - 0.5, sheetY - 0.5, channel, background)
      }
    }
  }
  return { width, height, channels, pixels }
}

function sample(
  { width, height, channels, pixels }: PagePixels,
  x: number,
  y: number,
  channel: number,
  beyond: number,
) {
  const [left, top] = [Math.floor(x), Math.floor(y)]
  if (left < 0 || top < 0 || left + 1 >= width || top + 1 >= height) return beyond
  const [right, bottom] = [x - left, y - top]
  const at = (top * width + left) * channels + channel
  const [a = 0, b = 0] = [pixels[at], pixels[at + channels]]
  const [c = 0, d = 0] = [pixels[at + width * channels], pixels[at + width * channels + channels]]
  return Math.round((a * (1 - right) + b * right) * (1 - bottom) + (c * (1 - right) + d * right) * bottom)
}

export async function blurred(page: PagePixels, sigma: number): Promise<PagePixels> {
  const { width, height, channels, pixels } = page
  const image = sharp(pixels, { raw: { width, height, channels } }).blur({
    sigma,
    precision: 'float',
    minAmplitude: 0.001,
  })
  const space = channels === 1 ? 'b-w' : 'srgb'
  return { ...page, pixels: await image.toColourspace(space).raw().toBuffer() }
}

/** Each pixel by its place: `change(value, channel, x, y)`. */
export function painted(
  page: PagePixels,
  change: (value: number, channel: number, x: number, y: number) => number,
): PagePixels {
  const { width, height, channels } = page
  const pixels = new Uint8ClampedArray(page.pixels.length)
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < channels; channel++, at++)
        pixels[at] = change(page.pixels[at] ?? 0, channel, x, y)
  return { ...page, pixels: new Uint8Array(pixels.buffer) }
}

/** As paper and ink come out of a scanner: neither quite white nor quite black. */
export const asScanned = (value: number): number => 20 + (value * 225) / 255

/** Normally distributed, the same for the same seed. */
export function gaussian(seed: number): () => number {
  const random = seededRandom(seed)
  const draw = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  // Drawn once and gone round: a prime of them, which no row of pixels falls in with.
  const values = Float64Array.from({ length: 65_521 }, draw)
  let at = 0
  return () => {
    at = (at + 1) % values.length
    return values[at] ?? 0
  }
}

export function encoded(page: PagePixels, format: 'jpeg' | 'png' = 'jpeg', ppi?: number): Promise<Buffer> {
  const { width, height, channels, pixels } = page
  const image = sharp(pixels, { raw: { width, height, channels } })
  const dated = ppi === undefined ? image : image.withMetadata({ density: ppi })
  return format === 'jpeg' ? dated.jpeg({ quality: 92 }).toBuffer() : dated.png({ compressionLevel: 1 }).toBuffer()
}
