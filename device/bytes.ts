// Byte sources over which signatures are made and read: a buffer as a file, a file with some bytes put in or replaced,
// and ranges of it as streams. Nothing here holds more than one chunk of a file.

import type { ByteStream, RandomAccess } from './ports.ts'

/** Small enough to stay in a processor's cache between being read and being hashed. */
const chunkBytes = 256 << 10

/** Buffers that no scan uses now: new ones for every small file would keep the garbage collector busy. */
const spare: (readonly [Buffer, Buffer])[] = []
const maxSpare = 2

/** A buffer as a file. */
export function randomAccessOf(bytes: Uint8Array): RandomAccess {
  return Object.freeze({
    size: bytes.length,
    read: async (offset: number, length: number) => {
      checkRange(offset, length, bytes.length)
      return bytes.subarray(offset, offset + length)
    },
  })
}

/** The first `size` bytes of `file`, as a file of their own. */
export function prefixOf(file: RandomAccess, size: number): RandomAccess {
  return Object.freeze({
    size,
    read: async (offset: number, length: number) => {
      checkRange(offset, length, size)
      return file.read(offset, length)
    },
  })
}

/** Fills `target` from a file of any kind. */
async function fill(file: RandomAccess, target: Uint8Array, offset: number): Promise<void> {
  if (file.readInto) await file.readInto(target, offset)
  else target.set(await file.read(offset, target.length))
}

/** One change of a file: `remove` bytes at `offset` give way to `insert`. Nothing else of the file changes. */
export interface Splice {
  readonly offset: number
  readonly remove: number
  readonly insert: Uint8Array
}

/** A stretch of a spliced file: from the file that was spliced first, or new. */
interface Piece {
  readonly at: number
  readonly length: number
  readonly from: number | Uint8Array
}

interface Composition {
  readonly root: RandomAccess
  readonly pieces: readonly Piece[]
}

/** What spliced files are made of, so that splicing one again reads no deeper. */
const compositions = new WeakMap<RandomAccess, Composition>()

function compositionOf(file: RandomAccess): Composition {
  return compositions.get(file) ?? { root: file, pieces: [{ at: 0, length: file.size, from: 0 }] }
}

/** `file` as it is with the splices made; they must not overlap and need no order. Throws RangeError outside the file. */
export function spliced(file: RandomAccess, splices: readonly Splice[]): RandomAccess {
  const { root, pieces: before } = compositionOf(file)
  const pieces = piecesOf(before, file.size, splices)
  const last = pieces.at(-1)
  const size = last === undefined ? 0 : last.at + last.length
  async function readInto(target: Uint8Array, offset: number): Promise<void> {
    checkRange(offset, target.length, size)
    for (const piece of pieces) {
      const start = Math.max(offset, piece.at)
      const end = Math.min(offset + target.length, piece.at + piece.length)
      if (start >= end) continue
      const part = target.subarray(start - offset, end - offset)
      const within = start - piece.at
      if (typeof piece.from === 'number') await fill(root, part, piece.from + within)
      else part.set(piece.from.subarray(within, within + part.length))
    }
  }
  const made: RandomAccess = Object.freeze({
    size,
    readInto,
    read: async (offset: number, length: number) => {
      checkRange(offset, length, size)
      const whole = pieces.find(piece => offset >= piece.at && offset + length <= piece.at + piece.length)
      if (typeof whole?.from === 'number') return root.read(whole.from + offset - whole.at, length)
      const target = Buffer.allocUnsafe(length)
      await readInto(target, offset)
      return target
    },
  })
  compositions.set(made, { root, pieces })
  return made
}

/** All that was done to `root`, in however many steps, to make `file` of it; undefined where it was made of another. */
export function splicesOf(file: RandomAccess, root: RandomAccess): readonly Splice[] | undefined {
  const composition = compositionOf(file)
  if (composition.root !== root) return undefined
  const splices: Splice[] = []
  let read = 0
  let fresh: Uint8Array[] = []
  const changeBefore = (offset: number) => {
    const insert = Buffer.concat(fresh)
    if (offset > read || insert.length > 0) splices.push({ offset: read, remove: offset - read, insert })
    fresh = []
  }
  for (const { from, length } of composition.pieces) {
    if (typeof from !== 'number') fresh.push(from)
    else {
      changeBefore(from)
      read = from + length
    }
  }
  changeBefore(root.size)
  return splices
}

