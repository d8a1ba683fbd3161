// Killed at any moment: whatever a process acknowledged before kill -9 is there afterwards, whole and readable, and what it
// had not finished is swept away. (A kill keeps the page cache: this proves the order of the writes, not the syncs.)

import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, it, onTestFinished } from 'vitest'
import { openStore, type Store } from '../device/store/store.ts'
import { collect, newPlace, noon, seeded } from './25.store.setup.ts'

const rounds = 20

interface Acknowledged {
  readonly id: string
  readonly version?: number
  readonly sha256?: string
  readonly erased?: boolean
}

const childFile = new URL('25.store.child.ts', import.meta.url).pathname

/** Runs the child until it has acknowledged `count` times, kills it, and gives all that it acknowledged. */
async function killedAfter(count: number, root: string, round: number): Promise<readonly Acknowledged[]> {
  const child = spawn(process.execPath, [childFile, 'crash', root, `${round}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'close')
  const lines: Acknowledged[] = []
  for await (const line of createInterface({ input: child.stdout })) {
    lines.push(JSON.parse(line))
    if (lines.length === count) child.kill('SIGKILL')
  }
  expect(await ended).toEqual([null, 'SIGKILL'])
  return lines
}

function referencedBy(store: Store, id: string): ReadonlySet<string> {
  const document = store.load(id)
  if (document === undefined || document.erased) return new Set()
  const { blob } = document.body as { readonly blob: { readonly name: string } }
  return new Set([blob.name])
}

it(`${rounds} kills lose nothing that was acknowledged`, { timeout: 120_000 }, async () => {
  const { root } = newPlace()
  const random = seeded('kills')
  const acknowledged: Acknowledged[] = []
  for (let round = 0; round < rounds; round += 1) {
    acknowledged.push(...(await killedAfter(1 + Math.floor(random.fraction() * 9), root, round)))
  }
  const store = openStore({ folder: join(root, 'data'), deviceKeyFile: join(root, 'device.key'), clock: noon, random })
  onTestFinished(() => store.close())
  await store.blobs.sweep(id => referencedBy(store, id))
  expect(store.audit.verify().chain).toBe('intact')

  const erased = new Set(acknowledged.filter(line => line.erased === true).map(({ id }) => id))
  for (const { id, version = 0, sha256 } of acknowledged) {
    const document = store.load(id)
    if (document === undefined) throw new Error(`${id} is lost`)
    expect(document.version).toBeGreaterThanOrEqual(version)
    if (erased.has(id)) expect(document.erased).toBe(true)
    // An erasure that was on its way when the process died may have happened without being acknowledged.
    if (document.erased) continue
    const [name = ''] = referencedBy(store, id)
    const digest = createHash('sha256').update(await collect(store.blobs.read(id, name)))
    expect(digest.digest('hex')).toBe(sha256)
  }
  expect(erased.size).toBeGreaterThan(0)

  const live = store.list().map(({ id }) => id)
  const expected = live.flatMap(id => [id, ...[...referencedBy(store, id)].map(name => `${id}/${name}`)])
  expect(readdirSync(join(root, 'data', 'blobs'), { recursive: true }).sort()).toEqual(expected.sort())
})
