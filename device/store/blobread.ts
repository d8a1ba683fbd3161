// A stored blob, read as a stream or opened for reading anywhere in it. Either proves the end of the blob first, so that
// its size is authentic; every range that is read is proven chunk by chunk. Beside what a caller holds, memory has the
// sealed bytes of one chunk and at most two opened ones.

import { type FileHandle, open } from 'node:fs/promises'
import { Fault } from '../errors.ts'
import type { ByteStream, RandomAccess } from '../ports.ts'
import {
  type BlobPlace,
  blobKey,
  chunkBytes,
  headerBytes,
  layoutOf,
  openChunk,
  sealedChunkBytes,
} from './blobformat.ts'
import { stored } from './durable.ts'

/** Bytes from `start` (0 unless told) up to but not including `end` (the size unless told). */
export interface ByteRange {
  readonly start?: number
  readonly end?: number
}

export interface OpenBlob extends RandomAccess {
  close(): Promise<void>
}

/** A blob whose end is proven. */
interface Chunks {
  readonly size: number
  readonly lastIndex: number
  /** The plaintext of the last chunk. */
  readonly last: Uint8Array
  /** Decrypts a chunk each time it is asked for, into bytes that nobody else holds. Throws BLOB_DAMAGED. */
  chunk(index: number): Promise<Uint8Array>
}

/** Throws BLOB_DAMAGED when the file is missing, truncated or not this blob, STORAGE_FAILED. */
export async function openBlobFile(file: string, place: BlobPlace, documentKey: Uint8Array): Promise<OpenBlob> {
  const handle = await openFile(file, place)
  try {
    const chunks = await openChunks(handle, place, documentKey)
    return Object.freeze({ size: chunks.size, read: createRandomRead(chunks), close: () => handle.close() })
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** A range as a stream of at most a chunk each, which its reader may keep. Throws as `openBlobFile`, and RangeError. */
export async function* readBlobFile(
  file: string,
  place: BlobPlace,
  documentKey: Uint8Array,
  { start = 0, end }: ByteRange,
): ByteStream {
  const handle = await openFile(file, place)
  try {
    const { size, lastIndex, last, chunk } = await openChunks(handle, place, documentKey)
    const stop = end ?? size
    if (start < 0 || start > stop || stop > size) throw new RangeError(`bytes ${start} to ${stop} of ${size}`)
    for (let at = start; at < stop; ) {
      const index = Math.floor(at / chunkBytes)
      const bytes = index === lastIndex ? last : await chunk(index)
      const piece = bytes.subarray(at - index * chunkBytes, stop - index * chunkBytes)
      yield piece
      at += piece.length
    }
  } finally {
    await handle.close()
  }
}

/** Keeps the chunk that was read last: a reader comes back to what is near. */
function createRandomRead({ size, lastIndex, last, chunk }: Chunks): RandomAccess['read'] {
  let kept = { index: lastIndex, bytes: last }
  return async (offset, length) => {
    if (offset < 0 || length < 0 || offset + length > size) {
      throw new RangeError(`${length} bytes from ${offset} of ${size}`)
    }
    const result = new Uint8Array(length)
    for (let at = offset; at < offset + length; ) {
      const index = Math.floor(at / chunkBytes)
      const found = kept.index === index ? kept : { index, bytes: await chunk(index) }
      kept = found
      const within = at - index * chunkBytes
      const bytes = found.bytes.subarray(within, within + offset + length - at)
      result.set(bytes, at - offset)
      at += bytes.length
    }
    return result
  }
}

async function openChunks(handle: FileHandle, place: BlobPlace, documentKey: Uint8Array): Promise<Chunks> {
  const { size: fileBytes } = await stored(handle.stat())
  const { size, chunks } = layoutOf(place, fileBytes)
  const key = blobKey(documentKey, place, await readExactly(handle, place, 0, new Uint8Array(headerBytes)))
  let spare: Uint8Array | undefined
  const chunk = async (index: number) => {
    const at = headerBytes + index * sealedChunkBytes
    // Taken for as long as it is in use: several reads may be under way at a time.
    const buffer = spare ?? Buffer.allocUnsafeSlow(Math.min(sealedChunkBytes, fileBytes - headerBytes))
    spare = undefined
    const wanted = buffer.subarray(0, Math.min(sealedChunkBytes, fileBytes - at))
    const sealed = await readExactly(handle, place, at, wanted)
    const bytes = openChunk(key, index, index === chunks - 1, sealed)
    spare = buffer
    return bytes
  }
  return { size, lastIndex: chunks - 1, last: await chunk(chunks - 1), chunk }
}

async function openFile(file: string, place: BlobPlace): Promise<FileHandle> {
  try {
    return await open(file, 'r')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) return stored(Promise.reject(error))
    throw new Fault('BLOB_DAMAGED', `blob ${place.name} of ${place.documentId} is missing`, { cause: error })
  }
}

/** Fills the buffer from `at`. */
async function readExactly(handle: FileHandle, place: BlobPlace, at: number, buffer: Uint8Array): Promise<Uint8Array> {
  for (let filled = 0; filled < buffer.length; ) {
    const { bytesRead } = await stored(handle.read(buffer, filled, buffer.length - filled, at + filled))
    if (bytesRead === 0) throw new Fault('BLOB_DAMAGED', `blob ${place.name} of ${place.documentId} is cut off`)
    filled += bytesRead
  }
  return buffer
}
