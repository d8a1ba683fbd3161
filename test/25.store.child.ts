// A process that works on a store until it is killed (`crash`) or until its small file system is full (`full`). It tells
// what was acknowledged, one JSON line each, only after the store has acknowledged it.

import { createHash, randomBytes } from 'node:crypto'
import { appendFileSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { asFault } from '../device/errors.ts'
import type { ByteStream } from '../device/ports.ts'
import { openStore, type Store } from '../device/store/store.ts'

const [mode, root = '', round = ''] = process.argv.slice(2)

const options = {
  folder: join(root, 'data'),
  deviceKeyFile: join(root, 'device.key'),
  clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
  random: { bytes: (length: number) => new Uint8Array(randomBytes(length)), fraction: () => 0.5 },
  createKeyIfMissing: true,
}

/** Straight to the descriptor: a line that waits in a buffer dies with the process. */
function tell(line: object): void {
  writeSync(1, `${JSON.stringify(line)}\n`)
}

async function* page(bytes: Uint8Array): ByteStream {
  for (let at = 0; at < bytes.length; at += 50_000) yield bytes.subarray(at, at + 50_000)
}

async function crash(): Promise<void> {
  const store = openStore({ ...options, reserveBytes: 4096 })
  for (let count = 0; ; count += 1) {
    const id = `r${round}-${count}`
    store.create(id)
    const bytes = new Uint8Array(randomBytes(120_000))
    const blob = await store.blobs.write(id, page(bytes))
    store.commit({ id, version: 1, stage: 'scanning', wakeAt: null, body: { blob } }, { event: 'documentOpened' })
    tell({ id, version: 1, sha256: createHash('sha256').update(bytes).digest('hex') })
    store.commit({ id, version: 2, stage: 'composing', wakeAt: 1, body: { blob } }, { event: 'approved' })
    tell({ id, version: 2, sha256: blob.sha256 })
    if (count % 3 !== 2) continue
    await store.erase(id, { event: 'erased' })
    tell({ id, erased: true })
  }
}

/** Takes every byte that is left. */
function fillDisk(file: string): void {
  for (const size of [1024 * 1024, 4096, 1]) {
    for (let full = false; !full; ) {
      try {
        appendFileSync(file, new Uint8Array(size))
      } catch (error) {
        full = asFault(error).code === 'DISK_FULL'
        if (!full) throw error
      }
    }
  }
}

async function* endless(): ByteStream {
  for (;;) yield new Uint8Array(100_000)
}

/** Commits larger and larger bodies; `version` is the last one that was acknowledged. */
function commitUntilRefused(store: Store, id: string, version: number): { code: string; version: number } {
  let acknowledged = version
  try {
    for (;;) {
      const body = { text: 'x'.repeat(100_000 * acknowledged) }
      const record = { id, version: acknowledged + 1, stage: 'signing', wakeAt: null, body }
      store.commit(record, { event: 'approved' })
      acknowledged += 1
    }
  } catch (error) {
    return { code: asFault(error).code, version: acknowledged }
  }
}

const roomy = { ...options, reserveBytes: 2 * 1024 * 1024 }

function firstCommit(store: Store, id: string): void {
  store.create(id)
  store.commit({ id, version: 1, stage: 'scanning', wakeAt: null, body: {} }, { event: 'documentOpened' })
}

async function full(): Promise<void> {
  const filler = join(root, 'filler')
  const first = openStore(roomy)
  firstCommit(first, 'a')
  tell({ step: 'opened', held: first.space().reserveHeld })
  const refused = await first.blobs.write('a', endless()).then(
    () => 'stored',
    error => asFault(error).code,
  )
  const left = readdirSync(join(options.folder, 'blobs', 'a'))
  tell({ step: 'blob', code: refused, left, held: first.space().reserveHeld })
  fillDisk(filler)
  const last = commitUntilRefused(first, 'a', 1)
  tell({ step: 'commits', code: last.code, some: last.version > 2, held: first.space().reserveHeld })
  fillDisk(filler)
  tell({ step: 'no room', code: commitUntilRefused(first, 'a', last.version).code })
  first.close()
  // The log holds what the database had no room for.
  const store = openStore(roomy)
  tell({ step: 'kept', same: store.load('a')?.version === last.version, audit: store.audit.verify().chain })
  rmSync(filler)
  store.commit({ id: 'a', version: last.version + 1, stage: 'x', wakeAt: null, body: {} }, { event: 'approved' })
  await store.erase('a', { event: 'erased' })
  tell({ step: 'space again', erased: store.load('a')?.erased, held: store.space().reserveHeld })
  store.close()
  reopenFull(filler)
}

function reopenFull(filler: string): void {
  fillDisk(filler)
  const store = openStore(roomy)
  firstCommit(store, 'b')
  tell({ step: 'opened full', stored: store.load('b')?.version, held: store.space().reserveHeld })
  fillDisk(filler)
  store.close()
  const again = openStore(roomy)
  tell({ step: 'again without reserve', stored: again.load('b')?.version, audit: again.audit.verify().chain })
  again.close()
}

await (mode === 'crash' ? crash() : full())
