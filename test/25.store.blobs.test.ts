// Encrypted files: whole and durable or not there at all, readable anywhere, and shut once a bit of them is not theirs.

import { createHash } from 'node:crypto'
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ByteStream } from '../device/ports.ts'
import { begin, collect, erasure, newPlace, openAt, rejection, seeded, streamOf, tamper } from './25.store.setup.ts'

const chunk = 262_144
const sealedChunk = chunk + 16
const header = 36

describe('write and read', () => {
  it.each([0, 1, chunk - 1, chunk, chunk + 1, 3 * chunk, 800_000])(
    '%i bytes come back, however they came',
    async size => {
      const place = newPlace()
      const store = openAt(place)
      begin(store, 'a')
      const bytes = seeded('blob').bytes(size)
      const sha256 = createHash('sha256').update(bytes).digest('hex')
      for (const cut of [0, 5, chunk]) {
        const stored = await store.blobs.write('a', streamOf(bytes.subarray(0, cut), bytes.subarray(cut)))
        expect(stored).toEqual({ name: stored.name, bytes: size, sha256 })
        expect((await collect(store.blobs.read('a', stored.name))).equals(bytes)).toBe(true)
        const blob = await store.blobs.open('a', stored.name)
        expect(blob.size).toBe(size)
        await blob.close()
        const { size: fileBytes } = statSync(join(place.folder, 'blobs', 'a', stored.name))
        expect(fileBytes).toBe(header + size + 16 * Math.max(1, Math.ceil(size / chunk)))
      }
    },
  )

  it('reads any range, and none outside', async () => {
    const store = openAt(newPlace())
    begin(store, 'a')
    const bytes = Buffer.from(seeded('blob').bytes(600_000))
    const { name } = await store.blobs.write('a', streamOf(bytes))
    const blob = await store.blobs.open('a', name)
    for (const [start, end] of [
      [0, 1],
      [chunk - 3, chunk + 3],
      [10, 590_000],
      [599_999, 600_000],
      [7, 7],
    ] as const) {
      expect((await collect(store.blobs.read('a', name, { start, end }))).equals(bytes.subarray(start, end))).toBe(true)
      expect(bytes.subarray(start, end).equals(await blob.read(start, end - start))).toBe(true)
    }
    for (const [at, length] of [
      [-1, 1],
      [599_999, 2],
      [600_001, 0],
      [0, -1],
    ] as const) {
      await expect(blob.read(at, length)).rejects.toThrow(RangeError)
    }
    await blob.close()
    const beyond = store.blobs.read('a', name, { end: 600_001 })[Symbol.asyncIterator]()
    await expect(beyond.next()).rejects.toThrow(RangeError)
    await expect(collect(store.blobs.read('a', name, { start: 9, end: 8 }))).rejects.toThrow(RangeError)
  })

  it('hands out bytes that nobody else holds', async () => {
    const store = openAt(newPlace())
    begin(store, 'a')
    const { name } = await store.blobs.write('a', streamOf(Buffer.from('page')))
    const blob = await store.blobs.open('a', name)
    ;(await blob.read(0, 4)).fill(0)
    expect(Buffer.from(await blob.read(0, 4)).toString()).toBe('page')
    await blob.close()
  })

  it('serves reads that overlap in time', async () => {
    const store = openAt(newPlace())
    begin(store, 'a')
    const bytes = Buffer.from(seeded('blob').bytes(3 * chunk))
    const { name } = await store.blobs.write('a', streamOf(bytes))
    const blob = await store.blobs.open('a', name)
    const offsets = [0, chunk, 2 * chunk, 10, chunk + 10]
    const read = await Promise.all(offsets.map(offset => blob.read(offset, 100)))
    expect(read.map(one => Buffer.from(one))).toEqual(offsets.map(offset => bytes.subarray(offset, offset + 100)))
    await blob.close()
  })

  it('hands out a stream whose reader may keep and alter what it got', async () => {
    const store = openAt(newPlace())
    begin(store, 'a')
    const bytes = Buffer.from(seeded('blob').bytes(3 * chunk))
    const { name } = await store.blobs.write('a', streamOf(bytes))
    const kept: Buffer[] = []
    for await (const piece of store.blobs.read('a', name)) {
      kept.push(Buffer.from(piece))
      piece.fill(0)
    }
    expect(Buffer.concat(kept).equals(bytes)).toBe(true)
  })

  it('holds one chunk: what it was given before is on the disk', async () => {
    const place = newPlace()
    const store = openAt(place)
    begin(store, 'a')
    const folder = join(place.folder, 'blobs', 'a')
    const part = seeded('part').bytes(chunk)
    async function* large(): ByteStream {
      for (let count = 0; count < 40; count += 1) {
        yield part
        const [temporary = ''] = readdirSync(folder)
        expect(statSync(join(folder, temporary)).size).toBeGreaterThanOrEqual(count * sealedChunk)
      }
    }
    const { name } = await store.blobs.write('a', large())
    for await (const bytes of store.blobs.read('a', name)) expect(bytes.length).toBe(chunk)
  })

  it('serves a document that is not committed yet, and refuses one that is unknown', async () => {
    const store = openAt(newPlace())
    store.create('a')
    const { name } = await store.blobs.write('a', streamOf(Buffer.from('page')))
    store.commit({ id: 'a', version: 1, stage: 'scanning', wakeAt: null, body: { name } }, { event: 'documentOpened' })
    expect((await collect(store.blobs.read('a', name))).toString()).toBe('page')
    expect(await rejection(store.blobs.write('b', streamOf()))).toBe('NOT_FOUND')
    await expect(store.blobs.open('a', '../../keys/device.key')).rejects.toThrow(TypeError)
  })

  it('leaves nothing when the source fails', async () => {
    const place = newPlace()
    const store = openAt(place)
    begin(store, 'a')
    async function* failing(): ByteStream {
      yield new Uint8Array(3 * chunk)
      throw new Error('the scanner is gone')
    }
    await expect(store.blobs.write('a', failing())).rejects.toThrow('the scanner is gone')
    expect(readdirSync(join(place.folder, 'blobs', 'a'))).toEqual([])
  })

  it('is readable by its owner only', async () => {
    const place = newPlace()
    const store = openAt(place)
    begin(store, 'a')
    const { name } = await store.blobs.write('a', streamOf(Buffer.from('page')))
    const modes = ['', 'blobs', 'blobs/a', `blobs/a/${name}`].map(
      path => statSync(join(place.folder, path)).mode & 0o777,
    )
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600])
  })
})

