// The rules over the pages of a copy: which sheet a page belongs to, what is left out and why, what shares a sheet, how
// large it all is, and that what an older version stored is read as it was meant.

import { describe, expect, it } from 'vitest'
import { emptyTrail } from '../device/document/copy-trail.ts'
import type { Document, DocumentEvent } from '../device/document/document.ts'
import { copySheets, estimateBytes, type Page, sheetToFeed } from '../device/document/page.ts'
import { documentIn, storedShape } from '../device/document/shape.ts'
import { uprightTurn } from '../device/document/sheet.ts'
import { planParts } from '../device/split.ts'
import { moved, opened, pagePrepared, pageStored } from './11.document.kit.ts'

type Prepared = Extract<DocumentEvent, { type: 'pagePrepared' }>

const duplex: Document = {
  ...opened('plain'),
  order: {
    ...opened('plain').order,
    digitisation: { ...opened('plain').order.digitisation, duplex: true, source: 'adf' },
  },
}
const side = (id: string, which: 'front' | 'back'): DocumentEvent => {
  const event = pageStored(id)
  return event.type === 'pageStored' ? { ...event, page: { ...event.page, side: which } } : event
}
const prepared = (id: string, changes: Partial<Prepared['prepared']['verdict']> = {}, bytes = 10): Prepared => {
  const event = pagePrepared(id) as Prepared
  const { verdict, rendition } = event.prepared
  const blob = { ...rendition.blob, bytes }
  return {
    ...event,
    prepared: { ...event.prepared, verdict: { ...verdict, ...changes }, rendition: { ...rendition, blob } },
  }
}
/** A page of the given size in millimetres. */
const sized = (id: string, width: number, height: number): Prepared => {
  const event = prepared(id)
  const pixels = (millimetres: number) => Math.round((millimetres / 25.4) * 300)
  const size = { width: pixels(width), height: pixels(height) }
  const rendition = { ...event.prepared.rendition, ...size, frame: { left: 0, top: 0, ...size } }
  return { ...event, prepared: { ...event.prepared, rendition } }
}
const scanned = (...events: readonly DocumentEvent[]) => moved(duplex, { type: 'scanStarted' }, ...events)
const facts = ({ pages }: Document) => pages.map(({ id, sheet, leftOut }) => `${id}${sheet}${leftOut ?? ''}`)
const jam = { type: 'scanFailed', code: 'SCANNER_JAM', detail: '' } as const

describe('sheets', () => {
  it('are counted in the order in which they were fed, both sides of one alike', () => {
    const copy = scanned(side('a', 'front'), side('b', 'back'), side('c', 'front'), side('d', 'back'))
    expect(facts(copy)).toEqual(['a1', 'b1', 'c2', 'd2'])
    expect(sheetToFeed(copy.pages)).toBe(3)
  })

  it('whose back never came are fed again: the front that came is out, and the sheet keeps its number', () => {
    const broken = scanned(side('a', 'front'), side('b', 'back'), side('c', 'front'), jam)
    expect(facts(broken)).toEqual(['a1', 'b1', 'c2half-sheet'])
    expect(sheetToFeed(broken.pages)).toBe(2)
    const again = moved(broken, { type: 'scanStarted' }, side('d', 'front'), side('e', 'back'))
    expect(facts(again)).toEqual(['a1', 'b1', 'c2half-sheet', 'd2', 'e2'])
  })

  it('are whole where the feeder ran empty, and where only fronts are scanned', () => {
    const stopped = { type: 'scanEnded', end: 'stopped' } as const
    expect(facts(scanned(side('a', 'front'), { type: 'scanEnded', end: 'empty' }))).toEqual(['a1'])
    expect(facts(scanned(side('a', 'front'), stopped))).toEqual(['a1half-sheet'])
    const simplex = moved(opened('plain'), { type: 'scanStarted' }, side('a', 'front'), jam)
    expect(facts(simplex)).toEqual(['a1'])
    expect(facts(scanned(side('a', 'front'), side('b', 'back'), jam))).toEqual(['a1', 'b1'])
  })
})

