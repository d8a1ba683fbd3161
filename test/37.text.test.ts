// Reading the text of pages with the real Tesseract: five languages, pages that lie askew and turned, and every way in
// which a program can fail to read one.

import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { PageText } from '../device/ports.ts'
import { renderPage } from '../drivers/imaging/render.ts'
import { createImaging } from '../drivers/imaging/sharp.ts'
import { createTesseract, type TesseractOptions } from '../drivers/textreader/tesseract.ts'
import { isAlive, until } from './20.worker.setup.ts'
import { type PrintedPage, type PrintRequest, printPage, prose, streamOf, wordAccuracy } from './37.text.kit.ts'
import { layeredPdf, wordsIn } from './49.pdf-text.kit.ts'

const reader = createTesseract({ render: renderPage })
const wordsOf = (text: PageText) => text.lines.flatMap(line => line.words.map(word => word.text))
const read = (page: PrintedPage, ...languages: readonly string[]) =>
  reader.read(streamOf(page.jpeg), { ...page.view, languages })

describe('the text of a page', () => {
  it.each(Object.keys(prose) as (keyof typeof prose)[])('is read in %s', async language => {
    const page = await printPage({ text: prose[language] })
    const text = await read(page, language)
    const printed = page.words.map(word => word.text)
    expect(wordAccuracy(printed, wordsOf(text))).toBeGreaterThanOrEqual(0.9)
    for (const { confidence } of text.lines.flatMap(line => line.words)) expect(confidence).toBeLessThanOrEqual(1)
  })

  it('is read in two languages at once', async () => {
    const page = await printPage({ text: `${prose.ca.slice(0, 180)} ${prose.es.slice(0, 180)}` })
    const accuracy = wordAccuracy(
      page.words.map(word => word.text),
      wordsOf(await read(page, 'es', 'ca')),
    )
    expect(accuracy).toBeGreaterThanOrEqual(0.9)
  })

  it.each<Omit<PrintRequest, 'text'>>([
    { skewDegrees: 2.5 },
    { turn: 90 },
    { turn: 180 },
    { turn: 270, skewDegrees: -3 },
  ])('lies in the document where it is printed, of an image with %o', async request => {
    const page = await printPage({ text: prose.ca, ...request })
    const [width = 0, height = 0] = [page.across, page.down].map(side => (side / 25.4) * 72)
    const place = { x: 0, y: 0, width, height }
    const [found = []] = await wordsIn(layeredPdf({ text: await read(page, 'ca'), place }))
    const apart = page.words.flatMap(word => {
      const named = found.filter(one => one.text.replaceAll("'", '’') === word.text)
      const middle = (word.left + word.right) / 2
      const nearest = named.sort((a, b) => distance(a, middle, word.baseline) - distance(b, middle, word.baseline))[0]
      if (nearest === undefined) return []
      return [
        Math.max(Math.abs(nearest.left - word.left), Math.abs(nearest.right - word.right), standing(nearest, word)),
      ]
    })
    expect(apart.length).toBeGreaterThanOrEqual(page.words.length * 0.85)
    expect(Math.max(...apart)).toBeLessThan(2)
  })

  it('is read from a Group 4 stream, and from the part of an image that is the page', async () => {
    const page = await printPage({ text: prose.en })
    const request = {
      mediaType: 'image/jpeg',
      resolution: 200,
      colour: 'bw',
      deskew: false,
      crop: false,
      background: 'kept',
      reduction: 'none',
    } as const
    const { rendition } = await createImaging().prepare(streamOf(page.jpeg), request)
    if (rendition.kind !== 'encoded') throw new Error('not encoded')
    const view = { ...page.view, encoding: rendition.encoding, languages: ['en'] }
    expect(rendition.encoding).toBe('ccitt-g4')
    const whole = await reader.read(streamOf(rendition.bytes), view)
    expect(
      wordAccuracy(
        page.words.map(word => word.text),
        wordsOf(whole),
      ),
    ).toBeGreaterThanOrEqual(0.9)
    const frame = { left: 0, top: 0, width: page.view.width, height: 150 }
    const part = await reader.read(streamOf(rendition.bytes), { ...view, frame })
    expect(part).toMatchObject({ width: page.view.width, height: 150 })
    expect(wordsOf(part).join(' ')).toMatch(/^With regard to the request/)
    expect(wordsOf(part).length).toBeLessThan(wordsOf(whole).length / 2)
  })

  it('is nothing on an empty page', async () => {
    const page = await printPage({ text: '' })
    expect(await read(page, 'ca')).toEqual({ width: page.view.width, height: page.view.height, lines: [] })
  })

  it('is read from a smaller copy of a page that is finer than need be', async () => {
    const page = await printPage({ text: prose.it, resolution: 600 })
    const text = await read(page, 'it')
    expect(text.width).toBe(page.view.width / 2)
    expect(
      wordAccuracy(
        page.words.map(word => word.text),
        wordsOf(text),
      ),
    ).toBeGreaterThanOrEqual(0.9)
  })
})

