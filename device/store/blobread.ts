// A stored blob, opened for reading anywhere in it. Opening proves the end of the blob, so that its size is authentic;
// every range that is read is proven chunk by chunk. One decrypted chunk is kept, which is all the memory it takes.

import { type FileHandle, open } from 'node:fs/promises'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
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

export interface OpenBlob extends RandomAccess {
  close(): Promise<void>
}

/** Throws BLOB_DAMAGED when the file is missing, truncated or not this blob, STORAGE_FAILED. */
export async function openBlobFile(file: string, place: BlobPlace, documentKey: Uint8Array): Promise<OpenBlob> {
  const handle = await openFile(file, place)
  try {
    return await openHandle(handle, place, documentKey)
  } catch (error) {
    await handle.close()
    throw error
  }
}

async function openHandle(handle: FileHandle, place: BlobPlace, documentKey: Uint8Array): Promise<OpenBlob> {
  const { size: fileBytes } = await stored(handle.stat())
  const { size, chunks } = layoutOf(place, fileBytes)
  const key = blobKey(documentKey, place, await readExactly(handle, place, 0, headerBytes))
  let kept: { readonly index: number; readonly bytes: Uint8Array } | undefined
  const chunk = async (index: number) => {
    if (kept?.index === index) return kept.bytes
    const at = headerBytes + index * sealedChunkBytes
    const sealed = await readExactly(handle, place, at, Math.min(sealedChunkBytes, fileBytes - at))
    kept = { index, bytes: openChunk(key, index, index === chunks - 1, sealed) }
    return kept.bytes
  }
  await chunk(chunks - 1)
  return Object.freeze({
    size,
    async read(offset: number, length: number) {
      if (offset < 0 || length < 0 || offset + length > size) {
        throw new RangeError(`${length} bytes from ${offset} of ${size}`)
      }
      const result = new Uint8Array(length)
      for (let at = offset; at < offset + length; ) {
        const index = Math.floor(at / chunkBytes)
        const within = at - index * chunkBytes
        const bytes = (await chunk(index)).subarray(within, within + offset + length - at)
        result.set(bytes, at - offset)
        at += bytes.length
      }
      return result
    },
    close: () => handle.close(),
  })
}

async function openFile(file: string, place: BlobPlace): Promise<FileHandle> {
  try {
    return await open(file, 'r')
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) return stored(Promise.reject(error))
    throw new Fault('BLOB_DAMAGED', `blob ${place.name} of ${place.documentId} is missing`, { cause: error })
  }
}

async function readExactly(handle: FileHandle, place: BlobPlace, at: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length)
  for (let filled = 0; filled < length; ) {
    const { bytesRead } = await stored(handle.read(buffer, filled, length - filled, at + filled))
    if (bytesRead === 0) throw new Fault('BLOB_DAMAGED', `blob ${place.name} of ${place.documentId} is cut off`)
    filled += bytesRead
  }
  return buffer
}
