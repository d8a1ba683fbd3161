// Unsigned documents with damaged cross-references, made by breaking good ones: they are read as other readers mend them,
// the update lists every object anew, and other people's readers find a sound file in which the original is a prefix.
// A document that anybody has signed is never mended.

import { PDFDocument } from 'pdf-lib'
import { describe, expect, test } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { openPdf } from '../device/pdf/document.ts'
import { createDraft } from '../device/pdf/draft.ts'
import { writeRevision } from '../device/pdf/incremental.ts'
import { fillContents } from '../device/pdf/signature-dictionary.ts'
import { prepareSignature } from '../device/pdf/signature-field.ts'
import { listSignatures } from '../device/pdf/signatures.ts'
import { pagesOf } from '../device/pdf/tree.ts'
import { askAbout, classicPdf, outputFor, whiteDocument } from './pdf-fixtures.ts'
import { open, page, pages, signatureRequest, signed, smallDer } from './pdf-signing-fixtures.ts'

const mendable = (bytes: Uint8Array) => openPdf(randomAccessOf(bytes), { repair: true })

async function mendedAndSigned(bytes: Uint8Array): Promise<Buffer> {
  const filled = fillContents(await prepareSignature(createDraft(await mendable(bytes)), signatureRequest), smallDer)
  if (filled.outcome !== 'filled') throw new Error('the signature fits')
  return Buffer.concat([bytes, filled.update])
}

async function withObjectStreams(): Promise<Buffer> {
  const made = await PDFDocument.create()
  for (let count = 0; count < 3; count++) made.addPage([200, 200])
  made.getForm().createTextField('name').addToPage(made.getPage(0))
  return Buffer.from(await made.save({ useObjectStreams: true }))
}

const good: readonly (readonly [string, () => Promise<Buffer>])[] = [
  ['a table', () => whiteDocument(3)],
  ['object streams', withObjectStreams],
  ['revisions', async () => addedRevision(await whiteDocument(3))],
  ['a linearised file', async () => outputFor(await whiteDocument(3), 'qpdf', '--linearize', 'FILE', '-')],
  ['qpdf streams', async () => outputFor(await whiteDocument(3), 'qpdf', '--object-streams=generate', 'FILE', '-')],
]

/** With a second revision that changes nothing but its /Info. */
async function addedRevision(bytes: Buffer): Promise<Buffer> {
  const document = await open(bytes)
  const body = '<< /Producer (second) >>'
  return Buffer.concat([
    bytes,
    (await writeRevision(document, [{ number: document.nextNumber, generation: 0, body }])).bytes,
  ])
}

/** Ways to break a file; `undefined` where a file has nothing of the kind. */
const breakages: Readonly<Record<string, (text: string) => string | undefined>> = {
  'startxref too far by one': text =>
    text.replace(/(startxref\s+)(\d+)(?![\s\S]*startxref)/, (_, key, at) => `${key}${Number(at) + 1}`),
  'startxref outside': text => text.replace(/(startxref\s+)(\d+)(?![\s\S]*startxref)/, '$199999999'),
  'startxref in white space': text => text.replace(/(startxref\s+)(\d+)(?![\s\S]*startxref)/, (_, key) => `${key}8`),
  'no startxref': text => text.replaceAll('startxref', 'startxxxx'),
  'no %%EOF': text => text.replaceAll('%%EOF', ''),
  'cut behind the last object': text => text.slice(0, text.lastIndexOf('endobj') + 6),
  'a line lost': text => text.replace(/\n(?=\d+ 0 obj)/, ''),
  'lines of a Windows editor': text =>
    /stream/.test(text) && /[\x80-\xff]/.test(text) ? undefined : text.replaceAll('\n', '\r\n'),
  'every offset of the table wrong': text =>
    /\d{10} 00000 n/.test(text) ? text.replace(/\d{9}(?=\d 00000 n)/g, '000000777') : undefined,
  'a table from 1': text => (/xref\n0 \d/.test(text) ? text.replace('xref\n0 ', 'xref\n1 ') : undefined),
  'no trailer keyword': text => (text.includes('trailer') ? text.replaceAll('trailer', 'railtert') : undefined),
  'a /Prev that loops': text =>
    text.replace(
      /(startxref\s+(\d+)\s+%%EOF\s*)$/,
      (_, end, at) => `${end}xref\n0 0\ntrailer\n<< /Prev ${at} >>\nstartxref\n${text.length}\n%%EOF\n`,
    ),
  'no endobj': text =>
    /[\x80-\xff]/.test(text) ? undefined : text.replaceAll('endobj', '').replace('startxref', 'startxxxx'),
  'junk of a mail gateway behind': text => `${text}${'-- scanned by nobody --\n'.repeat(400)}`,
}

describe.each(good)('a document with %s, broken by', (_, make) => {
  test.each(Object.entries(breakages))('%s, is mended by a full section', async (_, broken) => {
    const original = await make()
    const text = broken(original.toString('latin1'))
    if (text === undefined) return expect(text).toBeUndefined()
    const bytes = Buffer.from(text, 'latin1')
    const once = await mendedAndSigned(bytes)
    expect(once.subarray(0, bytes.length).equals(bytes)).toBe(true)
    expect(await askAbout(once, 'qpdf', '--show-npages', 'FILE')).toBe('3\n')
    expect(await askAbout(once, 'qpdf', '--check', 'FILE')).toContain('No syntax or stream encoding errors')
    expect(await askAbout(once, 'pdfsig', '-nocert', 'FILE')).toContain('Signature #1')
    const twice = await signed(once, { kind: 'timestamp' })
    expect((await listSignatures(await open(twice))).map(one => one.structure)).toEqual(['sound', 'sound'])
    let count = 0
    for await (const _page of pagesOf(await open(twice))) count++
    expect(count).toBe(3)
  })

  test.each(Object.entries(breakages))('%s, is left alone once it is signed', async (_, broken) => {
    const text = broken((await signed(await make())).toString('latin1'))
    if (text === undefined) return expect(text).toBeUndefined()
    const attempt = mendedAndSigned(Buffer.from(text, 'latin1'))
    await expect(attempt).rejects.toMatchObject({ code: 'PDF_UNREADABLE' })
  })
})

