// The imaging driver on whole files: what passes through untouched, and what is re-encoded and how.
// Poppler's pdfimages is the independent reader of the Group 4 streams.

import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { beforeAll, describe, expect, test } from 'vitest'
import type { ByteStream, PreparedPage, PreparePageRequest } from '../device/ports.ts'
import { createImaging } from '../drivers/imaging/sharp.ts'
import { cutG4Strip } from '../drivers/imaging/tiff-strip.ts'
import { drawSheet, seededRandom } from './sim/paper.ts'

const imaging = createImaging()
const request: PreparePageRequest = {
  mediaType: 'image/jpeg',
  resolution: 150,
  colour: 'auto',
  deskew: true,
  crop: true,
  background: 'kept',
  reduction: 'none',
}
const a4 = { width: 1240, height: 1754 }

async function* streamOf(bytes: Uint8Array, chunkBytes = 50_000): ByteStream {
  for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes)
}

function prepare(bytes: Uint8Array, change: Partial<PreparePageRequest> = {}): Promise<PreparedPage> {
  return imaging.prepare(streamOf(bytes), { ...request, ...change })
}

function encodedBytes(page: PreparedPage): Buffer {
  if (page.rendition.kind !== 'encoded') throw new Error('the page was not encoded')
  return Buffer.from(page.rendition.bytes)
}

/** A PDF of one Group 4 image, 0 = black for its reader as ISO 32000-1, 7.4.6 has it by default. */
function pdfOf(page: PreparedPage): Buffer {
  const { width, height } = page.rendition
  const strip = encodedBytes(page)
  const image = `<</Type/XObject/Subtype/Image/Width ${width}/Height ${height}/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode/DecodeParms<</K -1/Columns ${width}/Rows ${height}>>/Length ${strip.length}>>`
  const objects = [
    '<</Type/Catalog/Pages 2 0 R>>',
    '<</Type/Pages/Kids[3 0 R]/Count 1>>',
    `<</Type/Page/Parent 2 0 R/MediaBox[0 0 ${width} ${height}]/Resources<</XObject<</I 4 0 R>>>>/Contents 5 0 R>>`,
    `${image}\nstream\n${strip.toString('latin1')}\nendstream`,
    '<</Length 5>>\nstream\n/I Do\nendstream',
  ]
  let pdf = '%PDF-1.4\n'
  const offsets = objects.map((object, i) => {
    const offset = pdf.length
    pdf += `${i + 1} 0 obj\n${object}\nendobj\n`
    return `${String(offset).padStart(10, '0')} 00000 n \n`
  })
  const table = pdf.length
  pdf += `xref\n0 6\n0000000000 65535 f \n${offsets.join('')}trailer<</Size 6/Root 1 0 R>>\nstartxref\n${table}\n%%EOF`
  return Buffer.from(pdf, 'latin1')
}

/** The page's Group 4 stream as poppler decodes it: a Netpbm bitmap. */
async function bitmapByPoppler(page: PreparedPage): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), 'imaging-'))
  try {
    await writeFile(join(folder, 'page.pdf'), pdfOf(page))
    await promisify(execFile)('pdfimages', [join(folder, 'page.pdf'), join(folder, 'page')])
    return await readFile(join(folder, 'page-000.pbm'))
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** A bitmap of words and noise; where the width does not fill a row's last byte, poppler's padding: ones. */
function bitmap(width: number, height: number): Buffer {
  const random = seededRandom(9)
  const rowBytes = Math.ceil(width / 8)
  const bits = Buffer.alloc(rowBytes * height)
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < rowBytes * 8; x++) {
      const black = x >= width || (y % 20 < 12 ? (x >> 3) % 7 < 5 && random() < 0.8 : random() < 0.001)
      if (black) bits[y * rowBytes + (x >> 3)] = (bits[y * rowBytes + (x >> 3)] ?? 0) | (0x80 >> (x & 7))
    }
  }
  return Buffer.concat([Buffer.from(`P4\n${width} ${height}\n`), bits])
}

let letter: Buffer
let skewed: Buffer
let gray: Buffer

beforeAll(async () => {
  letter = await drawSheet({ seed: 2, kind: 'letter', resolution: 150 })
  skewed = await drawSheet({ seed: 2, kind: 'letter', resolution: 150, skewDegrees: -1.6 })
  gray = await drawSheet({ seed: 2, kind: 'letter', resolution: 150, colour: 'gray' })
})

