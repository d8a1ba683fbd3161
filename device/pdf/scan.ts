// Finding the objects of a PDF without its cross-reference sections: one pass over the file that jumps from object to
// object and over the data of streams, so that what stands inside a stream is never taken for an object. Memory is one
// window and the list of what was found; what cannot be parsed is passed over, and a file may waste only so much of that.

import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { maxObjectNumber, maxRebuiltObjects, maxScannedLandmarks, maxWastedScanBytes, unreadable } from './limits.ts'
import { integerEntry, nameEntry, type PdfDictionary, type PdfDirect, type PdfStream } from './objects.ts'
import { parseAt, parseIndirectObject, parseObject } from './parse.ts'
import { findEndOfStream, hasEndstreamAt } from './stream-end.ts'

/** Where the last definition of an object starts. */
export interface ScannedObject {
  readonly offset: number
  readonly generation: number
}

export interface ScannedFile {
  readonly objects: ReadonlyMap<number, ScannedObject>
  /** Dictionaries of trailers and of cross-reference streams, in the order of the file. */
  readonly trailers: readonly PdfDictionary[]
  /** Numbers of the object streams, in the order of the file. */
  readonly containers: readonly number[]
  /** Numbers of the objects that call themselves a catalog, in the order of the file. */
  readonly catalogs: readonly number[]
  /** Whether `/ByteRange` stands anywhere outside of streams: somebody may have signed the document. */
  readonly signed: boolean
}

const windowBytes = 1 << 20
/** More than an object's header or `/ByteRange` takes. */
const overlapBytes = 64
const landmark = /(?<!\d)(\d{1,10})[\s\0]+(\d{1,5})[\s\0]+obj(?![a-zA-Z])|(?<![a-zA-Z])trailer|\/ByteRange/g

/** Reads the whole file once. Throws PDF_UNREADABLE where it holds more than is looked at. */
export async function scanObjects(source: RandomAccess): Promise<ScannedFile> {
  const file = windowed(source)
  const found = createFindings(file)
  for (let at = 0; at < file.size; ) {
    const length = Math.min(windowBytes, file.size - at)
    const text = Buffer.from(await file.read(at, length)).toString('latin1')
    const last = at + length === file.size
    let next = last ? file.size : at + length - overlapBytes
    landmark.lastIndex = 0
    for (let match = landmark.exec(text); match; match = landmark.exec(text)) {
      const behind = await found.visit(match, at + match.index)
      next = Math.max(next, behind)
      if (behind >= at + length) break
      landmark.lastIndex = Math.max(landmark.lastIndex, behind - at)
    }
    at = next
  }
  return found.result()
}

/** Long because every landmark adds to the same few lists. */
function createFindings(file: WindowedFile) {
  const objects = new Map<number, ScannedObject>()
  const trailers: PdfDictionary[] = []
  const containers: number[] = []
  const catalogs: number[] = []
  let signed = false
  let landmarks = 0
  let noEndstreamFrom = Number.POSITIVE_INFINITY

  /** Takes in what starts at `offset`, and tells where to look on. */
  async function visit(match: RegExpExecArray, offset: number): Promise<number> {
    if (++landmarks > maxScannedLandmarks) throw unreadable(`more than ${maxScannedLandmarks} objects and trailers`)
    if (match[0] === '/ByteRange') signed = true
    else if (match[0] === 'trailer') return trailer(offset + match[0].length)
    else return object(offset, Number(match[1]), Number(match[2]))
    return offset + match[0].length
  }

  async function trailer(offset: number): Promise<number> {
    if (offset >= file.size) return offset
    file.mark()
    try {
      const read = await parseAt(file, offset, lexer => ({ value: parseObject(lexer), end: lexer.position() }), true)
      if (read.value.kind === 'dictionary') trailers.push(read.value)
      return offset
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      file.waste()
      return offset
    }
  }

  async function object(offset: number, number: number, generation: number): Promise<number> {
    const header = offset + 1
    if (number < 1 || number >= maxObjectNumber || generation > 65_535) return header
    if (objects.size >= maxRebuiltObjects) throw unreadable(`more than ${maxRebuiltObjects} objects`)
    file.mark()
    try {
      const read = await parseAt(file, offset, parseIndirectObject, true)
      objects.set(number, { offset, generation })
      if (read.object.kind === 'stream') return await stream(number, read.object)
      signed ||= holdsByteRange(read.object)
      if (read.object.kind === 'dictionary' && nameEntry(read.object, 'Type') === 'Catalog') catalogs.push(number)
      return read.end
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      file.waste()
      return header
    }
  }

  async function stream(number: number, { dictionary, dataStart }: PdfStream): Promise<number> {
    const type = nameEntry(dictionary, 'Type')
    if (type === 'ObjStm') containers.push(number)
    if (type === 'XRef') trailers.push(dictionary)
    const length = integerEntry(dictionary, 'Length') ?? -1
    if (length >= 0 && (await hasEndstreamAt(file, dataStart + length))) return dataStart + length
    if (dataStart >= noEndstreamFrom) return dataStart
    const end = await findEndOfStream(file, dataStart)
    if (!end) noEndstreamFrom = dataStart
    return end?.end ?? dataStart
  }

  return { visit, result: (): ScannedFile => ({ objects, trailers, containers, catalogs, signed }) }
}

function holdsByteRange(value: PdfDirect): boolean {
  if (value.kind === 'array') return value.items.some(holdsByteRange)
  return (
    value.kind === 'dictionary' && (value.entries.has('ByteRange') || [...value.entries.values()].some(holdsByteRange))
  )
}

interface WindowedFile extends RandomAccess {
  /** An attempt to parse starts. */
  mark(): void
  /** What was read since then was of no use. Throws PDF_UNREADABLE when that has become too much. */
  waste(): void
}

/** Small reads out of one larger window, since objects lie side by side. */
function windowed(source: RandomAccess): WindowedFile {
  const aheadBytes = 1 << 18
  let start = 0
  let bytes: Uint8Array = new Uint8Array(0)
  let marked = 0
  let wasted = 0
  return {
    size: source.size,
    read: async (offset, length) => {
      marked += length
      if (length > aheadBytes) return source.read(offset, length)
      if (offset < start || offset + length > start + bytes.length) {
        bytes = await source.read(offset, Math.min(aheadBytes, source.size - offset))
        start = offset
      }
      return bytes.subarray(offset - start, offset - start + length)
    },
    mark: () => {
      marked = 0
    },
    waste: () => {
      wasted += marked
      if (wasted > maxWastedScanBytes) throw unreadable('too much of the file is no object')
    },
  }
}
