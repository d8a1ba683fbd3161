// The test target measured on scans with known faults: what was put in comes out. The sheet is its own PDF as poppler draws
// it; `qpdf` judges the file.

import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { PagePixels } from '../device/image/straighten.ts'
import { measureTarget } from '../device/image/target.ts'
import { deltaE2000, type Lab, labOf, lightness, linearOf } from '../device/image/target-colour.ts'
import { decodeVersion, encodeVersion, patches } from '../device/image/target-layout.ts'
import { sharpnessOf } from '../device/image/target-mtf.ts'
import { targetSheet } from '../device/pdf/target-sheet.ts'
import { asScanned, blurred, drawTarget, gaussian, painted, type ScanFaults, scanOf } from './38.target.kit.ts'
import { seededRandom } from './sim/paper.ts'

let drawing: PagePixels
let gray: PagePixels
beforeAll(async () => {
  drawing = await blurred(await drawTarget({ ppi: 300 }), 0.8)
  gray = await blurred(await drawTarget({ ppi: 300, gray: true }), 0.8)
})

const scan = (faults: Partial<ScanFaults> = {}, from = gray) => scanOf(from, { ppi: 200, drawnPpi: 300, ...faults })

describe('the sheet', () => {
  it('is a PDF that qpdf finds nothing wrong with, in whatever languages', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'compulsa-target-'))
    try {
      for (const languages of [['ca', 'es', 'en'], ['es'], []]) {
        await writeFile(join(folder, 'sheet.pdf'), targetSheet(languages))
        const { stdout } = await promisify(execFile)('qpdf', ['--check', join(folder, 'sheet.pdf')])
        expect(stdout).toContain('No syntax or stream encoding errors found')
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('tells its version by marks that no other row of marks is taken for', () => {
    for (let version = 0; version < 64; version++) expect(decodeVersion(encodeVersion(version))).toBe(version)
    const marks = encodeVersion(1)
    for (const index of marks.keys()) {
      expect(decodeVersion(marks.map((mark, at) => (at === index ? 1 - mark : mark)))).toBeUndefined()
    }
    expect(decodeVersion(marks.toReversed())).toBeUndefined()
  })
})

describe('where the sheet lies', () => {
  it.each([
    [90, 270, 0],
    [7, 0, 7],
    [-7, 0, -7],
    [183.4, 180, 3.4],
    [-94.9, 90, -4.9],
  ])('turned by %f degrees, it is found', (degrees, turn, skewDegrees) => {
    const sideways = Math.abs(Math.round(degrees / 90)) % 2 === 1
    const measured = measureTarget(scan({ degrees, areaMm: sideways ? [297, 210] : [210, 297] }))
    expect(measured.turn).toBe(turn)
    expect(measured.skewDegrees).toBeCloseTo(skewDegrees, 1)
    expect(measured.geometry.ppiX).toBeCloseTo(200, 1)
    expect(measured.geometry.ppiY).toBeCloseTo(200, 1)
    expect(measured.geometry.distortionMm).toBeLessThan(0.05)
    expect(measured.geometry.marksSeen).toBe(119)
    expect(measured.resolution.x?.edges).toBeGreaterThanOrEqual(6)
    expect(measured.streaks).toEqual([])
  })

  it.each<[string, Partial<ScanFaults>]>([
    ['on the area of a Letter sheet, its foot cut off', { areaMm: [215.9, 279.4], shiftMm: [-2.9, 8.8] }],
    ['on the area of a Letter sheet, its head cut off', { areaMm: [215.9, 279.4], shiftMm: [2.9, -8.8] }],
    ['on a black A3 area', { areaMm: [297, 420], shiftMm: [30, -50], degrees: 2, background: 12 }],
  ])('%s', (_name, faults) => {
    const { geometry } = measureTarget(scan(faults))
    expect(geometry.ppiX).toBeCloseTo(200, 1)
    expect(geometry.ppiY).toBeCloseTo(200, 1)
  })
})

describe('geometry', () => {
  it('measures a stretch of half a percent along the feed, under skew too', () => {
    const { geometry } = measureTarget(scan({ stretch: [0, 0.005], degrees: 1.5 }))
    expect(geometry.ppiX).toBeCloseTo(200, 1)
    expect(geometry.ppiY).toBeCloseTo(201, 1)
  })

  it('measures what rows and columns lack of a right angle', () => {
    const { geometry } = measureTarget(scan({ shearDegrees: 0.25, degrees: -1 }))
    expect(Math.abs(geometry.orthogonalityDegrees)).toBeCloseTo(0.25, 1)
    expect(Math.abs(geometry.orthogonalityDegrees)).toBeGreaterThan(0.23)
    expect(Math.abs(geometry.orthogonalityDegrees)).toBeLessThan(0.27)
  })

  it('measures a feed that hurries and lags by half a millimetre', () => {
    const { geometry } = measureTarget(scan({ waveMm: [0.5, 90] }))
    expect(geometry.distortionMm).toBeGreaterThan(0.45)
    expect(geometry.distortionMm).toBeLessThan(0.65)
  })

  it('takes no speck of dirt on a mark for distortion', () => {
    // Beside the dot at 20 + 2 × 170/6, 36 + 6 × 225/16 millimetres.
    const [x, y] = [(78.2 * 200) / 25.4, (120.4 * 200) / 25.4]
    const soiled = painted(scan(), (value, _channel, px, py) => (Math.hypot(px - x, py - y) < 7 ? 0 : value))
    const { geometry } = measureTarget(soiled)
    expect(geometry.marksSeen).toBe(118)
    expect(geometry.distortionMm).toBeLessThan(0.05)
  })
})

describe('resolution', () => {
  const sinc = (x: number) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))
  const fallsTo = (curve: (frequency: number) => number, level: number) => {
    let frequency = 0
    while (curve(frequency) > level) frequency += 0.0005
    return frequency
  }

  it.each([0.6, 1, 1.6])('of an edge that is a Gaussian of %f pixels is what theory says, within 0.02', sigma => {
    const across = (x: number) => {
      // An integral by steps: the error function is none of the language's.
      let sum = 0
      for (let t = -8; t < x / sigma; t += 0.002) sum += Math.exp((-t * t) / 2) * 0.002
      return sum / Math.sqrt(2 * Math.PI)
    }
    const profile = Float64Array.from({ length: 160 }, (_, bin) => across((bin - 79.5) / 4))
    const found = sharpnessOf(profile, 1)
    const curve = (f: number) => Math.exp(-2 * (Math.PI * sigma * f) ** 2)
    expect(Math.abs((found?.mtf50 ?? 0) / fallsTo(curve, 0.5) - 1)).toBeLessThan(0.02)
    if (sigma > 0.6) expect(Math.abs((found?.mtf10 ?? 0) / fallsTo(curve, 0.1) - 1)).toBeLessThan(0.02)
  })

  it.each([[2.1, -5]])(
    'of a whole sheet blurred by %f pixels of 400 an inch and skewed by %f degrees, within 0.03',
    async (sigma, degrees) => {
      const light = await blurred(await drawTarget({ ppi: 400, gray: true }), sigma)
      // Light adds up, bytes of sRGB do not: the blur was of light.
      const bytes = Uint8Array.from({ length: 256 }, (_, level) => nearestByte(level / 255))
      const page = scanOf(light, { ppi: 200, drawnPpi: 400, degrees })
      const measured = measureTarget({ ...page, pixels: page.pixels.map(value => bytes[value] ?? 0) })
      // Of the drawing's pixel, the bilinear sampling, and the blur; cycles a pixel of the drawing.
      const curve = (f: number) => sinc(f) ** 3 * Math.exp(-2 * (Math.PI * sigma * f) ** 2)
      const perMm = (level: number) => (fallsTo(curve, level) * 400) / 25.4
      for (const axis of [measured.resolution.x, measured.resolution.y]) {
        expect(Math.abs((axis?.mtf50 ?? 0) / perMm(0.5) - 1)).toBeLessThan(0.03)
        expect(Math.abs((axis?.mtf10 ?? 0) / perMm(0.1) - 1)).toBeLessThan(0.03)
        expect(axis?.effectivePpi).toBeCloseTo(Math.min(200, 2 * 25.4 * (axis?.mtf10 ?? 0)), 1)
      }
    },
  )

  it('of pixels that were made up is no more than the real ones give', async () => {
    const { width, height, pixels } = scan({ ppi: 100, degrees: 1 })
    const coarse = sharp(pixels, { raw: { width, height, channels: 1 } }).toColourspace('b-w')
    const made = await coarse
      .resize(width * 2, height * 2)
      .raw()
      .toBuffer()
    const measured = measureTarget({ width: width * 2, height: height * 2, channels: 1, pixels: made })
    expect(measured.geometry.ppiX).toBeCloseTo(200, 1)
    for (const axis of [measured.resolution.x, measured.resolution.y]) {
      expect(axis?.effectivePpi).toBeGreaterThan(90)
      expect(axis?.effectivePpi).toBeLessThan(140)
    }
  })

  it('finds red 0.7 pixels beside green', () => {
    const { registration } = measureTarget(scan({ channelShift: [0.7, 0, 0], degrees: 1 }, drawing))
    expect(registration?.x).toBeGreaterThan(0.64)
    expect(registration?.x).toBeLessThan(0.76)
    expect(registration?.y).toBeLessThan(0.08)
  })
})

