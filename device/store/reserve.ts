// What keeps a full disk from losing the last word. A reserve file holds space that only a commit may use: when the
// database finds no room, the file is given up and the commit is tried once more. After an input/output error nothing
// is tried again: a sync that failed once may succeed the next time without the data being there.

import { closeSync, fsyncSync, openSync, renameSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { asFault, Fault } from '../errors.ts'
import { translated } from './database.ts'
import { syncFolderNow } from './durable.ts'

/** Room for a few hundred commits and the audit entries that go with them. */
export const defaultReserveBytes = 8 * 1024 * 1024
/** The reserve comes back only when the disk has this many times its size to spare. */
const comfort = 4

export interface Reserve {
  held(): boolean
  /** Allocates the file if it is missing and there is ample room; false when there is not. */
  ensure(): boolean
  /** Frees the space; false when there was none to free. */
  release(): boolean
}

/** Runs one write to the database and turns its failures into Faults. */
export interface WriteGuard {
  /** Throws DISK_FULL when even the reserve did not help, STORAGE_FAILED now and ever after an I/O error. */
  run<T>(write: () => T): T
}

/** A file of `bytes` really allocated bytes. */
export function createReserve(file: string, bytes: number): Reserve {
  const held = () => statSync(file, { throwIfNoEntry: false })?.size === bytes
  return Object.freeze({
    held,
    ensure() {
      if (held()) return true
      const { bavail, bsize } = statfsSync(dirname(file))
      if (bavail * bsize < bytes * comfort) return false
      return allocate(file, bytes)
    },
    release() {
      if (!held()) return false
      rmSync(file)
      // ext4 hands freed blocks out again only after its journal has committed.
      syncFolderNow(dirname(file))
      return true
    },
  })
}

export function createWriteGuard(reserve: Reserve): WriteGuard {
  let failure: Fault | undefined
  const attempt = <T>(write: () => T): T => {
    try {
      return translated(write)
    } catch (error) {
      if (error instanceof Fault && error.code === 'STORAGE_FAILED') failure = error
      throw error
    }
  }
  return Object.freeze({
    run<T>(write: () => T): T {
      if (failure !== undefined) throw failure
      try {
        return attempt(write)
      } catch (error) {
        const full = error instanceof Fault && error.code === 'DISK_FULL'
        if (!full || !reserve.release()) throw error
        return attempt(write)
      }
    },
  })
}

function allocate(file: string, bytes: number): boolean {
  const temporary = `${file}.tmp`
  const block = new Uint8Array(1024 * 1024)
  const descriptor = openSync(temporary, 'w', 0o600)
  try {
    // Written, not truncated to size: a sparse file reserves nothing.
    for (let at = 0; at < bytes; ) at += writeSync(descriptor, block, 0, Math.min(block.length, bytes - at))
    fsyncSync(descriptor)
    renameSync(temporary, file)
  } catch (error) {
    rmSync(temporary, { force: true })
    if (asFault(error).code === 'DISK_FULL') return false
    throw error
  } finally {
    closeSync(descriptor)
  }
  syncFolderNow(dirname(file))
  return true
}
