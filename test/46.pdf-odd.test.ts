// Documents at the edge of what is read: vast cross-references, hybrids, a thousand revisions, files of half a gigabyte,
// and hostile ones that cost a repair much and give it nothing. Each ends soon, in an answer or by name.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { PDFDocument } from 'pdf-lib'
import { describe, expect, test } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { Fault } from '../device/errors.ts'
import { openPdf, type PdfDocument } from '../device/pdf/document.ts'
import { createDraft } from '../device/pdf/draft.ts'
import { writeRevision } from '../device/pdf/incremental.ts'
import { entry } from '../device/pdf/objects.ts'
import { fillContents } from '../device/pdf/signature-dictionary.ts'
import { prepareSignature } from '../device/pdf/signature-field.ts'
import { listSignatures } from '../device/pdf/signatures.ts'
import { pagesOf } from '../device/pdf/tree.ts'
import type { RandomAccess } from '../device/ports.ts'
import { figuresOf, runOddPdfs } from './conformance/odd-pdfs.ts'
import { askAbout, classicPdf, inFolder, outputFor, whiteDocument } from './pdf-fixtures.ts'
import { open, page, pages, signatureRequest, signed, smallDer } from './pdf-signing-fixtures.ts'

const small = ['<< /Type /Catalog /Pages 2 0 R >>', pages, page]
const mendable = (file: RandomAccess) => openPdf(file, { repair: true })

async function signedOver(bytes: Buffer): Promise<Buffer> {
  const prepared = await prepareSignature(createDraft(await mendable(randomAccessOf(bytes))), signatureRequest)
  const filled = fillContents(prepared, smallDer)
  if (filled.outcome !== 'filled') throw new Error('the signature fits')
  return Buffer.concat([bytes, filled.update])
}

async function pageCount(document: PdfDocument): Promise<number> {
  let count = 0
  for await (const _ of pagesOf(document)) count++
  return count
}

describe('a vast cross-reference', () => {
  const million = 1_000_000

  test('table of a million objects is read in a moment and signed', async () => {
    const bytes = classicPdf([...small, ...Array.from({ length: million }, () => 'null')])
    const document = await open(bytes)
    expect(document.sections[0].entries.size).toBe(million + 4)
    expect(document.locate(million)).toMatchObject({ kind: 'plain', generation: 0 })
    expect(document.locate(million + 4)).toBeUndefined()
    expect(document.nextNumber).toBe(million + 4)
    expect(await listSignatures(await open(await signedOver(bytes)))).toMatchObject([{ structure: 'sound' }])
  })

  test('stream of a million objects is read too, in any order and with repeated numbers', async () => {
    const head = classicPdf(small).toString('latin1').split('xref')[0] ?? ''
    const count = million + 4
    const data = Buffer.alloc((count + 1) * 5)
    const places = [0, 1, 2, 3].map(number => (number === 0 ? 0 : head.indexOf(`${number} 0 obj`)))
    for (let number = 0; number < count; number++) data.writeUInt32BE(places[number] ?? 9, number * 5 + 1)
    for (let number = 1; number < count; number++) data.writeUInt8(1, number * 5)
    // One number more, listed a second time: the first counts.
    data.writeUInt8(0, count * 5)
    const dictionary = `<< /Type /XRef /Size ${count} /W [1 4 0] /Index [0 ${count} 2 1] /Root 1 0 R /Length ${data.length} >>`
    const bytes = Buffer.concat([
      Buffer.from(`${head}${count} 0 obj\n${dictionary}\nstream\n`),
      data,
      Buffer.from(`\nendstream\nendobj\nstartxref\n${head.length}\n%%EOF\n`),
    ])
    const document = await open(bytes)
    expect(document.sections[0].entries.size).toBe(count)
    expect(document.locate(2)).toEqual({ kind: 'plain', offset: places[2], generation: 0 })
    expect([...document.sections[0].entries.keys()].at(-1)).toBe(count - 1)
    expect(await listSignatures(await open(await signedOver(bytes)))).toMatchObject([{ structure: 'sound' }])
  })
})

