// The published attacks by what is appended to a signed PDF, built on a form of our own: incremental saving (Mladenov et
// al. 2019) and shadow documents (Mainka et al. 2021). Every one has to be refused, and what it is built from, signed, has
// not.

import { PDFDocument } from 'pdf-lib'
import { describe, expect, it } from 'vitest'
import { serialise } from '../device/pdf/write.ts'
import {
  type Bodies,
  bodies,
  type Changes,
  changed,
  forged,
  form,
  object,
  parts,
  plus,
  refusalOf,
  shows,
  stream,
  verdictOn,
} from './47.revision.kit.ts'
import { codesOf, open, signed, update } from './pdf-signing-fixtures.ts'

describe('incremental saving', () => {
  /** What an attacker writes behind the signed bytes, by hand. */
  async function appended(write: (facts: { start: number; startXref: number; size: number }) => string) {
    const bytes = await signed(form())
    const { tail, nextNumber } = await open(bytes)
    const text = write({ start: bytes.length, startXref: tail.startXref, size: nextNumber })
    return Buffer.concat([bytes, Buffer.from(text, 'latin1')])
  }
  const entry = (offset: number) => `${String(offset).padStart(10, '0')} 00000 n \n`
  const trailer = (size: number, startXref: number) =>
    `trailer\n<< /Size ${size} /Root 1 0 R /Info 15 0 R /ID [<00> <01>] /Prev ${startXref} >>\n`
  const end = (offset: number) => `startxref\n${offset}\n%%EOF\n`
  const body = object(parts.content, forged)

  it('of a page whose content is exchanged', async () => {
    const bytes = await appended(({ start, startXref, size }) => {
      const table = `xref\n5 1\n${entry(start)}${trailer(size, startXref)}`
      return `${body}${table}${end(start + body.length)}`
    })
    expect(await refusalOf(bytes)).toContain(
      'replaces an object that was signed (object 5, /Root/Pages/Kids/0/Contents)',
    )
  })

  it('of objects without a cross-reference, even with an end that points to the old one', async () => {
    const bytes = await appended(({ startXref }) => `${body}${end(startXref)}`)
    expect(await refusalOf(bytes)).toMatch(/^no-cross-reference/)
    expect(await codesOf(await appended(() => body))).toEqual(['trailing-bytes'])
    expect(await codesOf(await appended(() => `${body}${trailer(17, 0)}`))).toEqual(['trailing-bytes'])
  })

  it('of an end alone, and of a comment', async () => {
    expect(await refusalOf(await appended(({ startXref }) => end(startXref)))).toMatch(/^no-cross-reference/)
    expect(await codesOf(await appended(() => '% nothing\n'))).toEqual(['trailing-bytes'])
  })

  it('of objects that wait between others', async () => {
    const bytes = await appended(({ start, startXref, size }) => {
      const table = `xref\n0 1\n0000000000 65535 f \n${trailer(size, startXref)}`
      return `${body}${table}${end(start + body.length)}`
    })
    expect(await refusalOf(bytes)).toContain('stray-bytes')
  })

  it('of a section that places an object into signed bytes', async () => {
    const hidden = '<< /Type /Pages /Kids [] /Count 0 >>'
    const bytes = form({ spare: stream('', `2 0 obj\n${hidden}\nendobj\n`) })
    const once = await signed(bytes)
    const start = once.length
    const { tail, nextNumber } = await open(once)
    const table = `xref\n2 1\n${entry(once.indexOf(`2 0 obj\n${hidden}`))}${trailer(nextNumber, tail.startXref)}`
    expect(await refusalOf(Buffer.concat([once, Buffer.from(`${table}${end(start)}`)]))).toContain('object-elsewhere')
  })

  it('of two sections for one end, of two objects in one place, of one object inside another', async () => {
    const twoSections = await appended(({ start, startXref, size }) => {
      const first = `xref\n0 0\n${trailer(size, startXref)}`
      return `${first}xref\n0 0\n${trailer(size, start)}${end(start + first.length)}`
    })
    expect(await refusalOf(twoSections)).toMatch(/no-end/)
    const onePlace = await appended(({ start, startXref, size }) => {
      const table = `xref\n5 2\n${entry(start)}${entry(start)}${trailer(size, startXref)}`
      return `${body}${table}${end(start + body.length)}`
    })
    expect(await refusalOf(onePlace)).toContain('two objects are placed at')
    const inside = await appended(({ start, startXref, size }) => {
      const inner = object(6, bodies.font)
      const outer = object(5, stream('', inner))
      const table = `xref\n5 2\n${entry(start)}${entry(start + outer.indexOf(inner))}${trailer(size, startXref)}`
      return `${outer}${table}${end(start + outer.length)}`
    })
    expect(await refusalOf(inside)).toContain('objects-overlap')
  })

  it('of a smaller /Size, and of a section for some readers only', async () => {
    const sized = (size: (now: number) => number) =>
      appended(({ start, startXref, size: now }) => `xref\n0 0\n${trailer(size(now), startXref)}${end(start)}`)
    expect(await refusalOf(await sized(now => now - 1))).toContain('hides objects')
    expect(await refusalOf(await sized(now => now))).toBe('')
    const hybrid = await appended(({ start, startXref, size }) => {
      const hidden = object(size, stream(`/Type /XRef /Size ${size} /W [1 1 1] /Index [0 0]`, ''))
      const table = `xref\n0 0\n${trailer(size, startXref).replace('/Size', `/XRefStm ${start} /Size`)}`
      return `${hidden}${table}${end(start + hidden.length)}`
    })
    expect(await refusalOf(hybrid)).toContain('the update is a hybrid')
  })

  it('of another catalog, an identifier that is none, another information', async () => {
    const bytes = await appended(({ start, startXref, size }) => {
      const other = trailer(size, startXref).replace('[<00> <01>]', '[<07> 8 0 R]').replace('/Info 15 0 R ', '')
      return `xref\n0 0\n${other}${end(start)}`
    })
    const refusal = await refusalOf(bytes)
    expect(refusal).toContain('the identifier of the document changed')
    expect(refusal).toContain('/Info/Title was removed')
    const moved = await appended(({ start, startXref, size }) => {
      const catalog = object(size, bodies.catalog)
      const table = `xref\n${size} 1\n${entry(start)}${trailer(size + 1, startXref).replace('/Root 1', `/Root ${size}`)}`
      return `${catalog}${table}${end(start + catalog.length)}`
    })
    expect(await refusalOf(moved)).toContain('the catalog is another object')
  })

  it('allows a new pair of identifiers, as AutoFirma gives with every signature', async () => {
    const bytes = await appended(({ start, startXref, size }) => {
      const other = trailer(size, startXref).replace('[<00> <01>]', '[<07> <08>]')
      return `xref\n0 0\n${other}${end(start)}`
    })
    expect(await refusalOf(bytes)).toBe('')
  })
})