function nearestByte(light: number): number {
  let byte = 0
  while (byte < 255 && linearOf(byte + 0.5) < light) byte += 1
  return byte
}

describe('grey and colour', () => {
  it('has the differences of CIEDE2000 that its authors published', () => {
    const pairs: readonly [Lab, Lab, number][] = [
      [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
      [[50, 2.5, 0], [50, 0, -2.5], 4.3065],
      [[50, 2.5, 0], [73, 25, -18], 27.1492],
      [[50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792],
      [[22.7233, 20.0904, -46.694], [23.0331, 14.973, -42.5619], 2.0373],
      [[90.8027, -2.0831, 1.441], [91.1528, -1.6435, 0.0447], 1.4441],
      [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
    ]
    for (const [one, other, difference] of pairs) {
      expect(deltaE2000(one, other)).toBeCloseTo(difference, 4)
      expect(deltaE2000(other, one)).toBeCloseTo(difference, 4)
    }
  })

  it('reads each patch as it was tinted, and its noise', () => {
    const tint = [(v: number) => 255 * (v / 255) ** 1.2, (v: number) => v * 0.95, (v: number) => 10 + v * 0.85]
    const noise = gaussian(7)
    const tinted = painted(
      scan({ degrees: 1 }, drawing),
      (value, channel) => (tint[channel]?.(value) ?? 0) + noise() * 2,
    )
    const measured = measureTarget(tinted)
    const [red = Math.abs, green = Math.abs, blue = Math.abs] = tint
    for (const { name, rgb } of patches) {
      const due = [red(rgb[0] * 255), green(rgb[1] * 255), blue(rgb[2] * 255)] as const
      const read = measured.patches.find(one => one.name === name)
      for (const channel of [0, 1, 2] as const) {
        // At the end of the scale noise is cut off.
        const end = due[channel] > 250 || due[channel] < 5 ? 2 : 0.8
        expect(Math.abs((read?.rgb[channel] ?? 0) - due[channel]), `${name} ${channel}`).toBeLessThan(end)
      }
      expect(deltaE2000(read?.lab ?? [0, 0, 0], labOf([due[0], due[1], due[2]])), name).toBeLessThan(1)
    }
    expect(measured.clipping.highlights).toBeGreaterThan(0)
  })

  it('measures noise, light that falls off, and the ends of the scale', () => {
    const noise = gaussian(11)
    const { width } = gray
    const lit = painted(scan(), (value, _channel, x) => asScanned(value) * (1 - (0.08 * x * 1.5) / width) + noise() * 3)
    const { paper, clipping } = measureTarget(lit)
    const level = (byte: number) => lightness(linearOf(byte))
    // The places of bare paper reach from 20 to 190 millimetres.
    const fall = level(245 * (1 - 0.08 * (20 / 210))) - level(245 * (1 - 0.08 * (190 / 210)))
    expect(Math.abs(paper.lightest - paper.darkest - fall)).toBeLessThan(0.6)
    expect(paper.noise / (level(237.5) - level(234.5))).toBeGreaterThan(0.9)
    expect(paper.noise / (level(237.5) - level(234.5))).toBeLessThan(1.1)
    expect(clipping).toEqual({ highlights: 0, shadows: 0 })
    expect(measureTarget(scan()).clipping).toEqual({ highlights: 1, shadows: 1 })
  })
})

describe('streaks', () => {
  const mm = (millimetres: number) => Math.round((millimetres * 200) / 25.4)

  it('finds the line that a speck of dust draws, dark, or in one colour alone, on a skewed sheet', () => {
    const page = painted(scan({ degrees: 2 }, drawing), (value, channel, x) => {
      const dark = x === mm(73) || x === mm(73) + 1 ? 30 : 0
      return asScanned(value) - dark - (x === mm(150) && channel === 2 ? 20 : 0)
    })
    const { streaks } = measureTarget(page)
    expect(streaks).toHaveLength(2)
    expect(streaks[0]?.fromLeftMm).toBeCloseTo(73.1, 0)
    expect(streaks[0]?.depth).toBeCloseTo(-30, -0.5)
    expect(streaks[0]?.widthMm).toBeCloseTo(0.25, 1)
    expect(streaks[1]?.fromLeftMm).toBeCloseTo(150, 0)
    expect(streaks[1]?.depth).toBeLessThan(-15)
  })

  it('takes no specks of dirt over the whole sheet for one, nor for uneven light or a fault of its shape', () => {
    const random = seededRandom(9)
    const specks = Array.from({ length: 60 }, () => ({ x: random() * 1654, y: random() * 2339, r: 1 + random() * 4 }))
    const page = painted(scan(), asScanned)
    for (const { x, y, r } of specks) {
      for (let row = Math.ceil(y - r); row <= y + r; row++) {
        const from = row * page.width + Math.round(x - r)
        if (row >= 0 && row < page.height) page.pixels.fill(60, from, from + Math.round(2 * r))
      }
    }
    const { streaks, paper, geometry } = measureTarget(page)
    expect(streaks).toEqual([])
    expect(paper.lightest - paper.darkest).toBeLessThan(2)
    expect(geometry.distortionMm).toBeLessThan(0.3)
  })

  it('takes no stain, and no line over a part of the sheet, for one', () => {
    const page = painted(scan(), (value, _channel, x, y) => {
      const stain = Math.hypot(x - mm(100), y - mm(245)) < mm(6) ? 90 : 0
      return asScanned(value) - stain - (x === mm(60) && y < mm(175) ? 40 : 0)
    })
    expect(measureTarget(page).streaks).toEqual([])
  })
})
