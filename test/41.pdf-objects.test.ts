// Lexing, parsing and rewriting single PDF objects, text strings and dates.

import { describe, expect, test } from 'vitest'
import { randomAccessOf } from '../device/bytes.ts'
import { createLexer, ShortWindow } from '../device/pdf/lexer.ts'
import { maxNesting, maxObjectBytes } from '../device/pdf/limits.ts'
import type { PdfDictionary, PdfDirect } from '../device/pdf/objects.ts'
import { parseAt, parseObject } from '../device/pdf/parse.ts'
import { decodeText, parsePdfDate, pdfDate, textString } from '../device/pdf/text.ts'
import { serialise } from '../device/pdf/write.ts'
import { eniMetadata } from './pdf-fixtures.ts'

const unreadable = { code: 'PDF_UNREADABLE' }

function parsed(text: string): PdfDirect {
  return parseObject(createLexer({ bytes: Buffer.from(text, 'latin1'), base: 0, last: true }))
}

describe('objects', () => {
  test('of every kind come back as they were written', () => {
    const text =
      '<< /A [1 -2 +3 .5 -0.25 4. true false null] /B#20C (a\\(b\\)\\n\\101\\\nz) /D <48 6> /E 12 0 R /F 7 >>'
    const value = parsed(text) as PdfDictionary
    expect(serialise(value)).toBe(
      '<< /A [1 -2 3 .5 -0.25 4. true false null] /B#20C <612862290A417A> /D <4860> /E 12 0 R /F 7 >>',
    )
    expect(parsed(serialise(value))).toMatchObject({ kind: 'dictionary', repeatedKeys: [] })
  })

  test('tell which keys stand twice', () => {
    expect(parsed('<< /A 1 /B 2 /A 3 >>')).toMatchObject({ repeatedKeys: ['A'] })
  })

  test('know where and how their strings were written', () => {
    expect(parsed('  <0a0b>')).toMatchObject({ form: 'hex', span: { start: 2, end: 8 } })
    for (const loose of ['<0a 0b>', '<0a0>', '<0a 0>']) expect(parsed(loose)).toMatchObject({ form: 'loose-hex' })
  })

  test.each(['<< /A >>', '<< 1 2 >>', '[ 1 2', '<41', '(a', ')', '1-2', '1.2.3', '--1', '>', '<4x>', '{', ''])(
    'are refused when they are none: %s',
    text => expect(() => parsed(text)).toThrow(expect.objectContaining(unreadable)),
  )

  test('too large to be counted are reals', () => {
    expect(parsed('99999999999999999999')).toEqual({ kind: 'real', value: 1e20, text: '99999999999999999999' })
  })

  test.each([
    ['[--5 +-3 1.2.3 1-2 - . 4]', '[-5 3 1.2 1 0 0 4]'],
    ['<< /A >>', '<<  >>'],
    ['<< 1 /A 2 >>', '<< /A 2 >>'],
    ['[ 1 2', '[1 2]'],
    ['<< /A [1 2 endobj', '<< /A [1 2] >>'],
    ['[(a) ) b 3]', '[<61> null null 3]'],
    ['<4x1>', '<41>'],
  ])('are mended by a lenient lexer: %s', (text, meant) => {
    const lexer = createLexer({ bytes: Buffer.from(text, 'latin1'), base: 0, last: true, lenient: true })
    expect(serialise(parseObject(lexer))).toBe(meant)
    expect(lexer.mended()).toBe(true)
    expect(() => parsed(text)).toThrow(expect.objectContaining(unreadable))
  })

  test('inside each other are bounded', () => {
    expect(parsed('['.repeat(maxNesting) + ']'.repeat(maxNesting))).toMatchObject({ kind: 'array' })
    expect(() => parsed('['.repeat(200_000))).toThrow(expect.objectContaining(unreadable))
  })

  test('that go on behind the window ask for a larger one at every cut', () => {
    const bytes = Buffer.from('<< /Name (a\\)b) /Hex <0102> /R 12 0 R /N 123 % note\n /T true >>', 'latin1')
    for (let length = 0; length < bytes.length; length++) {
      const lexer = createLexer({ bytes: bytes.subarray(0, length), base: 0, last: false })
      expect(() => parseObject(lexer)).toThrow(ShortWindow)
    }
  })

  test('that do not end are given up', async () => {
    const spaces = randomAccessOf(Buffer.alloc(maxObjectBytes + 1, ' '))
    await expect(parseAt(spaces, 0, lexer => parseObject(lexer))).rejects.toMatchObject(unreadable)
  })

  test('larger than the first windows are read whole', async () => {
    const text = Buffer.from(`(${'x'.repeat(100_000)})`)
    expect(await parseAt(randomAccessOf(text), 0, lexer => parseObject(lexer))).toMatchObject({
      span: { end: 100_002 },
    })
  })
})

describe('text and dates', () => {
  test.each(['plain (a) \\', 'Còpia', '日本 \u{1f4c4}'])('keep %s', text => {
    const value = parsed(textString(text))
    expect(value.kind === 'string' && decodeText(value.bytes)).toBe(text)
  })

  test('are read in every form that ISO 32000 allows', () => {
    expect(pdfDate(eniMetadata.createdAt)).toBe('D:20260304050607Z')
    expect(parsePdfDate('D:20260304050607Z')).toBe(Date.UTC(2026, 2, 4, 5, 6, 7))
    expect(parsePdfDate("D:20260304060607+01'00'")).toBe(Date.UTC(2026, 2, 4, 5, 6, 7))
    expect(parsePdfDate("D:20260304020607-03'00")).toBe(Date.UTC(2026, 2, 4, 5, 6, 7))
    expect(parsePdfDate('D:2026')).toBe(Date.UTC(2026, 0, 1))
    for (const wrong of ['2026', 'D:20261304', 'D:20260304 noon']) expect(parsePdfDate(wrong)).toBeUndefined()
  })
})