/** The pieces with splices made in them, which are told in offsets of the file that the pieces make. */
function piecesOf(before: readonly Piece[], size: number, splices: readonly Splice[]): readonly Piece[] {
  const pieces: Piece[] = []
  let at = 0
  let read = 0
  const push = (length: number, from: Piece['from']) => {
    if (length > 0) pieces.push({ at, length, from })
    at += length
  }
  const keep = (end: number) => {
    for (const piece of before) {
      const from = Math.max(read, piece.at)
      const length = Math.min(end, piece.at + piece.length) - from
      if (length > 0) push(length, partOf(piece, from - piece.at, length))
    }
  }
  for (const { offset, remove, insert } of splices.toSorted((a, b) => a.offset - b.offset)) {
    if (offset < read || remove < 0 || offset + remove > size) throw new RangeError(`a splice at ${offset} overlaps`)
    keep(offset)
    push(insert.length, insert)
    read = offset + remove
  }
  keep(size)
  return pieces
}

function partOf({ from }: Piece, start: number, length: number): Piece['from'] {
  return typeof from === 'number' ? from + start : from.subarray(start, start + length)
}

/** `file` as it will be once `update` is appended to it. */
export function appended(file: RandomAccess, update: Uint8Array): RandomAccess {
  return spliced(file, [{ offset: file.size, remove: 0, insert: update }])
}

/** `length` bytes from `start`, in chunks. The next chunk is read while the consumer works on the last one. */
export async function* rangeOf(
  file: RandomAccess,
  start = 0,
  length = file.size - start,
): ByteStream & AsyncGenerator<Uint8Array> {
  const read = (done: number) => file.read(start + done, Math.min(chunkBytes, length - done))
  let ahead: Promise<Uint8Array> | undefined = length > 0 ? read(0) : undefined
  try {
    for (let done = 0; ahead !== undefined; ) {
      const chunk = await ahead
      done += chunk.length
      ahead = done < length ? read(done) : undefined
      yield chunk
    }
  } finally {
    // A consumer that stops early may close the file next, so nothing may still be reading it.
    await Promise.allSettled([ahead])
  }
}

/** All of `file` for a consumer that is done with a chunk when it asks for the next, as one that writes to a file is. */
export async function* inOneBuffer(file: RandomAccess): ByteStream & AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafeSlow(Math.min(chunkBytes, file.size))
  for (let at = 0; at < file.size; at += buffer.length) {
    const chunk = buffer.subarray(0, file.size - at)
    await fill(file, chunk, at)
    yield chunk
  }
}

/**
 * Hands `consume` the bytes from `start` on, chunk by chunk, in two buffers that are used again and again: a chunk is gone
 * when `consume` returns. The next one is read meanwhile. Throws the signal's reason.
 */
export async function scan(
  file: RandomAccess,
  { start = 0, length = file.size - start, signal }: ScanOptions,
  consume: (chunk: Uint8Array, offset: number) => void,
): Promise<void> {
  const buffers = spare.pop() ?? ([Buffer.allocUnsafeSlow(chunkBytes), Buffer.allocUnsafeSlow(chunkBytes)] as const)
  const read = async (done: number) => {
    const chunk = buffers[(done / chunkBytes) & 1 ? 1 : 0].subarray(0, Math.min(chunkBytes, length - done))
    await fill(file, chunk, start + done)
    return chunk
  }
  let ahead: Promise<Uint8Array> | undefined = length > 0 ? read(0) : undefined
  try {
    for (let done = 0; ahead !== undefined; done += chunkBytes) {
      const chunk = await ahead
      signal?.throwIfAborted()
      ahead = done + chunkBytes < length ? read(done + chunkBytes) : undefined
      consume(chunk, start + done)
    }
  } finally {
    await Promise.allSettled([ahead])
    if (spare.length < maxSpare) spare.push(buffers)
  }
}

export interface ScanOptions {
  readonly start?: number
  readonly length?: number
  readonly signal?: AbortSignal
}

function checkRange(offset: number, length: number, size: number): void {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new RangeError(`bytes ${offset}+${length} are outside a file of ${size}`)
  }
}