describe('what is left out', () => {
  const both = scanned(side('a', 'front'), side('b', 'back'), { type: 'scanEnded', end: 'empty' })

  it('is a blank back, not a blank front', () => {
    expect(facts(moved(both, prepared('a', { blank: true }), prepared('b', { blank: true })))).toEqual([
      'a1',
      'b1blank',
    ])
  })

  it('stays in once a person put it back, even when it is prepared again', () => {
    const restored = moved(both, prepared('b', { blank: true }), { type: 'pageRestored', pageId: 'b' })
    expect(facts(moved(restored, prepared('b', { blank: true })))).toEqual(['a1', 'b1'])
  })

  it('is never gone: every page can be put back', () => {
    const without = moved(both, { type: 'pageDeleted', pageId: 'a' })
    expect(facts(without)).toEqual(['a1person', 'b1'])
    expect(facts(moved(without, { type: 'pageRestored', pageId: 'a' }))).toEqual(['a1', 'b1'])
  })
})

describe('two images on one sheet', () => {
  const three = moved(opened('plain'), { type: 'scanStarted' }, ...['a', 'b', 'c'].map(id => pageStored(id)), {
    type: 'scanEnded',
    end: 'empty',
  })
  const small = moved(three, sized('a', 85.6, 54), sized('b', 210, 297), sized('c', 85.6, 54))
  const join = { type: 'pagesJoined', pageId: 'a', under: 'c' } as const
  const sheets = ({ pages }: Document) => copySheets(pages).map(sheet => sheet.map(page => page.id).join('+'))

  it('are one page of the copy, the second right behind the first', () => {
    const joined = moved(small, join)
    expect(sheets(joined)).toEqual(['a+c', 'b'])
    expect(joined.pages.map(({ id }) => id)).toEqual(['a', 'c', 'b'])
    expect(sheets(moved(joined, { type: 'pagesParted', pageId: 'c' }))).toEqual(['a', 'c', 'b'])
  })

  it('are small, two, not joined already, and not left out', () => {
    const refused = (document: Document, event: DocumentEvent) =>
      expect(() => moved(document, event)).toThrow(expect.objectContaining({ code: 'PAGES_NOT_JOINABLE' }))
    refused(small, { type: 'pagesJoined', pageId: 'a', under: 'b' })
    refused(small, { type: 'pagesJoined', pageId: 'a', under: 'a' })
    refused(three, join)
    refused(moved(small, join), join)
    refused(moved(small, join), { type: 'pagesJoined', pageId: 'c', under: 'a' })
    refused(moved(small, { type: 'pageDeleted', pageId: 'c' }), join)
    expect(() => moved(small, { ...join, under: 'nobody' })).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  })

  it('are two again when one of them is left out', () => {
    const without = moved(small, join, { type: 'pageDeleted', pageId: 'a' })
    expect(sheets(without)).toEqual(['c', 'b'])
    expect(sheets(moved(without, { type: 'pageRestored', pageId: 'a' }))).toEqual(['a', 'c', 'b'])
  })

  it('may lie on their side: A5 fits across, not upright', () => {
    const a5 = moved(three, sized('a', 210, 148), sized('c', 148, 210))
    expect(() => moved(a5, join)).toThrow(expect.objectContaining({ code: 'PAGES_NOT_JOINABLE' }))
    const cards = moved(three, sized('a', 190, 130), sized('c', 130, 190), { type: 'pageTurned', pageId: 'c', by: 90 })
    expect(sheets(moved(cards, join))).toEqual(['a+c', 'b'])
  })
})

describe('which way up', () => {
  const page = (changes: Partial<Page>): Page =>
    ({ ...moved(duplex, { type: 'scanStarted' }, side('a', 'back')).pages[0], ...changes }) as Page
  const found = (turn: 0 | 90 | 180 | 270, turnConfident = false) => prepared('a', { turn, turnConfident }).prepared

  it('is what the text tells, else what the device is known for, and what a person chose on top', () => {
    expect(uprightTurn(page({ fedTurn: 180, prepared: found(0) }))).toBe(180)
    expect(uprightTurn(page({ fedTurn: 180, prepared: found(0, true) }))).toBe(0)
    expect(uprightTurn(page({ fedTurn: 180, prepared: found(180, true) }))).toBe(180)
    expect(uprightTurn(page({ fedTurn: 0, prepared: found(90, true), turn: 270 }))).toBe(0)
  })

  it('is told by the other backs where a back does not tell, as long as they agree', () => {
    const ids = [1, 2, 3, 4].flatMap(n => [`f${n}`, `b${n}`])
    const scan = scanned(...ids.map(id => side(id, id.startsWith('f') ? 'front' : 'back')))
    const verdicts = ids.map(id =>
      prepared(id, { turn: id.startsWith('f') || id === 'b4' ? 0 : 180, turnConfident: id !== 'b4' }),
    )
    const turns = (copy: Document) => copy.pages.map(uprightTurn)
    expect(turns(moved(scan, ...verdicts))).toEqual([0, 180, 0, 180, 0, 180, 0, 180])
    const doubt = prepared('b1', { turn: 0, turnConfident: true })
    expect(turns(moved(scan, ...verdicts, doubt))).toEqual([0, 0, 0, 180, 0, 180, 0, 0])
  })
})

