// Batches in the store: rows and items sealed and bound to their place, erased with their key and their files, swept by what
// still refers to them.

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { batchBlobNames, ledgerOf } from '../device/requests/batch-ledger.ts'
import { openForWriting } from '../device/store/database.ts'
import { migrate, migrations, schemaVersion } from '../device/store/migrations.ts'
import type { Store } from '../device/store/store.ts'
import { begin, collect, faultOf, filesIn, newPlace, openAt, rejection, streamOf, tamper } from './25.store.setup.ts'

const accepted = { event: 'batchAccepted', details: { batch: 'b', client: 'ledger' } } as const
const ended = { event: 'batchEnded', details: { batch: 'b', end: 'finished' } } as const
const erased = { event: 'batchErased', details: { batch: 'b', reason: 'expired' } } as const
const intent = { signingTime: 1, signatureId: 'unmistakable' }

/** A batch of two items with its text stored. */
async function leave(store: Store, id = 'b'): Promise<void> {
  store.batches.create(id)
  const text = await store.blobs.write(id, streamOf(Buffer.from('the text of the batch')))
  const body = { client: 'ledger', idempotencyKey: null, text, total: 2, end: null }
  store.batches.commit({ id, version: 1, stage: 'waiting', wakeAt: null, body }, accepted)
}

const made = (text: string) => ({ format: 'CAdES', bytes: streamOf(Buffer.from(text)), ignored: ['a b'] }) as const

describe('a batch', () => {
  it('comes back with its items and signatures after the store was opened again', async () => {
    const place = newPlace()
    const store = openAt(place)
    await leave(store)
    const ledger = ledgerOf('b', store)
    expect(await ledger.intend(0, intent)).toEqual(intent)
    const outcome = await ledger.signed(0, made('a signature'))
    expect(await ledger.failed(1, 'PDF_UNREADABLE', 'no PDF')).toMatchObject({ outcome: 'failed' })
    store.close()
    const again = openAt(place)
    expect(again.batches.load('b')).toMatchObject({ stage: 'waiting', body: { client: 'ledger' } })
    const remembered = ledgerOf('b', again)
    expect([remembered.outcome(0), remembered.outcome(1)]).toEqual([
      outcome,
      { outcome: 'failed', code: 'PDF_UNREADABLE', detail: 'no PDF' },
    ])
    expect(String(await collect(remembered.signature(0)))).toBe('a signature')
    expect(again.batches.items.counts('b')).toEqual({ intended: 0, signed: 1, failed: 1 })
    expect(again.audit.list().map(({ event }) => event)).toEqual([
      'batchAccepted',
      'batchItemSigned',
      'batchItemFailed',
    ])
    expect(again.audit.verify().chain).toBe('intact')
  })

  it('keeps the first intent of an item, also for whoever comes later with another', async () => {
    const place = newPlace()
    const store = openAt(place)
    await leave(store)
    await ledgerOf('b', store).intend(0, intent)
    store.close()
    const again = openAt(place)
    expect(await ledgerOf('b', again).intend(0, { signingTime: 2, signatureId: 'other' })).toEqual(intent)
  })

  it('is no document, and its id is not one of theirs', async () => {
    const store = openAt(newPlace())
    await leave(store)
    begin(store, 'd')
    expect(store.load('b')).toBeUndefined()
    expect(store.list().map(({ id }) => id)).toEqual(['d'])
    expect(store.batches.list().map(({ id }) => id)).toEqual(['b'])
    expect(faultOf(() => store.batches.items.list('d'))).toBe('NOT_FOUND')
  })

  it('lies sealed: neither its text nor its items can be read in the file', async () => {
    const place = newPlace()
    const store = openAt(place)
    await leave(store)
    await ledgerOf('b', store).intend(0, intent)
    store.close()
    for (const bytes of filesIn(place.folder).values())
      expect(bytes.toString('latin1')).not.toMatch(/unmistakable|text of the batch|idempotencyKey/)
  })

  it.each([
    'UPDATE batch_item SET number = 1',
    "UPDATE batch_item SET state = 'signed'",
    "UPDATE batch_item SET batch_id = 'c'",
    'UPDATE batch_item SET body = substr(body, 1, length(body) - 1)',
  ])('has items that are bound to their place: %s', async change => {
    const place = newPlace()
    const store = openAt(place)
    await leave(store)
    await leave(store, 'c')
    await ledgerOf('b', store).intend(0, intent)
    store.close()
    tamper(place, change)
    const { items } = openAt(place).batches
    expect(['b', 'c'].map(id => outcomeOf(() => items.list(id)))).toContain('DATABASE_DAMAGED')
  })
})

