// Reading PDFs: every way in which a file may say where its objects are, and every way in which a hostile one may lie
// about it. Whatever a file holds, the reader answers with an object or a Fault, within its limits.

import { deflateSync } from 'node:zlib'
import { PDFDocument } from 'pdf-lib'
import { describe, expect, test } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { Fault } from '../device/errors.ts'
import { openPdf, type PdfDocument } from '../device/pdf/document.ts'
import { maxFilters, maxStreamBytes, maxTreeNodes, maxXrefEntries, maxXrefSections } from '../device/pdf/limits.ts'
import { entry, pdfReference } from '../device/pdf/objects.ts'
import { fieldsOf, pagesOf } from '../device/pdf/tree.ts'
import { classicPdf, outputFor, whiteDocument } from './pdf-fixtures.ts'

const open = (bytes: Uint8Array) => openPdf(randomAccessOf(bytes))
const unreadable = { code: 'PDF_UNREADABLE' }

async function pageCount(document: PdfDocument): Promise<number> {
  let count = 0
  for await (const _ of pagesOf(document)) count++
  return count
}

/** A PDF whose only cross-reference section is a stream; object 3 and 4 are packed in object 2. */
function streamPdf(
  changes: { packed?: string; first?: number; entries?: number[]; extra?: string; data?: Buffer } = {},
): Buffer {
  const header = '%PDF-1.5\n'
  const packed = changes.packed ?? '3 0 4 33 << /Type /Catalog /Pages 4 0 R >> << /Type /Pages /Kids [] /Count 0 >>'
  const container = `2 0 obj\n<< /Type /ObjStm /N 2 /First ${changes.first ?? 9} /Length ${packed.length} >>\nstream\n${packed}\nendstream\nendobj\n`
  const start = header.length + container.length
  const entries = changes.entries ?? [0, 0, 0, 1, start, 0, 1, header.length, 0, 2, 2, 0, 2, 2, 1]
  const rows = Buffer.alloc((entries.length / 3) * 4)
  for (let row = 0; row * 3 < entries.length; row++) {
    rows.writeUInt8(entries[row * 3] ?? 0, row * 4)
    rows.writeUInt16BE(entries[row * 3 + 1] ?? 0, row * 4 + 1)
    rows.writeUInt8(entries[row * 3 + 2] ?? 0, row * 4 + 3)
  }
  const data = changes.data ?? rows
  const dictionary = `<< /Type /XRef /Size 5 /Root 3 0 R /W [1 2 1] /Length ${data.length} ${changes.extra ?? ''} >>`
  return Buffer.concat([
    Buffer.from(`${header}${container}1 0 obj\n${dictionary}\nstream\n`, 'latin1'),
    data,
    Buffer.from(`\nendstream\nendobj\nstartxref\n${start}\n%%EOF\n`, 'latin1'),
  ])
}

const emptyTree = ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [] /Count 0 >>']

