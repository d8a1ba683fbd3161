// A page file between scanimage and the consumer: taken only when it is whole, read once, then gone. What is not whole
// may be the scanner's fault or that of a full disk.

import { type FileHandle, open, rm, statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Fault } from '../../device/errors.ts'
import type { ScannedPage } from '../../device/ports.ts'
import { tiffIsWhole } from './tiff-header.ts'

const headerBytes = 4096
const readChunkBytes = 256 * 1024
/** Less room than any page takes. */
const fullBelowBytes = 64 * 1024

/** `discard` closes and deletes it. */
export interface PageFile {
  readonly bytes: ScannedPage['image']
  discard(): Promise<void>
}

/** Undefined when there is no such file or it holds no whole image. Throws DISK_FULL where that may be why. */
export async function openPage(path: string): Promise<PageFile | undefined> {
  const file = await openIfThere(path)
  if (file === undefined) return undefined
  const discard = async () => {
    await file.close()
    await rm(path, { force: true })
  }
  const head = new Uint8Array(headerBytes)
  const { bytesRead } = await file.read(head, 0, headerBytes, 0)
  const { size } = await file.stat()
  if (!tiffIsWhole(head.subarray(0, bytesRead), size)) {
    // Asked before: what is deleted makes room.
    const full = await storageFault(dirname(path))
    await discard()
    if (full !== undefined) throw full
    return undefined
  }
  return { bytes: bytesOf(file), discard }
}

/** DISK_FULL if the folder's file system has no room left; undefined where that cannot be why a page is missing. */
export async function storageFault(folder: string): Promise<Fault | undefined> {
  const { bavail, bsize, files, ffree } = await statfs(folder)
  const full = bavail * bsize < fullBelowBytes || (files > 0 && ffree === 0)
  return full ? new Fault('DISK_FULL', 'no space left for scanned pages') : undefined
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path)
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined
    throw thrown
  }
}

async function* bytesOf(file: FileHandle): AsyncGenerator<Uint8Array, void, void> {
  for (let position = 0; ; ) {
    const { bytesRead, buffer } = await file.read(new Uint8Array(readChunkBytes), 0, readChunkBytes, position)
    if (bytesRead === 0) return
    position += bytesRead
    yield buffer.subarray(0, bytesRead)
  }
}
