// The objects of a PDF on demand, wherever its cross-reference sections place them: plain, packed in an object stream,
// encrypted. References are followed a bounded number of times; streams are decoded only where structure needs it.

import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { decodeStream } from './filters.ts'
import { createLexer } from './lexer.ts'
import { maxStreamBytes, unreadable } from './limits.ts'
import { type PackedObjects, parsePacked, remember } from './object-stream.ts'
import { entry, nameEntry, type PdfDirect, type PdfObject, type PdfStream, pdfNull } from './objects.ts'
import { parseAt, parseIndirectObject, parseObject } from './parse.ts'
import { referent } from './referent.ts'
import { findEndOfStream, hasEndstreamAt } from './stream-end.ts'
import type { XrefEntry } from './xref-entries.ts'

/** What decrypts the strings and streams of one document. */
export interface Decryption {
  /** The object with its strings in the clear. */
  object(object: PdfObject, number: number, generation: number): PdfObject
  stream(stream: PdfStream, encoded: Uint8Array): Uint8Array
}

export interface ObjectReader {
  /** The object itself; the null object where there is none (ISO 32000-1, 7.3.10). */
  object(number: number, generation: number): Promise<PdfObject>
  /** What a value or the reference in its place stands for. */
  resolve(value: PdfObject): Promise<PdfObject>
  /** The decoded data of a stream, for the filters that structure needs. */
  data(stream: PdfStream): Promise<Uint8Array>
  /** Object numbers and offsets inside an object stream. */
  packed(container: number): Promise<PackedObjects>
  /** Objects whose syntax had to be mended to be read, as they were understood. */
  mended(): ReadonlyMap<number, MendedObject>
}

export interface MendedObject {
  readonly generation: number
  readonly value: PdfDirect
}

export interface ObjectSource {
  readonly file: RandomAccess
  locate(number: number): XrefEntry | undefined
  readonly decryption?: Decryption
  readonly lenient: boolean
}

/** Long because finding, unpacking and measuring an object each need the others. */
export function createObjectReader({ file, locate, decryption, lenient }: ObjectSource): ObjectReader {
  const cache = new Map<number, PackedObjects>()
  const mended = new Map<number, MendedObject>()

  async function object(number: number, generation: number): Promise<PdfObject> {
    const place = locate(number)
    if (place?.kind === 'plain' && place.generation === generation) return plainObject(number, place.offset)
    if (place?.kind === 'packed' && generation === 0) return packedObject(number, place.stream, place.index)
    return pdfNull
  }

  async function plainObject(number: number, offset: number): Promise<PdfObject> {
    const found = await parseAt(file, offset, parseIndirectObject, lenient)
    if (found.number !== number) throw unreadable(`object ${found.number} stands where object ${number} should`)
    const clear = decryption ? decryption.object(found.object, number, found.generation) : found.object
    if (found.mended && clear.kind !== 'stream') mended.set(number, { generation: found.generation, value: clear })
    return clear
  }

  async function packedObject(number: number, container: number, index: number): Promise<PdfObject> {
    const { bytes, numbers, offsets, damaged } = await packed(container)
    const at = numbers[index] === number ? offsets[index] : undefined
    if (at === undefined) throw unreadable(`object stream ${container} does not hold object ${number} at ${index}`)
    const lexer = createLexer({ bytes, base: 0, last: true, lenient })
    lexer.seek(at)
    const value = parseObject(lexer)
    if (damaged || lexer.mended()) mended.set(number, { generation: 0, value })
    return value
  }

  async function packed(container: number): Promise<PackedObjects> {
    const known = cache.get(container)
    if (known) return known
    const place = locate(container)
    if (place?.kind !== 'plain') throw unreadable(`object stream ${container} is missing`)
    const stream = await plainObject(container, place.offset)
    if (stream.kind !== 'stream' || nameEntry(stream.dictionary, 'Type') !== 'ObjStm') {
      throw unreadable(`object ${container} is no object stream`)
    }
    const fresh = await unpacked(stream)
    remember(cache, container, fresh)
    return fresh
  }

  async function unpacked(stream: PdfStream): Promise<PackedObjects> {
    try {
      return parsePacked(await decoded(stream, await statedLength(stream), false), stream.dictionary, false)
    } catch (thrown) {
      if (!lenient || !(thrown instanceof Fault)) throw thrown
      return parsePacked(await data(stream), stream.dictionary, true)
    }
  }

  const resolve = (value: PdfObject): Promise<PdfObject> =>
    referent(value, ({ number, generation }) => object(number, generation))

  async function data(stream: PdfStream): Promise<Uint8Array> {
    return decoded(stream, lenient ? await foundLength(stream) : await statedLength(stream), lenient)
  }

  async function decoded(stream: PdfStream, length: number, leniently: boolean): Promise<Uint8Array> {
    const encoded = await file.read(stream.dataStart, length)
    return decodeStream(decryption ? decryption.stream(stream, encoded) : encoded, stream.dictionary, leniently)
  }

  async function foundLength(stream: PdfStream): Promise<number> {
    try {
      const length = await statedLength(stream)
      if (await hasEndstreamAt(file, stream.dataStart + length)) return length
    } catch (thrown) {
      // A length of no use: what counts then is where the stream ends.
      if (!(thrown instanceof Fault)) throw thrown
    }
    const end = await findEndOfStream(file, stream.dataStart)
    if (end === undefined) throw unreadable(`the stream at ${stream.dataStart} has no end`)
    return end.dataEnd - stream.dataStart
  }

  async function statedLength(stream: PdfStream): Promise<number> {
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

  return { object, resolve, data, packed, mended: () => mended }
}
