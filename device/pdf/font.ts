// A TrueType font as far as showing a few lines of text needs it: which glyph shows a character, how wide it is, and a font
// program cut down to the glyphs in use (OpenType 1.9, glyf outlines). Its bytes come in as an argument.

import { Fault } from '../errors.ts'

export interface Font {
  /** Units of its design space in an em; all other measures are in these. */
  readonly unitsPerEm: number
  readonly ascender: number
  /** Negative below the base line. */
  readonly descender: number
  readonly boundingBox: readonly [number, number, number, number]
  /** 0 where the font has none for the code point. */
  glyphOf(codePoint: number): number
  advance(glyph: number): number
  /** A font program with these glyphs, and those they are composed of, numbered anew in the given order; the first is 0. */
  subset(glyphs: readonly number[]): Uint8Array
}

const maxComponents = 64
const maxCompositeGlyphs = 4_000

/** Reads a font; throws REQUEST_INVALID for bytes that are no TrueType font with a Unicode cmap. */
export function readFont(bytes: Uint8Array): Font {
  try {
    return parseFont(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  } catch (cause) {
    if (cause instanceof RangeError) throw new Fault('REQUEST_INVALID', 'not a whole TrueType font', { cause })
    throw cause
  }
}

type Tables = ReadonlyMap<string, Buffer>

function parseFont(bytes: Buffer): Font {
  const tables = tablesOf(bytes)
  const [head, hhea, maxp] = [table(tables, 'head'), table(tables, 'hhea'), table(tables, 'maxp')]
  const unitsPerEm = head.readUInt16BE(18)
  const glyphCount = maxp.readUInt16BE(4)
  const metricCount = hhea.readUInt16BE(34)
  if (unitsPerEm === 0 || metricCount === 0) throw new RangeError('no metrics')
  const hmtx = table(tables, 'hmtx')
  const lookUp = characterMap(table(tables, 'cmap'))
  const outlines = createOutlines(tables, glyphCount)
  const advance = (glyph: number) => hmtx.readUInt16BE(Math.min(glyph, metricCount - 1) * 4)
  return Object.freeze({
    unitsPerEm,
    ascender: hhea.readInt16BE(4),
    descender: hhea.readInt16BE(6),
    boundingBox: [36, 38, 40, 42].map(at => head.readInt16BE(at)) as [number, number, number, number],
    glyphOf: (codePoint: number) => {
      const glyph = lookUp(codePoint)
      return glyph < glyphCount ? glyph : 0
    },
    advance,
    subset: (glyphs: readonly number[]) => subsetOf(tables, outlines, advance, glyphs),
  })
}

function tablesOf(bytes: Buffer): Tables {
  const version = bytes.readUInt32BE(0)
  if (version !== 0x0001_0000 && version !== 0x7472_7565) throw new Fault('REQUEST_INVALID', 'not a TrueType font')
  const tables = new Map<string, Buffer>()
  for (let index = 0; index < bytes.readUInt16BE(4); index++) {
    const at = 12 + index * 16
    const [offset, length] = [bytes.readUInt32BE(at + 8), bytes.readUInt32BE(at + 12)]
    if (offset + length > bytes.length) throw new RangeError('a table leaves the font')
    tables.set(bytes.toString('latin1', at, at + 4), bytes.subarray(offset, offset + length))
  }
  return tables
}

function table(tables: Tables, tag: string): Buffer {
  const found = tables.get(tag)
  if (!found) throw new Fault('REQUEST_INVALID', `the font has no ${tag} table`)
  return found
}

/** The best Unicode subtable: format 12 with all planes, else format 4. */
function characterMap(cmap: Buffer): (codePoint: number) => number {
  const subtables = Array.from({ length: cmap.readUInt16BE(2) }, (_, index) => {
    const at = 4 + index * 8
    const unicode = cmap.readUInt16BE(at) === 0 || cmap.readUInt16BE(at) === 3
    const data = cmap.subarray(cmap.readUInt32BE(at + 4))
    return { unicode, data, format: data.length < 2 ? 0 : data.readUInt16BE(0) }
  }).filter(one => one.unicode)
  const full = subtables.find(one => one.format === 12)
  if (full) return codePoint => segmentedCoverage(full.data, codePoint)
  const basic = subtables.find(one => one.format === 4)
  if (basic) return codePoint => segmentMapping(basic.data, codePoint)
  throw new Fault('REQUEST_INVALID', 'the font has no Unicode cmap')
}

function segmentedCoverage(data: Buffer, codePoint: number): number {
  for (let group = 0; group < data.readUInt32BE(12); group++) {
    const at = 16 + group * 12
    if (codePoint > data.readUInt32BE(at + 4)) continue
    const start = data.readUInt32BE(at)
    return codePoint < start ? 0 : data.readUInt32BE(at + 8) + codePoint - start
  }
  return 0
}

function segmentMapping(data: Buffer, codePoint: number): number {
  const doubled = data.readUInt16BE(6)
  for (let at = 14; at < 14 + doubled; at += 2) {
    if (codePoint > data.readUInt16BE(at)) continue
    const start = data.readUInt16BE(at + doubled + 2)
    if (codePoint < start) return 0
    const delta = data.readUInt16BE(at + doubled * 2 + 2)
    const rangeAt = at + doubled * 3 + 2
    const range = data.readUInt16BE(rangeAt)
    if (range === 0) return (codePoint + delta) & 0xffff
    const glyph = data.readUInt16BE(rangeAt + range + (codePoint - start) * 2)
    return glyph === 0 ? 0 : (glyph + delta) & 0xffff
  }
  return 0
}

type Outlines = (glyph: number) => Buffer

function createOutlines(tables: Tables, glyphCount: number): Outlines {
  const long = table(tables, 'head').readInt16BE(50) === 1
  const [loca, glyf] = [table(tables, 'loca'), table(tables, 'glyf')]
  const offset = (glyph: number) => (long ? loca.readUInt32BE(glyph * 4) : loca.readUInt16BE(glyph * 2) * 2)
  return glyph => {
    if (glyph >= glyphCount) throw new RangeError(`glyph ${glyph}`)
    const [start, end] = [offset(glyph), offset(glyph + 1)]
    if (start > end || end > glyf.length) throw new RangeError(`the outline of glyph ${glyph}`)
    return glyf.subarray(start, end)
  }
}

/** Places in a composite outline where the numbers of its component glyphs stand. */
function componentPlaces(outline: Buffer): number[] {
  if (outline.length === 0 || outline.readInt16BE(0) >= 0) return []
  const places: number[] = []
  for (let at = 10; ; ) {
    const flags = outline.readUInt16BE(at)
    places.push(at + 2)
    if (places.length > maxComponents) throw new RangeError('a glyph of too many components')
    at += 4 + (flags & 1 ? 4 : 2) + (flags & 0x8 ? 2 : flags & 0x40 ? 4 : flags & 0x80 ? 8 : 0)
    if (!(flags & 0x20)) return places
  }
}

function subsetOf(
  tables: Tables,
  outlines: Outlines,
  advance: (glyph: number) => number,
  glyphs: readonly number[],
): Uint8Array {
  const numbers = new Map(glyphs.map((glyph, index) => [glyph, index]))
  const ordered = [...numbers.keys()]
  const parts: Buffer[] = []
  for (let index = 0; index < ordered.length; index++) {
    const outline = Buffer.from(outlines(ordered[index] ?? 0))
    for (const place of componentPlaces(outline)) {
      const component = outline.readUInt16BE(place)
      const number = numbers.get(component) ?? numbers.set(component, ordered.length).size - 1
      if (number === ordered.length) ordered.push(component)
      if (ordered.length > maxCompositeGlyphs) throw new RangeError('too many glyphs')
      outline.writeUInt16BE(number, place)
    }
    parts.push(Buffer.concat([outline, Buffer.alloc(-outline.length & 3)]))
  }
  const loca = Buffer.alloc((parts.length + 1) * 4)
  let end = 0
  parts.forEach((part, index) => {
    end += part.length
    loca.writeUInt32BE(end, (index + 1) * 4)
  })
  return fontProgram(tables, { parts, loca, advances: ordered.map(advance), glyphs: ordered })
}

interface SubsetParts {
  readonly parts: readonly Buffer[]
  readonly loca: Buffer
  readonly advances: readonly number[]
  readonly glyphs: readonly number[]
}

/** The tables that an embedded TrueType program needs (ISO 32000-1, 9.9); hinting programs go along as they are. */
function fontProgram(tables: Tables, { parts, loca, advances, glyphs }: SubsetParts): Uint8Array {
  const head = Buffer.from(table(tables, 'head'))
  head.writeUInt32BE(0, 8)
  head.writeInt16BE(1, 50)
  const hhea = Buffer.from(table(tables, 'hhea'))
  hhea.writeUInt16BE(advances.length, 34)
  const maxp = Buffer.from(table(tables, 'maxp'))
  maxp.writeUInt16BE(glyphs.length, 4)
  const hmtx = Buffer.alloc(advances.length * 4)
  const source = table(tables, 'hmtx')
  advances.forEach((width, index) => {
    hmtx.writeUInt16BE(width, index * 4)
    hmtx.writeInt16BE(bearingOf(source, table(tables, 'hhea').readUInt16BE(34), glyphs[index] ?? 0), index * 4 + 2)
  })
  const kept = ['cvt ', 'fpgm', 'prep'].flatMap(tag => {
    const found = tables.get(tag)
    return found ? [[tag, found] as const] : []
  })
  const glyf = Buffer.concat(parts)
  return assembleFont([
    ...kept,
    ['glyf', glyf],
    ['head', head],
    ['hhea', hhea],
    ['hmtx', hmtx],
    ['loca', loca],
    ['maxp', maxp],
  ])
}

/** Left side bearing; behind the last full metric there are bearings alone. */
function bearingOf(hmtx: Buffer, metricCount: number, glyph: number): number {
  return hmtx.readInt16BE(glyph < metricCount ? glyph * 4 + 2 : metricCount * 4 + (glyph - metricCount) * 2)
}

/** Table directory and tables, each padded to four bytes, with the checksums that the format wants. */
export function assembleFont(tables: readonly (readonly [string, Buffer])[]): Buffer {
  const sorted = tables.toSorted(([a], [b]) => (a < b ? -1 : 1))
  const power = 2 ** Math.floor(Math.log2(sorted.length))
  const directory = Buffer.alloc(12 + sorted.length * 16)
  directory.writeUInt32BE(0x0001_0000, 0)
  for (const [at, value] of [sorted.length, power * 16, Math.log2(power), (sorted.length - power) * 16].entries()) {
    directory.writeUInt16BE(value, 4 + at * 2)
  }
  let offset = directory.length
  const padded = sorted.map(([tag, data], index) => {
    const at = 12 + index * 16
    directory.write(tag, at, 'latin1')
    const whole = Buffer.concat([data, Buffer.alloc(-data.length & 3)])
    directory.writeUInt32BE(checksum(whole), at + 4)
    directory.writeUInt32BE(offset, at + 8)
    directory.writeUInt32BE(data.length, at + 12)
    offset += whole.length
    return { tag, whole }
  })
  const font = Buffer.concat([directory, ...padded.map(one => one.whole)])
  const head = padded
    .slice(
      0,
      padded.findIndex(one => one.tag === 'head'),
    )
    .reduce((sum, one) => sum + one.whole.length, 0)
  font.writeUInt32BE((0xb1b0_afba - checksum(font)) >>> 0, directory.length + head + 8)
  return font
}

function checksum(data: Buffer): number {
  let sum = 0
  for (let at = 0; at < data.length; at += 4) sum = (sum + data.readUInt32BE(at)) >>> 0
  return sum
}