/** Two blobs of three chunks in `a`, one in `b`. */
async function furnished() {
  const place = newPlace()
  const store = openAt(place)
  for (const id of ['a', 'b']) begin(store, id)
  const write = async (id: string, seed: string, size: number) => {
    const { name } = await store.blobs.write(id, streamOf(seeded(seed).bytes(size)))
    return { name, file: join(place.folder, 'blobs', id, name) }
  }
  const [first, second] = [await write('a', '1', 3 * chunk), await write('a', '2', 3 * chunk)]
  return { place, store, first, second, foreign: await write('b', '1', 3 * chunk) }
}

type Furnished = Awaited<ReturnType<typeof furnished>>

describe('an altered blob does not open', () => {
  const rewrite = (file: string, change: (bytes: Buffer) => Buffer) => writeFileSync(file, change(readFileSync(file)))
  const flipped = (at: number) => (bytes: Buffer) => {
    bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at)
    return bytes
  }
  const alterations: Record<string, (f: Furnished) => void> = {
    'a bit of the magic': f => rewrite(f.first.file, flipped(0)),
    'a bit of the salt': f => rewrite(f.first.file, flipped(20)),
    'a bit of the first chunk': f => rewrite(f.first.file, flipped(header + 9)),
    'a bit of the last tag': f => rewrite(f.first.file, flipped(header + 3 * sealedChunk - 1)),
    'the last byte cut off': f => truncateSync(f.first.file, header + 3 * sealedChunk - 1),
    'the last chunk cut off': f => truncateSync(f.first.file, header + 2 * sealedChunk),
    'everything but the header cut off': f => truncateSync(f.first.file, header),
    'nothing left': f => truncateSync(f.first.file, 0),
    'a byte added': f => rewrite(f.first.file, bytes => Buffer.concat([bytes, Buffer.alloc(1)])),
    'an empty chunk added': f => rewrite(f.first.file, bytes => Buffer.concat([bytes, Buffer.alloc(16)])),
    'chunks exchanged': f =>
      rewrite(f.first.file, bytes =>
        Buffer.concat([
          bytes.subarray(0, header),
          bytes.subarray(header + sealedChunk, header + 2 * sealedChunk),
          bytes.subarray(header, header + sealedChunk),
          bytes.subarray(header + 2 * sealedChunk),
        ]),
      ),
    'a chunk of another blob': f => {
      const other = readFileSync(f.second.file).subarray(header, header + sealedChunk)
      rewrite(f.first.file, bytes =>
        Buffer.concat([bytes.subarray(0, header), other, bytes.subarray(header + sealedChunk)]),
      )
    },
    'another blob of the document': f => renameSync(f.second.file, f.first.file),
    "another document's blob": f => copyFileSync(f.foreign.file, f.first.file),
    'no file': f => rmSync(f.first.file),
  }
  it.each(Object.entries(alterations))('%s', async (_, alter) => {
    const all = await furnished()
    alter(all)
    expect(await rejection(collect(all.store.blobs.read('a', all.first.name)))).toBe('BLOB_DAMAGED')
  })

  it('cut at a chunk, not even its untouched beginning', async () => {
    const { store, first } = await furnished()
    truncateSync(first.file, header + sealedChunk)
    expect(await rejection(store.blobs.open('a', first.name))).toBe('BLOB_DAMAGED')
    expect(await rejection(collect(store.blobs.read('a', first.name, { end: 10 })))).toBe('BLOB_DAMAGED')
  })
})

