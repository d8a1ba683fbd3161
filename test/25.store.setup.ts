// What the store tests share: a data folder of their own that goes away, a clock that stands, seeded random bytes, and
// a second SQLite (the one in Node) to look at and tamper with the file as an outsider would.

import { createHash } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { onTestFinished } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { ByteStream, Clock, Random } from '../device/ports.ts'
import { openStore, type Store, type StoreOptions } from '../device/store/store.ts'

export const noon: Clock = { now: () => 1_750_000_000_000, sleep: () => Promise.resolve() }

/** Bytes that look random and are the same for the same seed. */
export function seeded(seed: string): Random {
  let count = 0
  const bytes = (length: number) =>
    new Uint8Array(createHash('shake256', { outputLength: length }).update(`${seed}:${count++}`).digest())
  return { bytes, fraction: () => Buffer.from(bytes(4)).readUInt32BE() / 2 ** 32 }
}

/** A data folder and a device key file that do not exist yet, removed after the test. */
export function newPlace(): { readonly root: string; readonly folder: string; readonly deviceKeyFile: string } {
  const root = mkdtempSync(join(tmpdir(), 'compulsa-store-'))
  onTestFinished(() => rmSync(root, { recursive: true, force: true }))
  return { root, folder: join(root, 'data'), deviceKeyFile: join(root, 'keys', 'device.key') }
}

type Place = Pick<StoreOptions, 'folder' | 'deviceKeyFile'>

const opens = new WeakMap<Place, number>()

/** Each opening of a place gets other random bytes, as it would in life. */
export function optionsFor(place: Place): StoreOptions {
  const open = (opens.get(place) ?? 0) + 1
  opens.set(place, open)
  const { folder, deviceKeyFile } = place
  return {
    folder,
    deviceKeyFile,
    clock: noon,
    random: seeded(`open ${open}`),
    createKeyIfMissing: true,
    reserveBytes: 4096,
  }
}

/** An open store, closed after the test. */
export function openAt(place: Place): Store {
  const store = openStore(optionsFor(place))
  onTestFinished(() => store.close())
  return store
}

export const opened = { event: 'documentOpened', details: { mode: 'local' } } as const
export const discarded = { event: 'discarded', details: { code: 'person' } } as const
export const erasure = { event: 'erased', details: { reason: 'retention' } } as const

/** A first commit of a new document. */
export function begin(store: Store, id: string, body: object = { id }, stage = 'scanning'): void {
  store.create(id)
  store.commit({ id, version: 1, stage, wakeAt: null, body }, opened)
}

/** Changes the closed database of a place behind the store's back. */
export function tamper(place: Place, sql: string): void {
  const database = new DatabaseSync(join(place.folder, 'compulsa.sqlite'))
  try {
    database.exec(sql)
  } finally {
    database.close()
  }
}

/** The code of the Fault that `act` throws; any other outcome fails. */
export function faultOf(act: () => unknown): string {
  try {
    act()
  } catch (error) {
    if (error instanceof Fault) return error.code
    throw error
  }
  throw new Error('nothing was thrown')
}

/** The code of the Fault that a promise rejects with. */
export async function rejection(promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    () => new Error('nothing was thrown'),
    (error: unknown) => error,
  )
  if (outcome instanceof Fault) return outcome.code
  throw outcome
}

export async function* streamOf(...parts: readonly Uint8Array[]): ByteStream {
  yield* parts
}

export async function collect(stream: ByteStream): Promise<Buffer> {
  const parts: Uint8Array[] = []
  for await (const part of stream) parts.push(part)
  return Buffer.concat(parts)
}

/** Every file below a folder with its bytes. Only while no store of this process is open: reading drops its locks. */
export function filesIn(folder: string): ReadonlyMap<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  const files = names.filter(name => statSync(join(folder, name)).isFile())
  return new Map(files.map(name => [name, readFileSync(join(folder, name))]))
}
