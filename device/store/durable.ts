// Writes that survive a power cut: a file is written under a temporary name in its own folder, synced, renamed, and
// then its folder is synced. Without the last step the rename itself can be lost (measured on ext4).

import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { asFault, Fault } from '../errors.ts'

/** A failed file operation as the Fault it means: DISK_FULL, or STORAGE_FAILED for everything else. */
export async function stored<T>(operation: Promise<T>): Promise<T> {
  try {
    return await operation
  } catch (error) {
    const fault = asFault(error)
    if (fault.code === 'DISK_FULL') throw fault
    throw new Fault('STORAGE_FAILED', `file operation failed: ${fault.detail}`, { cause: error })
  }
}

/** Appends all of the pieces, in one system call where the disk lets it. */
export async function appendPieces(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const { bytesWritten } = await file.writev(pieces)
  const total = pieces.reduce((sum, piece) => sum + piece.length, 0)
  // A disk about to be full takes a part; the next call takes the rest or tells why not.
  if (bytesWritten < total) await file.writeFile(Buffer.concat(pieces).subarray(bytesWritten))
}

/** Makes the names in a folder durable. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** As `syncFolder`, for the moments when nothing else may happen meanwhile. */
export function syncFolderNow(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}

/** Creates a folder, readable by its owner only, with whatever is missing above it. */
export function makeFolderNow(folder: string): void {
  const whole = resolve(folder)
  const first = mkdirSync(whole, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let made = whole; made.length >= first.length; made = dirname(made)) syncFolderNow(dirname(made))
}

/** Puts a whole small file in place, readable by its owner only; an error leaves no temporary file. */
export function writeFileNow(file: string, bytes: Uint8Array): void {
  const temporary = `${file}.tmp`
  rmSync(temporary, { force: true })
  try {
    writeFileSync(temporary, bytes, { mode: 0o600, flag: 'wx', flush: true })
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
  syncFolderNow(dirname(file))
}
