// What several verbs need of the appliance: its configuration, a reader of its data, ports for one run, a clean end.

import { open, realpath, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { Config } from '../config/config.ts'
import { type LoadedConfig, loadConfig } from '../config/file.ts'
import { asFault, Fault } from '../errors.ts'
import { createLog, newIdFrom, systemClock, systemRandom } from '../host.ts'
import type { ByteStream } from '../ports.ts'
import { openRooms, type Rooms } from '../rooms.ts'
import { openStore, type StoreReader } from '../store/store.ts'
import { createScratch, type Scratch } from './scratch.ts'
import type { Call } from './verb.ts'

/** Of a file that is read whole: an image for a page is the largest. */
const maxInputBytes = 256 << 20
const inputPieceBytes = 64 << 10

export function configOf(call: Call): LoadedConfig {
  return loadConfig({ configFile: call.text('config'), dataFolder: call.text('data') })
}

/** The data as they stand, also beside a running appliance. */
export function readerOf({ dataFolder, deviceKeyFile }: LoadedConfig): StoreReader {
  return openStore({ folder: dataFolder, deviceKeyFile, clock: systemClock, random: systemRandom, readOnly: true })
}

export interface Workbench {
  readonly rooms: Rooms
  readonly scratch: Scratch
  readonly newId: () => string
}

/** Ports and scratch files for one verb; both are gone when `work` ends. Vendor code sees the caller's environment. */
export async function withWorkbench<T>(config: Config, work: (bench: Workbench) => Promise<T>): Promise<T> {
  await using held = new AsyncDisposableStack()
  const scratch = held.adopt(await createScratch(), one => one.remove())
  const log = createLog(process.env['COMPULSA_LOG'] ?? 'fatal')
  const inherited = Object.entries(process.env).flatMap(([key, value]) =>
    value === undefined ? [] : [[key, value] as const],
  )
  const environment = { ...Object.fromEntries(inherited), ...config.devices.environment }
  const devices = { ...config.devices, environment }
  const rooms = held.adopt(
    openRooms({ ...config, devices }, scratch.folder, { clock: systemClock, random: systemRandom, log }),
    one => one.stop(),
  )
  return await work({ rooms, scratch, newId: () => newIdFrom(systemRandom) })
}

/**
 * Writes a whole file or none; a link stays and leads to the new one. Throws OUTPUT_UNWRITABLE, also for what is there and
 * no regular file, and what the bytes throw.
 */
export async function writeOutput(path: string, bytes: ByteStream | Uint8Array): Promise<void> {
  let temporary: string | undefined
  try {
    const target = await replaceable(resolve(path))
    temporary = join(dirname(target), `.${process.pid}.${Date.now()}.part`)
    await writeFile(temporary, bytes, { flag: 'wx' })
    await rename(temporary, target)
  } catch (thrown) {
    if (temporary !== undefined) await rm(temporary, { force: true })
    if (thrown instanceof Fault) throw thrown
    throw new Fault('OUTPUT_UNWRITABLE', `${path}: ${asFault(thrown).detail}`, { cause: thrown })
  }
}

/** Where the file is that may be replaced: a device or a pipe would be gone afterwards. */
async function replaceable(path: string): Promise<string> {
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined) return path
  if (!stats.isFile()) throw new Error('not a regular file')
  return realpath(path)
}

/** What the work gives, or FILE_UNREADABLE naming the path; Faults pass as they are. */
export async function readable<T>(work: Promise<T>, path: string): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown
    throw new Fault('FILE_UNREADABLE', `${path}: ${asFault(thrown).detail}`, { cause: thrown })
  }
}

/** A small file whole, or what comes out of a pipe. Throws FILE_UNREADABLE, also for one that is not small. */
export function readInput(path: string): Promise<Buffer> {
  return readable(small(path), path)
}

async function small(path: string): Promise<Buffer> {
  await using file = await open(path)
  const pieces: Buffer[] = []
  try {
    for (let total = 0; total <= maxInputBytes; ) {
      const buffer = Buffer.allocUnsafeSlow(inputPieceBytes)
      const { bytesRead } = await file.read(buffer)
      pieces.push(buffer.subarray(0, bytesRead))
      total += bytesRead
      if (bytesRead === 0) return Buffer.concat(pieces, total)
    }
    throw new Error(`more than ${maxInputBytes} bytes`)
  } finally {
    // It may be a secret; the caller overwrites what is returned.
    for (const piece of pieces) piece.fill(0)
  }
}
