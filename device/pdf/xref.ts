// Where the objects of a PDF are (ISO 32000-1, 7.5.4 to 7.5.8): cross-reference tables, cross-reference streams and
// hybrids of both, one section per revision, newest first along /Prev. Loops end the chain with PDF_UNREADABLE; nothing
// is repaired, since a repaired signed file means something else.

import type { RandomAccess } from '../ports.ts'
import { decodeStream } from './filters.ts'
import { maxStreamBytes, maxTableBytes, maxTailBytes, maxXrefEntries, maxXrefSections, unreadable } from './limits.ts'
import { entry, integerEntry, nameEntry, type PdfDictionary, type PdfStream } from './objects.ts'
import { isKeyword, parseAt, parseIndirectObject } from './parse.ts'
import { createEntryList, type XrefEntries, type XrefEntry } from './xref-entries.ts'
import { checkSubsection, parseTable } from './xref-table.ts'

/** One cross-reference section. `kind` is what an update that follows it must use too. */
export interface XrefSection {
  readonly kind: 'table' | 'stream'
  readonly offset: number
  /** Behind its trailer or stream data. */
  readonly end: number
  readonly trailer: PdfDictionary
  readonly entries: XrefEntries
}

/** The end of a revision: where its newest section is, and the offset behind its %%EOF and one end-of-line. */
export interface RevisionTail {
  readonly startXref: number
  readonly end: number
}

const tailShape = /(?<=[\r\n])startxref\s+(\d{1,16})\s+%%EOF(\r\n|\n|\r)?/g

/**
 * The last `startxref … %%EOF` among the bytes before `end`. Offsets in a file count from its header, which stands at
 * `headerOffset`; what is returned here and below counts from the file's first byte.
 */
export async function readTail(
  file: RandomAccess,
  end: number,
  headerOffset: number,
): Promise<RevisionTail | undefined> {
  const length = Math.min(maxTailBytes, end)
  const text = Buffer.from(await file.read(end - length, length)).toString('latin1')
  const found = [...text.matchAll(tailShape)].at(-1)
  if (!found) return undefined
  return { startXref: headerOffset + Number(found[1]), end: end - length + found.index + found[0].length }
}

/** Every section from `startXref` back along /Prev, newest first. */
export async function readSections(
  file: RandomAccess,
  startXref: number,
  headerOffset: number,
): Promise<readonly XrefSection[]> {
  const sections: XrefSection[] = []
  const visited = new Set<number>()
  let entries = 0
  for (let offset: number | undefined = startXref; offset !== undefined; ) {
    if (visited.has(offset)) throw unreadable(`the cross-reference section at ${offset} leads back to itself`)
    if (visited.size >= maxXrefSections) throw unreadable(`more than ${maxXrefSections} cross-reference sections`)
    visited.add(offset)
    const section: XrefSection = await readSection(file, offset, headerOffset)
    sections.push(section)
    entries += section.entries.size
    if (entries > maxXrefEntries) throw unreadable(`more than ${maxXrefEntries} cross-reference entries`)
    offset = previousOf(section.trailer, headerOffset)
  }
  return sections
}

function previousOf(trailer: PdfDictionary, headerOffset: number): number | undefined {
  const previous = entry(trailer, 'Prev')
  if (previous.kind === 'null') return undefined
  if (previous.kind !== 'integer') throw unreadable('/Prev is no integer')
  return headerOffset + previous.value
}

async function readSection(file: RandomAccess, offset: number, headerOffset: number): Promise<XrefSection> {
  const table = await parseAt(
    file,
    offset,
    lexer => (isKeyword(lexer.next(), 'xref') ? parseTable(lexer) : undefined),
    false,
    maxTableBytes,
  )
  if (!table) return readStreamSection(file, offset, headerOffset)
  const streamOffset = integerEntry(table.trailer, 'XRefStm')
  const entries = shifted(table.entries, headerOffset)
  if (streamOffset === undefined) return { kind: 'table', offset, ...table, entries }
  const hidden = await readStreamSection(file, headerOffset + streamOffset, headerOffset)
  const end = Math.max(table.end, hidden.end)
  return { kind: 'table', offset, end, trailer: table.trailer, entries: withHidden(entries, hidden.entries) }
}

