// A PDF opened for reading: its cross-reference sections and its objects on demand. Whole files are never read and
// nothing is repaired; a file that cannot be read as it says it is, is PDF_UNREADABLE, an encrypted one PDF_ENCRYPTED.

import { prefixOf } from '../bytes.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { decodeStream } from './filters.ts'
import { createLexer } from './lexer.ts'
import {
  maxCachedBytes,
  maxCachedObjectStreams,
  maxObjectNumber,
  maxReferenceHops,
  maxStreamBytes,
  unreadable,
} from './limits.ts'
import {
  entry,
  integerEntry,
  nameEntry,
  type PdfDictionary,
  type PdfObject,
  type PdfStream,
  pdfNull,
} from './objects.ts'
import { parseAt, parseIndirectObject, parseObject } from './parse.ts'
import { type RevisionTail, readSections, readTail, type XrefEntry, type XrefSection } from './xref.ts'

export interface PdfDocument {
  readonly file: RandomAccess
  /** The header's version, such as `1.7`; the catalog may raise it. */
  readonly headerVersion: string
  /** The end of the newest revision. Bytes behind `tail.end` belong to no revision. */
  readonly tail: RevisionTail
  /** Newest first; never empty. */
  readonly sections: readonly [XrefSection, ...XrefSection[]]
  /** The newest section's. */
  readonly trailer: PdfDictionary
  readonly catalog: PdfDictionary
  /** The lowest object number that no section uses. */
  readonly nextNumber: number
  /** Where an object is; undefined when no section names it. */
  locate(number: number): XrefEntry | undefined
  /** The object itself; the null object where there is none (ISO 32000-1, 7.3.10). */
  object(number: number, generation: number): Promise<PdfObject>
  /** What a value or the reference in its place stands for. */
  resolve(value: PdfObject): Promise<PdfObject>
  /** The decoded data of a stream, for the filters that structure needs. */
  data(stream: PdfStream): Promise<Uint8Array>
}

/** Opens the newest revision. Throws PDF_UNREADABLE or PDF_ENCRYPTED. */
export async function openPdf(file: RandomAccess): Promise<PdfDocument> {
  const headerVersion = await readHeader(file)
  const tail = await readTail(file, file.size)
  if (!tail) throw unreadable('no startxref at the end of the file')
  const [newest, ...older] = await readSections(file, tail.startXref)
  if (!newest) throw unreadable('no cross-reference section')
  const sections = [newest, ...older] as const
  if (sections.some(section => section.trailer.entries.has('Encrypt'))) {
    throw new Fault('PDF_ENCRYPTED', 'the trailer has an /Encrypt entry')
  }
  return documentOf(file, headerVersion, tail, sections)
}

/**
 * The document as its first `end` bytes were, while the section at `startXref` was the newest: nothing that was appended
 * since can be seen. Undefined where the document has no such section. Throws PDF_UNREADABLE.
 */
export async function documentAsOf(document: PdfDocument, tail: RevisionTail): Promise<PdfDocument | undefined> {
  const [newest, ...older] = document.sections.slice(
    document.sections.findIndex(section => section.offset === tail.startXref),
  )
  if (newest?.offset !== tail.startXref) return undefined
  return documentOf(prefixOf(document.file, tail.end), document.headerVersion, tail, [newest, ...older])
}

async function documentOf(
  file: RandomAccess,
  headerVersion: string,
  tail: RevisionTail,
  sections: readonly [XrefSection, ...XrefSection[]],
): Promise<PdfDocument> {
  const objects = createObjects(file, sections)
  const { trailer } = sections[0]
  const catalog = await objects.resolve(entry(trailer, 'Root'))
  if (catalog.kind !== 'dictionary') throw unreadable('the catalog is no dictionary')
  const next = nextNumber(sections)
  return Object.freeze({ file, headerVersion, tail, sections, trailer, catalog, nextNumber: next, ...objects })
}

async function readHeader(file: RandomAccess): Promise<string> {
  const start = Buffer.from(await file.read(0, Math.min(16, file.size))).toString('latin1')
  const version = /^%PDF-(\d\.\d)/.exec(start)?.[1]
  if (version === undefined) throw unreadable('the file does not start with %PDF-')
  return version
}

function nextNumber(sections: readonly XrefSection[]): number {
  let next = 1
  for (const section of sections) {
    next = Math.max(next, integerEntry(section.trailer, 'Size') ?? 0)
    for (const number of section.entries.keys()) next = Math.max(next, number + 1)
  }
  if (next > maxObjectNumber) throw unreadable(`/Size is ${next}`)
  return next
}

type Objects = Pick<PdfDocument, 'locate' | 'object' | 'resolve' | 'data'>

