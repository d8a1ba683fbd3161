// What scans of the test target measured, with the date: one row a check, sealed like everything else, its audit entry in
// the same transaction. A row is never changed; in clear are the time, the scanner and the verdict, which the seal binds.

import type { ApplianceEntry } from '../audit/events.ts'
import type { Clock, Random } from '../ports.ts'
import { type SqlDatabase, translated } from './database.ts'
import { type Associated, deriveKey, seal, unseal } from './envelope.ts'
import type { Journal } from './journal.ts'
import type { KeyWrapping } from './keys.ts'
import type { WriteGuard } from './reserve.ts'

export interface NewCalibration {
  readonly deviceId: string
  /** A machine word. */
  readonly verdict: string
  /** Anything that JSON can carry. */
  readonly body: object
}

/** What the row tells without opening the body. */
export interface CalibrationSummary {
  readonly sequence: number
  /** Milliseconds since 1970. */
  readonly at: number
  readonly deviceId: string
  readonly verdict: string
}

export interface StoredCalibration extends CalibrationSummary {
  readonly body: unknown
}

export interface CalibrationReader {
  /** The newest row of each scanner that was ever checked. */
  last(): readonly CalibrationSummary[]
  /** Newest first; of one scanner, or of all; at most 1000 unless told. Throws DATABASE_DAMAGED when a row was altered. */
  list(query?: { readonly deviceId?: string; readonly limit?: number }): readonly StoredCalibration[]
}

export interface Calibrations extends CalibrationReader {
  /** Durable when it returns; gives the row as stored. Throws DISK_FULL, STORAGE_FAILED. */
  append(calibration: NewCalibration, entry: ApplianceEntry): StoredCalibration
}

const defaultLimit = 1000

interface Row extends Omit<StoredCalibration, 'body'> {
  readonly wrappedKey: Uint8Array
  readonly body: Uint8Array
}

export function createCalibrationReader(database: SqlDatabase, keys: KeyWrapping): CalibrationReader {
  const some = database.prepare<[{ deviceId: string | null; limit: number }], Row>(
    `SELECT sequence, at, device_id AS deviceId, verdict, wrapped_key AS wrappedKey, body FROM calibration
     WHERE @deviceId IS NULL OR device_id = @deviceId ORDER BY sequence DESC LIMIT @limit`,
  )
  const newest = database.prepare<[], CalibrationSummary>(
    `SELECT sequence, at, device_id AS deviceId, verdict FROM calibration
     WHERE sequence IN (SELECT max(sequence) FROM calibration GROUP BY device_id) ORDER BY sequence`,
  )
  return Object.freeze({
    last: () => translated(() => newest.all()),
    list({ deviceId, limit = defaultLimit }: { deviceId?: string; limit?: number } = {}) {
      return translated(() => some.all({ deviceId: deviceId ?? null, limit })).map(row => opened(row, keys))
    },
  })
}

export function createCalibrations(parts: {
  database: SqlDatabase
  keys: KeyWrapping
  journal: Journal
  guard: WriteGuard
  clock: Clock
  random: Random
}): Calibrations {
  const { database, keys, journal, guard, clock, random } = parts
  const next = database.prepare<[], { sequence: number }>(
    'SELECT coalesce(max(sequence), 0) + 1 AS sequence FROM calibration',
  )
  const insert = database.prepare<[Row]>(
    `INSERT INTO calibration (sequence, at, device_id, verdict, wrapped_key, body)
     VALUES (@sequence, @at, @deviceId, @verdict, @wrappedKey, @body)`,
  )
  const write = database.transaction(({ deviceId, verdict, body }: NewCalibration, entry: ApplianceEntry) => {
    const sequence = next.get()?.sequence ?? 1
    const place = { sequence, at: clock.now(), deviceId, verdict }
    const key = keys.newKey()
    const sealed = seal(bodyKey(key), Buffer.from(JSON.stringify(body)), bodyPlace(place), random)
    insert.run({ ...place, wrappedKey: keys.wrap(keyName(sequence), key), body: sealed })
    journal.append(entry, null)
    return { ...place, body }
  })
  return Object.freeze({
    ...createCalibrationReader(database, keys),
    append: (calibration: NewCalibration, entry: ApplianceEntry) =>
      guard.run(() => write.immediate(calibration, entry)),
  })
}

function opened({ wrappedKey, body, ...place }: Row, keys: KeyWrapping): StoredCalibration {
  const key = keys.unwrap(keyName(place.sequence), wrappedKey)
  const plain = unseal(bodyKey(key), body, bodyPlace(place), 'DATABASE_DAMAGED')
  return { ...place, body: JSON.parse(new TextDecoder().decode(plain)) }
}

/** No document's name has a colon. */
function keyName(sequence: number): string {
  return `calibration:${sequence}`
}

function bodyKey(key: Uint8Array): Uint8Array {
  return deriveKey(key, ['calibration body'])
}

function bodyPlace({ sequence, at, deviceId, verdict }: Omit<StoredCalibration, 'body'>): Associated {
  return ['calibration body', sequence, at, deviceId, verdict]
}
