// Object streams (ISO 32000-1, 7.5.7): what they hold, and the few that are kept decoded.

import { createLexer } from './lexer.ts'
import { maxCachedBytes, maxCachedObjectStreams, unreadable } from './limits.ts'
import { integerEntry, type PdfDictionary } from './objects.ts'

/** A decoded object stream: object numbers by index, and where in `bytes` each object starts. */
export interface PackedObjects {
  readonly bytes: Uint8Array
  readonly numbers: readonly number[]
  readonly offsets: readonly number[]
  /** Strict readers cannot read it: what is in it has to be written anew. */
  readonly damaged: boolean
}

/** The header of an object stream. Throws PDF_UNREADABLE. */
export function parsePacked(bytes: Uint8Array, dictionary: PdfDictionary, damaged: boolean): PackedObjects {
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
  return { bytes, numbers, offsets, damaged }
}

/** Keeps the newest few object streams, the oldest leave first. */
export function remember(cache: Map<number, PackedObjects>, container: number, packed: PackedObjects): void {
  cache.set(container, packed)
  let total = 0
  for (const kept of cache.values()) total += kept.bytes.length
  for (const [oldest, kept] of cache) {
    if (cache.size === 1 || (cache.size <= maxCachedObjectStreams && total <= maxCachedBytes)) return
    cache.delete(oldest)
    total -= kept.bytes.length
  }
}
