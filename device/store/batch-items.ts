// What has become of the single signatures of a batch: one sealed row each, bound to its batch and its place in it, so that a
// batch of thousands is not written anew for each of them. In clear is only how far a signature is.

import type { ApplianceEntry } from '../audit/events.ts'
import type { Random } from '../ports.ts'
import { type SqlDatabase, translated } from './database.ts'
import { type Associated, deriveKey, seal, unseal } from './envelope.ts'
import type { Journal } from './journal.ts'
import type { WriteGuard } from './reserve.ts'

/** `intended`: it may have been signed, and will be again in the very same way. */
export type BatchItemState = 'intended' | 'signed' | 'failed'

export interface BatchItemRecord {
  readonly number: number
  readonly state: BatchItemState
  /** Anything that JSON can carry. */
  readonly body: unknown
}

export interface BatchItems {
  /** In the order of the batch. Throws NOT_FOUND, DATABASE_DAMAGED when a row was altered. */
  list(batchId: string): readonly BatchItemRecord[]
  /** How many are in each state, without opening any. */
  counts(batchId: string): Readonly<Record<BatchItemState, number>>
  /** Durable when it returns, with its audit entry. Throws NOT_FOUND, DISK_FULL, STORAGE_FAILED. */
  put(batchId: string, record: BatchItemRecord & { readonly body: object }, entry?: ApplianceEntry): void
  /** For a batch whose key is destroyed; runs inside the caller's transaction or its own. */
  remove(batchId: string): void
}

interface Row {
  readonly number: number
  readonly state: BatchItemState
  readonly body: Uint8Array
}

export function createBatchItems(parts: {
  database: SqlDatabase
  /** Throws NOT_FOUND. */
  key: (batchId: string) => Uint8Array
  journal: Journal
  guard: WriteGuard
  random: Random
}): BatchItems {
  const { database, key, journal, guard, random } = parts
  const all = database.prepare<[string], Row>(
    'SELECT number, state, body FROM batch_item WHERE batch_id = ? ORDER BY number',
  )
  const counted = database.prepare<[string], { state: BatchItemState; count: number }>(
    'SELECT state, count(*) AS count FROM batch_item WHERE batch_id = ? GROUP BY state',
  )
  const upsert = database.prepare<[Row & { readonly batchId: string }]>(
    `INSERT INTO batch_item (batch_id, number, state, body) VALUES (@batchId, @number, @state, @body)
     ON CONFLICT (batch_id, number) DO UPDATE SET state = excluded.state, body = excluded.body`,
  )
  const removal = database.prepare<[string]>('DELETE FROM batch_item WHERE batch_id = ?')
  const write = database.transaction((row: Row & { readonly batchId: string }, entry: ApplianceEntry | undefined) => {
    upsert.run(row)
    if (entry !== undefined) journal.append(entry, null)
  })
  return Object.freeze({
    list(batchId: string): readonly BatchItemRecord[] {
      const itemKey = keyOf(key(batchId))
      return translated(() => all.all(batchId)).map(({ number, state, body }) => {
        const plain = unseal(itemKey, body, placeOf(batchId, number, state), 'DATABASE_DAMAGED')
        return { number, state, body: JSON.parse(new TextDecoder().decode(plain)) }
      })
    },
    counts(batchId: string) {
      const none = { intended: 0, signed: 0, failed: 0 }
      const found = translated(() => counted.all(batchId)).map(({ state, count }) => [state, count])
      return { ...none, ...Object.fromEntries(found) }
    },
    put(batchId: string, { number, state, body }: BatchItemRecord, entry?: ApplianceEntry) {
      const plain = Buffer.from(JSON.stringify(body))
      const sealed = seal(keyOf(key(batchId)), plain, placeOf(batchId, number, state), random)
      guard.run(() => write.immediate({ batchId, number, state, body: sealed }, entry))
    },
    remove: (batchId: string) => guard.run(() => void removal.run(batchId)),
  })
}

function keyOf(batchKey: Uint8Array): Uint8Array {
  return deriveKey(batchKey, ['batch item'])
}

function placeOf(batchId: string, number: number, state: BatchItemState): Associated {
  return ['batch item', batchId, number, state]
}
