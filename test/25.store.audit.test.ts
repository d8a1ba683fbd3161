// The audit trail: a closed vocabulary, append-only in the database, and a chain that shows where it was altered.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { type ChainLink, emptyChain, nextLink, verifyChain } from '../device/audit/chain.ts'
import { type AuditEntry, auditEvents, encodeDetails } from '../device/audit/events.ts'
import { begin, erasure, newPlace, openAt, tamper } from './25.store.setup.ts'

const digest = 'ab'.repeat(32)

describe('an entry', () => {
  it('says counts, digests, flags and tokens, in the order of the list', () => {
    const entry = { event: 'pageStored', details: { sha256: digest, bytes: 5, page: 1 } } as const
    expect(encodeDetails(entry)).toBe(`{"page":1,"bytes":5,"sha256":"${digest}"}`)
    expect(encodeDetails({ event: 'documentOpened', details: { session: true, mode: undefined } })).toBe(
      '{"session":true}',
    )
    expect(encodeDetails({ event: 'applianceStopped' })).toBe('{}')
  })

  // What a caller without types could pass.
  const foreign: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
    ['pageStored', { page: -1 }],
    ['pageStored', { page: 1.5 }],
    ['pageStored', { sha256: 'AB'.repeat(32) }],
    ['held', { code: 'a sentence about somebody' }],
    ['held', { code: 'x'.repeat(65) }],
    ['documentOpened', { session: 'yes' }],
    ['documentOpened', { title: 'x' }],
    ['documentOpened', { toString: 'x' }],
    ['documentRead', {}],
    ['constructor', {}],
  ]
  it.each(foreign)('refuses %s %o', (event, details) => {
    const entry = { event, details } as unknown as AuditEntry
    expect(() => encodeDetails(entry)).toThrow(TypeError)
  })

  it('has an event for every turn of the path', () => {
    expect(auditEvents).toEqual(
      expect.arrayContaining(['documentOpened', 'pageStored', 'scanEnded', 'pagesChanged', 'approved']),
    )
    expect(auditEvents).toEqual(
      expect.arrayContaining(['composed', 'signatureIntended', 'signed', 'signRefused', 'delivered']),
    )
    expect(auditEvents).toEqual(
      expect.arrayContaining(['deliveryRefused', 'deliveryPostponed', 'discarded', 'erased', 'held']),
    )
  })
})

describe('the trail', () => {
  it('tells of documents and of the appliance, in order', async () => {
    const store = openAt(newPlace())
    store.audit.append({ event: 'applianceStarted', details: { version: '0.1.0' } })
    begin(store, 'a')
    begin(store, 'b')
    await store.erase('a', erasure)
    expect(store.audit.list().map(({ sequence, event, documentId }) => [sequence, event, documentId])).toEqual([
      [1, 'applianceStarted', null],
      [2, 'documentOpened', 'a'],
      [3, 'documentOpened', 'b'],
      [4, 'erased', 'a'],
    ])
    expect(store.audit.list({ documentId: 'a', after: 2 }).map(({ sequence }) => sequence)).toEqual([4])
    expect(store.audit.list({ event: 'documentOpened', after: 2 }).map(({ sequence }) => sequence)).toEqual([3])
    expect(store.audit.list({ limit: 1 }).map(({ sequence }) => sequence)).toEqual([1])
    expect(store.audit.verify()).toEqual({ chain: 'intact', head: store.audit.head() })
    expect(store.audit.head().sequence).toBe(4)
  })

  it.each([
    "UPDATE audit SET details = '{}'",
    'DELETE FROM audit WHERE sequence = 2',
    'INSERT OR REPLACE INTO audit SELECT sequence, 0, event, document_id, details, previous_hash, hash FROM audit WHERE sequence = 1',
    "INSERT INTO audit VALUES (9, 0, 'held', NULL, '{}', '', '')",
  ])('the database itself refuses %s', sql => {
    const place = newPlace()
    const store = openAt(place)
    for (const id of ['a', 'b']) begin(store, id)
    store.close()
    expect(() => tamper(place, sql)).toThrow('append-only')
  })

  it('a document that has entries cannot be deleted', () => {
    const place = newPlace()
    const store = openAt(place)
    begin(store, 'a')
    store.close()
    expect(() => tamper(place, 'DELETE FROM document')).toThrow('FOREIGN KEY')
  })
})

describe('tampering is found', () => {
  const unlock = 'DROP TRIGGER audit_update; DROP TRIGGER audit_delete; DROP TRIGGER audit_insert;'
  const tamperings: Record<string, readonly [string, object]> = {
    'details changed': [
      `UPDATE audit SET details = '{"mode":"none"}' WHERE sequence = 3`,
      { sequence: 3, reason: 'content' },
    ],
    'time changed': ['UPDATE audit SET at = at - 1 WHERE sequence = 2', { sequence: 2, reason: 'content' }],
    'event changed': ["UPDATE audit SET event = 'erased' WHERE sequence = 1", { sequence: 1, reason: 'content' }],
    'document changed': ["UPDATE audit SET document_id = 'a' WHERE sequence = 2", { sequence: 2, reason: 'content' }],
    'hash changed': ["UPDATE audit SET hash = '00' WHERE sequence = 4", { sequence: 4, reason: 'content' }],
    'entry removed': ['DELETE FROM audit WHERE sequence = 3', { sequence: 3, reason: 'gap' }],
    'first entry removed': ['DELETE FROM audit WHERE sequence = 1', { sequence: 1, reason: 'gap' }],
    'entry removed, the rest renumbered': [
      'DELETE FROM audit WHERE sequence = 2; UPDATE audit SET sequence = sequence - 1 WHERE sequence > 2',
      { sequence: 2, reason: 'previous' },
    ],
  }
  it.each(Object.entries(tamperings))('%s', (_, [sql, where]) => {
    const place = newPlace()
    const store = openAt(place)
    for (const id of ['a', 'b', 'c', 'd', 'e']) begin(store, id)
    store.close()
    tamper(place, unlock + sql)
    expect(openAt(place).audit.verify()).toEqual({ chain: 'broken', ...where })
  })

  it('a tail cut off, or the whole chain made anew, only against a head noted elsewhere', () => {
    const place = newPlace()
    const store = openAt(place)
    for (const id of ['a', 'b', 'c']) begin(store, id)
    const noted = store.audit.head()
    store.close()
    tamper(place, `${unlock} DELETE FROM audit WHERE sequence = 3`)
    const again = openAt(place)
    expect(again.audit.verify()).toMatchObject({ chain: 'intact', head: { sequence: 2 } })
    expect(again.audit.verify(noted)).toEqual({ chain: 'broken', sequence: 3, reason: 'anchor' })
    const forged = rechained(place.folder)
    expect(verifyChain(forged)).toMatchObject({ chain: 'intact' })
    expect(verifyChain(forged, { ...noted, sequence: 2 })).toEqual({ chain: 'broken', sequence: 2, reason: 'anchor' })
  })
})

/** The stored entries chained once more with another time. */
function rechained(folder: string): readonly ChainLink[] {
  const database = new DatabaseSync(join(folder, 'compulsa.sqlite'), { readOnly: true })
  const rows = database.prepare('SELECT event, document_id FROM audit ORDER BY sequence').all()
  database.close()
  const chain: ChainLink[] = []
  for (const row of rows) {
    const content = { at: 1, event: String(row['event']), documentId: String(row['document_id']), details: '{}' }
    chain.push(nextLink(chain.at(-1) ?? emptyChain, content))
  }
  return chain
}