describe('a document', () => {
  test('of ours has a table, its pages and its catalog', async () => {
    const document = await open(await whiteDocument(3))
    expect(document.sections).toMatchObject([{ kind: 'table' }])
    expect(document.headerVersion).toBe('1.7')
    expect(document.tail.end).toBe(document.file.size)
    expect(await pageCount(document)).toBe(3)
  })

  test.each([true, false])('of another writer is read, object streams %s', async useObjectStreams => {
    const made = await PDFDocument.create()
    for (let page = 0; page < 4; page++) made.addPage([200, 200])
    made.getForm().createTextField('group.name').addToPage(made.getPage(0))
    const document = await open(await made.save({ useObjectStreams }))
    expect(document.sections[0].kind).toBe(useObjectStreams ? 'stream' : 'table')
    expect(await pageCount(document)).toBe(4)
    const names: string[] = []
    for await (const field of fieldsOf(document)) names.push(`${field.name} ${field.type}`)
    expect(names).toEqual(['group.name Tx'])
  })

  test.each([
    ['linearised', ['--linearize']],
    ['with object streams and predictors', ['--object-streams=generate']],
  ])('that qpdf made %s is read', async (_, parameters) => {
    const document = await open(await outputFor(await whiteDocument(3), 'qpdf', ...parameters, 'FILE', '-'))
    expect(await pageCount(document)).toBe(3)
  })

  test('packed in an object stream is read', async () => {
    const document = await open(streamPdf())
    expect(document.locate(4)).toEqual({ kind: 'packed', stream: 2, index: 1 })
    expect(await pageCount(document)).toBe(0)
  })

  test('with a compressed cross-reference stream and PNG predictors is read', async () => {
    const start = streamPdf().indexOf('1 0 obj')
    const table = [
      [0, 0, 0, 0],
      [1, start >> 8, start & 255, 0],
      [1, 0, 9, 0],
      [2, 0, 2, 0],
      [2, 0, 2, 1],
    ]
    const filtered = table.flatMap((row, at) => [
      2,
      ...row.map((value, column) => (value - (table[at - 1]?.[column] ?? 0)) & 255),
    ])
    const extra = '/Filter /FlateDecode /DecodeParms << /Predictor 12 /Columns 4 >>'
    const document = await open(streamPdf({ data: deflateSync(Uint8Array.from(filtered)), extra }))
    expect(await pageCount(document)).toBe(0)
  })

  test('of the hybrid kind shows the objects that its table hides', async () => {
    const plain = streamPdf().toString('latin1')
    const body = plain.slice(0, plain.indexOf('startxref'))
    const streamAt = body.indexOf('1 0 obj')
    const table = `xref\n0 5\n0000000000 65535 f \n${'0000000000 00000 f \n'.repeat(4)}`
    const text = `${body}${table}trailer\n<< /Size 5 /Root 3 0 R /XRefStm ${streamAt} >>\nstartxref\n${body.length}\n%%EOF\n`
    const document = await open(Buffer.from(text, 'latin1'))
    expect(document.sections).toMatchObject([{ kind: 'table' }])
    expect(await pageCount(document)).toBe(0)
  })

  test('takes the newest of several objects of one number', async () => {
    const first = classicPdf([...emptyTree, '(old)'])
    const offset = first.length
    const update = `3 0 obj\n(new)\nendobj\nxref\n3 1\n${String(offset).padStart(10, '0')} 00000 n \ntrailer\n<< /Size 4 /Root 1 0 R /Prev ${first.indexOf('xref\n0')} >>\nstartxref\n${offset + 21}\n%%EOF\n`
    const document = await open(Buffer.concat([first, Buffer.from(update)]))
    expect(document.sections.length).toBe(2)
    expect(await document.object(3, 0)).toMatchObject({ bytes: Uint8Array.from(Buffer.from('new')) })
    expect(await document.object(3, 1)).toEqual({ kind: 'null' })
    expect(await document.object(77, 0)).toEqual({ kind: 'null' })
  })
})

