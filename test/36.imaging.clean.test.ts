// What is done to a page only where somebody asks for it: a bad copy's background is cleaned and no ink goes with it, and
// a copy that is too large is made smaller, never below the norm's 200 pixels per inch.

import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import { cleanBackground } from '../device/image/clean.ts'
import type { PagePixels } from '../device/image/straighten.ts'
import type { PreparedPage, PreparePageRequest } from '../device/ports.ts'
import { createImaging } from '../drivers/imaging/sharp.ts'
import { colouredMarks, greyMarks, scanned, scanners, sheetWith, streamOf } from './36.imaging.kit.ts'

const imaging = createImaging()
const request: PreparePageRequest = {
  mediaType: 'image/jpeg',
  resolution: 200,
  colour: 'auto',
  deskew: true,
  crop: false,
  background: 'kept',
  reduction: 'none',
}

function prepare(bytes: Uint8Array, change: Partial<PreparePageRequest>): Promise<PreparedPage> {
  return imaging.prepare(streamOf(bytes), { ...request, ...change })
}

async function pixelsOf(jpeg: Uint8Array): Promise<PagePixels> {
  const { data, info } = await sharp(jpeg).raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, channels: info.channels === 1 ? 1 : 3, pixels: data }
}

function encodedBytes({ rendition }: PreparedPage): Uint8Array {
  if (rendition.kind !== 'encoded') throw new Error('the page was not encoded')
  return rendition.bytes
}

/** A shadow as a book's fold throws it, and as dark everywhere else as an old copy. */
const shadow = `<linearGradient id="s"><stop offset="0" stop-color="#777"/><stop offset="0.2" stop-color="#ddd"/><stop offset="1" stop-color="#e4e4e4"/></linearGradient>
<rect width="148" height="210" fill="url(#s)" style="mix-blend-mode:multiply"/>`
const otherSide =
  '<text transform="translate(148 0) scale(-1 1)" x="30" y="160" font-size="4" opacity="0.045">De la altra banda</text>'
/** Where nothing but paper is, under the shadow, in shares of the sheet. */
const emptyBand = { top: 0.715, bottom: 0.8 }

let bad: Buffer
let clean: PreparedPage

beforeAll(async () => {
  const marks = (colouredMarks['a red stamp'] ?? '') + (greyMarks['grey text'] ?? '')
  bad = await scanned(sheetWith(marks + shadow + otherSide), scanners.usual)
  clean = await prepare(bad, { background: 'cleaned' })
})

describe('a background that is cleaned', () => {
  test('becomes white, shadow and other side with it', async () => {
    for (const [jpeg, least] of [
      [bad, 0],
      [encodedBytes(clean), 0.99],
    ] as const) {
      const { width, height, pixels } = await pixelsOf(jpeg)
      const band = pixels.subarray(
        Math.round(height * emptyBand.top) * width * 3,
        Math.round(height * emptyBand.bottom) * width * 3,
      )
      const share = band.filter(level => level >= 250).length / band.length
      if (least === 0) expect(share).toBeLessThan(0.05)
      else expect(share).toBeGreaterThan(least)
    }
  })

  test('leaves ink as dark against its paper as it was, and colour coloured', async () => {
    expect(clean.verdict.colour).toBe('color')
    const [before, after] = await Promise.all(
      [bad, encodedBytes(clean)].map(async one => blockContrasts(await pixelsOf(one))),
    )
    const inked = (before ?? []).flatMap((contrast, i) => (contrast > 0.2 ? [i] : []))
    expect(inked.length).toBeGreaterThan(1000)
    const kept = inked.filter(i => (after?.[i] ?? 0) > 0.75 * (before?.[i] ?? 1))
    expect(kept.length / inked.length).toBeGreaterThan(0.99)
    expect((await prepare(encodedBytes(clean), {})).verdict.colour).toBe('color')
  })

  test('is left alone unless it is asked for', async () => {
    expect((await prepare(bad, {})).rendition.kind).toBe('original')
  })

  test('keeps pencil, and the colour of coloured paper', async () => {
    for (const mark of ['pencil', 'faint pencil', 'a faint grey stamp'] as const) {
      const sheet = await scanned(sheetWith(greyMarks[mark] ?? ''), scanners.usual)
      const page = await prepare(encodedBytes(await prepare(sheet, { background: 'cleaned' })), {})
      expect(page.verdict.colour, mark).toBe('gray')
    }
    const pink = await pixelsOf(await scanned(sheetWith('', '#ffd0dc'), scanners.gently))
    const { pixels } = cleanBackground(pink, pink)
    const corner = [...pixels.subarray(300_000, 300_003)]
    expect((corner[0] ?? 0) - (corner[1] ?? 0)).toBeGreaterThan(30)
  })

  test('takes no photograph for paper', () => {
    const [width, height] = [600, 800]
    const pixels = new Uint8Array(width * height).fill(240)
    for (let y = 200; y < 500; y++) for (let x = 100; x < 400; x++) pixels[y * width + x] = 60 + ((x + y) % 90)
    const page = { width, height, channels: 1, pixels } as const
    const cleaned = cleanBackground(page, page).pixels
    for (const at of [300 * width + 200, 400 * width + 350, 250 * width + 120]) {
      expect(Math.abs((cleaned[at] ?? 0) - ((pixels[at] ?? 0) * 255) / 240)).toBeLessThan(4)
    }
  })
})

