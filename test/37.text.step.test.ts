// The text step on its own: which pages are read, as they lie now, and what becomes of one that cannot be.

import { inflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Document } from '../device/document/document.ts'
import { Fault } from '../device/errors.ts'
import type { Blobs } from '../device/path/step.ts'
import { readPage, unreadPage, withoutText } from '../device/path/text.ts'
import type { PageText, TextReader, TextReadRequest } from '../device/ports.ts'
import { blob, moved, opened, pagePrepared, pageStored } from './11.document.kit.ts'
import { memoryLog } from './20.worker.setup.ts'
import { streamOf } from './37.text.kit.ts'
import { joined } from './pdf-fixtures.ts'

const text: PageText = { width: 10, height: 10, lines: [] }
const never = new AbortController().signal

function withText(...events: Parameters<typeof moved>[1][]): Document {
  const document = opened()
  const digitisation = { ...document.order.digitisation, ocr: true, ocrLanguages: ['es', 'ca'] as const }
  const order = { ...document.order, digitisation: { ...digitisation, ocrLanguages: [...digitisation.ocrLanguages] } }
  return moved({ ...document, order }, ...events)
}

const two = () => withText(pageStored('A'), pageStored('B'), pagePrepared('A'), pagePrepared('B'))
const read = (pageId: string) => ({ type: 'pageRead', pageId, text: { blob: blob('text'), turn: 0 } }) as const

function tools(reading: (request: TextReadRequest) => Promise<PageText>) {
  const log = memoryLog()
  const written: Buffer[] = []
  const asked: unknown[] = []
  const textReader: Pick<TextReader, 'read'> = {
    read: async (image, request) => {
      asked.push((await joined(image)).toString(), request)
      return reading(request)
    },
  }
  const blobs: Blobs = {
    read: (documentId, name) => streamOf(Buffer.from(`${documentId} ${name}`)),
    write: async (_documentId, bytes) => {
      written.push(await joined(bytes))
      return blob('text')
    },
    open: async () => {
      throw new Error('nothing is opened')
    },
  }
  return { log, written, asked, tools: { textReader, blobs, log } }
}

function pageIn(document: Document, id: string) {
  const page = document.pages.find(one => one.id === id)
  if (page === undefined) throw new Error(`no page ${id}`)
  return page
}

describe('the page that is read next', () => {
  it('is none where the order wants no text', () => {
    expect(unreadPage(moved(opened(), pageStored('A'), pagePrepared('A')))).toBeUndefined()
  })

  it('is the first of the copy that is prepared and has not been read', () => {
    expect(unreadPage(withText(pageStored('A')))).toBeUndefined()
    expect(unreadPage(two())?.id).toBe('A')
    expect(unreadPage({ ...two(), reduction: 'gray' })).toBeUndefined()
    expect(unreadPage(moved(two(), { type: 'pageDeleted', pageId: 'A' }))?.id).toBe('B')
    expect(unreadPage(moved(two(), read('A')))?.id).toBe('B')
    expect(unreadPage(moved(two(), read('A'), read('B')))).toBeUndefined()
    expect(unreadPage(moved(two(), read('A'), withoutText(pageIn(two(), 'B'))))).toBeUndefined()
  })

  it('is one that was turned or prepared anew since', () => {
    const both = moved(two(), read('A'), read('B'))
    expect(unreadPage(moved(both, { type: 'pageTurned', pageId: 'B', by: 90 }))?.id).toBe('B')
    expect(unreadPage(moved(both, pagePrepared('A')))?.id).toBe('A')
  })
})

describe('reading a page', () => {
  it('asks for its image as it lies, in the languages of the order, and stores the text', async () => {
    const document = moved(two(), { type: 'pageTurned', pageId: 'A', by: 270 })
    const { tools: given, asked, written, log } = tools(async () => text)
    const event = await readPage(document, pageIn(document, 'A'), given, never)
    expect(event).toEqual({ type: 'pageRead', pageId: 'A', text: { blob: blob('text'), turn: 270 } })
    expect(asked).toEqual([
      'D image-A',
      {
        encoding: 'jpeg',
        width: 10,
        height: 10,
        straightenDegrees: 0,
        frame: { left: 0, top: 0, width: 10, height: 10 },
        turn: 270,
        languages: ['es', 'ca'],
        resolution: 300,
      },
    ])
    expect(written.map(one => JSON.parse(inflateSync(one).toString()))).toEqual([text])
    expect(unreadPage(moved(document, event))?.id).toBe('B')
    expect(log.lines).toEqual([])
  })

  it.each(['TEXT_READER_ABSENT', 'TEXT_UNREADABLE', 'IMAGE_UNREADABLE', 'IMAGE_TOO_LARGE'] as const)(
    'goes without text after %s, and says so',
    async code => {
      const {
        tools: given,
        written,
        log,
      } = tools(async () => {
        throw new Fault(code, 'why')
      })
      const event = await readPage(two(), pageIn(two(), 'A'), given, never)
      expect(event).toEqual({ type: 'pageRead', pageId: 'A', text: { blob: null, turn: 0 } })
      const fields = { document: 'D', page: 'A', code, detail: 'why' }
      expect(log.lines).toEqual([{ level: 'warn', event: 'a page goes without text', fields }])
      expect(written).toEqual([])
    },
  )

  it.each([new Fault('WORKER_LOST', 'gone'), new Fault('DISK_FULL', 'full'), new Error('cancelled')])(
    'is tried again by whoever asked after %s',
    async thrown => {
      const { tools: given } = tools(async () => {
        throw thrown
      })
      await expect(readPage(two(), pageIn(two(), 'A'), given, never)).rejects.toBe(thrown)
    },
  )

  it('is refused for a page that is not prepared', async () => {
    const document = withText(pageStored('A'))
    const reading = readPage(document, pageIn(document, 'A'), tools(async () => text).tools, never)
    await expect(reading).rejects.toMatchObject({ code: 'PAGE_NOT_READY' })
  })
})
