// Text layers in composed documents: over images that are cut, turned, reduced and joined on a sheet, beside a legend, with
// one font for them all; and no larger than the estimate of a copy takes them for.

import { readFile } from 'node:fs/promises'
import { deflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { composePdf, type PdfImage, type PdfPage } from '../device/pdf/compose.ts'
import { readFont } from '../device/pdf/font.ts'
import type { Legend } from '../device/pdf/legend.ts'
import type { PageText } from '../device/ports.ts'
import { popplerText, wordsIn } from './49.pdf-text.kit.ts'
import { askAbout, chunksOf, eniMetadata, joined, listed, outputFor, pageOf } from './pdf-fixtures.ts'

/** A stored image of 400 × 600 pixels, at 72 to the inch. */
const [width, height] = [400, 600]
const millimetres = (points: number) => (points / 72) * 25.4

async function imageWith(text: PageText | undefined, changes: Partial<PdfImage> = {}): Promise<PdfImage> {
  const white = sharp({ create: { width, height, channels: 3, background: '#fff' } })
  const bytes = await white.toColourspace('b-w').jpeg().toBuffer()
  const frame = { left: 0, top: 0, width, height }
  const common = { encoding: 'jpeg', width, height, frame, resolution: 72, straightenDegrees: 0, turn: 0 } as const
  return { ...common, bytes: chunksOf(bytes), byteLength: bytes.length, ...(text && { text }), ...changes }
}

/** One word in a page of `across` × `down` pixels as it is shown, its box at 100, 50 and as large as told. */
function saying(word: string, across: number, down: number, size = 20): PageText {
  const box = { text: word, left: 100, top: 50, width: 80, height: size, confidence: 1 }
  const line = { words: [box], size, angleDegrees: 0, baseline: { y: 50 + size * 0.78, slope: 0 } } as const
  return { width: across, height: down, lines: [line] }
}

const compose = (pages: readonly PdfPage[], legend?: Legend) =>
  joined(composePdf({ pages: listed(...pages), metadata: eniMetadata, ...(legend && { legend }) }))

const boxOf = (left: number, top: number, right: number, bottom: number) => ({
  left: expect.closeTo(millimetres(left), 1),
  top: expect.closeTo(millimetres(top), 1),
  right: expect.closeTo(millimetres(right), 1),
  bottom: expect.closeTo(millimetres(bottom), 1),
})

describe('a composed document with text', () => {
  it.each([
    [0, 400, 600],
    [90, 600, 400],
    [180, 400, 600],
    [270, 600, 400],
  ] as const)('has it where its reader sees it, of an image turned by %i°', async (turn, across, down) => {
    const pdf = await compose([pageOf(await imageWith(saying('Hola', across, down), { turn }))])
    const [[word] = []] = await wordsIn(pdf)
    expect(word).toEqual({ text: 'Hola', ...boxOf(100, 50, 180, 70) })
  })

  it('has it on the part of the image that is the page, however fine it was read', async () => {
    const frame = { left: 50, top: 80, width: 300, height: 400 }
    const text = saying('Hola', 600, 800)
    const [[word] = []] = await wordsIn(await compose([pageOf(await imageWith(text, { frame, straightenDegrees: 2 }))]))
    expect(word).toEqual({ text: 'Hola', ...boxOf(50, 25, 90, 35) })
  })

  it('has it on each of two images on a sheet, at their size there', async () => {
    const sheet = { width: 400, height: 628 }
    const images = [await imageWith(saying('Dalt', 400, 600)), await imageWith(saying('Baix', 400, 600))] as const
    const [words = []] = await wordsIn(await compose([{ images: [...images], sheet }]))
    // Half the sheet, less 14 points on each side, leaves 286 of 600.
    const scale = 286 / 600
    const left = (400 - 400 * scale) / 2 + 100 * scale
    const box = (above: number) => boxOf(left, above + 50 * scale, left + 80 * scale, above + 70 * scale)
    expect(words).toEqual([
      { text: 'Dalt', ...box(14) },
      { text: 'Baix', ...box(328) },
    ])
  })

  it('leaves the legend to be seen, and is not seen itself', async () => {
    const font = readFont(await readFile('/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf'))
    const legend: Legend = { lines: ['Còpia autèntica'], pageLine: 'Pàgina {page} de 1', font }
    const pdf = await compose([pageOf(await imageWith(saying('Hola', 400, 600, 60)))], legend)
    expect(await popplerText(pdf)).toMatch(/Hola[\s\S]*Còpia autèntica/)
    const png = await outputFor(pdf, 'pdftoppm', '-r', '72', '-png', '-singlefile', 'FILE')
    const darkest = async (top: number, rows: number) => {
      const part = sharp(png).extract({ left: 0, top, width, height: rows })
      return (await sharp(await part.toBuffer()).stats()).channels[0]?.min
    }
    const { height: whole = 0 } = await sharp(png).metadata()
    expect(await darkest(0, height)).toBe(255)
    expect(await darkest(height, whole - height)).toBeLessThan(100)
  })

  it('has one font for all pages, and none where there is no text', async () => {
    const empty: PageText = { width: 400, height: 600, lines: [] }
    const images = [saying('Un', 400, 600), empty, undefined, saying('Dos', 400, 600)].map(text => imageWith(text))
    const pdf = await compose((await Promise.all(images)).map(pageOf))
    expect((await askAbout(pdf, 'pdffonts', 'FILE')).match(/CompulsaInvisible/g)).toHaveLength(1)
    expect(await askAbout(pdf, 'qpdf', '--check', 'FILE')).toContain('No syntax or stream encoding errors')
    expect((await popplerText(pdf)).split('\f').map(page => page.trim())).toEqual(['Un', '', '', 'Dos', ''])
    const plain = await compose([pageOf(await imageWith(empty)), pageOf(await imageWith(undefined))])
    expect(plain.includes('/Font')).toBe(false)
  })

  it('is about as much larger as the stored text is', async () => {
    const words = Array.from({ length: 400 }, (_, index) => ({
      text: `paraula${(index * 7919) % 1000}`,
      left: 10 + (index % 8) * 45,
      top: 10 + Math.floor(index / 8) * 11,
      width: 40,
      height: 9,
      confidence: 0.9,
    }))
    const lines = Array.from({ length: 50 }, (_, row) => {
      const baseline = { y: 18 + row * 11, slope: 0 }
      return { words: words.slice(row * 8, row * 8 + 8), size: 10, angleDegrees: 0, baseline } as const
    })
    const text: PageText = { width: 400, height: 600, lines }
    const plain = await compose([pageOf(await imageWith(undefined))])
    const layered = await compose([pageOf(await imageWith(text))])
    const stored = deflateSync(JSON.stringify(text)).length
    expect(layered.length - plain.length).toBeLessThan(stored + 3_500)
  })
})
