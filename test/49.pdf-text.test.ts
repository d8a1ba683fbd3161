// Text layers and their font, before poppler, qpdf and Ghostscript: words are found in their order and where they lie,
// whichever way the line runs, and nothing is seen of them.

import { inflateSync } from 'node:zlib'
import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { readFont } from '../device/pdf/font.ts'
import { embedInvisibleFont, invisibleMetrics } from '../device/pdf/invisible-font.ts'
import { textLayer } from '../device/pdf/text-layer.ts'
import type { PageText, TextLine } from '../device/ports.ts'
import { type FoundWord, layeredPdf, numberedFrom, popplerText, wordsIn } from './49.pdf-text.kit.ts'
import { askAbout, outputFor } from './pdf-fixtures.ts'

/** Ten pixels a millimetre. */
const [width, height] = [2100, 1480]
const points = (pixels: number) => (pixels / 254) * 72
const place = { x: 0, y: 0, width: points(width), height: points(height) } as const

function level(words: readonly (readonly [string, number, number])[], y: number, size = 50): TextLine {
  const boxes = words.map(([text, left, right]) => {
    return { text, left, top: y - size * 0.7, width: right - left, height: size * 0.9, confidence: 1 }
  })
  return { words: boxes, size, angleDegrees: 0, baseline: { y, slope: 0 } }
}

const pageOf = (...lines: readonly TextLine[]): PageText => ({ width, height, lines })
const oneWord = (text: string) => pageOf(level([[text, 100, 400]], 300))

describe('a text layer', () => {
  const text = pageOf(
    level(
      [
        ['Ajuntament', 200, 700],
        ['de', 720, 800],
        ['Riudevall', 830, 1300],
      ],
      200,
      80,
    ),
    level(
      [
        ['Expedient:', 200, 420],
        ['2026/00123', 440, 700],
      ],
      400,
    ),
    level(
      [
        ['l’òrgan', 210, 380],
        ['competent', 400, 640],
        ['és', 655, 700],
        ['l’Alcaldia', 720, 1000],
      ],
      480,
    ),
  )
  const words = text.lines.flatMap(line => line.words)

  it('gives its words in order', async () => {
    const read = (await popplerText(layeredPdf({ text, place }))).replaceAll(/\n+/g, '\n')
    expect(read).toBe('Ajuntament de Riudevall\nExpedient: 2026/00123\nl’òrgan competent és l’Alcaldia\n\f')
  })

  it('lays each word over its box', async () => {
    const [found = []] = await wordsIn(layeredPdf({ text, place }))
    expect(found.map(one => one.text)).toEqual(words.map(one => one.text))
    for (const [index, { left, right }] of found.entries()) {
      const box = words[index]
      expect(left * 10).toBeCloseTo(box?.left ?? -1, 0)
      expect(right * 10).toBeCloseTo((box?.left ?? 0) + (box?.width ?? 0), 0)
    }
    // The first line's foot, and the second's.
    expect(footOf(found[0])).toBeCloseTo(20, 1)
    expect(footOf(found[3])).toBeCloseTo(40, 1)
  })

  it('begins where the image does, and is as large', async () => {
    const half = { x: 72, y: 144, width: place.width / 2, height: place.height / 2 }
    const [[first] = [], [second] = []] = await wordsIn(layeredPdf({ text, place }, { text, place: half }))
    expect((second?.left ?? 0) - 25.4).toBeCloseTo((first?.left ?? 0) / 2, 1)
    expect((second?.right ?? 0) - 25.4).toBeCloseTo((first?.right ?? 0) / 2, 1)
    expect(second?.bottom).toBeCloseTo((first?.bottom ?? 0) / 2, 1)
  })

  it('follows a line that slopes', async () => {
    const slope = Math.tan((3 * Math.PI) / 180)
    const boxes = ['un', 'dos', 'tres', 'quatre'].map((one, index) => {
      const left = 200 + index * 400
      return { text: one, left, top: 300 + (left - 200) * slope - 35, width: 250, height: 45, confidence: 1 }
    })
    const sloping = { words: boxes, size: 50, angleDegrees: 0, baseline: { y: 300, slope } } as const
    const [found = []] = await wordsIn(layeredPdf({ text: pageOf(sloping), place }))
    expect(found.map(one => one.text)).toEqual(['un', 'dos', 'tres', 'quatre'])
    for (const [index, { left, right, bottom }] of found.entries()) {
      expect(left * 10).toBeCloseTo(200 + index * 400, -1)
      expect(right * 10).toBeCloseTo(450 + index * 400, -1)
      // Poppler's box reaches to the foot of the word's right end and a little of the line's descent.
      expect(bottom * 10 - (300 + (250 + index * 400) * slope)).toBeGreaterThan(0)
      expect(bottom * 10 - (300 + (250 + index * 400) * slope)).toBeLessThan(15)
    }
  })

  it.each([
    [90, [0, 1, 2]],
    [270, [2, 1, 0]],
  ] as const)('follows a line that runs at %i°', async (angleDegrees, downwards) => {
    const boxes = ['primer', 'segon', 'tercer'].map((one, index) => {
      const top = 200 + downwards.indexOf(index as 0) * 400
      return { text: one, left: 1000, top, width: 50, height: 300, confidence: 1 }
    })
    const [found = []] = await wordsIn(layeredPdf({ text: pageOf({ words: boxes, size: 50, angleDegrees }), place }))
    for (const box of boxes) {
      const one = found.find(({ text: named }) => named === box.text)
      expect(one && { left: one.left, right: one.right, top: one.top, bottom: one.bottom }).toEqual({
        left: expect.closeTo(100, 1),
        right: expect.closeTo(105, 1),
        top: expect.closeTo(box.top / 10, 1),
        bottom: expect.closeTo(box.top / 10 + 30, 1),
      })
    }
    // Poppler takes every word of such a line for a line of its own.
    const raw = await popplerText(layeredPdf({ text: pageOf({ words: boxes, size: 50, angleDegrees }), place }), '-raw')
    expect(raw.trim().split('\n')).toEqual(['primer', 'segon', 'tercer'])
  })

  it('stands on its head where the line does', async () => {
    const boxes = ['primer', 'segon'].map((one, index) => {
      return { text: one, left: 1000 - index * 400, top: 700, width: 300, height: 50, confidence: 1 }
    })
    const [found = []] = await wordsIn(
      layeredPdf({ text: pageOf({ words: boxes, size: 50, angleDegrees: 180 }), place }),
    )
    const first = found.find(one => one.text === 'primer')
    expect(first).toMatchObject({
      left: expect.closeTo(100, 1),
      top: expect.closeTo(70, 1),
      bottom: expect.closeTo(75, 1),
    })
  })

  it('parts words that touch', async () => {
    const touching = pageOf(
      level(
        [
          ['abans', 100, 300],
          ['després', 300, 620],
          ['damunt', 600, 800],
        ],
        300,
      ),
    )
    expect((await popplerText(layeredPdf({ text: touching, place }))).trim()).toBe('abans després damunt')
  })

  it.each([
    ['ñÑçÇàÀ·ŀïÏœŒ€«»—…', 'ñÑçÇàÀ·ŀïÏœŒ€«»—…'],
    ['ΑθήναМосква中文', 'ΑθήναМосква中文'],
    ['(a)\\<b>%', '(a)\\<b>%'],
    ['x\u{1f4c4}y', 'x\ufffdy'],
    ['a\u0007b', 'a\ufffdb'],
  ])('gives %j back as %j', async (source, read) => {
    expect((await popplerText(layeredPdf({ text: oneWord(source), place }))).trim()).toBe(read)
  })

  it('is not seen', async () => {
    const pdf = layeredPdf({ text, place })
    const png = await outputFor(pdf, 'pdftoppm', '-r', '50', '-png', '-singlefile', 'FILE')
    expect((await sharp(png).stats()).channels.map(channel => channel.min)).toEqual([255, 255, 255])
  })

  it('is nothing where there is no text, and draws and ends what it begins', () => {
    expect(textLayer(pageOf(), place)).toBe('')
    const operators = textLayer(text, place).split('\n')
    expect([operators[0], operators.at(-2), operators.at(-1)]).toEqual(['q', 'ET', 'Q'])
    expect(operators.join('\n')).not.toMatch(/NaN|Infinity|e[+-]/)
  })

  it('has numbers that PDF knows, for boxes without sense as well', () => {
    const odd = { words: [{ text: 'x', left: 0, top: 0, width: 1e-9, height: 0, confidence: 0 }], size: 1e-9 } as const
    const source = textLayer(pageOf({ ...odd, angleDegrees: 0 }), place)
    expect(source.replaceAll(/<[0-9A-F]+>/g, '')).toMatch(/^[-\d. a-zA-Z/\n]+$/)
    expect(source).not.toMatch(/NaN|Infinity|\de/)
  })
})