function outcomeOf(act: () => unknown): string {
  try {
    act()
    return 'read'
  } catch (thrown) {
    return thrown instanceof Error && 'code' in thrown ? String(thrown.code) : String(thrown)
  }
}

describe('an erased batch', () => {
  it('is gone with its key, its items and its files, once', async () => {
    const place = newPlace()
    const store = openAt(place)
    await leave(store)
    await ledgerOf('b', store).signed(0, made('a signature'))
    await store.batches.erase('b', erased)
    await store.batches.erase('b', erased)
    expect(store.batches.load('b')).toMatchObject({ erased: true })
    expect(store.batches.list()).toEqual([])
    expect(faultOf(() => store.batches.items.list('b'))).toBe('NOT_FOUND')
    expect(existsSync(join(place.folder, 'blobs', 'b'))).toBe(false)
    expect(store.audit.list().filter(({ event }) => event === 'batchErased')).toHaveLength(1)
    expect(await rejection(ledgerLess(store))).toBe('NOT_FOUND')
    store.close()
    const database = new DatabaseSync(join(place.folder, 'compulsa.sqlite'), { readOnly: true })
    expect(database.prepare('SELECT count(*) AS count FROM batch_item').get()).toEqual({ count: 0 })
    database.close()
  })

  it('that was never committed leaves no trace', async () => {
    const place = newPlace()
    const store = openAt(place)
    store.batches.create('b')
    await store.blobs.write('b', streamOf(Buffer.from('refused')))
    await store.batches.erase('b', erased)
    expect(store.audit.list()).toEqual([])
    expect(readdirSync(join(place.folder, 'blobs'))).toEqual([])
    store.batches.create('b')
  })
})

async function ledgerLess({ blobs }: Store): Promise<void> {
  await blobs.write('b', streamOf(Buffer.from('late')))
}

describe('the sweep at the start', () => {
  it('keeps the text and the signatures of a batch, and nothing else of it', async () => {
    const place = newPlace()
    const store = openAt(place)
    await leave(store)
    await ledgerOf('b', store).signed(0, made('kept'))
    // As a stop between the file and its row leaves it.
    await store.blobs.write('b', streamOf(Buffer.from('in vain')))
    store.batches.create('uncommitted')
    await store.blobs.write('uncommitted', streamOf(Buffer.from('half taken in')))
    store.close()
    const again = openAt(place)
    expect(await again.blobs.sweep(id => batchBlobNames(again, id) ?? new Set())).toBe(2)
    expect(readdirSync(join(place.folder, 'blobs'))).toEqual(['b'])
    expect(readdirSync(join(place.folder, 'blobs', 'b'))).toHaveLength(2)
    expect(String(await collect(ledgerOf('b', again).signature(0)))).toBe('kept')
  })

  it('knows no batch of a document’s id', () => {
    const store = openAt(newPlace())
    begin(store, 'd')
    expect(batchBlobNames(store, 'd')).toBeUndefined()
  })
})

describe('a database from before there were batches', () => {
  it('keeps its documents and takes batches', async () => {
    const place = newPlace()
    const store = openAt(place)
    begin(store, 'd', { kept: true })
    store.close()
    tamper(
      place,
      'DROP TABLE batch_item; DROP TABLE batch; DROP TABLE card_order; DROP TABLE session; DROP INDEX document_live; CREATE INDEX document_stage ON document (stage, ordinal); PRAGMA user_version = 2',
    )
    const again = openAt(place)
    expect(again.load('d')).toMatchObject({ body: { kept: true } })
    await leave(again)
    again.batches.commit({ id: 'b', version: 2, stage: 'done', wakeAt: 5, body: { client: 'ledger' } }, ended)
    expect(again.batches.list({ stages: ['done'] })).toMatchObject([{ id: 'b', wakeAt: 5 }])
    expect(again.audit.verify().chain).toBe('intact')
  })

  it('is brought up by the third step', () => {
    const file = join(newPlace().root, 'old')
    const database = openForWriting(file)
    migrate(database, migrations.slice(0, 2))
    expect(schemaVersion(database)).toBe(2)
    migrate(database, migrations.slice(0, 3))
    expect(schemaVersion(database)).toBe(3)
    expect(database.prepare('SELECT count(*) FROM batch_item').pluck().get()).toBe(0)
    database.close()
  })
})
