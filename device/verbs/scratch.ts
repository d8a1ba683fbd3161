// Stored bytes for one run of the command line: files in a private folder that goes away with it. Nothing here is durable
// or encrypted; the appliance uses device/store.

import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StoredBlob } from '../document/page.ts'
import { Fault } from '../errors.ts'
import type { Blobs } from '../path/step.ts'
import type { ByteStream, RandomAccess } from '../ports.ts'

const chunkBytes = 256 * 1024

export interface Scratch extends Blobs {
  readonly folder: string
  remove(): Promise<void>
}

/** In a folder of its own below `parent`. */
export async function createScratch(parent = tmpdir()): Promise<Scratch> {
  const folder = await mkdtemp(join(parent, 'compulsa-'))
  let written = 0
  const pathOf = (name: string) => join(folder, name)
  return Object.freeze({
    folder,
    async write(_documentId: string, bytes: ByteStream): Promise<StoredBlob> {
      written += 1
      const name = `${written}.blob`
      const file = await open(pathOf(name), 'wx', 0o600)
      await using _closed = { [Symbol.asyncDispose]: () => file.close() }
      const hash = createHash('sha256')
      let size = 0
      for await (const chunk of bytes) {
        hash.update(chunk)
        size += chunk.length
        await file.writeFile(chunk)
      }
      return { name, bytes: size, sha256: hash.digest('hex') }
    },
    read: (_documentId: string, name: string) => readFile(pathOf(name)),
    open: (_documentId: string, name: string) => openFile(pathOf(name)),
    remove: () => rm(folder, { recursive: true, force: true }),
  })
}

/** A file's bytes in order. */
export async function* readFile(path: string): ByteStream & AsyncGenerator<Uint8Array> {
  const file = await open(path)
  await using _closed = { [Symbol.asyncDispose]: () => file.close() }
  for (;;) {
    const buffer = Buffer.allocUnsafe(chunkBytes)
    const { bytesRead } = await file.read(buffer, 0, chunkBytes)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
  }
}

/** Somebody's file, open for reading anywhere. */
export interface OpenFile extends RandomAccess {
  /** Which file it is and when it was last written or changed: another text when it is no longer what it was. */
  state(): Promise<string>
  close(): Promise<void>
}

/** A file's bytes anywhere. Throws FILE_UNREADABLE for what is no file of a certain length, without waiting for it. */
export async function openFile(path: string): Promise<OpenFile> {
  // Opening a named pipe waits for whoever writes into it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const stats = await file.stat()
  if (!stats.isFile()) {
    await file.close()
    throw new Fault('FILE_UNREADABLE', `${path}: not a regular file`)
  }
  const { size } = stats
  async function readInto(target: Uint8Array, offset: number): Promise<void> {
    const { length } = target
    if (offset < 0 || offset + length > size) throw new RangeError(`${offset}+${length} of ${size} bytes`)
    for (let done = 0; done < length; ) {
      const { bytesRead } = await file.read(target, done, length - done, offset + done)
      if (bytesRead === 0) throw new Fault('FILE_UNREADABLE', `${path}: became shorter while it was read`)
      done += bytesRead
    }
  }

  return {
    size,
    readInto,
    async read(offset: number, length: number): Promise<Uint8Array> {
      if (length < 0) throw new RangeError(`${length} bytes`)
      const buffer = Buffer.allocUnsafe(length)
      await readInto(buffer, offset)
      return buffer
    },
    async state(): Promise<string> {
      const { dev, ino, size: octets, mtimeNs, ctimeNs } = await file.stat({ bigint: true })
      return [dev, ino, octets, mtimeNs, ctimeNs].join(' ')
    },
    close: () => file.close(),
  }
}