test('a thousand revisions are read', async () => {
  let bytes = await whiteDocument(1)
  const first = await open(bytes)
  const updates: Buffer[] = [bytes]
  const number = first.nextNumber
  let [size, previous] = [bytes.length, first.tail.startXref]
  for (let revision = 0; revision < 1000; revision++) {
    const object = `${number} 0 obj\n(${revision})\nendobj\n`
    const table = `xref\n${number} 1\n${String(size).padStart(10, '0')} 00000 n \ntrailer\n<< /Size ${number + 1} /Root 1 0 R /Prev ${previous} >>\n`
    previous = size + object.length
    updates.push(Buffer.from(`${object}${table}startxref\n${previous}\n%%EOF\n`))
    size += updates.at(-1)?.length ?? 0
  }
  bytes = Buffer.concat(updates)
  const document = await open(bytes)
  expect(document.sections.length).toBe(1001)
  expect(await document.object(number, 0)).toMatchObject({ bytes: Uint8Array.from(Buffer.from('999')) })
  expect(await listSignatures(await open(await signedOver(bytes)))).toMatchObject([{ structure: 'sound' }])
})

describe('a hybrid document', () => {
  /** Page, page tree and catalog hidden from readers of tables, as word processors write it. */
  async function hybrid(): Promise<Buffer> {
    const made = await PDFDocument.create()
    made.addPage([200, 200])
    const text = Buffer.from(await made.save({ useObjectStreams: true })).toString('latin1')
    const streamAt = Number(/startxref\s+(\d+)/.exec(text)?.[1])
    const body = text.slice(0, text.lastIndexOf('startxref'))
    const [, size, root] = [
      undefined,
      /\/Size (\d+)/.exec(text.slice(streamAt))?.[1],
      /\/Root (\d+ \d+ R)/.exec(text)?.[1],
    ]
    const table = `xref\n0 ${size}\n${'0000000000 65535 f \n'.repeat(Number(size))}`
    const trailer = `trailer\n<< /Size ${size} /Root ${root} /XRefStm ${streamAt} >>\n`
    return Buffer.from(`${body}${table}${trailer}startxref\n${body.length}\n%%EOF\n`, 'latin1')
  }

  test('shows every reader the same objects before it is signed', async () => {
    const original = await hybrid()
    const document = await mendable(randomAccessOf(original))
    expect(document.repaired.join()).toContain('hybrid')
    const once = await signedOver(original)
    const [newest, ...older] = (await open(once)).sections
    expect([newest.kind, older.length]).toEqual(['stream', 0])
    expect(await pageCount(await open(once))).toBe(1)
    expect(await askAbout(once, 'qpdf', '--check', 'FILE')).toContain('No syntax')
    expect(await askAbout(once, 'qpdf', '--show-npages', 'FILE')).toBe('1\n')
  })

  test('that is signed goes on as it is', async () => {
    const once = await signed(await hybrid())
    const twice = await signedOver(once)
    expect((await open(twice)).sections.map(section => section.kind)).toEqual(['table', 'table', 'table'])
    expect((await listSignatures(await open(twice))).map(one => one.structure)).toEqual(['sound', 'sound'])
    expect(await askAbout(twice, 'qpdf', '--check', 'FILE')).toContain('No syntax')
    expect(await askAbout(twice, 'pdfsig', '-nocert', 'FILE')).toContain('Signature #2')
  })
})

describe('a file of half a gigabyte', () => {
  const holeBytes = 500_000_000

  /** One page whose content is a stream of zeros; counts what is read. */
  function vast(startXref?: number) {
    const stream = [`4 0 obj\n<< /Length ${holeBytes} >>\nstream\n`, '\nendstream\nendobj\n']
    const text = classicPdf(small).toString('latin1')
    const at = text.indexOf('xref\n0')
    const head = Buffer.from(text.slice(0, at) + stream[0], 'latin1')
    const behind = head.length + holeBytes
    const table = (stream[1] ?? '') + text.slice(at)
    const tail = Buffer.from(
      table.replace(/startxref\n\d+/, `startxref\n${startXref ?? behind + (stream[1]?.length ?? 0)}`),
      'latin1',
    )
    let read = 0
    const file: RandomAccess = {
      size: behind + tail.length,
      read: async (offset, length) => {
        read += length
        const bytes = Buffer.alloc(length)
        head.copy(bytes, 0, Math.min(offset, head.length), Math.min(offset + length, head.length))
        const start = Math.max(offset, behind)
        if (start < offset + length) tail.copy(bytes, start - offset, start - behind, offset + length - behind)
        return bytes
      },
    }
    return { file, read: () => read }
  }

  test('is opened by its end and its structure alone', async () => {
    const { file, read } = vast()
    expect(await pageCount(await openPdf(file))).toBe(1)
    await prepareSignature(createDraft(await mendable(file)), signatureRequest)
    expect(read()).toBeLessThan(200_000)
  })

  test('is mended without reading the data of streams whose length is right', async () => {
    const { file, read } = vast(7)
    const document = await mendable(file)
    expect(document.repaired).toHaveLength(1)
    expect(await pageCount(document)).toBe(1)
    expect(read()).toBeLessThan(20_000_000)
  })
})

