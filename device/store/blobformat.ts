// How a blob is encrypted: a header, then chunks of 256 KiB that each open alone, so that any range can be read and
// memory holds few chunks. The key is derived from the document's key for this very blob (its document, its name, a
// random salt); the nonce is the chunk's number and whether it is the last (the STREAM construction of Hoang, Reyhanitabar,
// Rogaway and Vizár, CRYPTO 2015). A chunk altered, moved, dropped or brought from another blob does not open.

import { Fault } from '../errors.ts'
import type { ByteStream, Random } from '../ports.ts'
import { decrypt, deriveKey, encryptApart, tagBytes } from './envelope.ts'

/** Large enough that the cost of a cipher and of a write is small beside that of their bytes. */
export const chunkBytes = 256 * 1024
const magic = Uint8Array.of(0x43, 0x4d, 0x42, 0x31) // CMB1
const saltBytes = 32
/** Bytes in front of the first chunk. */
export const headerBytes = magic.length + saltBytes
/** A whole chunk as it lies in the file. */
export const sealedChunkBytes = chunkBytes + tagBytes

/** Which blob of which document: what its key is derived for. */
export interface BlobPlace {
  readonly documentId: string
  readonly name: string
}

/** Where the chunks of a blob are, by the size of its file. */
export interface BlobLayout {
  /** Of the plaintext, in bytes. */
  readonly size: number
  readonly chunks: number
}

export function newHeader(random: Random): Uint8Array {
  return Buffer.concat([magic, random.bytes(saltBytes)])
}

/** The key of one blob; throws BLOB_DAMAGED when the header is not one. */
export function blobKey(documentKey: Uint8Array, place: BlobPlace, header: Uint8Array): Uint8Array {
  if (header.length !== headerBytes || magic.some((byte, at) => header[at] !== byte)) {
    throw new Fault('BLOB_DAMAGED', `blob ${place.name} of ${place.documentId} has no header`)
  }
  return deriveKey(documentKey, ['blob', place.documentId, place.name], header.subarray(magic.length))
}

/** The layout of a file of `fileBytes`, to be believed once its last chunk has opened; throws BLOB_DAMAGED. */
export function layoutOf(place: BlobPlace, fileBytes: number): BlobLayout {
  const sealed = fileBytes - headerBytes
  const chunks = Math.ceil(sealed / sealedChunkBytes)
  const size = sealed - chunks * tagBytes
  if (chunks < 1) throw new Fault('BLOB_DAMAGED', `blob ${place.name} of ${place.documentId} is cut off`)
  return { size, chunks }
}

/** What follows in the file, in pieces that are not joined. */
export function sealChunk(key: Uint8Array, index: number, last: boolean, chunk: Uint8Array): readonly Uint8Array[] {
  return encryptApart(key, nonceOf(index, last), chunk, ['blob chunk'])
}

/** Throws BLOB_DAMAGED. */
export function openChunk(key: Uint8Array, index: number, last: boolean, sealed: Uint8Array): Uint8Array {
  return decrypt(key, nonceOf(index, last), sealed, ['blob chunk'], 'BLOB_DAMAGED')
}

/** The stream cut into chunks, the last one marked; a chunk's bytes are good until the next one is asked for. */
export async function* chunksOf(
  stream: ByteStream,
): AsyncGenerator<{ readonly chunk: Uint8Array; readonly last: boolean }> {
  const buffer = Buffer.allocUnsafeSlow(chunkBytes)
  let filled = 0
  for await (const bytes of stream) {
    for (let at = 0; at < bytes.length; ) {
      // A full buffer is held back until there is more: only then is it known not to be the last.
      if (filled === chunkBytes) {
        yield { chunk: buffer, last: false }
        filled = 0
      }
      if (filled === 0 && bytes.length - at > chunkBytes) {
        yield { chunk: bytes.subarray(at, at + chunkBytes), last: false }
        at += chunkBytes
        continue
      }
      const taken = Math.min(chunkBytes - filled, bytes.length - at)
      buffer.set(bytes.subarray(at, at + taken), filled)
      filled += taken
      at += taken
    }
  }
  yield { chunk: buffer.subarray(0, filled), last: true }
}

function nonceOf(index: number, last: boolean): Uint8Array {
  const nonce = Buffer.alloc(12)
  nonce.writeUInt32BE(index, 7)
  nonce.writeUInt8(last ? 1 : 0, 11)
  return nonce
}