describe('a hostile document', () => {
  const text = classicPdf(emptyTree).toString('latin1')
  const bomb = deflateSync(Buffer.alloc(maxStreamBytes + 1))
  const changed = (from: string | RegExp, to: string) => Buffer.from(text.replace(from, to), 'latin1')

  test.each([
    ['that is empty', 'start with', Buffer.alloc(0)],
    ['without header', 'start with', changed('%PDF', '%FDP')],
    ['without startxref', 'no startxref', changed('startxref', 'startxxxx')],
    ['with startxref outside', 'outside the file', changed(/startxref\n\d+/, 'startxref\n999999')],
    ['whose /Prev leads back', 'back to itself', classicPdf(emptyTree, `/Prev ${text.indexOf('xref\n0')}`)],
    ['whose /Prev is a name', '/Prev is no integer', classicPdf(emptyTree, '/Prev /A')],
    ['with a vast subsection', '900000000 entries', changed('0 3\n', '0 900000000\n')],
    ['with a negative subsection', 'from -5', changed('0 3\n', '-5 3\n')],
    ['with a vast /Size', '/Size is', changed('/Size 3', '/Size 99999999')],
    ['whose catalog is elsewhere', 'no indirect object', changed('0000000009 00000 n', '0000000011 00000 n')],
    ['whose catalog is another object', 'object 2 stands', changed(/9 00000 n/, `${text.indexOf('2 0 obj')} 00000 n`)],
    ['whose catalog is a number', 'no dictionary', classicPdf(['7', '<< >>'])],
    ['whose catalog refers to itself', 'chain of references', classicPdf(['1 0 R', '<< >>'])],
    ['with a short cross-reference stream', 'too short', streamPdf({ data: Buffer.alloc(3) })],
    ['with a cross-reference stream of no width', 'usable /W', streamPdf({ extra: '/W [0 0 0]' })],
    ['with a cross-reference stream of vast width', 'usable /W', streamPdf({ extra: '/W [1 2 99999999]' })],
    ['with a cross-reference stream without length', 'usable /Length', streamPdf({ extra: '/Length -1' })],
    ['with a vast /Index', '900000000 entries', streamPdf({ extra: '/Index [0 900000000]' })],
    ['whose object stream holds others', 'does not hold', streamPdf({ packed: '7 0 8 1 << /Type /Catalog >> << >>' })],
    ['whose object stream has no numbers', 'short header', streamPdf({ packed: '(3) 0 4 3 << >>' })],
    [
      'whose object stream holds too little',
      'outside its stream',
      streamPdf({ packed: '3 0 4 90 << /Pages 4 0 R >>' }),
    ],
    ['whose object stream header lies', 'no header', streamPdf({ first: 99999 })],
    [
      'whose object stream is in itself',
      'is missing',
      streamPdf({ entries: [0, 0, 0, 1, 0, 0, 2, 2, 0, 2, 2, 0, 2, 2, 1] }),
    ],
    ['with an unknown filter', 'filter JPXDecode', streamPdf({ extra: '/Filter /JPXDecode' })],
    ['with damaged Flate data', 'inflate', streamPdf({ extra: '/Filter /FlateDecode' })],
    ['with a zip bomb', 'inflate', streamPdf({ extra: '/Filter /FlateDecode', data: bomb })],
    ['with many filters', 'filters', streamPdf({ extra: `/Filter [${'/ASCIIHexDecode '.repeat(maxFilters + 1)}]` })],
    ['with a negative /Index', 'from -5', streamPdf({ extra: '/Index [-5 1]' })],
  ])('%s is refused for that: %s', async (_, detail, bytes) => {
    await expect(open(bytes)).rejects.toMatchObject({ ...unreadable, detail: expect.stringContaining(detail) })
  })

  test('with too many sections is refused', async () => {
    let text = '%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\n'
    let previous = ''
    for (let section = 0; section <= maxXrefSections; section++) {
      const start = text.length
      text += `xref\n1 1\n0000000009 00000 n \ntrailer\n<< /Size 2 /Root 1 0 R ${previous} >>\n`
      previous = `/Prev ${start}`
    }
    const upTo = (end: number) =>
      Buffer.from(`${text.slice(0, end)}startxref\n${text.lastIndexOf('xref', end - 1)}\n%%EOF\n`)
    expect((await open(upTo(text.lastIndexOf('xref')))).sections.length).toBe(maxXrefSections)
    await expect(open(upTo(text.length))).rejects.toMatchObject(unreadable)
  })

  test('with too many entries in all is refused', async () => {
    const half = maxXrefEntries / 2 + 1
    const data = deflateSync(Buffer.alloc(half)).toString('latin1')
    const section = (number: number, previous: string) =>
      `${number} 0 obj\n<< /Type /XRef /Size ${half} /W [1 0 0] /Root 1 0 R /Filter /FlateDecode /Length ${data.length} ${previous} >>\nstream\n${data}\nendstream\nendobj\n`
    const first = `%PDF-1.7\n${section(1, '')}`
    const text = `${first}${section(2, '/Prev 9')}startxref\n${first.length}\n%%EOF\n`
    await expect(open(Buffer.from(text, 'latin1'))).rejects.toMatchObject({
      detail: expect.stringContaining('entries'),
    })
  })

  test('whose page tree has too many nodes is refused', async () => {
    const kids = '<<>>'.repeat(maxTreeNodes + 1)
    const document = await open(classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', `<< /Kids [${kids}] >>`]))
    await expect(pageCount(document)).rejects.toMatchObject(unreadable)
  })

  test('that is encrypted is refused by name', async () => {
    await expect(open(classicPdf(emptyTree, '/Encrypt 2 0 R'))).rejects.toMatchObject({ code: 'PDF_ENCRYPTED' })
  })

  test.each([
    ['loops', ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [2 0 R] >>']],
    [
      'repeats a page',
      ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Kids [3 0 R 3 0 R] >>', '<< /Type /Page >>'],
    ],
    [
      'is too deep',
      ['<< /Type /Catalog /Pages 2 0 R >>', ...Array.from({ length: 70 }, (_, at) => `<< /Kids [${at + 3} 0 R] >>`)],
    ],
  ])('whose page tree %s is refused', async (_, bodies) => {
    await expect(pageCount(await open(classicPdf(bodies)))).rejects.toMatchObject(unreadable)
  })

  test('whose fields loop is refused', async () => {
    const bodies = ['<< /Type /Catalog /AcroForm << /Fields [2 0 R] >> >>', '<< /T (a) /Kids [2 0 R] >>']
    const walk = async () => {
      for await (const _ of fieldsOf(await open(classicPdf(bodies)))) expect(_).toBeDefined()
    }
    await expect(walk()).rejects.toMatchObject(unreadable)
  })

  test('whose stream length lies or loops is refused when its data is asked for', async () => {
    const cases = {
      '-1': 'usable /Length',
      '5000': 'leaves the file',
      '3 0 R': 'usable /Length',
      '(a)': 'usable /Length',
    }
    for (const [length, detail] of Object.entries(cases)) {
      const document = await open(classicPdf([...emptyTree, `<< /Length ${length} >>\nstream\nx\nendstream`]))
      const stream = await document.resolve(pdfReference(3))
      if (stream.kind !== 'stream') throw new Error('object 3 is a stream')
      await expect(document.data(stream)).rejects.toMatchObject({ detail: expect.stringContaining(detail) })
    }
  })

  test('whose object stream has its length in itself is refused', async () => {
    const bytes = Buffer.from(
      streamPdf()
        .toString('latin1')
        .replace(/\/First 9 \/Length \d+/, '/First 9 /Length 4 0 R'),
      'latin1',
    )
    const moved = bytes.toString('latin1')
    const start = moved.indexOf('1 0 obj\n<< /Type /XRef')
    const text = moved.replace(/startxref\n\d+/, `startxref\n${start}`)
    await expect(open(Buffer.from(text, 'latin1'))).rejects.toMatchObject({ detail: 'a packed /Length' })
  })

  test('made by flipping bytes ends in an answer or a Fault', async () => {
    const sources = [await whiteDocument(1), streamPdf(), classicPdf(emptyTree)]
    let seed = 1
    const random = (below: number) => {
      seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
      return seed % below
    }
    for (let round = 0; round < 1500; round++) {
      const bytes = Buffer.from(sources[round % 3] ?? [])
      for (let flips = 0; flips < 3; flips++) bytes[random(bytes.length)] = random(256)
      try {
        const document = await open(bytes)
        await pageCount(document)
        await document.resolve(entry(document.trailer, 'Info'))
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(Fault)
      }
    }
  })
})

test('reading takes the end and the objects asked for, never the whole file', async () => {
  const bytes = classicPdf([...emptyTree, `<< /Length 4000000 >>\nstream\n${'x'.repeat(4_000_000)}\nendstream`])
  const file = randomAccessOf(bytes)
  let read = 0
  const counted = {
    size: file.size,
    read: (offset: number, length: number) => {
      read += length
      return file.read(offset, length)
    },
  }
  expect(await pageCount(await openPdf(counted))).toBe(0)
  expect(read).toBeLessThan(20_000)
})
