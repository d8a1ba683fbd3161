// What is no test target is refused by name; and what a scan of one measured is held against its limits.

import sharp from 'sharp'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Fault } from '../device/errors.ts'
import type { PagePixels } from '../device/image/straighten.ts'
import { measureTarget } from '../device/image/target.ts'
import { type Expectation, judgeTarget, type Verdict } from '../device/image/target-judge.ts'
import type { TargetMeasurement } from '../device/image/target-measurement.ts'
import { measuredReference, nominalReference, readReference } from '../device/image/target-reference.ts'
import { asScanned, blurred, drawTarget, gaussian, painted, type ScanFaults, scanOf } from './38.target.kit.ts'
import { drawSheet } from './sim/paper.ts'

let gray: PagePixels
let measured: TargetMeasurement
beforeAll(async () => {
  gray = await blurred(await drawTarget({ ppi: 300, gray: true }), 0.8)
  const colour = await blurred(await drawTarget({ ppi: 300 }), 0.8)
  const noise = gaussian(3)
  const scanned = scanOf(colour, { ppi: 200, drawnPpi: 300, degrees: 0.4 })
  measured = measureTarget(painted(scanned, value => asScanned(value) + noise()))
})

const scan = (faults: Partial<ScanFaults> = {}, from = gray) => scanOf(from, { ppi: 200, drawnPpi: 300, ...faults })
const flat = (level: number): PagePixels => ({
  width: 1654,
  height: 2339,
  channels: 1,
  pixels: new Uint8Array(1654 * 2339).fill(level),
})

function refusal(page: PagePixels): Pick<Fault, 'code' | 'detail'> {
  try {
    measureTarget(page)
  } catch (thrown) {
    const { code, detail } = thrown as Fault
    return { code, detail }
  }
  throw new Error('it was taken for the target')
}

describe('refused by name', () => {
  it('bare paper, as when the sheet lies face down, whatever its level', () => {
    const noise = gaussian(5)
    for (const page of [flat(255), flat(0), painted(flat(240), value => value + noise() * 3)]) {
      expect(refusal(page)).toEqual({ code: 'TARGET_NOT_FOUND', detail: 'the image shows bare paper' })
    }
  })

  it('a page of text, and noise', async () => {
    for (const kind of ['letter', 'form'] as const) {
      const jpeg = await drawSheet({ seed: 3, kind, resolution: 200 })
      const { data, info } = await sharp(jpeg).grayscale().raw().toBuffer({ resolveWithObject: true })
      const page: PagePixels = { width: info.width, height: info.height, channels: 1, pixels: data }
      expect(refusal(page).code).toBe('TARGET_NOT_FOUND')
      expect(refusal(page).detail).toMatch(/corner mark/)
    }
    const noise = gaussian(6)
    expect(refusal(painted(flat(128), () => 128 + noise() * 60)).code).toBe('TARGET_NOT_FOUND')
  })

  it('a sheet with a corner torn off, and half a sheet', () => {
    const torn = painted(scan(), (value, _channel, x, y) => (x + y < 700 ? 255 : value))
    expect(refusal(torn)).toEqual({ code: 'TARGET_NOT_FOUND', detail: '3 of the 4 corner marks are seen' })
    const half = painted(scan(), (value, _channel, _x, y) => (y < 1170 ? value : 255))
    expect(refusal(half)).toEqual({ code: 'TARGET_NOT_FOUND', detail: '2 of the 4 corner marks are seen' })
  })

  it('a sheet that is mostly covered, though its corners are seen', () => {
    const covered = painted(scan(), (value, _channel, x, y) => (y > 900 && y < 1500 && x > 100 ? 200 : value))
    expect(refusal(covered).detail).toMatch(/covered, torn or soiled/)
  })

  it('its mirror image', () => {
    const page = scan()
    const mirrored = painted(page, (_value, _channel, x, y) => page.pixels[y * page.width + page.width - 1 - x] ?? 0)
    expect(refusal(mirrored).detail).toMatch(/version of the sheet cannot be read/)
  })

  it('a sheet of another version', async () => {
    const future = await drawTarget({ ppi: 200, gray: true, version: 2 })
    expect(refusal(future)).toEqual({
      code: 'TARGET_UNKNOWN',
      detail: 'the sheet is of version 2, this program knows 1',
    })
  })

  it('an image too small to tell anything by', () => {
    const tiny = scanOf(gray, { ppi: 20, drawnPpi: 300 })
    expect(refusal(tiny).code).toBe('TARGET_NOT_FOUND')
  })
})

