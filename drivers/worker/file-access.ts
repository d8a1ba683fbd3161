// A file as random access for a process that does one job at a time. Few bytes are read at once, blocking: a trip through
// the thread pool takes longer than they do. A large file goes through in chunks that are read while others are hashed.

import { constants, read as readAtLeisure, readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { promisify } from 'node:util'
import { Fault } from '../../device/errors.ts'
import type { RandomAccess } from '../../device/ports.ts'

const read = promisify(readAtLeisure)
/** Up to there a read blocks. */
const fewBytes = 64 * 1024

export interface OpenFile extends RandomAccess {
  /** Throws FILE_UNREADABLE where somebody has written into the file since it was opened. */
  checkUnchanged(): Promise<void>
  close(): Promise<void>
}

/** Throws FILE_UNREADABLE for what is no regular file, and what the file system throws. */
export async function openFile(path: string): Promise<OpenFile> {
  // Opening a named pipe waits for whoever writes into it.
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  const { size, isFile, state } = await statOf(file)
  const changed = () => new Fault('FILE_UNREADABLE', 'the file changed while it was read')

  async function readInto(target: Uint8Array, offset: number): Promise<void> {
    const { length } = target
    if (offset < 0 || offset + length > size) throw new RangeError(`${offset}+${length} of ${size} bytes`)
    for (let done = 0; done < length; ) {
      const rest = length - done
      const position = offset + done
      const bytesRead =
        rest <= fewBytes
          ? readSync(file.fd, target, done, rest, position)
          : (await read(file.fd, target, done, rest, position)).bytesRead
      if (bytesRead === 0) throw changed()
      done += bytesRead
    }
  }

  async function readFrom(offset: number, length: number): Promise<Uint8Array> {
    if (length < 0) throw new RangeError(`${length} bytes`)
    const bytes = Buffer.allocUnsafe(length)
    await readInto(bytes, offset)
    return bytes
  }

  async function checkUnchanged(): Promise<void> {
    if ((await statOf(file)).state !== state) throw changed()
  }

  if (!isFile) {
    await file.close()
    throw new Fault('FILE_UNREADABLE', 'not a regular file')
  }
  return Object.freeze({ size, read: readFrom, readInto, checkUnchanged, close: () => file.close() })
}

async function statOf(file: FileHandle) {
  const stats = await file.stat({ bigint: true })
  return { size: Number(stats.size), isFile: stats.isFile(), state: `${stats.size} ${stats.mtimeNs} ${stats.ctimeNs}` }
}