/** A page of this size without words, as Tesseract would say it. */
const emptyPage = `echo "<div class='ocr_page' id='page_1' title='bbox 0 0 1165 827'></div></html>"`

interface Place {
  readonly left: number
  readonly right: number
  readonly top: number
  readonly bottom: number
}

function distance({ left, right, top, bottom }: Place, x: number, y: number): number {
  return Math.hypot((left + right) / 2 - x, (top + bottom) / 2 - y)
}

/** How far the letters' feet, a fifth of the line above the box's lower edge, are from where they were printed. */
function standing({ top, bottom }: Place, { baseline }: { readonly baseline: number }): number {
  return Math.abs(bottom - (bottom - top) * 0.22 - baseline)
}

describe('a page that cannot be read', () => {
  let folder: string
  let page: PrintedPage
  let programs = 0
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compulsa-text-'))
    page = await printPage({ text: prose.ca.slice(0, 120) })
  })
  afterAll(() => rm(folder, { recursive: true }))

  /** A program in Tesseract's place that has the Catalan language, and does as `script` says with a page. */
  async function inPlace(script: string): Promise<string> {
    const program = join(folder, `tesseract-${programs++}`)
    await writeFile(
      program,
      `#!/bin/sh\n[ "$1" = --list-langs ] && { printf 'List\\ncat\\nosd\\n'; exit; }\n${script}\n`,
    )
    await chmod(program, 0o755)
    return program
  }

  async function readBy(script: string, options: Partial<TesseractOptions> = {}, signal?: AbortSignal) {
    const other = createTesseract({ render: renderPage, program: await inPlace(script), ...options })
    return other.read(streamOf(page.jpeg), { ...page.view, languages: ['ca'] }, signal)
  }

  it('is none where the program is missing, or a language, or its name', async () => {
    const missing = createTesseract({ render: renderPage, program: join(folder, 'nonesuch') })
    const absent = { code: 'TEXT_READER_ABSENT' }
    await expect(missing.languages()).rejects.toMatchObject(absent)
    await expect(missing.read(streamOf(page.jpeg), { ...page.view, languages: ['ca'] })).rejects.toMatchObject(absent)
    const other = createTesseract({ render: renderPage, program: await inPlace('exit 1') })
    expect(await other.languages()).toEqual(['ca'])
    await expect(other.read(streamOf(page.jpeg), { ...page.view, languages: ['ca', 'fr'] })).rejects.toMatchObject({
      ...absent,
      detail: expect.stringContaining('tesseract-ocr-fra'),
    })
    for (const languages of [[], ['xx'], ['toString']]) {
      await expect(reader.read(streamOf(page.jpeg), { ...page.view, languages })).rejects.toMatchObject(absent)
    }
  })

  it('ends a program that hangs at its time, and at once where nobody waits any more', async () => {
    const script = `echo $$ > ${folder}/pid; sleep 1000`
    await expect(readBy(script, { readTimeoutMs: 300 })).rejects.toMatchObject({ code: 'TEXT_UNREADABLE' })
    const pid = Number(await readFile(`${folder}/pid`, 'utf8'))
    await until(() => !isAlive(pid), 'the program to be gone')
    const cancel = new AbortController()
    const reading = readBy('sleep 1000', {}, cancel.signal)
    setTimeout(() => cancel.abort(new Error('enough')), 50)
    await expect(reading).rejects.toThrow('enough')
  })

  it.each([
    ['is killed', 'kill -KILL $$'],
    ['fails', 'cat >/dev/null; echo "secret word" >&2; exit 3'],
    ['says nothing', 'cat >/dev/null'],
    ['says something else', 'cat >/dev/null; echo "secret word</html>"'],
    ['never ends what it says', 'yes'],
    ['has no memory for the picture', `cat >/dev/null; echo "pixdata_malloc fail for data" >&2; ${emptyPage}`],
  ])('is told from one without text where the program %s', async (_, script) => {
    await expect(readBy(script)).rejects.toMatchObject({
      code: 'TEXT_UNREADABLE',
      detail: expect.not.stringContaining('secret'),
    })
  })

  it('is not one without text, which is read as such', async () => {
    expect(await readBy(`cat >/dev/null; ${emptyPage}`)).toEqual({ width: 1165, height: 827, lines: [] })
  })

  it('does not take more memory than it may', async () => {
    const small = createTesseract({ render: renderPage, maxDataBytes: 40_000_000 })
    const reading = small.read(streamOf(page.jpeg), { ...page.view, languages: Object.keys(prose) })
    await expect(reading).rejects.toMatchObject({ code: 'TEXT_UNREADABLE' })
  })

  it('is no image, another image than was said, or one that is too large', async () => {
    const refused = (bytes: Uint8Array, view = page.view) =>
      expect(reader.read(streamOf(bytes), { ...view, languages: ['ca'] })).rejects
    await refused(Buffer.from('/etc/passwd\n')).toMatchObject({ code: 'IMAGE_UNREADABLE' })
    await refused(page.jpeg.subarray(0, 5000)).toMatchObject({ code: 'IMAGE_UNREADABLE' })
    await refused(page.jpeg, { ...page.view, width: page.view.width + 1 }).toMatchObject({ code: 'IMAGE_UNREADABLE' })
    const frame = { left: 0, top: 900, width: 100, height: 500 }
    const vast = { left: 0, top: 0, width: 90_000, height: 90_000 }
    await refused(page.jpeg, { ...page.view, frame: vast }).toMatchObject({ code: 'IMAGE_TOO_LARGE' })
    await refused(page.jpeg, { ...page.view, frame }).toMatchObject({ code: 'IMAGE_UNREADABLE' })
    await refused(Buffer.alloc(100), { ...page.view, encoding: 'ccitt-g4' }).toMatchObject({ code: 'IMAGE_UNREADABLE' })
    const huge = sharp({ create: { width: 9000, height: 9000, channels: 3, background: '#fff' } })
    await refused(await huge.png({ compressionLevel: 1 }).toBuffer()).toMatchObject({ code: 'IMAGE_TOO_LARGE' })
  })

  it('is read one after the other, and one that fails leaves the next alone', async () => {
    const program = await inPlace(`mkdir ${folder}/busy || exit 9; cat >/dev/null; rmdir ${folder}/busy; exit 4`)
    const other = createTesseract({ render: renderPage, program })
    const tries = [1, 2, 3].map(() => other.read(streamOf(page.jpeg), { ...page.view, languages: ['ca'] }))
    for (const one of await Promise.allSettled(tries)) {
      expect(one).toMatchObject({ reason: { detail: 'tesseract ended with 4' } })
    }
  })
})