describe('the size of a copy', () => {
  const signature = { mode: 'local', level: 'LTA' }
  const copy = (bytes: readonly number[]) => {
    const ids = bytes.map((_, i) => `p${i}`)
    const events: DocumentEvent[] = [
      { type: 'scanStarted' },
      ...ids.map(id => pageStored(id)),
      { type: 'scanEnded', end: 'empty' },
      ...ids.map((id, i) => prepared(id, {}, bytes[i])),
    ]
    return moved(opened('archived'), ...events)
  }
  const idsOf = (parts: readonly (readonly Page[])[]) => parts.map(part => part.map(page => page.id).join(' '))

  it('is unknown until every page is prepared as it is wanted', () => {
    const ready = copy([1_000_000, 2_000_000])
    const bytes = estimateBytes(ready, { signature, legend: true })
    expect(bytes).toBeGreaterThan(3_400_000)
    expect(bytes).toBeLessThan(3_600_000)
    expect(estimateBytes({ ...ready, reduction: 'gray' }, { signature, legend: true })).toBeUndefined()
  })

  it('over the limit keeps the copy from going on', () => {
    const large = copy([6_000_000, 6_000_000])
    const approve = { type: 'approved', sourceNature: 'original' } as const
    expect(() => moved(large, approve)).toThrow(expect.objectContaining({ code: 'COPY_TOO_LARGE' }))
    const smaller = moved(large, { type: 'pageDeleted', pageId: 'p1' }, approve)
    expect(smaller.stage.name).toBe('composing')
  })

  it('is shared out among copies in order, as many sheets in each as fit', () => {
    expect(idsOf(planParts(copy([4e6, 4e6, 4e6, 9e6, 1e5])))).toEqual(['p0 p1', 'p2', 'p3 p4'])
    expect(idsOf(planParts(copy([1e6, 1e6])))).toEqual(['p0 p1'])
    expect(() => planParts(copy([1e6, 11e6]))).toThrow(expect.objectContaining({ code: 'COPY_TOO_LARGE' }))
  })
})

describe('a stored document', () => {
  const current = moved(opened('plain'), { type: 'scanStarted' }, pageStored('a'), { type: 'scanEnded', end: 'empty' })

  it('comes back as it was', () => {
    const document = moved(current, prepared('a'))
    expect(documentIn(JSON.parse(JSON.stringify(storedShape(document))))).toEqual(document)
  })

  it('of the first version gets what it lacks', () => {
    const { csv: _csv, part: _part, reduction: _reduction, trail: _trail, ...old } = moved(current, prepared('a'))
    const [page] = old.pages as readonly Page[]
    if (page?.prepared == null) throw new Error('no page')
    const {
      fedTurn: _fed,
      inferredTurn: _inferred,
      leftOut: _out,
      under: _under,
      text: _text,
      sheet: _sheet,
      ...oldPage
    } = page
    const { reduction: _wanted, ...image } = page.prepared
    const { frame: _frame, ...rendition } = image.rendition
    const { turnConfident: _told, sheet: _sheet2, ...verdict } = image.verdict
    const {
      crop: _crop,
      background: _background,
      ocr: _ocr,
      ocrLanguages: _languages,
      ...digitisation
    } = old.order.digitisation
    const {
      csv: _code,
      csvPattern: _pattern,
      legend: _legend,
      largestMegabytes: _most,
      ...ordered
    } = old.order.document
    const first = {
      ...old,
      order: { ...old.order, digitisation, document: ordered },
      pages: [{ ...oldPage, deleted: true, prepared: { ...image, verdict, rendition } }],
    }
    const read = documentIn(JSON.parse(JSON.stringify(first)))
    const now = moved(current, prepared('a'), { type: 'pageDeleted', pageId: 'a' })
    expect(read).toEqual({ ...now, trail: emptyTrail })
  })

  it('of a later version is refused', () => {
    expect(() => documentIn({ ...storedShape(current), shape: 99 })).toThrow(
      expect.objectContaining({ code: 'DATABASE_NEWER' }),
    )
  })
})