describe('what passes through', () => {
  const frame = { left: 0, top: 0, ...a4 }
  const original = { kind: 'original', encoding: 'jpeg', ...a4, straightenDegrees: 0, frame }

  test('a straight letter stays the bytes of the scanner', async () => {
    const page = await prepare(letter)
    expect(page.rendition).toEqual(original)
    expect(page.verdict).toEqual({
      ...a4,
      resolution: 150,
      colour: 'color',
      blank: false,
      turn: 0,
      turnConfident: true,
      skewDegrees: expect.closeTo(0, 1),
      sheet: frame,
    })
  })

  test('a skew that nobody sees, a progressive JPEG and a grey one do too', async () => {
    const nearly = await drawSheet({ seed: 2, kind: 'letter', resolution: 150, skewDegrees: 0.06 })
    const progressive = await sharp(letter).jpeg({ progressive: true }).toBuffer()
    for (const bytes of [nearly, progressive, gray]) expect((await prepare(bytes)).rendition).toEqual(original)
    expect((await prepare(gray)).verdict.colour).toBe('gray')
  })

  test.each(['auto', 'color', 'gray'] as const)('a skewed page in %s does too, and its page is told', async colour => {
    const sheet = { seed: 2, kind: 'letter', resolution: 150, colour: colour === 'gray' ? 'gray' : 'color' } as const
    for (const [degrees, turn] of [
      [-1.6, 0],
      [2.3, 90],
    ] as const) {
      const page = await prepare(await drawSheet({ ...sheet, skewDegrees: degrees, turn }), { colour })
      expect(page.rendition).toMatchObject({ kind: 'original', straightenDegrees: page.verdict.skewDegrees })
      expect(page.verdict.skewDegrees).toBeCloseTo(degrees, 1)
      const shown = await prepare(page.preview, { resolution: 75 })
      expect(shown.verdict).toMatchObject({ width: 620, height: 877, turn: 0 })
      expect(Math.abs(shown.verdict.skewDegrees)).toBeLessThanOrEqual(0.05)
    }
  })

  test('a quarter turn is told, not done', async () => {
    const page = await prepare(await drawSheet({ seed: 2, kind: 'letter', resolution: 150, turn: 90 }))
    expect(page.verdict).toMatchObject({ width: 1754, height: 1240, turn: 270 })
    expect(page.rendition).toEqual({
      ...original,
      width: 1754,
      height: 1240,
      frame: { ...frame, width: 1754, height: 1240 },
    })
    const shown = await sharp(page.preview).metadata()
    expect([shown.width, shown.height]).toEqual([620, 877])
  })

  test('without deskew a skewed letter stays as it is, its skew told', async () => {
    const page = await prepare(skewed, { deskew: false })
    expect(page.rendition).toEqual(original)
    expect(page.verdict.skewDegrees).toBeCloseTo(-1.6, 1)
  })

  test('a colourless scan in colour passes for grey, a coloured one does not', async () => {
    const pencil = await drawSheet({ seed: 2, kind: 'pencil', resolution: 150 })
    expect((await prepare(pencil, { colour: 'gray' })).rendition).toEqual(original)
    const page = await prepare(letter, { colour: 'gray' })
    expect((await sharp(encodedBytes(page)).metadata()).channels).toBe(1)
  })
})

