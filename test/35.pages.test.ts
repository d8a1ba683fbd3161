// What is told about a page from its pixels alone: skew, blankness, orientation, colour and black.

import sharp from 'sharp'
import { describe, expect, test } from 'vitest'
import { blackShare, toBlackAndWhite } from '../device/image/black.ts'
import { judgeBlank } from '../device/image/blank.ts'
import { grayOf, isColoured } from '../device/image/colour.ts'
import { reducedSize } from '../device/image/geometry.ts'
import { findInk, type GrayImage } from '../device/image/ink.ts'
import { isClear, judgeOrientation } from '../device/image/orientation.ts'
import { judgePage, type ReducedPage } from '../device/image/page.ts'
import { findPaper } from '../device/image/paper.ts'
import { findSkew } from '../device/image/skew.ts'
import { straighten } from '../device/image/straighten.ts'
import { drawSheet, type SheetRequest, seededRandom } from './sim/paper.ts'

/** The density that A4 pages are judged at; drawn so, a sheet needs no reduction and little time. */
const judgedResolution = 75

async function reducedSheet(sheet: Partial<SheetRequest> & Pick<SheetRequest, 'seed' | 'kind'>): Promise<ReducedPage> {
  return reducedJpeg(await drawSheet({ resolution: judgedResolution, ...sheet }))
}

async function reducedJpeg(jpeg: Buffer): Promise<ReducedPage> {
  const { width = 0, height = 0 } = await sharp(jpeg).metadata()
  const size = reducedSize(width, height)
  const { data, info } = await sharp(jpeg)
    .resize(size.width, size.height, { fit: 'fill' })
    .raw()
    .toBuffer({ resolveWithObject: true })
  return { ...size, channels: info.channels === 1 ? 1 : 3, pixels: data }
}

/** A grey sheet of paper with grain. */
function emptyPaper(level = 245, seed = 1): GrayImage {
  const random = seededRandom(seed)
  const pixels = Uint8Array.from({ length: 620 * 877 }, () => level + Math.round((random() - 0.5) * 6))
  return { width: 620, height: 877, pixels }
}

function fill(page: GrayImage, x: number, y: number, width: number, height: number, level: number): void {
  for (let row = y; row < y + height; row++) page.pixels.fill(level, row * page.width + x, row * page.width + x + width)
}

function disc(page: GrayImage, x: number, y: number, radius: number, level: number): void {
  for (let row = -radius; row <= radius; row++) {
    const half = Math.round(Math.sqrt(radius * radius - row * row))
    fill(page, x - half, y + row, 2 * half + 1, 1, level)
  }
}

function isBlank(page: GrayImage): boolean {
  return judgeBlank(findInk(page)).blank
}

describe('skew', () => {
  const angles = [0, 0.12, -0.25, 0.31, -0.5, 0.77, -1.3, 2.22, -3.4, 4.9, -6.1]

  test('is found to a few hundredths of a degree, on letters and forms, upright and sideways', async () => {
    const errors: number[] = []
    for (const [i, skewDegrees] of angles.entries()) {
      const kind = i % 2 === 0 ? 'letter' : 'form'
      const turn = i % 3 === 2 ? 90 : 0
      const { skewDegrees: found } = judgePage(await reducedSheet({ seed: i, kind, skewDegrees, turn }))
      errors.push(Math.abs(found - skewDegrees))
    }
    const sorted = errors.toSorted((a, b) => a - b)
    expect(sorted[sorted.length >> 1]).toBeLessThanOrEqual(0.03)
    expect(sorted.at(-1)).toBeLessThanOrEqual(0.12)
  })

  test.each(['stamp', 'pencil', 'blank'] as const)('is not guessed from a crooked %s sheet', async kind => {
    const { skewDegrees } = judgePage(await reducedSheet({ seed: 4, kind, skewDegrees: 2 }))
    expect(skewDegrees).toBe(0)
  })

  test('is not guessed from a picture', () => {
    const page = emptyPaper()
    for (let at = 0; at < page.pixels.length; at++) {
      const [x, y] = [at % 620, Math.floor(at / 620)]
      page.pixels[at] = Math.round(128 + 60 * Math.sin(x / 37 + y / 91) + 50 * Math.sin((x * y) / 9000))
    }
    expect(findSkew(findInk(page))).toMatchObject({ degrees: 0, confident: false })
  })

  test('is not taken from what fills a corner only, from one dashed line, nor beyond what a feeder does', () => {
    const lines = (degrees: number, width: number, count: number, dash: number) => {
      const page = emptyPaper()
      const slope = Math.tan((degrees * Math.PI) / 180)
      for (let i = 0; i < count; i++) {
        for (let x = 0; x < width; x++) {
          if (x % 12 < dash) fill(page, 40 + x, 120 + i * 15 + Math.round(x * slope), 1, 4, 60)
        }
      }
      return findSkew(findInk(page))
    }
    expect(lines(2, 540, 30, 9)).toMatchObject({ confident: true, degrees: expect.closeTo(2, 1) })
    expect(lines(2, 180, 12, 9)).toMatchObject({ confident: false, degrees: 0 })
    expect(lines(2, 540, 1, 3)).toMatchObject({ confident: false, degrees: 0 })
    expect(lines(7.4, 540, 30, 9)).toMatchObject({ confident: false, degrees: 0 })
  })

  test('is taken out by straightening, which keeps the size and lets white in', async () => {
    const page = await reducedSheet({ seed: 8, kind: 'letter', skewDegrees: 2.4 })
    const level = straighten(page, 2.4)
    expect([level.width, level.height, level.channels]).toEqual([page.width, page.height, 3])
    expect(Math.abs(judgePage(level).skewDegrees)).toBeLessThanOrEqual(0.05)
    expect([...level.pixels.subarray(0, 3)]).toEqual([255, 255, 255])
  })

  test('straightening by nothing keeps every pixel but the last row and column', () => {
    const page = { width: 5, height: 4, channels: 1, pixels: Uint8Array.from({ length: 20 }, (_, i) => i * 9) } as const
    const level = straighten(page, 0)
    for (let y = 0; y < 3; y++)
      expect([...level.pixels.subarray(y * 5, y * 5 + 4)]).toEqual([...page.pixels.subarray(y * 5, y * 5 + 4)])
  })
})

