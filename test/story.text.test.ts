// A copy that can be searched: what is printed on its pages is read before it is composed, signed with the rest and written
// to no log. Where the text cannot be read, the copy is made all the same.

import { execFileSync } from 'node:child_process'
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import type { SheetImage } from './sim/escl-sheets.ts'
import { approve, copyReceived, feed, open, procedure, sign, smallPile } from './walk.kit.ts'

const digitisation = { resolution: 200, ocr: true, ocrLanguages: ['ca'] }
const wordsOfTheBody = ['Ajuntament de Riudevall', 'Atenció Ciutadana', '08990 Riudevall']

async function textOf(kiosk: Kiosk): Promise<string> {
  const { pdf } = await copyReceived(kiosk, 0)
  return execFileSync('pdftotext', ['-', '-'], { input: pdf, encoding: 'utf8' })
}

describe('a signed copy with text', () => {
  let kiosk: Kiosk
  let sheets: SheetImage[]
  beforeAll(async () => {
    sheets = await smallPile(2)
    kiosk = await startKiosk({ sheets, config: { procedures: [procedure('local', { digitisation })] } })
  })
  afterAll(() => kiosk.stop())

  it('is found by its words, over images as they were scanned', async () => {
    await open(kiosk, 'copy-local')
    await feed(kiosk)
    await approve(kiosk)
    expect(await sign(kiosk, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    const pages = (await textOf(kiosk)).split('\f')
    for (const page of pages.slice(0, 2)) for (const words of wordsOfTheBody) expect(page).toContain(words)
    const { images } = await copyReceived(kiosk, 0)
    expect(images).toEqual(sheets.map(sheet => sheet.front))
  })

  it('was written to no log', () => {
    expect(kiosk.logged.filter(line => /Riudevall|Ajuntament/.test(line))).toEqual([])
  })
})

describe('a copy whose text cannot be read', () => {
  let kiosk: Kiosk
  let folder: string
  const path = process.env['PATH'] ?? ''
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compulsa-no-text-'))
    await writeFile(join(folder, 'tesseract'), '#!/bin/sh\nprintf "List\\nosd\\n"\n')
    await chmod(join(folder, 'tesseract'), 0o755)
    process.env['PATH'] = `${folder}${delimiter}${path}`
    const procedures = [procedure('none', { digitisation })]
    kiosk = await startKiosk({ sheets: await smallPile(1), config: { procedures } })
  })
  afterAll(async () => {
    process.env['PATH'] = path
    await kiosk.stop()
    await rm(folder, { recursive: true })
  })

  it('is delivered without, and the log says which page and why', async () => {
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    await approve(kiosk, 'copy')
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    expect((await textOf(kiosk)).trim()).toBe('')
    const lines = kiosk.logged.filter(line => line.includes('goes without text')).map(line => JSON.parse(line))
    expect(lines).toMatchObject([{ level: 'warn', code: 'TEXT_READER_ABSENT', page: expect.any(String) }])
    expect(lines[0].detail).toContain('tesseract-ocr-cat')
  })
})
