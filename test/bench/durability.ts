// Durable enqueueing against what the same disk can do at best: the store's documents per second beside bare loops of
// write, fsync and rename, and beside a plain SQLite with the same promises, in turns.

import {
  closeSync,
  constants,
  fdatasyncSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { systemClock, systemRandom } from '../../device/host.ts'
import { openStore, type Store } from '../../device/store/store.ts'
import { seededRandom } from '../sim/paper.ts'
import { median, ratio, type Section, span } from './report.ts'

export interface DurabilityBench {
  readonly folder: string
  /** Documents of one loop. */
  readonly documents: number
  readonly rounds: number
  /** Ends the measuring before the next loop. */
  readonly signal: AbortSignal
}

const fileBytes = 1 << 20
const appendBytes = 4096
/** About what a document of three pages is as JSON. */
const bodyBytes = 2048

type Loop = (index: number) => Promise<void> | void

/** All loops in turns on the disk of `folder`. */
export async function benchDurability({ folder, documents, rounds, signal }: DurabilityBench): Promise<Section[]> {
  mkdirSync(folder, { recursive: true })
  using held = new DisposableStack()
  const store = held.adopt(openBenchStore(folder), one => one.close())
  const loops = {
    file: renameLoop(folder),
    whole: enqueueLoop(store),
    append: held.adopt(appendLoop(folder), one => one.close()).loop,
    sqlite: held.adopt(sqliteLoop(folder), one => one.close()).loop,
    commit: commitLoop(store),
  }
  const rates: Record<keyof typeof loops, number[]> = { file: [], whole: [], append: [], sqlite: [], commit: [] }
  for (let round = 0; round < rounds; round += 1) {
    for (const name of Object.keys(loops) as (keyof typeof loops)[]) {
      signal.throwIfAborted()
      rates[name].push(await perSecond(loops[name], documents, round))
    }
  }
  return [section(rates, documents, rounds)]
}

async function perSecond(loop: Loop, documents: number, round: number): Promise<number> {
  const startedAt = performance.now()
  for (let i = 0; i < documents; i += 1) await loop(round * documents + i)
  return documents / ((performance.now() - startedAt) / 1000)
}

function section(
  rates: Readonly<Record<'file' | 'whole' | 'append' | 'sqlite' | 'commit', readonly number[]>>,
  documents: number,
  rounds: number,
): Section {
  const row = (name: string, ours: readonly number[], limit?: readonly number[]) => [
    name,
    median(ours).toFixed(0),
    span(ours, 0),
    limit === undefined ? '' : ratio(median(ours), median(limit)),
  ]
  return {
    title: `Durable enqueueing, ${documents} documents a loop; median of ${rounds} loops in turns`,
    header: ['', 'per second', 'lowest–highest', 'of the limit'],
    rows: [
      row('limit: 1 MiB written, fsync, rename, fsync of the folder', rates.file),
      row('compulsa: new document, 1 MiB encrypted, commit with audit entry', rates.whole, rates.file),
      row('limit: 4 KiB appended, fdatasync', rates.append),
      row('SQLite by itself (node:sqlite), 2 KiB row, WAL, synchronous=FULL', rates.sqlite, rates.append),
      row('compulsa: commit of a changed document with audit entry', rates.commit, rates.append),
    ],
    notes: ['One writer, one document after the other; what is counted survives a power cut.'],
  }
}

function openBenchStore(folder: string): Store {
  return openStore({
    folder: join(folder, 'data'),
    deviceKeyFile: join(folder, 'device.key'),
    clock: systemClock,
    random: systemRandom,
    createKeyIfMissing: true,
  })
}

/** Bytes that no disk can compress. */
function noise(length: number): Buffer {
  const random = seededRandom(length)
  return Buffer.from(Array.from({ length }, () => Math.floor(random() * 256)))
}

function renameLoop(folder: string): Loop {
  const bytes = noise(fileBytes)
  const target = join(folder, 'files')
  mkdirSync(target)
  return index => {
    const temporary = join(target, `${index}.tmp`)
    const descriptor = openSync(temporary, 'wx')
    writeFileSync(descriptor, bytes)
    fsyncSync(descriptor)
    closeSync(descriptor)
    renameSync(temporary, join(target, String(index)))
    const names = openSync(target, 'r')
    fsyncSync(names)
    closeSync(names)
  }
}

function appendLoop(folder: string): { readonly loop: Loop; close(): void } {
  const bytes = noise(appendBytes)
  const descriptor = openSync(join(folder, 'log'), constants.O_CREAT | constants.O_WRONLY | constants.O_APPEND)
  const loop = () => {
    writeSync(descriptor, bytes)
    fdatasyncSync(descriptor)
  }
  return { loop, close: () => closeSync(descriptor) }
}

function sqliteLoop(folder: string): { readonly loop: Loop; close(): void } {
  const database = new DatabaseSync(join(folder, 'plain.sqlite'))
  database.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE document (id INTEGER PRIMARY KEY, body BLOB)',
  )
  const insert = database.prepare('INSERT INTO document (body) VALUES (?)')
  const body = noise(bodyBytes)
  return { loop: () => void insert.run(body), close: () => database.close() }
}

function enqueueLoop(store: Store): Loop {
  const bytes = noise(fileBytes)
  async function* whole() {
    yield bytes
  }
  return async index => {
    const id = `whole-${index}`
    store.create(id)
    const image = await store.blobs.write(id, whole())
    store.commit(
      { id, version: 1, stage: 'gathering', wakeAt: null, body: { id, image } },
      { event: 'documentOpened', details: { mode: 'local' } },
    )
  }
}

function commitLoop(store: Store): Loop {
  const text = noise(bodyBytes / 2).toString('hex')
  const id = 'changing'
  const commit = (version: number) =>
    store.commit(
      { id, version, stage: 'gathering', wakeAt: null, body: { text, version } },
      { event: 'pagesChanged', details: { change: 'turned', page: 1, pages: 3 } },
    )
  store.create(id)
  commit(1)
  return index => commit(index + 2)
}