describe('a replaced object is refused whatever else it is used for', () => {
  const filled: Bodies = { name: bodies.name.replace('/V ()', '/V (Ada)'), nameAppearance: shows('Ada') }

  it.each<[string, Bodies]>([
    ['content of the page', { page: bodies.page.replace('5 0 R', '[5 0 R 8 0 R]') }],
    ['something that another field shows', { agree: bodies.agree.replace('/Yes 10 0 R', '/Yes 8 0 R') }],
    ['a destination', { spare: '<< /Names [(a) 8 0 R] >>' }],
    ['a page outside of the tree', { spare: '<< /Names [(a) [<< /Type /Page /Contents 8 0 R >> /Fit]] >>' }],
  ])('an appearance as %s', async (_, before) => {
    expect((await verdictOn(await changed(await signed(form()), filled))).refused).toEqual([])
    const used = await changed(await signed(form(before)), filled)
    expect(await refusalOf(used)).toContain('replaces an object that was signed (object 8')
  })

  it('an object that was missing when it was signed', async () => {
    const before: Bodies = { content: stream('/Metadata 99 0 R', 'BT ET') }
    const once = await signed(form(before))
    const store = { catalog: (now: string) => plus(now, '/DSS << /Certs [99 0 R] >>') }
    const [catalog] = [serialise((await open(once)).catalog)]
    const bytes = await update(
      once,
      { number: 1, generation: 0, body: store.catalog(catalog) },
      { number: 99, generation: 0, body: stream('', 'evidence') },
    )
    expect(await refusalOf(bytes)).toContain('fills in an object that was missing')
  })

  it('an object behind a reference to a reference', async () => {
    const catalog = plus(bodies.catalog.replace('/Dests 16 0 R', ''), '/DSS 16 0 R')
    const once = await signed(form({ catalog, spare: '13 0 R', store: '<< /Certs [12 0 R] >>' }))
    expect(await refusalOf(once)).toBe('')
    expect(await refusalOf(await changed(once, { store: '<< /Certs [] >>' }))).toContain('evidence was taken away')
  })

  it('an object stream', async () => {
    const made = await PDFDocument.create()
    made.addPage([300, 300])
    const once = await signed(await made.save())
    const document = await open(once)
    const packed = document.sections.flatMap(section => [...section.entries].map(([, place]) => place))
    const container = packed.find(place => place.kind === 'packed')
    if (container?.kind !== 'packed') throw new Error('pdf-lib packs objects')
    const body = stream('/Type /ObjStm /N 0 /First 0', '')
    expect(await refusalOf(await update(once, { number: container.stream, generation: 0, body }))).toContain(
      'an object stream was replaced',
    )
  })

  it('a stream that goes on into what is appended', async () => {
    const long = bodies.content.replace(/\/Length \d+/, '/Length 90000')
    const once = await signed(form({ content: long }))
    expect(await refusalOf(await signed(once, {}, Buffer.alloc(3000, 0x30)))).toContain(
      'goes on into what was appended',
    )
  })

  it('a freed object, and one of another generation', async () => {
    const once = await signed(form())
    const { tail, nextNumber } = await open(once)
    const table = `xref\n16 1\n0000000000 00001 f \ntrailer\n<< /Size ${nextNumber} /Root 1 0 R /Info 15 0 R /ID [<00> <01>] /Prev ${tail.startXref} >>\nstartxref\n${once.length}\n%%EOF\n`
    expect(await refusalOf(Buffer.concat([once, Buffer.from(table)]))).toContain('an object was freed')
    const again = await update(once, { number: parts.info, generation: 1, body: bodies.info })
    expect(await refusalOf(again)).toContain('another generation')
  })
})

