// The order of a durable write, watched at the file handles: contents before the name, the name before the answer, the
// folder's own name at its first blob; and a write that the disk took only a part of.

import { open, readlink } from 'node:fs/promises'
import { basename } from 'node:path'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { begin, collect, newPlace, openAt, rejection, seeded, streamOf } from './25.store.setup.ts'

type FileHandle = Awaited<ReturnType<typeof open>>

let handles: FileHandle

beforeAll(async () => {
  const handle = await open('/dev/null', 'r')
  handles = Object.getPrototypeOf(handle)
  await handle.close()
})

afterEach(() => {
  vi.restoreAllMocks()
})

/** Base names of what is synced from now on, in order; a sync of the root fails while `rootFails` says so. */
function watchSyncs(rootFails: () => boolean = () => false): string[] {
  const synced: string[] = []
  const { sync } = handles
  vi.spyOn(handles, 'sync').mockImplementation(async function (this: FileHandle) {
    const name = basename(await readlink(`/proc/self/fd/${this.fd}`))
    if (name === 'blobs' && rootFails()) throw Object.assign(new Error('input/output error'), { code: 'EIO' })
    await sync.call(this)
    synced.push(name)
  })
  return synced
}

describe('a blob is durable when it is acknowledged', () => {
  it("with its document's folder at the first, without at the second", async () => {
    const store = openAt(newPlace())
    begin(store, 'a')
    const synced = watchSyncs()
    const first = await store.blobs.write('a', streamOf(Buffer.from('page')))
    expect(synced.splice(0)).toEqual(['blobs', `${first.name}.tmp`, 'a'])
    const second = await store.blobs.write('a', streamOf(Buffer.from('page')))
    expect(synced.splice(0)).toEqual([`${second.name}.tmp`, 'a'])
  })

  it('though the folder was made by a process that was killed before it synced it', async () => {
    const place = newPlace()
    const store = openAt(place)
    begin(store, 'a')
    await store.blobs.write('a', streamOf(Buffer.from('page')))
    store.close()
    const again = openAt(place)
    const synced = watchSyncs()
    await again.blobs.write('a', streamOf(Buffer.from('page')))
    expect(synced).toContain('blobs')
  })

  it('and not believed to be while the sync of the folder fails, or is still under way', async () => {
    const store = openAt(newPlace())
    begin(store, 'a')
    let failing = true
    const synced = watchSyncs(() => failing)
    expect(await rejection(store.blobs.write('a', streamOf(Buffer.from('page'))))).toBe('STORAGE_FAILED')
    failing = false
    const writes = ['1', '2'].map(page => store.blobs.write('a', streamOf(Buffer.from(page))))
    await Promise.race(writes)
    expect(synced).toContain('blobs')
    await Promise.all(writes)
  })

  it('of many documents', async () => {
    const store = openAt(newPlace())
    const ids = Array.from({ length: 70 }, (_, at) => `document${at}`)
    for (const id of ids) store.create(id)
    for (const id of ids) await store.blobs.write(id, streamOf())
    const synced = watchSyncs()
    await store.blobs.write('document0', streamOf())
    expect(synced).toContain('blobs')
    await store.blobs.write('document0', streamOf())
    expect(synced.filter(name => name === 'blobs').length).toBe(1)
  })
})

it.each([0, 1, 40, 5_000])('a disk that takes only %i bytes at first gets the rest', async taken => {
  const store = openAt(newPlace())
  begin(store, 'a')
  const bytes = seeded('blob').bytes(10_000)
  const { appendFile } = handles
  vi.spyOn(handles, 'writev').mockImplementationOnce(async function (
    this: FileHandle,
    buffers: readonly NodeJS.ArrayBufferView[],
  ) {
    const joined = Buffer.concat(
      buffers.map(({ buffer, byteOffset, byteLength }) => Buffer.from(buffer, byteOffset, byteLength)),
    )
    await appendFile.call(this, joined.subarray(0, taken))
    return { bytesWritten: taken, buffers }
  } as FileHandle['writev'])
  const { name } = await store.blobs.write('a', streamOf(bytes))
  expect((await collect(store.blobs.read('a', name))).equals(bytes)).toBe(true)
})
