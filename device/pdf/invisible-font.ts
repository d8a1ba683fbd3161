// The font of a text layer: no glyph of it has an outline, all are as wide, and a character's code is its own number, so
// that one small font serves every page and every language of the Basic Multilingual Plane. Characters beyond that plane
// have none, since a code has two octets. Mapped back to Unicode for search, copying and PDF/A-2u
// (ISO 32000-1, 9.7 and 9.10; ISO 19005-2, 6.2.11).

import { deflateSync } from 'node:zlib'
import type { ObjectSink } from './embedded-font.ts'
import { assembleFont } from './font.ts'
import { type PdfDirect, type PdfReference, pdfArray, pdfDictionary, pdfInteger, pdfName } from './objects.ts'
import { latin1 } from './write.ts'

/** In thousandths of an em: how far each character moves on, and what of a line it fills. */
export const invisibleMetrics = { advance: 500, ascent: 780, descent: -220 } as const

const name = 'CompulsaInvisible'
const unitsPerEm = 1000
/** Fixed pitch, and addressed by code rather than by a standard encoding (ISO 32000-1, table 123). */
const flags = 1 + 4
/** Nothing depends on it where nothing is drawn. */
const usualStem = 80
const replacement = 0xfffd

/** Embeds the font and hands back what a page's resources name; six objects, always of the same bytes. */
export function embedInvisibleFont(sink: ObjectSink): PdfReference {
  const descendant = put(sink, {
    Type: pdfName('Font'),
    Subtype: pdfName('CIDFontType2'),
    BaseFont: pdfName(name),
    CIDSystemInfo: pdfDictionary({ Registry: text('Adobe'), Ordering: text('Identity'), Supplement: pdfInteger(0) }),
    FontDescriptor: addDescriptor(sink),
    // Every code shows glyph 1: the glyph for what is missing, 0, must not be shown even where nothing is seen.
    CIDToGIDMap: addStream(sink, Buffer.alloc(0x1_0000 * 2, Buffer.from([0, 1]))),
    DW: pdfInteger(invisibleMetrics.advance),
  })
  return put(sink, {
    Type: pdfName('Font'),
    Subtype: pdfName('Type0'),
    BaseFont: pdfName(name),
    Encoding: pdfName('Identity-H'),
    DescendantFonts: pdfArray([descendant]),
    ToUnicode: addStream(sink, latin1(toUnicode())),
  })
}

function addDescriptor(sink: ObjectSink): PdfReference {
  const { advance, ascent, descent } = invisibleMetrics
  const program = fontProgram()
  return put(sink, {
    Type: pdfName('FontDescriptor'),
    FontName: pdfName(name),
    Flags: pdfInteger(flags),
    FontBBox: pdfArray([0, descent, advance, ascent].map(pdfInteger)),
    ItalicAngle: pdfInteger(0),
    Ascent: pdfInteger(ascent),
    Descent: pdfInteger(descent),
    CapHeight: pdfInteger(ascent),
    StemV: pdfInteger(usualStem),
    FontFile2: addStream(sink, program, { Length1: pdfInteger(program.length) }),
  })
}

function put(sink: ObjectSink, entries: Readonly<Record<string, PdfDirect>>): PdfReference {
  const reference = sink.take()
  sink.put(reference, pdfDictionary(entries))
  return reference
}

function addStream(
  sink: ObjectSink,
  data: Uint8Array,
  entries: Readonly<Record<string, PdfDirect>> = {},
): PdfReference {
  return sink.addStream(pdfDictionary({ Filter: pdfName('FlateDecode'), ...entries }), deflateSync(data))
}

function text(value: string): PdfDirect {
  return { kind: 'string', bytes: latin1(value), form: 'literal', span: { start: 0, end: 0 } }
}

/** A hexadecimal string that shows `text`, and of how many codes. What the font has no code for becomes U+FFFD. */
export function invisibleString(text: string): { readonly codes: number; readonly source: string } {
  const codes = Array.from(text, character => {
    const code = character.codePointAt(0) ?? replacement
    return isMapped(code) ? code : replacement
  })
  return { codes: codes.length, source: `<${codes.map(hex).join('')}>` }
}