describe('a file that is made to cost a repair much', () => {
  test.each([
    '1 0 obj ',
    '1 0 obj << ',
    '1 0 obj (',
    '1 0 obj [',
    '1 0 obj <',
    '1 0 obj << >> stream\n',
    'trailer (',
    'trailer << /Root 1 0 R /Prev 9 >> ',
    '1 ',
    '/ByteRangf ',
    'endstream ',
  ])('by repeating %j is refused', async unit => {
    const bytes = Buffer.alloc(1 << 20, unit, 'latin1')
    bytes.write('%PDF-1.7\n', 0, 'latin1')
    await expect(mendable(randomAccessOf(bytes))).rejects.toMatchObject({ code: 'PDF_UNREADABLE' })
  })
})

test('the run over a folder of odd files says of each what became of it', async () => {
  await inFolder(async folder => {
    const good = classicPdf(small)
    const files: Readonly<Record<string, Buffer>> = {
      'a-good.pdf': good,
      'b-mended.pdf': Buffer.from(good.toString('latin1').replace(/startxref\n\d+/, 'startxref\n5'), 'latin1'),
      'c-hopeless.pdf': Buffer.from('%PDF-1.4\nnothing'),
      'd-locked.pdf': await outputFor(good, 'qpdf', '--encrypt', 'user', 'owner', '256', '--', 'FILE', '-'),
      'e-opened.pdf': await outputFor(good, 'qpdf', '--encrypt', 'user', 'owner', '256', '--', 'FILE', '-'),
    }
    for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
    const rows = await runOddPdfs(folder, { 'e-opened.pdf': 'user' })
    expect(rows.map(row => row.outcome)).toEqual(['signed', 'signed', 'refused', 'refused', 'signed'])
    expect(rows[1]?.detail).toBe('qpdf 3 → 0, 1 → 1 pages; no indirect object at 5')
    expect(figuresOf(rows)).toMatchObject({
      files: 5,
      signed: 3,
      others: [{ file: 'c-hopeless.pdf' }, { file: 'd-locked.pdf' }],
    })
  })
})

test('whatever is broken at random, a repair ends in a sound signature or a Fault', async () => {
  const made = await PDFDocument.create()
  made.addPage([200, 200])
  const sources = [await whiteDocument(1), Buffer.from(await made.save({ useObjectStreams: true })), classicPdf(small)]
  let seed = 7
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return seed % below
  }
  let mended = 0
  for (let round = 0; round < 300; round++) {
    let bytes = Buffer.from(sources[round % 3] ?? [])
    for (let flips = 0; flips < 4; flips++) bytes[random(bytes.length)] = random(256)
    const cut = random(bytes.length)
    if (round % 4 === 0) bytes = Buffer.concat([bytes.subarray(0, cut), bytes.subarray(cut + random(40))])
    try {
      const once = await signedOver(bytes)
      expect(once.subarray(0, bytes.length).equals(bytes)).toBe(true)
      const document = await open(once)
      expect((await listSignatures(document)).at(-1)?.structure).toBe('sound')
      expect(entry(document.trailer, 'Root').kind).toBe('reference')
      mended++
    } catch (thrown) {
      expect(thrown).toBeInstanceOf(Fault)
    }
  }
  expect(mended).toBeGreaterThan(150)
})

test('what an update changes of a mended object is what was read', async () => {
  const loose = page.replace('/MediaBox [0 0 9 9]', '/MediaBox [0 0 --9 +-9] /Rotate 90.5.3')
  const bytes = classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', pages, loose])
  const document = await mendable(randomAccessOf(bytes))
  expect(document.repaired).toEqual([])
  const { bytes: update } = await writeRevision(document, [{ number: 4, generation: 0, body: 'null' }])
  expect(Buffer.from(update).toString('latin1')).toContain('/MediaBox [0 0 -9 9] /Rotate 90.5')
  expect(await pageCount(await open(Buffer.concat([bytes, update])))).toBe(1)
})
