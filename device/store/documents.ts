// Documents as rows: what a step decided and the audit entry that tells of it become durable in one transaction, or
// neither does. Body and key lie sealed; in clear are only the id, the version, the stage and the times, and those the
// seal binds, so that an altered row does not open. A document that was erased keeps its id and stage, nothing else.
// Batches that programs have left to be signed, orders of cards and sessions are rows of the same kind in tables of their own.

import type { ApplianceEntry, AuditEntry, DocumentEntry } from '../audit/events.ts'
import { Fault } from '../errors.ts'
import type { Clock, Random } from '../ports.ts'
import { type SqlDatabase, translated } from './database.ts'
import { type Associated, deriveKey, seal, unseal } from './envelope.ts'
import type { Journal } from './journal.ts'
import type { KeyWrapping } from './keys.ts'
import type { WriteGuard } from './reserve.ts'

/** One state of a document. What `commit` was given is what `load` gives back. */
export interface DocumentRecord {
  readonly id: string
  /** 1 for the first commit, then one more each time. */
  readonly version: number
  /** A machine word without personal data: it is stored in clear. */
  readonly stage: string
  /** When the document wants attention without being asked, in milliseconds since 1970; null: never. */
  readonly wakeAt: number | null
  /** Anything that JSON can carry. */
  readonly body: object
}

/** What the row tells without opening the body. */
export interface DocumentSummary {
  readonly id: string
  readonly version: number
  readonly stage: string
  readonly wakeAt: number | null
  readonly erased: boolean
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly changedAt: number
}

export interface LiveDocument extends DocumentSummary {
  readonly erased: false
  readonly body: unknown
}

export interface ErasedDocument extends DocumentSummary {
  readonly erased: true
}

export type StoredDocument = LiveDocument | ErasedDocument

export interface DocumentQuery {
  readonly stages?: readonly string[]
  readonly limit?: number
  /** Erased documents too; without it they are left out. */
  readonly includeErased?: boolean
}

/** Documents that are not erased. */
export interface DocumentCount {
  /** With a time at which they want attention, due or not. */
  readonly waiting: number
  /** With none. */
  readonly stopped: number
}

export interface DocumentReader {
  /** undefined when no such document was ever committed; throws DATABASE_DAMAGED when its row was altered. */
  load(id: string): StoredDocument | undefined
  /** Newest first. Bodies stay closed, so that one damaged row does not hide the others. */
  list(query?: DocumentQuery): readonly DocumentSummary[]
  /** How many are at these stages, without reading them one by one. */
  count(stages: readonly string[]): DocumentCount
  /** Whether a document is committed and not erased, without opening it. */
  isLive(id: string): boolean
  /** The key of a live document; throws NOT_FOUND. */
  key(id: string): Uint8Array
}

/** Batches, orders and sessions are no documents to the audit trail: what it tells of them names them in its details. */
export type Table = 'document' | 'batch' | 'card_order' | 'session'

export interface Records<Entry extends AuditEntry> extends DocumentReader {
  /** A new id and its key, in memory until the first commit; throws STAGE_CONFLICT when the id is taken. */
  create(id: string): void
  /** Whether the id is one of these records, committed or not. */
  has(id: string): boolean
  /** Throws NOT_FOUND, STAGE_CONFLICT when another version is stored, DISK_FULL, STORAGE_FAILED. */
  commit(record: DocumentRecord, entry: Entry): void
  /** Destroys key and body; nothing happens the second time. Throws NOT_FOUND. */
  erase(id: string, entry: Entry): void
}

export type Documents = Records<DocumentEntry>
export type BatchRecords = Records<ApplianceEntry>
export type CardRecords = Records<ApplianceEntry>
export type SessionRecords = Records<ApplianceEntry>

interface Row {
  readonly id: string
  readonly version: number
  readonly stage: string
  readonly wakeAt: number | null
  readonly erased: number
  readonly createdAt: number
  readonly changedAt: number
}

interface OpenableRow extends Row {
  readonly wrappedKey: Uint8Array | null
  readonly body: Uint8Array | null
}

const summaryColumns = `id, version, stage, wake_at AS wakeAt, wrapped_key IS NULL AS erased,
  created_at AS createdAt, changed_at AS changedAt`

const idPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