/** What PDF/A-2u lets a character mean: no control, no surrogate, neither U+FEFF nor U+FFFE (ISO 19005-2, 6.2.11.7.2). */
function isMapped(code: number): boolean {
  const excluded = code < 0x20 || (code >= 0x7f && code < 0xa0) || (code >= 0xd800 && code < 0xe000)
  return !excluded && code !== 0xfeff && code <= replacement
}

/** Ranges of codes that stand for themselves; none leaves its row of 256 (ISO 32000-1, 9.10.3). */
function toUnicode(): string {
  const ranges: string[] = []
  for (let row = 0; row < 0x1_0000; row += 0x100) {
    let start: number | undefined
    for (let code = row; code <= row + 0x100; code++) {
      const mapped = code < row + 0x100 && isMapped(code)
      if (mapped) start ??= code
      else if (start !== undefined) {
        ranges.push(`<${hex(start)}> <${hex(code - 1)}> <${hex(start)}>`)
        start = undefined
      }
    }
  }
  const blocks = Array.from({ length: Math.ceil(ranges.length / 100) }, (_, index) => {
    const block = ranges.slice(index * 100, index * 100 + 100)
    return `${block.length} beginbfrange\n${block.join('\n')}\nendbfrange`
  })
  return [
    '/CIDInit /ProcSet findresource begin 12 dict begin begincmap',
    '/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def',
    '/CMapName /Adobe-Identity-UCS def /CMapType 2 def',
    '1 begincodespacerange <0000> <FFFF> endcodespacerange',
    ...blocks,
    'endcmap CMapName currentdict /CMap defineresource pop end end',
  ].join('\n')
}

function hex(code: number): string {
  return code.toString(16).padStart(4, '0').toUpperCase()
}

/** A TrueType program of two glyphs without outlines (OpenType 1.9). */
function fontProgram(): Buffer {
  const { advance, ascent, descent } = invisibleMetrics
  return assembleFont([
    ['cmap', shorts(0, 1, 3, 1, 0, 12, 4, 32, 0, 4, 4, 1, 0, 0x20, 0xffff, 0, 0x20, 0xffff, 1 - 0x20, 1, 0, 0)],
    ['glyf', Buffer.alloc(4)],
    // Version, revision, checksum (filled in), magic, flags, units, two dates, box, style, smallest size, direction, loca, glyf.
    [
      'head',
      shorts(
        1,
        0,
        1,
        0,
        0,
        0,
        0x5f0f,
        0x3cf5,
        0,
        unitsPerEm,
        ...Array(8).fill(0),
        0,
        descent,
        advance,
        ascent,
        0,
        8,
        2,
        0,
        0,
      ),
    ],
    ['hhea', shorts(1, 0, ascent, descent, 0, advance, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2)],
    ['hmtx', shorts(advance, 0, advance, 0)],
    ['loca', shorts(0, 0, 0)],
    ['maxp', shorts(1, 0, 2, ...Array(12).fill(0))],
    ['name', nameTable()],
    ['post', shorts(3, 0, 0, 0, 0, 0, 0, 1, ...Array(8).fill(0))],
  ])
}

/** Family, style, full and PostScript name, for Windows in English. */
function nameTable(): Buffer {
  const names = [
    [1, name],
    [2, 'Regular'],
    [4, name],
    [6, name],
  ] as const
  let offset = 0
  const records = names.map(([id, text]) => {
    const record = shorts(3, 1, 0x409, id, text.length * 2, offset)
    offset += text.length * 2
    return record
  })
  const texts = names.map(([, text]) => Buffer.from(text, 'utf16le').swap16())
  return Buffer.concat([shorts(0, names.length, 6 + names.length * 12), ...records, ...texts])
}

function shorts(...values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 2)
  for (const [index, value] of values.entries()) bytes.writeUInt16BE(value & 0xffff, index * 2)
  return bytes
}
