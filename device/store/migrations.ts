// The schema as a list of steps forward. A database knows by `user_version` how many of them it has taken; each step is
// one transaction. A step that has been released is never edited: a change is a new step at the end.

import { Fault } from '../errors.ts'
import type { SqlDatabase } from './database.ts'

/** SQL that takes the schema from version N (its index in the list) to N + 1. */
export type Migration = string

const documents: Migration = `
  CREATE TABLE device (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    key_check BLOB NOT NULL
  ) STRICT;

  CREATE TABLE document (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL CHECK (version > 0),
    stage TEXT NOT NULL,
    wake_at INTEGER,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    wrapped_key BLOB,
    body BLOB,
    CHECK ((wrapped_key IS NULL) = (body IS NULL))
  ) STRICT;
  CREATE INDEX document_stage ON document (stage, ordinal);

  CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    document_id TEXT REFERENCES document (id),
    details TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash TEXT NOT NULL
  ) STRICT;
  CREATE INDEX audit_document ON audit (document_id, sequence);

  CREATE TRIGGER audit_insert BEFORE INSERT ON audit
  WHEN NEW.sequence IS NOT (SELECT coalesce(max(sequence), 0) + 1 FROM audit)
  BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
  CREATE TRIGGER audit_update BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
  CREATE TRIGGER audit_delete BEFORE DELETE ON audit
  BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END;
`

const calibrations: Migration = `
  CREATE TABLE calibration (
    sequence INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    device_id TEXT NOT NULL,
    verdict TEXT NOT NULL,
    wrapped_key BLOB NOT NULL,
    body BLOB NOT NULL
  ) STRICT;
  CREATE INDEX calibration_device ON calibration (device_id, sequence);
`

const batches: Migration = `
  CREATE TABLE batch (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL CHECK (version > 0),
    stage TEXT NOT NULL,
    wake_at INTEGER,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    wrapped_key BLOB,
    body BLOB,
    CHECK ((wrapped_key IS NULL) = (body IS NULL))
  ) STRICT;
  CREATE INDEX batch_stage ON batch (stage, ordinal);

  CREATE TABLE batch_item (
    batch_id TEXT NOT NULL REFERENCES batch (id),
    number INTEGER NOT NULL CHECK (number >= 0),
    state TEXT NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (batch_id, number)
  ) STRICT, WITHOUT ROWID;
`

const cardOrders: Migration = `
  CREATE TABLE card_order (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL CHECK (version > 0),
    stage TEXT NOT NULL,
    wake_at INTEGER,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    wrapped_key BLOB,
    body BLOB,
    CHECK ((wrapped_key IS NULL) = (body IS NULL))
  ) STRICT;
  CREATE INDEX card_order_stage ON card_order (stage, ordinal);
`

const sessions: Migration = `
  CREATE TABLE session (
    ordinal INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    version INTEGER NOT NULL CHECK (version > 0),
    stage TEXT NOT NULL,
    wake_at INTEGER,
    created_at INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    wrapped_key BLOB,
    body BLOB,
    CHECK ((wrapped_key IS NULL) = (body IS NULL))
  ) STRICT;
  CREATE INDEX session_stage ON session (stage, ordinal);
`

/** Erased documents stay as rows for ever: looking for the others passes them by, and counting reads the index alone. */
const live: Migration = `
  CREATE INDEX document_live ON document (stage, wrapped_key IS NULL, wake_at);
  DROP INDEX document_stage;
`

/** Every step there has been, oldest first. */
export const migrations: readonly Migration[] = Object.freeze([
  documents,
  calibrations,
  batches,
  cardOrders,
  sessions,
  live,
])

/** The schema version of the file; throws DATABASE_NEWER when it is beyond the last known step. */
export function schemaVersion(database: SqlDatabase, steps: readonly Migration[] = migrations): number {
  const version = Number(database.pragma('user_version', { simple: true }))
  if (version > steps.length) {
    throw new Fault('DATABASE_NEWER', `the database has schema ${version}, this version knows ${steps.length}`)
  }
  return version
}

/** Takes every step that is missing; a step that fails leaves the database at the version before it. */
export function migrate(database: SqlDatabase, steps: readonly Migration[] = migrations): void {
  const version = schemaVersion(database, steps)
  for (const [index, sql] of steps.entries()) {
    if (index < version) continue
    database
      .transaction(() => {
        database.exec(sql)
        database.pragma(`user_version = ${index + 1}`)
      })
      .immediate()
  }
}
