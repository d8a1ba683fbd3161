// The audit trail in the database: appended in the transaction of the change it tells of, never changed. The chain is
// device/audit/chain.ts, the list of events device/audit/events.ts; triggers in the schema refuse UPDATE and DELETE.

import { type ChainHead, type ChainLink, type ChainVerdict, emptyChain, nextLink, verifyChain } from '../audit/chain.ts'
import { type AuditEntry, encodeDetails } from '../audit/events.ts'
import type { Clock } from '../ports.ts'
import { type SqlDatabase, translated } from './database.ts'

const defaultLimit = 1000

export interface AuditQuery {
  readonly documentId?: string
  /** Only of this kind. */
  readonly event?: AuditEntry['event']
  /** Only entries behind this sequence. */
  readonly after?: number
  /** At most so many, 1000 unless told. */
  readonly limit?: number
}

/** The trail as it can be read. */
export interface AuditReader {
  /** Oldest first. `details` is the JSON text as it was hashed. */
  list(query?: AuditQuery): readonly ChainLink[]
  /** The newest entry: note it elsewhere, and `verify` will miss a tail that was cut off. */
  head(): ChainHead
  /** The first broken entry, if any. Reads the whole trail. */
  verify(anchor?: ChainHead): ChainVerdict
}

export interface Journal extends AuditReader {
  /** Must run inside the transaction of the change it tells of. */
  append(entry: AuditEntry, documentId: string | null): void
}

const columns = 'sequence, at, event, document_id AS documentId, details, previous_hash AS previousHash, hash'

export function createAuditReader(database: SqlDatabase): AuditReader {
  const listed = database.prepare<
    [{ documentId: string | null; event: string | null; after: number; limit: number }],
    ChainLink
  >(
    `SELECT ${columns} FROM audit WHERE sequence > @after AND (@documentId IS NULL OR document_id = @documentId)
       AND (@event IS NULL OR event = @event)
     ORDER BY sequence LIMIT @limit`,
  )
  const newest = database.prepare<[], ChainHead>('SELECT sequence, hash FROM audit ORDER BY sequence DESC LIMIT 1')
  const all = database.prepare<[], ChainLink>(`SELECT ${columns} FROM audit ORDER BY sequence`)
  return Object.freeze({
    list: ({ documentId, event, after = 0, limit = defaultLimit }: AuditQuery = {}) =>
      translated(() => listed.all({ documentId: documentId ?? null, event: event ?? null, after, limit })),
    head: () => translated(() => newest.get() ?? emptyChain),
    verify: (anchor?: ChainHead) => translated(() => verifyChain(all.iterate(), anchor)),
  })
}

export function createJournal(database: SqlDatabase, clock: Clock): Journal {
  const reader = createAuditReader(database)
  const insert = database.prepare<[ChainLink]>(
    `INSERT INTO audit (sequence, at, event, document_id, details, previous_hash, hash)
     VALUES (@sequence, @at, @event, @documentId, @details, @previousHash, @hash)`,
  )
  return Object.freeze({
    ...reader,
    append(entry: AuditEntry, documentId: string | null) {
      const content = { at: clock.now(), event: entry.event, documentId, details: encodeDetails(entry) }
      insert.run(nextLink(reader.head(), content))
    },
  })
}