describe('the verdict', () => {
  const expected: Expectation = { askedPpi: 200, reference: nominalReference }
  const verdictOf = (change: (measurement: TargetMeasurement) => unknown, more: Partial<Expectation> = {}) => {
    const changed = structuredClone(measured)
    change(changed)
    const { verdict, items } = judgeTarget(changed, { ...expected, ...more })
    const named = Object.fromEntries(items.filter(one => one.verdict !== 'ok').map(one => [one.item, one.verdict]))
    return { verdict, named }
  }

  it('of a good scan is ok in everything', () => {
    expect(verdictOf(() => undefined)).toEqual({ verdict: 'ok', named: {} })
  })

  const faults: readonly [string, Verdict, (one: TargetMeasurement) => unknown][] = [
    ['scaleY', 'watch', one => Object.assign(one.geometry, { ppiY: one.geometry.ppiY * 1.012 })],
    ['scaleX', 'fail', one => Object.assign(one.geometry, { ppiX: one.geometry.ppiX * 1.03 })],
    ['aspect', 'fail', one => Object.assign(one.geometry, { ppiX: one.geometry.ppiX * 1.015 })],
    ['orthogonality', 'watch', one => Object.assign(one.geometry, { orthogonalityDegrees: -0.2 })],
    ['skew', 'fail', one => Object.assign(one, { skewDegrees: -4 })],
    ['distortion', 'watch', one => Object.assign(one.geometry, { distortionMm: 0.5 })],
    ['sharpnessX', 'fail', one => Object.assign(one.resolution.x ?? never(), { efficiency: 0.5 })],
    ['sharpnessY', 'watch', one => Object.assign(one.resolution, { y: null })],
    ['registration', 'fail', one => Object.assign(one, { registration: { x: 0.1, y: 1.4 } })],
    ['toneOrder', 'fail', one => Object.assign(patch(one, 'gray40').lab, { 0: 80 })],
    ['colour', 'watch', one => one.patches.map(({ lab }) => Object.assign(lab, { 1: lab[1] + 40 }))],
    ['whiteBalance', 'watch', one => Object.assign(patch(one, 'gray20').lab, { 2: 12 })],
    ['noise', 'watch', one => Object.assign(one.paper, { noise: 3 })],
    ['uniformity', 'fail', one => Object.assign(one.paper, { darkest: 80 })],
    ['clipping', 'watch', one => Object.assign(one.clipping, { highlights: 0.9 })],
    ['streaks', 'fail', one => one.streaks.push({ fromLeftMm: 70, widthMm: 0.2, depth: -14 })],
  ]
  it.each(faults)('names %s: %s', (item, due, change) => {
    const { verdict, named } = verdictOf(change)
    expect(named[item]).toBe(due)
    expect(verdict).toBe(Object.values(named).includes('fail') ? 'fail' : 'watch')
  })

  it('of a scan below 200 pixels an inch is bad, whatever was asked (NTI Digitalización, IV.2)', () => {
    const { named } = verdictOf(
      one => {
        one.geometry.ppiX *= 0.95
        one.geometry.ppiY *= 0.95
      },
      { askedPpi: 190 },
    )
    expect(named).toEqual({ resolutionFloor: 'fail' })
  })

  it('against values that somebody measured can be bad, against the drawing it cannot', () => {
    const file = { patches: { gray50: [80, 0, 0], red: [20, 10, 10], gray90: { density: 1 } }, widthMm: 170.2 }
    const values = readReference(file)
    if (typeof values === 'string') throw new Error(values)
    const reference = measuredReference(values, 0)
    const { named } = verdictOf(() => undefined, { reference })
    expect(named).toMatchObject({ gray: 'fail', colour: 'fail' })
    expect(reference.scaleX).toBeCloseTo(170.2 / 170, 6)
    expect(measuredReference(values, 90)).toMatchObject({ scaleX: 1, scaleY: reference.scaleX })
    expect(reference.labs.get('gray90')?.[0]).toBeCloseTo(37.84, 1)
  })

  it('of a reference file that is none says where', () => {
    expect(readReference({ patches: { gray50: [180, 0, 0] } })).toMatch(/patches\/gray50/)
    expect(readReference({ patches: { pink: [50, 0, 0] } })).toBe('the sheet has no patch pink')
    expect(readReference([])).toMatch(/object/)
  })

  it('against a scan that was accepted before tells what has drifted since', () => {
    expect(verdictOf(() => undefined, { baseline: measured }).named).toEqual({})
    const drifted = verdictOf(
      one => {
        one.resolution.x = { ...(one.resolution.x ?? never()), mtf50: (one.resolution.x?.mtf50 ?? 0) * 0.8 }
        for (const { name, lab } of one.patches) if (name.startsWith('gray')) lab[0] -= 3
        for (const { name, lab } of one.patches) if (!name.startsWith('gray')) lab[0] -= 8
        one.geometry.ppiY *= 1.004
      },
      { baseline: measured },
    )
    expect(drifted.named).toMatchObject({
      driftScale: 'watch',
      driftSharpness: 'watch',
      driftGray: 'watch',
      driftColour: 'fail',
    })
  })
})

function patch(measurement: TargetMeasurement, name: string) {
  return measurement.patches.find(one => one.name === name) ?? never()
}

function never(): never {
  throw new Error('the scan did not measure it')
}