function shifted(entries: XrefEntries, headerOffset: number): XrefEntries {
  if (headerOffset === 0) return entries
  const moved = createEntryList()
  for (const [number, place] of entries) {
    moved.add(number, place.kind === 'plain' ? { ...place, offset: headerOffset + place.offset } : place)
  }
  return moved.finish()
}

/** A hybrid's table calls the objects free that its stream places (ISO 32000-1, 7.5.8.4). */
function withHidden(table: XrefEntries, hidden: XrefEntries): XrefEntries {
  const entries = createEntryList()
  for (const [number, place] of hidden) {
    if ((table.get(number)?.kind ?? 'free') === 'free') entries.add(number, place)
  }
  for (const [number, place] of table) entries.add(number, place)
  return entries.finish()
}

async function readStreamSection(file: RandomAccess, offset: number, headerOffset: number): Promise<XrefSection> {
  const { object } = await parseAt(file, offset, parseIndirectObject)
  if (object.kind !== 'stream' || nameEntry(object.dictionary, 'Type') !== 'XRef') {
    throw unreadable(`no cross-reference section at ${offset}`)
  }
  // A startxref inside the object's number would read `12 0 obj` as `2 0 obj`.
  const [before = 10] = offset > 0 ? await file.read(offset - 1, 1) : []
  if (before >= 0x30 && before <= 0x39) throw unreadable(`the number of the object before ${offset} is cut`)
  const trailer = object.dictionary
  const encoded = await readDirectStream(file, object)
  const entries = shifted(parseStreamEntries(decodeStream(encoded, trailer), trailer), headerOffset)
  return { kind: 'stream', offset, end: object.dataStart + encoded.length, trailer, entries }
}

/** Cross-reference streams come before any reference can be resolved, so all they say is direct. */
async function readDirectStream(file: RandomAccess, stream: PdfStream): Promise<Uint8Array> {
  const length = integerEntry(stream.dictionary, 'Length') ?? -1
  if (length < 0 || length > maxStreamBytes || stream.dataStart + length > file.size) {
    throw unreadable('a cross-reference stream has no usable /Length')
  }
  return file.read(stream.dataStart, length)
}

function parseStreamEntries(data: Uint8Array, trailer: PdfDictionary): XrefEntries {
  const widths = integersOf(trailer, 'W')
  const [typeWidth = -1, secondWidth = -1, thirdWidth = -1] = widths
  const entryBytes = typeWidth + secondWidth + thirdWidth
  if (widths.length < 3 || widths.some(width => width < 0 || width > 8) || entryBytes === 0) {
    throw unreadable('a cross-reference stream has no usable /W')
  }
  const index = trailer.entries.has('Index') ? integersOf(trailer, 'Index') : [0, integerEntry(trailer, 'Size') ?? 0]
  const entries = createEntryList()
  let at = 0
  const field = (width: number) => {
    let value = 0
    for (const end = at + width; at < end; at++) value = value * 256 + (data[at] ?? 0)
    return value
  }
  for (let pair = 0; pair + 1 < index.length; pair += 2) {
    const first = index[pair] ?? 0
    const count = index[pair + 1] ?? 0
    checkSubsection(first, count, entries.size)
    if (at + count * entryBytes > data.length) throw unreadable('a cross-reference stream is too short')
    for (let offset = 0; offset < count; offset++) {
      const type = typeWidth === 0 ? 1 : field(typeWidth)
      entries.add(first + offset, streamEntry(type, field(secondWidth), field(thirdWidth)))
    }
  }
  return entries.finish()
}

const free: XrefEntry = Object.freeze({ kind: 'free' })

/** ISO 32000-1, table 18; unknown types are references to the null object. */
function streamEntry(type: number, second: number, third: number): XrefEntry {
  if (type === 1) return { kind: 'plain', offset: second, generation: third }
  if (type === 2) return { kind: 'packed', stream: second, index: third }
  return free
}

function integersOf(dictionary: PdfDictionary, key: string): readonly number[] {
  const value = entry(dictionary, key)
  if (value.kind !== 'array') return []
  return value.items.map(item => (item.kind === 'integer' ? item.value : -1))
}
