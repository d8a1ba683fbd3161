// Documents in the store: one transaction with their audit entry, sealed, versioned, and gone once erased.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { openForReading } from '../device/store/database.ts'
import { createDocumentReader } from '../device/store/documents.ts'
import {
  begin,
  collect,
  discarded,
  erasure,
  faultOf,
  filesIn,
  newPlace,
  openAt,
  opened,
  rejection,
  streamOf,
  tamper,
} from './25.store.setup.ts'

describe('commit', () => {
  it('gives back what was committed, after a restart too', () => {
    const place = newPlace()
    const store = openAt(place)
    begin(store, 'a')
    const record = { id: 'a', version: 2, stage: 'composing', wakeAt: 5, body: { title: 'Partida', pages: [1, null] } }
    store.commit(record, { event: 'approved', details: { pages: 2 } })
    expect(store.load('a')).toEqual({
      ...record,
      erased: false,
      createdAt: 1_750_000_000_000,
      changedAt: 1_750_000_000_000,
    })
    store.close()
    expect(openAt(place).load('a')).toMatchObject(record)
  })

  it('stores nothing for a document that was only created', () => {
    const store = openAt(newPlace())
    store.create('a')
    expect(store.load('a')).toBeUndefined()
    expect(store.list()).toEqual([])
  })

  it('refuses an id that is taken or is no file name', () => {
    const store = openAt(newPlace())
    store.create('a')
    begin(store, 'b')
    expect(faultOf(() => store.create('a'))).toBe('STAGE_CONFLICT')
    expect(faultOf(() => store.create('b'))).toBe('STAGE_CONFLICT')
    for (const id of ['', '..', 'a/b', '.hidden', 'x'.repeat(65)]) expect(() => store.create(id)).toThrow(TypeError)
  })

  it('refuses a version that is not the next one and keeps what is there', () => {
    const store = openAt(newPlace())
    begin(store, 'a')
    for (const version of [0, 1, 3]) {
      const record = { id: 'a', version, stage: 'late', wakeAt: null, body: {} }
      expect(
        faultOf(() => store.commit(record, opened)),
        `version ${version}`,
      ).toBe('STAGE_CONFLICT')
    }
    expect(store.load('a')).toMatchObject({ version: 1, stage: 'scanning' })
    expect(store.audit.head().sequence).toBe(1)
  })

  it('refuses a document that was never created', () => {
    const store = openAt(newPlace())
    for (const version of [1, 2]) {
      const record = { id: 'a', version, stage: 'scanning', wakeAt: null, body: {} }
      expect(faultOf(() => store.commit(record, opened))).toBe('NOT_FOUND')
    }
  })

  it('changes nothing when the audit entry cannot be written', () => {
    const store = openAt(newPlace())
    begin(store, 'a')
    const personal = { event: 'discarded', details: { code: 'María García' } } as const
    const record = { id: 'a', version: 2, stage: 'discarded', wakeAt: null, body: {} }
    expect(() => store.commit(record, personal)).toThrow('takes a token only')
    expect(store.load('a')).toMatchObject({ version: 1, stage: 'scanning' })
    store.commit(record, discarded)
    expect(store.audit.list({ documentId: 'a' }).map(entry => entry.event)).toEqual(['documentOpened', 'discarded'])
  })
})