describe('sweep', () => {
  it('keeps what is referenced and removes the rest', async () => {
    const { place, store, first, second, foreign } = await furnished()
    store.create('never')
    await store.blobs.write('never', streamOf(Buffer.from('page')))
    begin(store, 'gone')
    await store.erase('gone', erasure)
    store.close()
    mkdirSync(join(place.folder, 'blobs', 'gone'))
    writeFileSync(`${first.file}.tmp`, 'half a page')
    writeFileSync(`${foreign.file}.tmp`, 'half a page')
    tamper(place, "UPDATE document SET body = zeroblob(60) WHERE id = 'b'")
    const again = openAt(place)
    const removed = await again.blobs.sweep(id => (id === 'a' ? new Set([first.name]) : undefined))
    expect(removed).toBe(5)
    expect(readdirSync(join(place.folder, 'blobs'), { recursive: true }).sort()).toEqual(
      ['a', `a/${first.name}`, 'b', `b/${foreign.name}`].sort(),
    )
    expect(second.name).not.toBe(first.name)
  })

  it('is refused once something was written', async () => {
    const store = openAt(newPlace())
    begin(store, 'a')
    await store.blobs.write('a', streamOf(Buffer.from('page')))
    await expect(store.blobs.sweep(() => new Set())).rejects.toThrow('after the first write')
  })

  it('remove takes one blob, and minds not if it is gone', async () => {
    const { place, store, first, second } = await furnished()
    await store.blobs.remove('a', first.name)
    await store.blobs.remove('a', first.name)
    expect(readdirSync(join(place.folder, 'blobs', 'a'))).toEqual([second.name])
  })
})
