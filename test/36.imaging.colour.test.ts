// Colour per page: what a clerk put on a sheet in colour or in grey is never lost to a smaller file, whatever the scanner
// did to it; only ink on paper becomes black and white.

import { describe, expect, test } from 'vitest'
import type { PreparedPage, PreparePageRequest } from '../device/ports.ts'
import { createImaging } from '../drivers/imaging/sharp.ts'
import {
  blackMarks,
  colouredMarks,
  colouredPapers,
  greyMarks,
  type Scanning,
  scanned,
  scanners,
  sheetWith,
  streamOf,
} from './36.imaging.kit.ts'

const imaging = createImaging()
const request: PreparePageRequest = {
  mediaType: 'image/jpeg',
  resolution: 200,
  colour: 'auto',
  deskew: true,
  crop: true,
  background: 'kept',
  reduction: 'none',
}

function prepare(bytes: Uint8Array): Promise<PreparedPage> {
  return imaging.prepare(streamOf(bytes), request)
}

async function verdictOf(svg: string, scanning: Scanning): Promise<string> {
  return (await prepare(await scanned(svg, scanning))).verdict.colour
}

/** Every mark by one scanner, so that each scanner sees some of them. */
const all = Object.values(scanners)
const inTurn = (marks: Readonly<Record<string, string>>, of: readonly Scanning[] = all) =>
  Object.entries(marks).map(([name, mark], i) => [name, mark, of[i % of.length] ?? scanners.usual] as const)

describe('colour', () => {
  test.each(inTurn(colouredMarks))('%s stays, as the bytes of the scanner', async (_, mark, scanning) => {
    const page = await prepare(await scanned(sheetWith(mark), scanning))
    expect(page.verdict.colour).toBe('color')
    expect(page.rendition.kind).toBe('original')
  })

  test.each(Object.entries(colouredPapers))('%s paper stays', async (_, paper) => {
    expect(await verdictOf(sheetWith('', paper), scanners.usual)).toBe('color')
  })

  test('seams of sensor rows that lie apart, a warm paper and the noise of a scanner are none', async () => {
    for (const scanning of [scanners.apart, scanners.noisy, { ...scanners.usual, yellowed: 8 }]) {
      expect(await verdictOf(sheetWith(''), scanning)).not.toBe('color')
    }
    const bar = sheetWith(blackMarks['a black bar'] ?? '')
    expect(await verdictOf(bar, { ...scanners.usual, rowsApart: 0.3 })).not.toBe('color')
  })
})

describe('grey', () => {
  const kind = [scanners.usual, scanners.strongly, scanners.noisy]

  test.each(inTurn(greyMarks, kind))('%s stays grey, as the bytes of the scanner', async (_, mark, scanning) => {
    const page = await prepare(await scanned(sheetWith(mark), scanning))
    expect(page.verdict.colour).toBe('gray')
    expect(page.rendition.kind).toBe('original')
  })
})

describe('black and white', () => {
  test.each(inTurn(blackMarks, [scanners.usual, scanners.strongly]))('%s is enough', async (_, mark, scanning) => {
    const jpeg = await scanned(sheetWith(mark), scanning)
    const page = await prepare(jpeg)
    expect(page.verdict.colour).toBe('bw')
    if (page.rendition.kind !== 'encoded') throw new Error('the scanner’s bytes were kept')
    expect(page.rendition.encoding).toBe('ccitt-g4')
    expect(page.rendition.bytes.length).toBeLessThan(jpeg.length / 6)
  })
})
