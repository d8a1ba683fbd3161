// A skew that the PDF page undoes, the scanner's bytes untouched: poppler shows the page, our own judge finds it level,
// and libvips, which turned the pixels instead, comes to the same picture.

import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp, { type Sharp } from 'sharp'
import { describe, expect, test } from 'vitest'
import { judgePage } from '../device/image/page.ts'
import { decodePnm, readPnmHeader } from '../device/image/pnm.ts'
import { composePdf, type PdfImage } from '../device/pdf/compose.ts'
import { chunksOf, eniMetadata, inFolder, joined, listed, outputFor, pageOf } from './pdf-fixtures.ts'
import { drawSheet } from './sim/paper.ts'

/** A4 at 72 pixels per inch: a pixel is a point. */
const sheetSize = { width: 595, height: 842 }
const turns = [0, 90, 180, 270] as const
/** Shown at twice their pixels, so that poppler's nearest pixel is not half a pixel off. */
const shownResolution = 144

interface Picture {
  readonly width: number
  readonly height: number
  readonly pixels: Buffer
}

async function pdfOf(jpeg: Buffer, pages: readonly Pick<PdfImage, 'straightenDegrees' | 'turn'>[]): Promise<Buffer> {
  const frame = { left: 0, top: 0, ...sheetSize }
  const common = { ...sheetSize, frame, encoding: 'jpeg', resolution: 72, byteLength: jpeg.length } as const
  const listedPages = pages.map(page => pageOf({ ...common, ...page, bytes: chunksOf(jpeg) }))
  return joined(composePdf({ pages: listed(...listedPages), metadata: eniMetadata }))
}

/** Each page by poppler, reduced to the pixels of the sheet. */
async function shownBy(pdf: Buffer): Promise<readonly Picture[]> {
  return inFolder(async folder => {
    await writeFile(join(folder, 'file.pdf'), pdf)
    const resolution = String(shownResolution)
    await promisify(execFile)('pdftoppm', ['-gray', '-r', resolution, join(folder, 'file.pdf'), join(folder, 'page')])
    const files = (await readdir(folder)).filter(name => name.endsWith('.pgm')).sort()
    return Promise.all(files.map(name => reduced(join(folder, name))))
  })
}

async function reduced(file: string): Promise<Picture> {
  const bytes = await readFile(file)
  const header = readPnmHeader(bytes)
  const decoded = header && decodePnm(bytes, header)
  if (header === undefined || decoded?.channels !== 1) throw new Error(`${file} is no grey picture`)
  const shown = { ...header, pixels: Buffer.from(decoded.pixels) }
  return picture(rawImage(shown).resize(header.width / 2, header.height / 2))
}

async function picture(image: Sharp): Promise<Picture> {
  const { data, info } = await image.toColourspace('b-w').raw().toBuffer({ resolveWithObject: true })
  return { width: info.width, height: info.height, pixels: data }
}

/** The same by libvips: the image turned about its centre and cut to its size, then the whole page turned. */
async function turnedPixels(jpeg: Buffer, straightenDegrees: number, turn: number): Promise<Picture> {
  const large = await picture(sharp(jpeg).resize(2 * sheetSize.width, 2 * sheetSize.height))
  const { pixels, ...size } = await picture(rawImage(large).rotate(-straightenDegrees, { background: '#fff' }))
  const [left, top] = [Math.round(size.width / 2) - sheetSize.width, Math.round(size.height / 2) - sheetSize.height]
  const region = { left, top, width: large.width, height: large.height }
  const cut = await picture(
    rawImage({ pixels, ...size })
      .extract(region)
      .resize(sheetSize),
  )
  return picture(rawImage(cut).rotate(turn))
}

function rawImage({ pixels, width, height }: Picture): Sharp {
  return sharp(pixels, { raw: { width, height, channels: 1 } })
}

/** The mean difference of grey levels, of what is seen from a step away: a hair's breadth counts for little. */
async function difference(one: Picture, other: Picture): Promise<number> {
  expect([one.width, one.height]).toEqual([other.width, other.height])
  const [a, b] = await Promise.all([one, other].map(image => picture(rawImage(image).blur(2))))
  if (a === undefined || b === undefined) throw new Error('nothing to compare')
  return a.pixels.reduce((sum, level, at) => sum + Math.abs(level - (b.pixels[at] ?? 0)), 0) / a.pixels.length
}

describe('a page that undoes a skew', () => {
  test.each([1.7, -2.4])('of %f degrees is level at every quarter turn', async straightenDegrees => {
    const sheet = { seed: 3, kind: 'letter', resolution: 72, colour: 'gray' } as const
    const jpeg = await drawSheet({ ...sheet, skewDegrees: straightenDegrees })
    const shown = await shownBy(
      await pdfOf(
        jpeg,
        turns.map(turn => ({ straightenDegrees, turn })),
      ),
    )
    expect(shown).toHaveLength(turns.length)
    for (const [i, page] of shown.entries()) {
      const turn = turns[i] ?? 0
      const verdict = judgePage({ ...page, channels: 1 })
      expect(Math.abs(verdict.skewDegrees)).toBeLessThanOrEqual(0.05)
      expect(verdict.turn).toBe((360 - turn) % 360)
      const close = await difference(page, await turnedPixels(jpeg, straightenDegrees, turn))
      const untouched = await difference(page, await turnedPixels(jpeg, 0, turn))
      expect(close).toBeLessThan(untouched / 4)
    }
  })

  test('is white where the image leaves a corner, keeps to its box, and is not touched where nothing is to be undone', async () => {
    const dark = await sharp({ create: { ...sheetSize, channels: 3, background: '#223344' } })
      .jpeg()
      .toBuffer()
    const pages = [5, 0].map(straightenDegrees => ({ straightenDegrees, turn: 0 }) as const)
    const pdf = await pdfOf(dark, pages)
    const streams = pdf.toString('latin1').match(/(?<=stream\n)q\n.*?Q/gs)
    expect(streams).toEqual([
      'q\n1 g 0 0 595 842 re W f\n592.7358 51.8577 -73.3851 838.7959 37.8246 -24.3268 cm\n/Im0 Do\nQ',
      'q\n595 0 0 842 0 0 cm\n/Im0 Do\nQ',
    ])
    const [straightened, plain] = await shownBy(pdf)
    const { width } = sheetSize
    expect(straightened?.pixels.at(0)).toBe(255)
    expect(straightened?.pixels.at(width * 421 + 300)).toBeLessThan(80)
    expect(plain?.pixels.at(0)).toBeLessThan(80)
  })

  test('holds the bytes of the scanner', async () => {
    const jpeg = await drawSheet({ seed: 3, kind: 'form', resolution: 72, skewDegrees: 2 })
    const pdf = await pdfOf(jpeg, [{ straightenDegrees: 2, turn: 90 }])
    expect(pdf.includes(jpeg)).toBe(true)
    expect((await outputFor(pdf, 'qpdf', '--check', 'FILE')).toString()).toContain(
      'No syntax or stream encoding errors',
    )
  })
})