function footOf(word: FoundWord | undefined): number {
  if (word === undefined) return Number.NaN
  return word.bottom + ((word.bottom - word.top) * invisibleMetrics.descent) / 1000
}

describe('the invisible font', () => {
  const embedded = () => {
    const { sink, bodies } = numberedFrom(7)
    return { reference: embedInvisibleFont(sink), bodies }
  }

  it('is whole, small, and the same every time', async () => {
    const { reference, bodies } = embedded()
    expect(bodies[reference.number - 7]).toContain('/Subtype /Type0')
    expect([bodies.length, bodies.includes('null')]).toEqual([6, false])
    expect(embedded()).toEqual({ reference, bodies })
    const pdf = layeredPdf({ text: oneWord('prova'), place })
    expect(pdf.length).toBeLessThan(5000)
    expect(await askAbout(pdf, 'qpdf', '--check', 'FILE')).toContain('No syntax or stream encoding errors')
    const fonts = await askAbout(pdf, 'pdffonts', 'FILE')
    expect(fonts).toMatch(/CompulsaInvisible +CID TrueType +Identity-H +yes no +yes/)
  })

  it('has a program with as wide a glyph as its dictionary says, without an outline', () => {
    const program = embedded().bodies.find(body => body.includes('/Length1'))
    const [, data = ''] = /stream\n(.*)\nendstream/s.exec(program ?? '') ?? []
    const font = readFont(inflateSync(Buffer.from(data, 'latin1')))
    expect([font.glyphOf(0x20), font.advance(1), font.unitsPerEm]).toEqual([1, invisibleMetrics.advance, 1000])
    expect([font.ascender, font.descender]).toEqual([invisibleMetrics.ascent, invisibleMetrics.descent])
    // A glyph with an outline would not come out of a subset without its bytes.
    expect(font.subset([0, 1]).length).toBeLessThan(400)
  })

  it('is accepted by Ghostscript', async () => {
    const read = await askAbout(
      layeredPdf({ text: oneWord('Riudevall'), place }),
      'gs',
      '-q',
      '-sDEVICE=txtwrite',
      '-o',
      '-',
      'FILE',
    )
    expect(read.trim()).toBe('Riudevall')
  })
})