describe('blank', () => {
  test('paper with grain, show-through and punched holes is blank', async () => {
    const verdicts: boolean[] = []
    for (let seed = 0; seed < 8; seed++) verdicts.push(judgePage(await reducedSheet({ seed, kind: 'blank' })).blank)
    expect(verdicts).toEqual(Array(8).fill(true))
  })

  test.each(['pencil', 'stamp', 'fax-header'] as const)('a sheet with nothing but a %s is not', async kind => {
    const verdicts: boolean[] = []
    for (let seed = 0; seed < 8; seed++) verdicts.push(judgePage(await reducedSheet({ seed, kind })).blank)
    expect(verdicts).toEqual(Array(8).fill(false))
  })

  test('a few specks of dust are overlooked, dotted text is not', () => {
    const dusty = emptyPaper()
    for (let i = 0; i < 6; i++) fill(dusty, 50 + i * 83, 100 + i * 117, 2, 2, 90)
    expect(isBlank(dusty)).toBe(true)
    const dotted = emptyPaper()
    for (let i = 0; i < 60; i++) fill(dotted, 50 + i * 8, 300, 2, 2, 90)
    expect(isBlank(dotted)).toBe(false)
  })

  test('a tick, a hair-thin line, an initial and a disc in the middle of the sheet are marks', () => {
    const marks: ((page: GrayImage) => void)[] = [
      page => fill(page, 300, 400, 3, 2, 140),
      page => fill(page, 100, 700, 300, 1, 215),
      page => fill(page, 40, 40, 1, 9, 100),
      page => disc(page, 310, 430, 8, 60),
    ]
    for (const mark of marks) {
      const page = emptyPaper()
      mark(page)
      expect(isBlank(page)).toBe(false)
    }
  })

  test('holes at the edge are overlooked, other shapes there and too many discs are not', () => {
    const punched = emptyPaper()
    for (const y of [320, 556]) disc(punched, 36, y, 8, 60)
    expect(isBlank(punched)).toBe(true)
    const square = emptyPaper()
    fill(square, 28, 320, 17, 17, 60)
    expect(isBlank(square)).toBe(false)
    const many = emptyPaper()
    for (let i = 0; i < 9; i++) disc(many, 36, 60 + i * 90, 8, 60)
    expect(isBlank(many)).toBe(false)
  })

  test('shadows at the very edge are overlooked, a dark sheet is not taken for paper', () => {
    const shaded = emptyPaper()
    fill(shaded, 0, 0, 8, 877, 150)
    expect(isBlank(shaded)).toBe(true)
    expect(isBlank(emptyPaper(90))).toBe(false)
  })
})

