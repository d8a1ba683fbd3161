// Byte sources over which PDF code works: a buffer as a file, a file with an update behind it, and the two ranges that
// a signature covers. Nothing here holds more than one chunk of a file.

import type { ByteStream, RandomAccess } from '../ports.ts'

const chunkBytes = 1 << 20

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

/** `file` as it will be once `update` is appended to it. */
export function appended(file: RandomAccess, update: Uint8Array): RandomAccess {
  const size = file.size + update.length
  return Object.freeze({
    size,
    read: async (offset: number, length: number) => {
      checkRange(offset, length, size)
      const fromFile = Math.max(0, Math.min(length, file.size - offset))
      if (fromFile === length) return file.read(offset, length)
      const start = Math.max(0, offset - file.size)
      const tail = update.subarray(start, start + length - fromFile)
      return fromFile === 0 ? tail : Buffer.concat([await file.read(offset, fromFile), tail])
    },
  })
}

/** The bytes that /ByteRange names, in order, in chunks: what a signature's message digest is made over. */
export async function* signedBytes(
  file: RandomAccess,
  byteRange: readonly [number, number, number, number],
): ByteStream & AsyncGenerator<Uint8Array> {
  const [firstStart, firstLength, secondStart, secondLength] = byteRange
  for (const [start, length] of [
    [firstStart, firstLength],
    [secondStart, secondLength],
  ] as const) {
    for (let done = 0; done < length; done += chunkBytes) {
      yield await file.read(start + done, Math.min(chunkBytes, length - done))
    }
  }
}

function checkRange(offset: number, length: number, size: number): void {
  if (offset < 0 || length < 0 || offset + length > size) {
    throw new RangeError(`bytes ${offset}+${length} are outside a file of ${size}`)
  }
}
