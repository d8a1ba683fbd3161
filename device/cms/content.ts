// The content that a CMS signs, where it lies: inside, in one piece or many, or in a file of its own. It is gone through
// in chunks and never held as a whole.

import { scan } from '../bytes.ts'
import type { RandomAccess } from '../ports.ts'
import type { Extent } from './layout.ts'
import type { OpenedCms } from './open.ts'

export interface SignedContent {
  readonly file: RandomAccess
  /** Its octets in order, one extent for each piece, none before another. */
  readonly extents: readonly Extent[]
}

/** A whole file as content. */
export function fileAsContent(file: RandomAccess): SignedContent {
  return { file, extents: [{ offset: 0, length: file.size }] }
}

/** What is inside, else the file that was given beside it; undefined where there is neither. */
export function contentOf({ file, signedData }: OpenedCms, beside?: RandomAccess): SignedContent | undefined {
  const { content } = signedData.layout
  if (content !== undefined) return { file, extents: content }
  return beside === undefined ? undefined : fileAsContent(beside)
}

/**
 * Hands `consume` the content piece by piece; a piece is gone when `consume` returns. The few octets between pieces are read
 * with them: in BER they are small and close together, and one access brings hundreds.
 */
export async function eachPiece(
  { file, extents }: SignedContent,
  consume: (piece: Uint8Array) => void,
  signal?: AbortSignal,
): Promise<void> {
  const [first] = extents
  const last = extents.at(-1)
  if (first === undefined || last === undefined) return
  const span = { start: first.offset, length: last.offset + last.length - first.offset }
  let index = 0
  await scan(file, { ...span, ...(signal !== undefined && { signal }) }, (chunk, offset) => {
    const chunkEnd = offset + chunk.length
    for (let extent = extents[index]; extent !== undefined && extent.offset < chunkEnd; extent = extents[index]) {
      const end = extent.offset + extent.length
      const start = Math.max(extent.offset, offset)
      if (start < end) consume(chunk.subarray(start - offset, Math.min(end, chunkEnd) - offset))
      if (end > chunkEnd) return
      index += 1
    }
  })
}
