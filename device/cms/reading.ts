// Reading a structure whose bytes lie somewhere else, as a protocol without input or output: the reader is a generator
// that asks for octets, and whoever drives it fetches them, at once from a buffer or by and by from a file. So one piece
// of code reads a CMS in memory and one of gigabytes on a disk.

import type { RandomAccess } from '../ports.ts'

/** Octets that a reader asks for; it gets fewer only where the file ends. */
export interface Wanted {
  readonly offset: number
  readonly length: number
}

export type Reading<Result> = Generator<Wanted, Result, Uint8Array>

/** Ahead of the octets asked for: headers of neighbouring elements come with one access. */
const windowOctets = 1 << 16

/** Drives a reader over a buffer. */
export function readFromBytes<Result>(bytes: Uint8Array, reading: Reading<Result>): Result {
  let step = reading.next()
  while (step.done !== true) {
    const { offset, length } = step.value
    step = reading.next(bytes.subarray(offset, offset + length))
  }
  return step.value
}

/** Drives a reader over a file; what `file.read` throws goes through. */
export async function readFromFile<Result>(file: RandomAccess, reading: Reading<Result>): Promise<Result> {
  let window: Uint8Array = new Uint8Array()
  let start = 0
  let step = reading.next()
  while (step.done !== true) {
    const { offset, length } = step.value
    const end = Math.min(offset + length, file.size)
    if (offset < start || end > start + window.length) {
      start = Math.min(offset, file.size)
      window = await file.read(start, Math.min(Math.max(length, windowOctets), file.size - start))
    }
    step = reading.next(window.subarray(offset - start, Math.max(end, offset) - start))
  }
  return step.value
}