describe('what is encoded anew', () => {
  test('a skewed PNG is level afterwards, of the same size, and would now pass through', async () => {
    const page = await prepare(await sharp(skewed).png({ compressionLevel: 1 }).toBuffer())
    expect(page.verdict.skewDegrees).toBeCloseTo(-1.6, 1)
    expect(page.rendition).toMatchObject({ kind: 'encoded', straightenDegrees: 0 })
    const again = await prepare(encodedBytes(page))
    expect(Math.abs(again.verdict.skewDegrees)).toBeLessThanOrEqual(0.05)
    expect(again.rendition).toMatchObject({ kind: 'original', encoding: 'jpeg', ...a4, straightenDegrees: 0 })
  })

  test('an EXIF turn is applied', async () => {
    const lying = await sharp(letter).rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 90 }).toBuffer()
    const page = await prepare(lying)
    expect(page.verdict).toMatchObject({ width: 1754, height: 1240, turn: 0 })
    expect(page.rendition).toMatchObject({ kind: 'encoded', encoding: 'jpeg', ...a4 })
    const shown = await sharp(page.preview).metadata()
    expect([shown.width, shown.height]).toEqual([620, 877])
  })

  test('CMYK, PNG with alpha, sixteen bits, TIFF and Netpbm become JPEG', async () => {
    const form = await drawSheet({ seed: 2, kind: 'form', resolution: 75 })
    const { data, info } = await sharp(form).raw().toBuffer({ resolveWithObject: true })
    const sources = {
      cmyk: await sharp(form).toColourspace('cmyk').jpeg().toBuffer(),
      png: await sharp(form).ensureAlpha().png({ compressionLevel: 1 }).toBuffer(),
      deep: await sharp(form).toColourspace('grey16').png({ compressionLevel: 1 }).toBuffer(),
      tiff: await sharp(form).tiff({ compression: 'none' }).toBuffer(),
      ppm: Buffer.concat([Buffer.from(`P6\n${info.width} ${info.height}\n255\n`), data]),
    }
    const meant = await sharp(form).toColourspace('b-w').raw().toBuffer()
    for (const [name, bytes] of Object.entries(sources)) {
      const page = await prepare(bytes, { resolution: 75 })
      expect(page.rendition, name).toMatchObject({ kind: 'encoded', encoding: 'jpeg', width: 620, height: 877 })
      const found = await sharp(encodedBytes(page)).toColourspace('b-w').raw().toBuffer()
      expect(found.length, name).toBe(meant.length)
      let error = 0
      for (let i = 0; i < found.length; i++) error += Math.abs((found[i] ?? 0) - (meant[i] ?? 0))
      expect(error / found.length, name).toBeLessThan(4)
    }
  })

  test('a resolution that the device chose by itself is noticed', async () => {
    expect((await prepare(letter, { resolution: 300 })).verdict.resolution).toBe(150)
  })

  test('the preview is small and within the screen', async () => {
    for (const bytes of [letter, skewed]) {
      const { preview } = await prepare(bytes)
      const { width, height, format } = await sharp(preview).metadata()
      expect({ width, height, format }).toEqual({ width: 620, height: 877, format: 'jpeg' })
      expect(preview.length).toBeLessThan(200_000)
    }
  })
})

describe('black and white', () => {
  test('a bitmap goes through Group 4 and another reader without a changed pixel', async () => {
    const source = bitmap(1237, 900)
    const page = await prepare(source, { deskew: false })
    expect(page.verdict.colour).toBe('bw')
    expect(page.rendition).toMatchObject({ kind: 'encoded', encoding: 'ccitt-g4', width: 1237, height: 900 })
    expect((await bitmapByPoppler(page)).equals(source)).toBe(true)
  })

  test('a one-bit PNG is taken for what it is', async () => {
    const png = await sharp(letter).toColourspace('b-w').threshold(170).png({ colours: 2 }).toBuffer()
    expect((await prepare(png)).rendition).toMatchObject({ encoding: 'ccitt-g4', ...a4 })
  })

  test('a scan asked for in black and white keeps its text, its faint stamp and clean paper', async () => {
    const page = await prepare(skewed, { colour: 'bw' })
    expect(page.rendition.straightenDegrees).toBe(0)
    const decoded = await bitmapByPoppler(page)
    expect(decoded.toString('latin1', 0, 13)).toBe('P4\n1240 1754\n')
    const again = await prepare(decoded, { colour: 'bw' })
    expect(Math.abs(again.verdict.skewDegrees)).toBeLessThanOrEqual(0.05)
    let black = 0
    for (const byte of decoded.subarray(13)) for (let bits = byte; bits > 0; bits >>= 1) black += bits & 1
    expect(black / (1240 * 1754)).toBeGreaterThan(0.02)
    expect(black / (1240 * 1754)).toBeLessThan(0.12)
  })

  test('a TIFF that is not one Group 4 strip is never cut', async () => {
    const page = sharp(letter).toColourspace('b-w').threshold(170)
    const lzw = await page
      .clone()
      .tiff({ compression: 'lzw', predictor: 'none', bitdepth: 1, miniswhite: true, tileHeight: 1754 })
      .toBuffer()
    const strips = await page.clone().tiff({ compression: 'ccittfax4', bitdepth: 1, miniswhite: true }).toBuffer()
    const inverse = await page.clone().tiff({ compression: 'ccittfax4', bitdepth: 1, tileHeight: 1754 }).toBuffer()
    for (const tiff of [lzw, strips, inverse]) expect(() => cutG4Strip(tiff)).toThrow('INTERNAL')
  })
})
