// Files of a document (scans, composed copies, signatures), one folder per document, encrypted as in blobformat.ts. A
// blob has its name only once it is whole and durable: the row that mentions it is committed afterwards. Whatever no row
// mentions, left by a stop in between, is swept away at the next start.

import { createHash } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ByteStream, Random } from '../ports.ts'
import { type BlobPlace, blobKey, chunksOf, newHeader, sealChunk } from './blobformat.ts'
import { type ByteRange, type OpenBlob, openBlobFile, readBlobFile } from './blobread.ts'
import { appendPieces, stored, syncFolder } from './durable.ts'

export interface StoredBlob {
  readonly name: string
  /** Of the plaintext. */
  readonly bytes: number
  /** Of the plaintext, lower-case hex. */
  readonly sha256: string
}

export interface BlobReader {
  /** Throws NOT_FOUND for an erased document, BLOB_DAMAGED, RangeError, all at the first read. */
  read(documentId: string, name: string, range?: ByteRange): ByteStream
  /** The size is authentic, a truncated blob does not open. Throws NOT_FOUND, BLOB_DAMAGED. */
  open(documentId: string, name: string): Promise<OpenBlob>
}

export interface Blobs extends BlobReader {
  /** Durable when it resolves. Throws what the stream throws, NOT_FOUND, DISK_FULL, STORAGE_FAILED; leaves no rest. */
  write(documentId: string, bytes: ByteStream): Promise<StoredBlob>
  /** For a blob that no committed body mentions any more; nothing happens when it is gone already. */
  remove(documentId: string, name: string): Promise<void>
  /**
   * At the start, before the first write: removes temporary files, blobs that `referenced` does not name and the
   * folders of erased or never committed documents. `undefined` keeps all blobs of a document. Resolves to how many
   * files and folders went.
   */
  sweep(referenced: (documentId: string) => ReadonlySet<string> | undefined): Promise<number>
}

export interface BlobParts {
  readonly folder: string
  /** Throws NOT_FOUND. */
  readonly key: (documentId: string) => Uint8Array
}

const namePattern = /^[0-9a-f]{32}$/
/** How many documents a process remembers to have a durable folder; to forget one costs a sync at its next blob. */
const maxKnownFolders = 64

export function createBlobReader({ folder, key }: BlobParts): BlobReader {
  const fileOf = (documentId: string, name: string) => {
    if (!namePattern.test(name)) throw new TypeError('a blob name is 32 lower-case hex digits')
    return join(folder, documentId, name)
  }
  return Object.freeze({
    async *read(documentId: string, name: string, range: ByteRange = {}): ByteStream {
      yield* readBlobFile(fileOf(documentId, name), { documentId, name }, key(documentId), range)
    },
    open: async (documentId: string, name: string) =>
      openBlobFile(fileOf(documentId, name), { documentId, name }, key(documentId)),
  })
}

export function createBlobs(
  parts: BlobParts & { readonly random: Random; isLive(documentId: string): boolean },
): Blobs {
  const { folder, key, random, isLive } = parts
  const makeFolder = createFolderMaking(folder)
  let written = false
  return Object.freeze({
    ...createBlobReader(parts),
    async write(documentId: string, bytes: ByteStream) {
      written = true
      const place = { documentId, name: Buffer.from(random.bytes(16)).toString('hex') }
      const documentKey = key(documentId)
      return writeBlob(await makeFolder(documentId), place, documentKey, random, bytes)
    },
    async remove(documentId: string, name: string) {
      if (!namePattern.test(name)) throw new TypeError('a blob name is 32 lower-case hex digits')
      await rm(join(folder, documentId, name), { force: true })
    },
    async sweep(referenced: (documentId: string) => ReadonlySet<string> | undefined) {
      if (written) throw new TypeError('sweep after the first write would remove what is about to be committed')
      let removed = 0
      for (const entry of await readdir(folder, { withFileTypes: true })) {
        if (isLive(entry.name)) removed += await sweepFolder(join(folder, entry.name), referenced(entry.name))
        else {
          await rm(join(folder, entry.name), { recursive: true })
          removed += 1
        }
      }
      return removed
    },
  })
}

/** Makes the folder of a document, its own name durable, and tells its path. */
function createFolderMaking(root: string): (documentId: string) => Promise<string> {
  const durable = new Set<string>()
  return async documentId => {
    const folder = join(root, documentId)
    await stored(mkdir(folder, { recursive: true, mode: 0o700 }))
    // Not told by what mkdir made: another write, or a process that was killed, may have made it and not synced it yet.
    if (!durable.has(documentId)) {
      await stored(syncFolder(root))
      if (durable.size >= maxKnownFolders) durable.clear()
      durable.add(documentId)
    }
    return folder
  }
}

async function writeBlob(
  folder: string,
  place: BlobPlace,
  documentKey: Uint8Array,
  random: Random,
  bytes: ByteStream,
): Promise<StoredBlob> {
  const temporary = join(folder, `${place.name}.tmp`)
  try {
    const blob = await writeTemporary(temporary, place, documentKey, random, bytes)
    await stored(rename(temporary, join(folder, place.name)))
    await stored(syncFolder(folder))
    return blob
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}

async function writeTemporary(
  file: string,
  place: BlobPlace,
  documentKey: Uint8Array,
  random: Random,
  bytes: ByteStream,
): Promise<StoredBlob> {
  const header = newHeader(random)
  const key = blobKey(documentKey, place, header)
  const digest = createHash('sha256')
  let size = 0
  let index = 0
  let pieces = [header]
  const handle = await stored(open(file, 'wx', 0o600))
  try {
    for await (const { chunk, last } of chunksOf(bytes)) {
      digest.update(chunk)
      size += chunk.length
      await stored(appendPieces(handle, [...pieces, ...sealChunk(key, index, last, chunk)]))
      pieces = []
      index += 1
    }
    await stored(handle.sync())
  } finally {
    await handle.close()
  }
  return Object.freeze({ name: place.name, bytes: size, sha256: digest.digest('hex') })
}

async function sweepFolder(folder: string, referenced: ReadonlySet<string> | undefined): Promise<number> {
  const unwanted = ({ name }: Dirent) => !namePattern.test(name) || (referenced !== undefined && !referenced.has(name))
  const entries = (await readdir(folder, { withFileTypes: true })).filter(unwanted)
  for (const { name } of entries) await rm(join(folder, name), { recursive: true })
  return entries.length
}