test.each([
  ['a wrong checksum', (data: Buffer) => data.fill(0, data.length - 4)],
  ['no end', (data: Buffer) => data.fill(32, data.length - 9)],
])('an object stream with %s is mended, and what was read of it written anew', async (_, damage) => {
  const original = Buffer.from(await withObjectStreams())
  const start = original.indexOf('stream\n', original.indexOf('/ObjStm'), 'latin1') + 'stream\n'.length
  damage(original.subarray(start, original.indexOf('\nendstream', start, 'latin1')))
  await expect(open(original)).rejects.toMatchObject({ code: 'PDF_UNREADABLE' })
  const once = await mendedAndSigned(original)
  expect(await listSignatures(await open(once))).toMatchObject([{ structure: 'sound' }])
})

describe('bytes in front of the header', () => {
  const junk = Buffer.from('HTTP/1.1 200 OK\r\n\r\n')

  test('are not counted by the offsets of the file, and are by /ByteRange', async () => {
    const original = Buffer.concat([junk, await whiteDocument(2)])
    const document = await open(original)
    expect(document).toMatchObject({ headerOffset: junk.length, repaired: [] })
    const twice = await signed(await signed(original), { kind: 'timestamp' })
    expect(twice.subarray(0, original.length).equals(original)).toBe(true)
    expect((await listSignatures(await open(twice))).map(one => one.structure)).toEqual(['sound', 'sound'])
    expect(await askAbout(twice, 'qpdf', '--check', 'FILE')).toContain('No syntax or stream encoding errors')
    expect(await askAbout(twice, 'pdfsig', '-nocert', 'FILE')).toContain('Signature #2')
  })

  test('that the file counts in its offsets are mended', async () => {
    const plain = classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', pages, page]).toString('latin1')
    const counted = plain
      .replace(/(\d{10}) 00000 n/g, (_, at) => `${String(Number(at) + junk.length).padStart(10, '0')} 00000 n`)
      .replace(/startxref\n(\d+)/, (_, at) => `startxref\n${Number(at) + junk.length}`)
    const original = Buffer.concat([junk, Buffer.from(counted, 'latin1')])
    await expect(open(original)).rejects.toMatchObject({ code: 'PDF_UNREADABLE' })
    const once = await mendedAndSigned(original)
    expect(await listSignatures(await open(once))).toMatchObject([{ structure: 'sound' }])
    expect(await askAbout(once, 'qpdf', '--check', 'FILE')).toContain('No syntax or stream encoding errors')
  })

  test('beyond the first kilobyte are refused', async () => {
    const original = Buffer.concat([Buffer.alloc(1024, 'x'), await whiteDocument(1)])
    await expect(mendable(original)).rejects.toMatchObject({ code: 'PDF_UNREADABLE' })
  })
})

test.each([
  ['a page', ['<< /Type /Catalog /Pages 2 0 R >>', `<< /Type /Pages /Kids [${page}] /Count 1 >>`], ''],
  ['a page tree', [`<< /Type /Catalog /Pages << /Type /Pages /Kids [2 0 R] /Count 1 >> >>`, page], ''],
  ['the catalog', ['null', pages, page], '/Root << /Type /Catalog /Pages 2 0 R >>'],
  ['everything', ['null'], `/Root << /Type /Catalog /Pages << /Type /Pages /Kids [${page}] /Count 1 >> >>`],
])('%s that is no object of its own becomes one', async (_, bodies, trailer) => {
  const plain = classicPdf(bodies, trailer).toString('latin1')
  const original = Buffer.from(trailer === '' ? plain : plain.replace('/Root 1 0 R', ''), 'latin1')
  const once = await mendedAndSigned(original)
  expect(once.subarray(0, original.length).equals(original)).toBe(true)
  expect(await askAbout(once, 'qpdf', '--check', 'FILE')).toContain('No syntax or stream encoding errors')
  expect(await askAbout(once, 'qpdf', '--show-npages', 'FILE')).toBe('1\n')
  const twice = await signed(once, { kind: 'timestamp' })
  expect((await listSignatures(await open(twice))).map(one => one.structure)).toEqual(['sound', 'sound'])
})

test('a damaged document is taken for signed by any /ByteRange, also where no form leads to it', async () => {
  const bodies = ['<< /Type /Catalog /Pages 2 0 R >>', pages, page, '<< /Type /Sig /ByteRange [0 1 2 3] >>']
  const broken = (all: readonly string[]) =>
    Buffer.from(
      classicPdf(all)
        .toString('latin1')
        .replace(/startxref\n\d+/, 'startxref\n5'),
      'latin1',
    )
  await expect(mendable(broken(bodies))).rejects.toMatchObject({ detail: expect.stringContaining('is not repaired') })
  const nested = bodies.with(3, '<< /Kids [<< /V << /ByteRange [0 1 2 3] >> >>] >>')
  await expect(mendable(broken(nested))).rejects.toMatchObject({ detail: expect.stringContaining('is not repaired') })
  expect((await mendable(broken(bodies.slice(0, 3)))).repaired).toHaveLength(1)
})
