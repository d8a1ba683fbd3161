// Where a stream ends by its `endstream` keyword, for documents whose /Length cannot be believed. Reads are chunked; the
// search is bounded by the file.

import type { RandomAccess } from '../ports.ts'

const chunkBytes = 1 << 18
const keyword = 'endstream'

export interface StreamEnd {
  /** Behind the last byte of data, the end-of-line before the keyword left out. */
  readonly dataEnd: number
  /** Behind the keyword. */
  readonly end: number
}

/** Whether `endstream` stands at `offset`, one end-of-line before it or none. */
export async function hasEndstreamAt(file: RandomAccess, offset: number): Promise<boolean> {
  if (offset > file.size) return false
  const text = Buffer.from(await file.read(offset, Math.min(keyword.length + 2, file.size - offset))).toString('latin1')
  return /^(\r\n|\r|\n)?endstream/.test(text)
}

/** The first `endstream` from `dataStart` on; undefined where none follows. */
export async function findEndOfStream(file: RandomAccess, dataStart: number): Promise<StreamEnd | undefined> {
  for (let at = dataStart; at < file.size; at += chunkBytes) {
    const length = Math.min(chunkBytes + keyword.length - 1, file.size - at)
    const found = Buffer.from(await file.read(at, length)).indexOf(keyword, 0, 'latin1')
    if (found >= 0) return endBefore(file, dataStart, at + found)
  }
  return undefined
}

async function endBefore(file: RandomAccess, dataStart: number, keywordAt: number): Promise<StreamEnd> {
  const start = Math.max(dataStart, keywordAt - 2)
  const before = Buffer.from(await file.read(start, keywordAt - start)).toString('latin1')
  const endOfLine = /(\r\n|\r|\n)$/.exec(before)?.[0].length ?? 0
  return { dataEnd: keywordAt - endOfLine, end: keywordAt + keyword.length }
}