describe('list', () => {
  it('is newest first, by stage, limited, without the erased unless asked', async () => {
    const store = openAt(newPlace())
    for (const id of ['a', 'b', 'c', 'd']) begin(store, id, {}, id < 'c' ? 'scanning' : 'signing')
    await store.erase('d', erasure)
    const ids = (query?: Parameters<typeof store.list>[0]) => store.list(query).map(({ id }) => id)
    expect(ids()).toEqual(['c', 'b', 'a'])
    expect(ids({ limit: 2 })).toEqual(['c', 'b'])
    expect(ids({ stages: ['scanning'] })).toEqual(['b', 'a'])
    expect(ids({ stages: [] })).toEqual([])
    expect(ids({ includeErased: true })).toEqual(['d', 'c', 'b', 'a'])
  })

  it('is counted by stage, those without a time of their own apart, and without the erased', async () => {
    const store = openAt(newPlace())
    const at = (id: string, stage: string, wakeAt: number | null) => {
      begin(store, id)
      store.commit({ id, version: 2, stage, wakeAt, body: {} }, opened)
    }
    at('a', 'delivering', 5)
    at('b', 'delivering', null)
    at('c', 'unsealed', 0)
    at('d', 'gathering', 7)
    at('e', 'delivering', 9)
    await store.erase('e', erasure)
    expect(store.count(['delivering', 'unsealed'])).toEqual({ waiting: 2, stopped: 1 })
    expect([store.count(['done']), store.count([])]).toEqual(Array(2).fill({ waiting: 0, stopped: 0 }))
  })

  it('is found by an index, so that years of erased documents cost nothing', () => {
    const place = newPlace()
    openAt(place).close()
    const database = openForReading(join(place.folder, 'compulsa.sqlite'))
    onTestFinished(() => void database.close())
    const prepare = vi.spyOn(database, 'prepare')
    const unused = () => expect.unreachable()
    const keys = { newKey: unused, wrap: unused, unwrap: unused, check: unused, recognise: unused }
    createDocumentReader({ database, keys })
    const planOf = (sql: string) => {
      const given = { stages: '["delivering"]', limit: 1, includeErased: 0 }
      return database
        .prepare<[object], { readonly detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
        .all(given)
        .map(({ detail }) => detail)
    }
    const byStage = prepare.mock.calls.map(([sql]) => sql).filter(sql => sql.includes('@stages'))
    expect(byStage.map(planOf)).toEqual([
      expect.arrayContaining(['SEARCH document USING INDEX document_live (stage=? AND <expr><?)']),
      expect.arrayContaining(['SEARCH document USING COVERING INDEX document_live (stage=? AND <expr>=?)']),
    ])
  })

  it('does not let one damaged row hide the others', () => {
    const place = newPlace()
    const store = openAt(place)
    for (const id of ['a', 'b']) begin(store, id)
    store.close()
    tamper(place, "UPDATE document SET body = zeroblob(60) WHERE id = 'a'")
    const again = openAt(place)
    expect(again.list().map(({ id }) => id)).toEqual(['b', 'a'])
    expect(again.load('b')).toMatchObject({ body: { id: 'b' } })
  })
})

describe('an altered row does not open', () => {
  const alterations = {
    'a shortened body': "UPDATE document SET body = substr(body, 1, length(body) - 1) WHERE id = 'a'",
    'an empty body': "UPDATE document SET body = x'' WHERE id = 'a'",
    "another document's body": "UPDATE document SET body = (SELECT body FROM document WHERE id = 'b') WHERE id = 'a'",
    "another document's body and key":
      "UPDATE document SET (wrapped_key, body) = (SELECT wrapped_key, body FROM document WHERE id = 'b') WHERE id = 'a'",
    'another stage': "UPDATE document SET stage = 'delivered' WHERE id = 'a'",
    'another version': "UPDATE document SET version = 7 WHERE id = 'a'",
    'another waking': "UPDATE document SET wake_at = 1 WHERE id = 'a'",
  }
  it.each(Object.entries(alterations))('%s', (_, sql) => {
    const place = newPlace()
    const store = openAt(place)
    for (const id of ['a', 'b']) begin(store, id)
    store.close()
    tamper(place, sql)
    const again = openAt(place)
    expect(faultOf(() => again.load('a'))).toBe('DATABASE_DAMAGED')
    expect(again.load('b')).toMatchObject({ id: 'b' })
  })
})

it.each(['body', 'wrapped_key'] as const)('one bit of the %s anywhere keeps the row shut', column => {
  const place = newPlace()
  const store = openAt(place)
  begin(store, 'a')
  store.close()
  const { length } = cellOf(place.folder, column)
  for (const at of [0, 12, Math.floor(length / 2), length - 1]) {
    const flip = (byte: Buffer) => byte.map((value, index) => (index === at ? value ^ 0x10 : value))
    const altered = Buffer.from(flip(cellOf(place.folder, column))).toString('hex')
    tamper(place, `UPDATE document SET ${column} = x'${altered}'`)
    const again = openAt(place)
    expect(
      faultOf(() => again.load('a')),
      `byte ${at}`,
    ).toBe('DATABASE_DAMAGED')
    again.close()
    tamper(
      place,
      `UPDATE document SET ${column} = x'${Buffer.from(flip(cellOf(place.folder, column))).toString('hex')}'`,
    )
  }
  expect(openAt(place).load('a')).toMatchObject({ body: { id: 'a' } })
})

describe('erase', () => {
  it('leaves id and stage, no body, no key and no file', async () => {
    const place = newPlace()
    const store = openAt(place)
    begin(store, 'a')
    const { name } = await store.blobs.write('a', streamOf(Buffer.from('page')))
    await store.erase('a', erasure)
    expect(store.load('a')).toMatchObject({ id: 'a', stage: 'scanning', erased: true, wakeAt: null })
    expect(await rejection(store.blobs.open('a', name))).toBe('NOT_FOUND')
    const late = { id: 'a', version: 2, stage: 'signing', wakeAt: null, body: {} }
    expect(faultOf(() => store.commit(late, opened))).toBe('NOT_FOUND')
    expect(faultOf(() => store.create('a'))).toBe('STAGE_CONFLICT')
    store.close()
    expect([...filesIn(place.folder).keys()].filter(file => file.startsWith('blobs'))).toEqual([])
  })

  it('is noted once, however often it is asked for', async () => {
    const store = openAt(newPlace())
    begin(store, 'a')
    await store.erase('a', erasure)
    await store.erase('a', erasure)
    expect(store.audit.list().map(entry => entry.event)).toEqual(['documentOpened', 'erased'])
    expect(await rejection(store.erase('b', erasure))).toBe('NOT_FOUND')
  })

  it('forgets a document that was never committed', async () => {
    const store = openAt(newPlace())
    store.create('a')
    await store.blobs.write('a', streamOf(Buffer.from('page')))
    await store.erase('a', erasure)
    expect(store.load('a')).toBeUndefined()
    expect(store.audit.list()).toEqual([])
  })

  it('leaves the wrapped key nowhere: not in a free page, not in the write-ahead log', async () => {
    const place = newPlace()
    const store = openAt(place)
    begin(store, 'a', { filler: 'x'.repeat(20_000) })
    begin(store, 'b')
    store.close()
    const wrapped = cellOf(place.folder, 'wrapped_key')
    expect(holding(place.folder, wrapped)).toEqual(['compulsa.sqlite'])
    const again = openAt(place)
    begin(again, 'c')
    await again.erase('a', erasure)
    expect(holdingBeside(place.folder, wrapped)).toEqual([])
    again.close()
    expect(holding(place.folder, wrapped)).toEqual([])
  })
})

it('an erased key that a reader kept in the log goes with the next commit, and nobody waits for the reader', async () => {
  const place = newPlace()
  const store = openAt(place)
  begin(store, 'a')
  const reader = openForReading(join(place.folder, 'compulsa.sqlite'))
  onTestFinished(() => void reader.close())
  reader.exec('BEGIN')
  const wrapped = reader.prepare<[], Buffer>('SELECT wrapped_key FROM document').pluck().get() ?? Buffer.alloc(0)
  await store.erase('a', erasure)
  expect(wrapped.length).toBeGreaterThan(32)
  expect(holdingBeside(place.folder, wrapped)).toEqual(['compulsa.sqlite-wal'])
  reader.exec('COMMIT')
  begin(store, 'b')
  expect(holdingBeside(place.folder, wrapped)).toEqual([])
})

it('nothing personal lies in the data folder in clear', async () => {
  const marker = 'MARCADOR-12345678Z'
  const place = newPlace()
  const store = openAt(place)
  begin(store, 'a', { title: marker, pages: [marker.repeat(3000)] })
  const { name } = await store.blobs.write('a', streamOf(Buffer.from(marker.repeat(10_000))))
  store.commit({ id: 'a', version: 2, stage: 'signing', wakeAt: null, body: { holder: marker } }, opened)
  expect((await collect(store.blobs.read('a', name))).includes(marker)).toBe(true)
  expect(holdingBeside(place.folder, Buffer.from(marker))).toEqual([])
  store.close()
  expect(filesIn(place.folder).size).toBeGreaterThan(3)
  expect(holding(place.folder, Buffer.from(marker))).toEqual([])
})

function cellOf(folder: string, column: 'body' | 'wrapped_key'): Buffer {
  const database = new DatabaseSync(join(folder, 'compulsa.sqlite'), { readOnly: true })
  const value = database.prepare(`SELECT ${column} FROM document WHERE id = 'a'`).get()?.[column]
  database.close()
  if (!(value instanceof Uint8Array)) throw new Error(`no ${column}`)
  return Buffer.from(value)
}

function holding(folder: string, bytes: Buffer): readonly string[] {
  return [...filesIn(folder)].filter(([, content]) => content.includes(bytes)).map(([name]) => name)
}

/** As `holding`, while the store is open: the log only, which SQLite does not lock. */
function holdingBeside(folder: string, bytes: Buffer): readonly string[] {
  const log = 'compulsa.sqlite-wal'
  return readFileSync(join(folder, log)).includes(bytes) ? [log] : []
}
