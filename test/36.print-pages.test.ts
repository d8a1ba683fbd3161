// Pages for printers that take no PDF: PWG raster and JPEG of A4, whatever the page, by what a reader of our own unpacks; CUPS'
// reader is in 39.print.peers.

import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import type { PageForm } from '../device/ports.ts'
import { createPdfPages } from '../drivers/imaging/pdf-pages.ts'
import { rasterPage } from '../drivers/imaging/pwg-raster.ts'

const pages = createPdfPages()

/** One page with a black square of 72 points in its lower left corner. */
function pdf(width: number, height: number, colour = '0 0 0'): Uint8Array {
  const content = `${colour} rg 0 0 72 72 re f`
  return Buffer.from(
    `%PDF-1.4\n1 0 obj << /Type /Catalog /Pages 2 0 R >> endobj\n2 0 obj << /Type /Pages /Count 1 /Kids [3 0 R] >> endobj\n` +
      `3 0 obj << /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width} ${height}] /Contents 4 0 R >> endobj\n` +
      `4 0 obj << /Length ${content.length} >> stream\n${content}\nendstream endobj\ntrailer << /Root 1 0 R >>\n%%EOF\n`,
  )
}

async function* once(bytes: Uint8Array) {
  yield bytes
}

async function printed(bytes: Uint8Array, form: PageForm): Promise<Buffer> {
  return Buffer.from((await pages.printed(once(bytes), 1, form)) ?? [])
}

const raster = (colour: 'gray' | 'rgb', resolution = 72): PageForm => ({
  mediaType: 'image/pwg-raster',
  resolution,
  colour,
})

/** PWG 5102.4, 4.3 and 4.4. */
function unpacked(page: Buffer): { width: number; height: number; channels: number; pixels: Buffer } {
  const [width, height, bits] = [372, 376, 388].map(at => page.readUInt32BE(at)) as [number, number, number]
  const channels = bits / 8
  const rows: Buffer[] = []
  for (let at = 1796; rows.length < height; ) {
    const repeats = page.readUInt8(at++) + 1
    const row: Buffer[] = []
    for (let pixel = 0; pixel < width; ) {
      const control = page.readUInt8(at++)
      const literal = control > 127
      const count = literal ? 257 - control : control + 1
      const bytes = page.subarray(at, at + (literal ? count : 1) * channels)
      row.push(literal ? bytes : Buffer.concat(Array.from({ length: count }, () => bytes)))
      at += bytes.length
      pixel += count
    }
    for (let repeat = 0; repeat < repeats; repeat += 1) rows.push(Buffer.concat(row))
  }
  return { width, height, channels, pixels: Buffer.concat(rows) }
}

const at = ({ width, channels, pixels }: ReturnType<typeof unpacked>, x: number, y: number) =>
  pixels.subarray((y * width + x) * channels, (y * width + x + 1) * channels).toString('hex')

describe('a page as PWG raster', () => {
  it('says what it is, and its pixels come back, equal or not', () => {
    let seed = 7
    const next = (most: number) => {
      seed = (seed * 1103515245 + 12345) % 2147483648
      return seed % most
    }
    const [width, height] = [301, 40]
    const pixels = Buffer.alloc(width * height * 3)
    for (let y = 0; y < height; y += 1) {
      // Rows alike, runs of every length and pixels that are all different.
      if (y % 4 === 1) pixels.copyWithin(y * width * 3, (y - 1) * width * 3, y * width * 3)
      else for (let i = 0; i < width * 3; i += 1) pixels[y * width * 3 + i] = y % 3 === 0 ? next(256) : next(2) * 255
    }
    const page = Buffer.from(
      rasterPage({ width, height, colour: 'rgb', resolution: 300, sizeName: 'iso_a4_210x297mm', pixels }),
    )
    expect(page.subarray(0, 9).toString('latin1')).toBe('PwgRaster')
    expect([276, 280, 384, 388, 392, 400, 420].map(offset => page.readUInt32BE(offset))).toEqual([
      ...[300, 300, 8, 24, width * 3, 19, 3],
    ])
    expect(page.subarray(1732, 1748).toString('latin1')).toBe('iso_a4_210x297mm')
    expect(unpacked(page).pixels.equals(pixels)).toBe(true)
    expect(() => rasterPage({ width, height: 41, colour: 'rgb', resolution: 300, sizeName: '', pixels })).toThrow(
      RangeError,
    )
  })

  it('is A4, grey or in colours', async () => {
    const gray = unpacked(await printed(pdf(595, 842), raster('gray')))
    expect([gray.width, gray.height, gray.channels]).toEqual([595, 842, 1])
    expect([at(gray, 5, 835), at(gray, 5, 5), at(gray, 100, 835)]).toEqual(['00', 'ff', 'ff'])
    const colour = unpacked(await printed(pdf(595, 842, '1 0 0'), raster('rgb')))
    expect([at(colour, 5, 835), at(colour, 5, 5)]).toEqual(['ff0000', 'ffffff'])
  })

  it('of another size is fitted, in the middle, and of another shape turned', async () => {
    // Half as large: the square is twice as large on the sheet.
    const small = unpacked(await printed(pdf(297.5, 421), raster('gray')))
    expect([at(small, 5, 835), at(small, 130, 720), at(small, 160, 835)]).toEqual(['00', '00', 'ff'])
    const square = unpacked(await printed(pdf(595, 595), raster('gray')))
    expect([at(square, 5, 710), at(square, 5, 730), at(square, 5, 110)]).toEqual(['00', 'ff', 'ff'])
    // Lying: what was at the lower left is at the upper left.
    const lying = unpacked(await printed(pdf(842, 595), raster('gray')))
    expect([lying.width, at(lying, 5, 5), at(lying, 5, 835), at(lying, 590, 5)]).toEqual([595, '00', 'ff', 'ff'])
  })

  it('is a JPEG of the same size where that is asked for; there is none behind the last', async () => {
    const jpeg = await printed(pdf(297.5, 421), { mediaType: 'image/jpeg', resolution: 72 })
    const { format, width = 0, height = 0 } = await sharp(jpeg).metadata()
    expect([format, Math.abs(width - 595) < 3, Math.abs(height - 842) < 3]).toEqual(['jpeg', true, true])
    expect(await pages.printed(once(pdf(595, 842)), 2, raster('gray'))).toBeNull()
    await expect(pages.printed(once(Buffer.from('no PDF')), 1, raster('gray'))).rejects.toMatchObject({
      code: 'PDF_UNREADABLE',
    })
  })
})