/** By blocks of eight by eight pixels: how much darker the darkest of luma is than the brightest, as a share of it. */
function blockContrasts({ width, height, channels, pixels }: PagePixels): number[] {
  const found: number[] = []
  for (let top = 0; top + 8 <= height; top += 8) {
    for (let left = 0; left + 8 <= width; left += 8) {
      let [least, most] = [255, 1]
      for (let y = top; y < top + 8; y++) {
        for (let x = left; x < left + 8; x++) {
          const green = pixels[(y * width + x) * channels + (channels === 3 ? 1 : 0)] ?? 0
          if (green < least) least = green
          if (green > most) most = green
        }
      }
      found.push((most - least) / most)
    }
  }
  return found
}

describe('a page that is made smaller', () => {
  const fine = { ...scanners.usual, resolution: 300, quality: 88 }

  test('in quality keeps its colours and stops at 200 pixels per inch', async () => {
    const jpeg = await scanned(sheetWith(colouredMarks['a red stamp'] ?? ''), fine)
    const page = await prepare(jpeg, { resolution: 300, reduction: 'lower-quality' })
    expect(page.verdict).toMatchObject({ colour: 'color', resolution: 200, width: 1748, height: 2480 })
    expect(page.rendition).toMatchObject({ encoding: 'jpeg', width: 1165, height: 1653 })
    expect(page.rendition.frame).toEqual({ left: 0, top: 0, width: 1165, height: 1653 })
    expect(encodedBytes(page).length).toBeLessThan(jpeg.length / 3)
    const again = await prepare(encodedBytes(page), { reduction: 'lower-quality' })
    expect(again.rendition).toMatchObject({ width: 1165, height: 1653 })
  })

  test('to grey loses its colours only; what is grey already stays as it came', async () => {
    const jpeg = await scanned(sheetWith(colouredMarks['a red stamp'] ?? ''), scanners.usual)
    const page = await prepare(jpeg, { reduction: 'gray' })
    expect(page.verdict).toMatchObject({ colour: 'gray', resolution: 200 })
    const grey = encodedBytes(page)
    expect((await sharp(grey).metadata()).channels).toBe(1)
    expect((await prepare(grey, { reduction: 'gray' })).rendition.kind).toBe('original')
  })

  test('in black and white already is not touched', async () => {
    const text = await scanned(sheetWith(''), scanners.usual)
    const page = await prepare(text, { reduction: 'lower-quality' })
    expect(page.verdict).toMatchObject({ colour: 'bw', resolution: 200 })
    expect(page.rendition).toMatchObject({ encoding: 'ccitt-g4', width: 1165, height: 1654 })
  })
})