describe('orientation', () => {
  test('a letter is brought upright from each quarter turn', async () => {
    const turns: number[] = []
    for (const turn of [0, 90, 180, 270] as const) {
      turns.push(judgePage(await reducedSheet({ seed: 30, kind: 'letter', turn, skewDegrees: 1.1, text: 'es' })).turn)
    }
    expect(turns).toEqual([0, 270, 180, 90])
  })

  test('no sheet is turned the wrong way', async () => {
    for (let seed = 40; seed < 46; seed++) {
      const kind = seed % 2 === 0 ? 'form' : 'letter'
      const turn = ([180, 90, 0] as const)[seed % 3] ?? 0
      const { turn: found } = judgePage(await reducedSheet({ seed, kind, turn }))
      expect([0, (360 - turn) % 360]).toContain(found)
    }
  })

  test('only a clear vote of the lines turns a page', () => {
    const ink = { risersToTop: 1000, risersToBottom: 400 }
    expect(isClear({ toTop: 30, toBottom: 4, ...ink })).toBe(true)
    expect(isClear({ toTop: 4, toBottom: 30, risersToTop: 400, risersToBottom: 1000 })).toBe(true)
    expect(isClear({ toTop: 10, toBottom: 0, ...ink })).toBe(false)
    expect(isClear({ toTop: 22, toBottom: 8, ...ink })).toBe(false)
    expect(isClear({ toTop: 660, toBottom: 340, ...ink })).toBe(false)
    expect(isClear({ toTop: 30, toBottom: 4, risersToTop: 1000, risersToBottom: 900 })).toBe(false)
  })

  test('a page with lines both ways is left as it lies', async () => {
    const page = await reducedSheet({ seed: 62, kind: 'letter', turn: 180, skewDegrees: 1.4 })
    const ink = findInk({ ...page, pixels: grayOf(page) })
    const skew = findSkew(ink)
    expect(judgeOrientation(ink, skew).turn).toBe(180)
    const both = { ...skew, columns: { ...skew.columns, strength: skew.rows.strength / 2 } }
    expect(judgeOrientation(ink, both).turn).toBe(0)
  })

  test('capitals, figures and a few lines only are left as they lie', async () => {
    const random = seededRandom(6)
    const words = 'el libro del alcalde habla de las fiestas del barrio y de los plazos que faltan'.split(' ')
    const text = () => Array.from({ length: 9 }, () => words[Math.floor(random() * words.length)]).join(' ')
    const figures = () => Array.from({ length: 7 }, () => (random() * 9999).toFixed(2)).join('    ')
    const upsideDown = async (count: number, line: () => string, font = 'DejaVu Sans', degrees = 180) => {
      const row = (_: unknown, i: number) => `<text x="30" y="${50 + i * 18}" font-size="12">${line()}</text>`
      const size = 'width="620" height="877"'
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="${font}"><rect ${size} fill="#fff"/>${Array.from({ length: count }, row).join('')}</svg>`
      return judgePage(await reducedJpeg(await sharp(Buffer.from(svg)).rotate(degrees).jpeg().toBuffer())).turn
    }
    for (const font of ['DejaVu Sans', 'DejaVu Serif', 'DejaVu Sans Mono']) {
      for (const degrees of [0, 180]) {
        expect(await upsideDown(40, () => text().toUpperCase(), font, degrees)).toBe(0)
      }
    }
    expect(await upsideDown(40, figures)).toBe(0)
    expect(await upsideDown(2, text)).toBe(0)
    expect(await upsideDown(40, text)).toBe(180)
  })
})

describe('colour and black', () => {
  test('stamps and coats of arms are coloured; pencil on yellowish paper is not', async () => {
    for (const kind of ['letter', 'form', 'stamp'] as const) {
      expect(isColoured(await reducedSheet({ seed: 3, kind, resolution: 150 }))).toBe(true)
    }
    for (const kind of ['pencil', 'fax-header', 'blank'] as const) {
      expect(isColoured(await reducedSheet({ seed: 4, kind }))).toBe(false)
    }
  })

  test('coloured paper is coloured', () => {
    const pixels = Uint8Array.from({ length: 200 * 300 * 3 }, (_, i) => [250, 190, 200][i % 3] ?? 0)
    expect(isColoured({ width: 200, height: 300, pixels })).toBe(true)
  })

  test('an empty page stays white, and grey pencil becomes black', () => {
    const blackened = (page: GrayImage) => {
      const paper = findPaper(page)
      return toBlackAndWhite(page, paper, blackShare(page, paper))
    }
    expect(blackened(emptyPaper(238))).not.toContain(0)
    const page = emptyPaper(238)
    fill(page, 100, 100, 400, 40, 120)
    expect(blackened(page).filter(level => level === 0)).toHaveLength(400 * 40)
  })
})