export function createDocumentReader(parts: {
  database: SqlDatabase
  keys: KeyWrapping
  table?: Table
}): DocumentReader {
  const { database, keys, table = 'document' } = parts
  const one = database.prepare<[string], OpenableRow>(
    `SELECT ${summaryColumns}, wrapped_key AS wrappedKey, body FROM ${table} WHERE id = ?`,
  )
  const listed = (which: string) =>
    database.prepare<[{ stages: string; limit: number; includeErased: number }], Row>(
      `SELECT ${summaryColumns} FROM ${table} WHERE ${which} ORDER BY ordinal DESC LIMIT @limit`,
    )
  const every = listed('(wrapped_key IS NULL) <= @includeErased')
  // Without an OR around it, so that an index is used.
  const atStages = 'stage IN (SELECT value FROM json_each(@stages))'
  const some = listed(`${atStages} AND (wrapped_key IS NULL) <= @includeErased`)
  const counted = database.prepare<[{ stages: string }], DocumentCount>(
    `SELECT COUNT(wake_at) AS waiting, COUNT(*) - COUNT(wake_at) AS stopped FROM ${table}
     WHERE ${atStages} AND (wrapped_key IS NULL) = 0`,
  )
  return Object.freeze({
    load(id: string): StoredDocument | undefined {
      const row = translated(() => one.get(id))
      if (row === undefined) return undefined
      const { wrappedKey, body, ...summary } = row
      if (wrappedKey === null || body === null) return { ...summary, erased: true }
      const opened = unseal(bodyKey(keys.unwrap(id, wrappedKey)), body, bodyPlace(row), 'DATABASE_DAMAGED')
      return { ...summary, erased: false, body: JSON.parse(new TextDecoder().decode(opened)) }
    },
    list({ stages, limit = -1, includeErased = false }: DocumentQuery = {}) {
      const wanted = { stages: JSON.stringify(stages ?? []), limit, includeErased: Number(includeErased) }
      const rows = translated(() => (stages === undefined ? every : some).all(wanted))
      return rows.map(row => ({ ...row, erased: row.erased !== 0 }))
    },
    count(stages: readonly string[]) {
      const found = translated(() => counted.get({ stages: JSON.stringify(stages) }))
      return found ?? { waiting: 0, stopped: 0 }
    },
    isLive: (id: string) => translated(() => one.get(id))?.wrappedKey != null,
    key(id: string) {
      const wrappedKey = translated(() => one.get(id))?.wrappedKey
      if (wrappedKey == null) throw new Fault('NOT_FOUND', `no live document ${id}`)
      return keys.unwrap(id, wrappedKey)
    },
  })
}

export function createDocuments<Entry extends AuditEntry = DocumentEntry>(parts: {
  table?: Table
  database: SqlDatabase
  keys: KeyWrapping
  journal: Journal
  guard: WriteGuard
  clock: Clock
  random: Random
}): Records<Entry> {
  const { database, keys, journal, guard, clock, random, table = 'document' } = parts
  const reader = createDocumentReader(parts)
  const rows = prepareWrites(database, table)
  /** Keys of documents that have no row yet. */
  const uncommitted = new Map<string, Uint8Array>()
  const key = (id: string) => uncommitted.get(id) ?? reader.key(id)
  const refused = (id: string) =>
    rows.known.get(id) === undefined
      ? new Fault('NOT_FOUND', `no document ${id}`)
      : new Fault('STAGE_CONFLICT', `document ${id} is at another version`)
  return Object.freeze({
    ...reader,
    key,
    create(id: string) {
      if (!idPattern.test(id))
        throw new TypeError('a document id is 1 to 64 letters, digits, dots, hyphens, underscores')
      if (uncommitted.has(id) || rows.known.get(id) !== undefined) {
        throw new Fault('STAGE_CONFLICT', `document ${id} exists already`)
      }
      uncommitted.set(id, keys.newKey())
    },
    has: (id: string) => uncommitted.has(id) || rows.known.get(id) !== undefined,
    commit(record: DocumentRecord, entry: Entry) {
      const { id, version, stage, wakeAt } = record
      const fresh = version === 1 ? uncommitted.get(id) : undefined
      const documentKey = fresh ?? reader.key(id)
      const body = seal(bodyKey(documentKey), Buffer.from(JSON.stringify(record.body)), bodyPlace(record), random)
      const row = { id, version, stage, wakeAt, body, now: clock.now() }
      const write = database.transaction(() => {
        if (fresh !== undefined) rows.insert.run({ ...row, wrappedKey: keys.wrap(id, fresh) })
        else if (rows.update.run(row).changes !== 1) throw refused(id)
        journal.append(entry, table === 'document' ? id : null)
      })
      guard.run(() => write.immediate())
      uncommitted.delete(id)
    },
    erase(id: string, entry: Entry) {
      if (uncommitted.delete(id)) return
      const write = database.transaction(() => {
        if (rows.erase.run({ id, now: clock.now() }).changes === 1)
          journal.append(entry, table === 'document' ? id : null)
        else if (rows.known.get(id) === undefined) throw refused(id)
      })
      guard.run(() => write.immediate())
    },
  })
}

type WrittenRow = Omit<DocumentRecord, 'body'> & { readonly body: Uint8Array; readonly now: number }

function prepareWrites(database: SqlDatabase, table: Table) {
  return {
    known: database.prepare<[string], { id: string }>(`SELECT id FROM ${table} WHERE id = ?`),
    insert: database.prepare<[WrittenRow & { readonly wrappedKey: Uint8Array }]>(
      `INSERT INTO ${table} (id, version, stage, wake_at, created_at, changed_at, wrapped_key, body)
       VALUES (@id, @version, @stage, @wakeAt, @now, @now, @wrappedKey, @body)`,
    ),
    update: database.prepare<[WrittenRow]>(
      `UPDATE ${table} SET version = @version, stage = @stage, wake_at = @wakeAt, changed_at = @now, body = @body
       WHERE id = @id AND version = @version - 1 AND wrapped_key IS NOT NULL`,
    ),
    erase: database.prepare<[{ readonly id: string; readonly now: number }]>(
      `UPDATE ${table} SET wake_at = NULL, changed_at = @now, wrapped_key = NULL, body = NULL
       WHERE id = @id AND wrapped_key IS NOT NULL`,
    ),
  }
}

function bodyKey(documentKey: Uint8Array): Uint8Array {
  return deriveKey(documentKey, ['document body'])
}

function bodyPlace({ id, version, stage, wakeAt }: Omit<DocumentRecord, 'body'>): Associated {
  return ['document body', id, version, stage, wakeAt]
}