/** Long because finding, unpacking and measuring an object each need the others. */
function createObjects(file: RandomAccess, sections: readonly XrefSection[]): Objects {
  const cache = new Map<number, PackedObjects>()

  function locate(number: number): XrefEntry | undefined {
    for (const section of sections) {
      const place = section.entries.get(number)
      if (place) return place
    }
    return undefined
  }

  async function object(number: number, generation: number): Promise<PdfObject> {
    const place = locate(number)
    if (place?.kind === 'plain' && place.generation === generation) return plainObject(number, place.offset)
    if (place?.kind === 'packed' && generation === 0) return packedObject(number, place.stream, place.index)
    return pdfNull
  }

  async function plainObject(number: number, offset: number): Promise<PdfObject> {
    const found = await parseAt(file, offset, parseIndirectObject)
    if (found.number !== number) throw unreadable(`object ${found.number} stands where object ${number} should`)
    return found.object
  }

  async function packedObject(number: number, container: number, index: number): Promise<PdfObject> {
    const packed = cache.get(container) ?? (await unpack(container))
    const at = packed.numbers[index] === number ? packed.offsets[index] : undefined
    if (at === undefined) throw unreadable(`object stream ${container} does not hold object ${number} at ${index}`)
    const lexer = createLexer({ bytes: packed.bytes, base: 0, last: true })
    lexer.seek(at)
    return parseObject(lexer)
  }

  async function unpack(container: number): Promise<PackedObjects> {
    const place = locate(container)
    if (place?.kind !== 'plain') throw unreadable(`object stream ${container} is missing`)
    const stream = await plainObject(container, place.offset)
    if (stream.kind !== 'stream' || nameEntry(stream.dictionary, 'Type') !== 'ObjStm') {
      throw unreadable(`object ${container} is no object stream`)
    }
    const packed = parsePacked(await data(stream), stream.dictionary)
    remember(cache, container, packed)
    return packed
  }

  async function resolve(value: PdfObject): Promise<PdfObject> {
    let current = value
    for (let hops = 0; current.kind === 'reference'; hops++) {
      if (hops === maxReferenceHops) throw unreadable(`object ${current.number} is a chain of references`)
      current = await object(current.number, current.generation)
    }
    return current
  }

  async function data(stream: PdfStream): Promise<Uint8Array> {
    const length = await lengthOf(stream)
    return decodeStream(await file.read(stream.dataStart, length), stream.dictionary)
  }

  async function lengthOf(stream: PdfStream): Promise<number> {
    const length = entry(stream.dictionary, 'Length')
    // A length inside an object stream could need itself to be read.
    if (length.kind === 'reference' && locate(length.number)?.kind === 'packed') throw unreadable('a packed /Length')
    const value = await resolve(length)
    if (value.kind !== 'integer' || value.value < 0 || value.value > maxStreamBytes) {
      throw unreadable('a structural stream has no usable /Length')
    }
    if (stream.dataStart + value.value > file.size) throw unreadable('a stream leaves the file')
    return value.value
  }

  return { locate, object, resolve, data }
}

interface PackedObjects {
  readonly bytes: Uint8Array
  readonly numbers: readonly number[]
  readonly offsets: readonly number[]
}

/** The header of an object stream (ISO 32000-1, 7.5.7). */
function parsePacked(bytes: Uint8Array, dictionary: PdfDictionary): PackedObjects {
  const count = integerEntry(dictionary, 'N') ?? -1
  const first = integerEntry(dictionary, 'First') ?? -1
  if (count < 0 || first < 0 || first > bytes.length || count > first)
    throw unreadable('an object stream has no header')
  const lexer = createLexer({ bytes: bytes.subarray(0, first), base: 0, last: true })
  const numbers: number[] = []
  const offsets: number[] = []
  for (let index = 0; index < count; index++) {
    const number = lexer.next()
    const offset = lexer.next()
    if (number.kind !== 'integer' || offset.kind !== 'integer') throw unreadable('an object stream has a short header')
    if (offset.value < 0 || first + offset.value > bytes.length) throw unreadable('an object lies outside its stream')
    numbers.push(number.value)
    offsets.push(first + offset.value)
  }
  return { bytes, numbers, offsets }
}

/** Keeps the newest few object streams, the oldest leave first. */
function remember(cache: Map<number, PackedObjects>, container: number, packed: PackedObjects): void {
  cache.set(container, packed)
  let total = 0
  for (const kept of cache.values()) total += kept.bytes.length
  for (const [oldest, kept] of cache) {
    if (cache.size === 1 || (cache.size <= maxCachedObjectStreams && total <= maxCachedBytes)) return
    cache.delete(oldest)
    total -= kept.bytes.length
  }
}