describe('a shadow document', () => {
  it.each<[string, Changes, Bodies?]>([
    ['hides what lies below an overlay', { overlay: stream('/Type /XObject /Subtype /Form /BBox [0 0 1 1]', '') }],
    ['hides what lies below a field', { name: '<< >>' }],
    [
      'replaces content by an overlay that was a field',
      { nameAppearance: shows('All of it') },
      { name: bodies.name.replace('()', '(All of it)') },
    ],
    ['replaces the font of signed text', { font: bodies.font.replace('Helvetica', 'Symbol') }],
    ['replaces the resources of a page', { pages: now => now.replace('12 0 R', '10 0 R') }],
    ['shows other pages', { pages: now => now.replace('[3 0 R]', '[3 0 R 3 0 R]') }],
    ['shows a page at another size', { page: now => now.replace('400 400', '400 100') }],
    ['turns a page', { page: now => plus(now, '/Rotate 180') }],
    ['shows other layers', { catalog: now => plus(now, '/OCProperties << /D << /OFF [16 0 R] >> >>') }],
    ['opens with an action', { catalog: now => plus(now, '/OpenAction << /S /JavaScript /JS () >>') }],
    ['leads elsewhere', { spare: '<< /Names [(a) (b)] >>' }],
    ['has its appearances made by the reader', { form: now => plus(now, '/NeedAppearances true') }],
    [
      'has its appearances no longer made by the reader',
      { form: now => now.replace('s true', 's false') },
      { form: plus(bodies.form, '/NeedAppearances true') },
    ],
    ['gets resources for what was missing', { form: now => now.replace('/DR <<', '/DR << /XObject << /X 12 0 R >>') }],
    ['calculates values', { form: now => plus(now, '/CO [7 0 R]') }],
    ['gets a form of another kind', { form: now => plus(now, '/XFA (x)') }],
    ['loses a field', { form: now => now.replace('7 0 R ', '') }],
    [
      'has a widget painted anew over another',
      { agree: now => now },
      { agree: bodies.agree.replace('[20 150 40 170]', '[20 190 60 210]') },
    ],
  ])('that %s', async (_, changes, before = {}) => {
    const once = await signed(form(before))
    expect((await verdictOn(once)).refused).toEqual([])
    const { refused, levels } = await verdictOn(await changed(once, changes))
    expect(levels).toEqual(['other'])
    expect(refused).not.toEqual([])
  })

  it('is refused for the first signature though a second one covers the change', async () => {
    const twice = await signed(await changed(await signed(form()), { content: forged }))
    const { refused, perSignature } = await verdictOn(twice)
    expect(refused).toHaveLength(1)
    expect(perSignature.map(one => one.map(({ level }) => level))).toEqual([['other', 'form-filling'], []])
  })
})

it('hostile trees end in a refusal, not in a loop', async () => {
  const loops: readonly Changes[] = [
    { pages: bodies.pages.replace('[3 0 R]', '[3 0 R 2 0 R]') },
    { name: plus(bodies.name, '/Kids [7 0 R]') },
    { name: plus(bodies.name, '/Kids [4 0 R]'), form: now => plus(now, '/T (x) /Kids [7 0 R]') },
    { spare: '16 0 R', catalog: now => now.replace('4 0 R', '16 0 R') },
  ]
  for (const changes of loops) {
    const once = await changed(await signed(form()), changes)
    const refused = await refusalOf(once).catch((thrown: unknown) => String(thrown))
    expect(refused).toMatch(/PDF_UNREADABLE|is not allowed/)
  }
})

it('a file that takes too much reading is refused', async () => {
  const bytes = await signed(await signed(form()))
  expect((await verdictOn(bytes, { maxOctets: 1 << 20 })).refused).toEqual([])
  const outcome = verdictOn(bytes, { maxOctets: 40_000 }).then(({ refused }) => refused.join())
  expect(await outcome.catch((thrown: unknown) => String(thrown))).toContain('takes too much reading')
})

it('without its signature field a document has no signature', async () => {
  const bytes = await changed(await signed(form()), { form: now => now.replace(/\/Fields \[[^\]]*\]/, '/Fields []') })
  expect(await verdictOn(bytes)).toEqual({ refused: [], levels: [], perSignature: [] })
})
