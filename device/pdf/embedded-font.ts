// A font embedded for one text: the glyphs it uses, addressed by their numbers, with widths and the way back to Unicode
// (ISO 32000-1, 9.7 and 9.10; ISO 19005-2, 6.2.11). Characters that the font lacks are shown as `?`, since PDF/A forbids
// to show the glyph for what is missing.

import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import type { Font } from './font.ts'
import {
  type PdfDictionary,
  type PdfDirect,
  type PdfReference,
  pdfArray,
  pdfDictionary,
  pdfInteger,
  pdfName,
} from './objects.ts'
import { latin1 } from './write.ts'

/** Where the font's objects go: an update, or a document that is being written. */
export interface ObjectSink {
  take(): PdfReference
  put(reference: PdfReference, value: PdfDirect): void
  /** A new stream object; /Length is added. */
  addStream(dictionary: PdfDictionary, data: Uint8Array): PdfReference
}

export interface EmbeddedFont {
  readonly reference: PdfReference
  /** A hexadecimal string that shows `text`. */
  show(text: string): string
}

/** Embeds what of `font` the characters of `text` need. */
export function embedFont(sink: ObjectSink, font: Font, text: string): EmbeddedFont {
  const shown = new Map<number, number>()
  for (const character of text) {
    const glyph = glyphFor(font, character)
    if (glyph !== 0 && !shown.has(glyph)) shown.set(glyph, shown.size + 1)
  }
  const glyphs = [0, ...shown.keys()]
  const program = font.subset(glyphs)
  const scale = (units: number) => pdfInteger(Math.round((units * 1000) / font.unitsPerEm))
  const name = pdfName(`${subsetTag(program)}+Compulsa`)
  const file = sink.addStream(
    pdfDictionary({ Filter: flate, Length1: pdfInteger(program.length) }),
    deflateSync(program),
  )
  const descriptor = put(sink, {
    Type: pdfName('FontDescriptor'),
    FontName: name,
    Flags: pdfInteger(symbolic),
    FontBBox: pdfArray(font.boundingBox.map(scale)),
    ItalicAngle: pdfInteger(0),
    Ascent: scale(font.ascender),
    Descent: scale(font.descender),
    CapHeight: scale(font.ascender),
    StemV: pdfInteger(usualStem),
    FontFile2: file,
  })
  const text32 = (value: string): PdfDirect => ({ kind: 'string', bytes: latin1(value), form: 'literal', span })
  const descendant = put(sink, {
    Type: pdfName('Font'),
    Subtype: pdfName('CIDFontType2'),
    BaseFont: name,
    CIDSystemInfo: pdfDictionary({
      Registry: text32('Adobe'),
      Ordering: text32('Identity'),
      Supplement: pdfInteger(0),
    }),
    FontDescriptor: descriptor,
    CIDToGIDMap: pdfName('Identity'),
    W: pdfArray([pdfInteger(0), pdfArray(glyphs.map(glyph => scale(font.advance(glyph))))]),
  })
  const reference = put(sink, {
    Type: pdfName('Font'),
    Subtype: pdfName('Type0'),
    BaseFont: name,
    Encoding: pdfName('Identity-H'),
    DescendantFonts: pdfArray([descendant]),
    ToUnicode: sink.addStream(pdfDictionary({ Filter: flate }), deflateSync(toUnicode(font, text, shown))),
  })
  const show = (line: string) =>
    `<${Array.from(line, character => hex(shown.get(glyphFor(font, character)) ?? 0)).join('')}>`
  return Object.freeze({ reference, show })
}

/** Width of `text` in em. */
export function widthOf(font: Font, text: string): number {
  const units = Array.from(text, character => font.advance(glyphFor(font, character)))
  return units.reduce((sum, advance) => sum + advance, 0) / font.unitsPerEm
}

/** /Flags of a font that is addressed by glyph (ISO 32000-1, table 123). */
const symbolic = 4
/** Nothing shown depends on it where the font is embedded. */
const usualStem = 80
const span = { start: 0, end: 0 }
const flate = pdfName('FlateDecode')

function glyphFor(font: Font, character: string): number {
  const glyph = font.glyphOf(character.codePointAt(0) ?? 0)
  return glyph === 0 ? font.glyphOf(0x3f) : glyph
}

function put(sink: ObjectSink, entries: Readonly<Record<string, PdfDirect>>): PdfReference {
  const reference = sink.take()
  sink.put(reference, pdfDictionary(entries))
  return reference
}

/** Six capital letters that name the subset (ISO 32000-1, 9.6.4). */
function subsetTag(program: Uint8Array): string {
  const digest = createHash('sha256').update(program).digest()
  return String.fromCharCode(...digest.subarray(0, 6).map(octet => 0x41 + (octet % 26)))
}

/** The first character of the text that each glyph stands for (ISO 32000-1, 9.10.3). */
function toUnicode(font: Font, text: string, shown: ReadonlyMap<number, number>): Uint8Array {
  const characters = new Map<number, string>()
  for (const character of text) {
    const number = shown.get(glyphFor(font, character))
    const meant = font.glyphOf(character.codePointAt(0) ?? 0) === 0 ? '?' : character
    if (number !== undefined && !characters.has(number)) characters.set(number, meant)
  }
  const lines = [...characters].map(([number, character]) => {
    const units = Array.from({ length: character.length }, (_, index) => hex(character.charCodeAt(index)))
    return `<${hex(number)}> <${units.join('')}>`
  })
  const blocks = Array.from({ length: Math.ceil(lines.length / 100) }, (_, index) => {
    const block = lines.slice(index * 100, index * 100 + 100)
    return `${block.length} beginbfchar\n${block.join('\n')}\nendbfchar`
  })
  return latin1(
    [
      '/CIDInit /ProcSet findresource begin 12 dict begin begincmap',
      '/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def',
      '/CMapName /Adobe-Identity-UCS def /CMapType 2 def',
      '1 begincodespacerange <0000> <FFFF> endcodespacerange',
      ...blocks,
      'endcmap CMapName currentdict /CMap defineresource pop end end',
    ].join('\n'),
  )
}

function hex(value: number): string {
  return value.toString(16).padStart(4, '0').toUpperCase()
}
