// Where images and the legend stand on a page: poppler shows the page and finds its text, zbar reads its QR code, and the
// image of the paper is neither written over nor made smaller.

import { execFile } from 'node:child_process'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { composePdf, type PdfImage, type PdfPage } from '../device/pdf/compose.ts'
import { readFont } from '../device/pdf/font.ts'
import type { Legend } from '../device/pdf/legend.ts'
import { askAbout, chunksOf, eniMetadata, inFolder, joined, listed, pageOf } from './pdf-fixtures.ts'

const execute = promisify(execFile)
const font = readFont(await readFile('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'))
const link = 'https://seu.example.cat/verifica?csv=7K3M-9QXT-0RVC-W4DZ-18HB-PNFG-2YJE-5S'
const legend: Legend = {
  lines: ['Còpia electrònica autèntica · Ajuntament de Mostra', 'Actuació automatitzada · 2026-11-26', 'CSV 7K3M-9QXT'],
  pageLine: 'Pàgina {page} de 2',
  link,
  font,
}
const a4 = { width: 595.276, height: 841.89 }

interface Shown {
  readonly width: number
  readonly height: number
  readonly data: Buffer
}

/** A coloured image whose four quarters differ, at 72 pixels per inch. */
async function quarters(width: number, height: number, changes: Partial<PdfImage> = {}): Promise<PdfImage> {
  const rect = (x: number, y: number, fill: string) =>
    `<rect x="${(x * width) / 2}" y="${(y * height) / 2}" width="${width / 2}" height="${height / 2}" fill="${fill}"/>`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${rect(0, 0, '#c22')}${rect(1, 0, '#2a2')}${rect(0, 1, '#22c')}${rect(1, 1, '#cc2')}</svg>`
  const bytes = await sharp(Buffer.from(svg)).jpeg({ quality: 95, chromaSubsampling: '4:4:4' }).toBuffer()
  const common = { encoding: 'jpeg', width, height, resolution: 72, straightenDegrees: 0, turn: 0 } as const
  const frame = { left: 0, top: 0, width, height }
  return { ...common, frame, bytes: chunksOf(bytes), byteLength: bytes.length, ...changes }
}

function compose(pages: readonly PdfPage[], shown?: Legend): Promise<Buffer> {
  const request = { pages: listed(...pages), metadata: eniMetadata }
  return joined(composePdf(shown === undefined ? request : { ...request, legend: shown }))
}

async function rendered(pdf: Uint8Array, resolution = 72): Promise<readonly Shown[]> {
  return inFolder(async folder => {
    await writeFile(join(folder, 'file.pdf'), pdf)
    await execute('pdftoppm', ['-png', '-r', String(resolution), join(folder, 'file.pdf'), join(folder, 'page')])
    const files = (await readdir(folder)).filter(name => name.endsWith('.png')).sort()
    return Promise.all(
      files.map(async name => {
        const { data, info } = await sharp(join(folder, name)).removeAlpha().raw().toBuffer({ resolveWithObject: true })
        return { data, width: info.width, height: info.height }
      }),
    )
  })
}

const names = {
  '204,34,34': 'red',
  '34,170,34': 'green',
  '34,34,204': 'blue',
  '204,204,34': 'yellow',
  '255,255,255': '-',
}

/** The nearest of the colours at a point of the page, in points from its top left corner. */
function at(page: Shown | undefined, x: number, y: number): string {
  if (page === undefined) throw new Error('no such page')
  const start = (Math.round(y) * page.width + Math.round(x)) * 3
  const found = Object.entries(names).find(([colour]) =>
    colour.split(',').every((value, channel) => Math.abs(Number(value) - (page.data[start + channel] ?? 0)) < 12),
  )
  return found?.[1] ?? page.data.subarray(start, start + 3).join(',')
}

describe('the legend', () => {
  test('stands in a margin of its own, under an image that keeps its bytes, its size and its place', async () => {
    const image = () => quarters(300, 400)
    const [plain] = await rendered(await compose([pageOf(await image())]))
    const [noted] = await rendered(await compose([pageOf(await image())], legend))
    expect([plain?.width, plain?.height, noted?.width]).toEqual([300, 400, 300])
    expect(noted?.height).toBeGreaterThan(400 + 54)
    expect(noted?.height).toBeLessThan(400 + 100)
    // A fraction of a point of margin may move the raster by less than a pixel; the corners of the quarters tell.
    for (const [x, y] of [
      [2, 2],
      [297, 2],
      [148, 198],
      [152, 202],
      [2, 397],
      [297, 397],
    ] as const) {
      expect(at(noted, x, y)).toBe(at(plain, x, y))
    }
    expect(at(noted, 150, 404)).toBe('-')
  })

  test('says its lines and the page number, in text that can be searched, on every page', async () => {
    const pdf = await compose([pageOf(await quarters(300, 400)), pageOf(await quarters(420, 200))], legend)
    const text = await askAbout(pdf, 'pdftotext', '-layout', 'FILE', '-')
    for (const line of legend.lines) expect(text.split(line)).toHaveLength(3)
    expect(text).toContain('Pàgina 1 de 2')
    expect(text).toContain('Pàgina 2 de 2')
    const fonts = await askAbout(pdf, 'pdffonts', 'FILE')
    expect(fonts).toMatch(/CID TrueType +Identity-H +yes yes yes/)
    await askAbout(pdf, 'qpdf', '--check', 'FILE')
  })

  test('carries the address in a QR code that a reader reads', async () => {
    const pdf = await compose([pageOf(await quarters(300, 400))], legend)
    await inFolder(async folder => {
      await writeFile(join(folder, 'file.pdf'), pdf)
      await execute('pdftoppm', ['-png', '-r', '200', join(folder, 'file.pdf'), join(folder, 'page')])
      const { stdout } = await execute('zbarimg', ['--quiet', '--raw', join(folder, 'page-1.png')])
      expect(stdout.trim()).toBe(link)
    })
  })

  test('grows with its text on a narrow sheet and writes nothing outside it', async () => {
    const [narrow] = await rendered(await compose([pageOf(await quarters(160, 300))], legend))
    const [wide] = await rendered(await compose([pageOf(await quarters(600, 300))], legend))
    expect(narrow?.height).toBeGreaterThan((wide?.height ?? 0) + 20)
    const pdf = await compose([pageOf(await quarters(160, 300))], legend)
    const text = await askAbout(pdf, 'pdftotext', '-raw', 'FILE', '-')
    expect(text.replace(/\s+/g, ' ')).toContain('Còpia electrònica autèntica · Ajuntament de Mostra')
  })
})

describe('an image on its page', () => {
  test.each([0, 90, 180, 270] as const)('is cut to its frame and turned by %i', async turn => {
    const frame = { left: 30, top: 100, width: 200, height: 280 }
    const [page] = await rendered(await compose([pageOf(await quarters(300, 400, { frame, turn }))]))
    const sideways = turn % 180 !== 0
    expect([page?.width, page?.height]).toEqual(sideways ? [280, 200] : [200, 280])
    // In the frame the quarters meet at (120, 100).
    const meet = { 0: [120, 100], 90: [180, 120], 180: [80, 180], 270: [100, 80] }[turn] as [number, number]
    const around = [
      [-6, -6],
      [6, -6],
      [-6, 6],
      [6, 6],
    ].map(([x = 0, y = 0]) => at(page, meet[0] + x, meet[1] + y))
    const expected = {
      0: ['red', 'green', 'blue', 'yellow'],
      90: ['blue', 'red', 'yellow', 'green'],
      180: ['yellow', 'blue', 'green', 'red'],
      270: ['green', 'yellow', 'red', 'blue'],
    }[turn]
    expect(around).toEqual(expected)
  })

  test('is white where its frame reaches beyond it', async () => {
    const frame = { left: -20, top: -10, width: 340, height: 420 }
    const [page] = await rendered(await compose([pageOf(await quarters(300, 400, { frame }))]))
    expect([page?.width, page?.height]).toEqual([340, 420])
    expect([at(page, 10, 200), at(page, 24, 14), at(page, 316, 406), at(page, 330, 200)]).toEqual([
      '-',
      'red',
      'yellow',
      '-',
    ])
  })

  test('shares a sheet with another at its true size, the first above', async () => {
    // An identity card: 85.6 × 54 mm.
    const card = () => quarters(243, 153)
    const [page] = await rendered(await compose([{ images: [await card(), await card()], sheet: a4 }], legend))
    expect(page?.width).toBe(596)
    expect(page?.height).toBeGreaterThan(842 + 54)
    const rows = Array.from({ length: page?.height ?? 0 }, (_, y) => at(page, 200, y))
    const runs = rows.reduce<{ colour: string; rows: number }[]>((list, colour) => {
      const last = list.at(-1)
      if (last?.colour === colour) last.rows += 1
      else list.push({ colour, rows: 1 })
      return list
    }, [])
    const coloured = runs.filter(run => run.rows > 30 && run.colour !== '-')
    expect(coloured.map(run => run.colour)).toEqual(['red', 'blue', 'red', 'blue'])
    for (const run of coloured) expect(Math.abs(run.rows - 76.5)).toBeLessThanOrEqual(2)
  })

  test('larger than its sheet is reduced, and never enlarged', async () => {
    const [large] = await rendered(await compose([{ images: [await quarters(1190, 842)], sheet: a4 }]))
    expect(at(large, 2, 421 - 209)).toBe('red')
    expect(at(large, 593, 421 + 208)).toBe('yellow')
    const [small] = await rendered(await compose([{ images: [await quarters(100, 100)], sheet: a4 }]))
    expect([at(small, 246, 421), at(small, 252, 418), at(small, 345, 424), at(small, 350, 421)]).toEqual([
      '-',
      'red',
      'yellow',
      '-',
    ])
  })
})
