// Judging the signatures of a PDF by its bytes alone: no way of moving, hiding or stretching the signed bytes passes as sound.

import { PDFDocument, PDFHexString, PDFName } from 'pdf-lib'
import { describe, expect, test } from 'vitest'
import { fieldsOf } from '../device/pdf/tree.ts'
import { classicPdf, whiteDocument } from './pdf-fixtures.ts'
import { codesOf, open, page, pages, signed, update } from './pdf-signing-fixtures.ts'

describe('a signature is broken', () => {
  /** One signed page, its text changed without moving anything. */
  async function tampered(change: (text: string) => string): Promise<readonly string[]> {
    const text = (await signed(await whiteDocument(1))).toString('latin1')
    const changed = change(text)
    expect(changed).not.toBe(text)
    return codesOf(Buffer.from(changed, 'latin1'))
  }
  const byteRange = (change: (numbers: number[]) => readonly number[]) => (text: string) =>
    text.replace(/\/ByteRange \[([\d ]+)\]/, (all, numbers: string) => {
      return `/ByteRange [${change(numbers.trim().split(/\s+/).map(Number)).join(' ')}`
        .padEnd(all.length - 1)
        .concat(']')
    })

  test.each([
    ['by junk at the end', (text: string) => `${text}JUNK`, ['trailing-bytes']],
    ['by a second end of line', (text: string) => `${text}\n`, ['trailing-bytes']],
    [
      'by objects without cross-reference at the end',
      (text: string) => `${text}1 0 obj\n<< >>\nendobj\n%%EOF\n`,
      ['trailing-bytes'],
    ],
    ['by a gap that begins early', byteRange(([, b = 0, c = 0, d = 0]) => [0, b - 9, c, d]), ['gap-not-contents']],
    ['by a gap that ends late', byteRange(([, b = 0, c = 0, d = 0]) => [0, b, c + 9, d - 9]), ['gap-not-contents']],
    [
      'by a gap elsewhere',
      byteRange(([, , c = 0, d = 0]) => [0, 20, 40, c + d - 40]),
      ['gap-not-contents', 'dictionary-unsigned'],
    ],
    ['by a late start', byteRange(([, b = 0, c = 0, d = 0]) => [1, b - 1, c, d]), ['byte-range-invalid']],
    ['by three numbers', byteRange(([, b = 0, c = 0]) => [0, b, c]), ['byte-range-invalid']],
    ['by six numbers', byteRange(([, b = 0, c = 0, d = 0]) => [0, b, c, 1, c + 1, d - 1]), ['byte-range-invalid']],
    ['by ranges that overlap', byteRange(([, b = 0, c = 0, d = 0]) => [0, c, b, c + d - b]), ['byte-range-invalid']],
    ['by a range outside the file', byteRange(([, b = 0, c = 0, d = 0]) => [0, b, c, d + 1]), ['byte-range-invalid']],
    ['by an end inside a revision', byteRange(([, b = 0, c = 0, d = 0]) => [0, b, c, d - 40]), ['not-a-revision']],
    [
      'by an end before the last end of line',
      byteRange(([, b = 0, c = 0, d = 0]) => [0, b, c, d - 7]),
      ['not-a-revision'],
    ],
    ['without /ByteRange', (text: string) => text.replace('/ByteRange', '/BiteRange'), ['byte-range-invalid']],
    ['without /Contents', (text: string) => text.replace('/Contents <', '/Kontents <'), ['contents-invalid']],
    [
      'by a literal /Contents',
      (text: string) => text.replace(/\/Contents <(\w+)>/, '/Contents ($1)'),
      ['contents-invalid'],
    ],
    ['by white space in /Contents', (text: string) => text.replace('00000>', '000 0>'), ['contents-invalid']],
    [
      'by a key that stands twice',
      (text: string) => text.replace('/Filter /Adobe.PPKLite', '/Type /Sig            '),
      ['repeated-key'],
    ],
    ['by a /Type that is none', (text: string) => text.replace('/Type /Sig\n', '/Type /Sug\n'), ['type-invalid']],
  ])('%s', async (_, change, codes) => {
    expect(await tampered(change)).toEqual(codes)
  })

  test('by an end in what a later revision added', async () => {
    const twice = (await signed(await signed(await whiteDocument(1)))).toString('latin1')
    const stretched = byteRange(([, b = 0, c = 0, d = 0]) => [0, b, c, d + 5])(twice)
    expect(await codesOf(Buffer.from(stretched, 'latin1'))).toEqual(['not-a-revision', 'sound'])
  })

  test('when two fields show one signature', async () => {
    const twice = await signed(await signed(await whiteDocument(1)))
    const fields: { number: number; value: string }[] = []
    for await (const { reference, value } of fieldsOf(await open(twice))) {
      if (reference && value.kind === 'reference')
        fields.push({ number: reference.number, value: `${value.number} 0 R` })
    }
    const body = `<< /FT /Sig /T (again) /V ${fields[0]?.value} >>`
    const result = await update(twice, { number: fields[1]?.number ?? 0, generation: 0, body })
    expect(await codesOf(result)).toEqual(['overlap', 'overlap'])
  })

  test('when its dictionary stands in an object stream or in its field', async () => {
    const made = await PDFDocument.create()
    made.addPage([200, 200])
    const value = made.context.register(made.context.obj({ Type: 'Sig', Contents: PDFHexString.of('3000') }))
    const fields = [{ FT: 'Sig', T: PDFHexString.of('61'), V: value }]
    made.catalog.set(PDFName.of('AcroForm'), made.context.obj({ Fields: fields }))
    for (const useObjectStreams of [true, false]) {
      const codes = await codesOf(await made.save({ useObjectStreams, addDefaultPage: false }))
      expect(codes).toEqual(useObjectStreams ? ['byte-range-invalid', 'contents-invalid'] : ['byte-range-invalid'])
    }
    const text = (await signed(await whiteDocument(1))).toString('latin1')
    const dictionary = /<< \/Type \/Sig[\s\S]*?>>/.exec(text)?.[0] ?? ''
    const form = `<< /Fields [<< /FT /Sig /T (a) /V ${dictionary} >>] >>`
    expect(await codesOf(classicPdf([`<< /Type /Catalog /Pages 2 0 R /AcroForm ${form} >>`, pages, page]))).toContain(
      'contents-invalid',
    )
  })

  test('when a section that was hidden in it becomes the newest', async () => {
    const build = async (previous: number) => {
      const hidden = `xref\n0 0\ntrailer\n<< /Size 20 /Root 1 0 R /Prev ${String(previous).padStart(10, '0')} >>\n`
      const stream = `<< /Length ${hidden.length} >>\nstream\n${hidden}\nendstream`
      return signed(classicPdf(['<< /Type /Catalog /Pages 2 0 R >>', pages, page, stream]))
    }
    const newest = (await open(await build(0))).tail.startXref
    const bytes = await build(newest)
    expect(await codesOf(bytes)).toEqual(['sound'])
    const end = Buffer.from(`startxref\n${bytes.indexOf('xref\n0 0')}\n%%EOF\n`)
    expect(await codesOf(Buffer.concat([bytes, end]))).toEqual(['not-a-revision'])
  })

  test('when the signed bytes end inside the trailer', async () => {
    const text = (await signed(await whiteDocument(1))).toString('latin1')
    const longer = text.replace(/ >>\n(startxref\n\d+\n%%EOF\n)$/, ' /X (\n$1) >>\n$1')
    const stretched = byteRange(([, b = 0, c = 0, d = 0]) => [0, b, c, d + 2])(longer)
    expect(await codesOf(Buffer.from(stretched, 'latin1'))).toEqual(['not-a-revision'])
  })
})

test('a field without a value is no signature, one with a value that is none is broken', async () => {
  const catalog = (field: string) => `<< /Type /Catalog /Pages 2 0 R /AcroForm << /Fields [${field}] >> >>`
  expect(await codesOf(classicPdf([catalog('<< /FT /Sig /T (a) >>'), pages, page]))).toEqual([])
  const broken = await codesOf(classicPdf([catalog('<< /FT /Sig /T (a) /V 7 >>'), pages, page]))
  expect(broken).toEqual(['byte-range-invalid', 'contents-invalid'])
})
