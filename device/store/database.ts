// The one door to SQLite. A connection is handed out only after its settings have been read back (WAL with
// synchronous=FULL: one sync per commit, and no acknowledged commit lost to a power cut) and the file has been checked.
// A damaged or newer file is looked at through a read-only connection, which changes and deletes nothing.

import { existsSync } from 'node:fs'
import Database from 'better-sqlite3'
import { type ErrorCode, Fault } from '../errors.ts'

export type SqlDatabase = Database.Database

const busyTimeoutMs = 5000

/** What every connection is set to and must answer afterwards. */
const settings = {
  synchronous: { set: 'FULL', answer: 2 },
  foreign_keys: { set: 'ON', answer: 1 },
  wal_autocheckpoint: { set: '200', answer: 200 },
  mmap_size: { set: '0', answer: 0 },
  cell_size_check: { set: 'ON', answer: 1 },
  trusted_schema: { set: 'OFF', answer: 0 },
  // An erased document's wrapped key must not live on in a free page.
  secure_delete: { set: 'ON', answer: 1 },
} as const

/** The connection that writes; creates the file when it is missing. Throws DATABASE_NOT_DURABLE, DATABASE_DAMAGED. */
export function openForWriting(file: string): SqlDatabase {
  return connect(file, { timeout: busyTimeoutMs }, database => {
    configure(database, 'journal_mode = WAL')
  })
}

/** A connection that cannot write, checked page by page; throws DATABASE_DAMAGED, FILE_UNREADABLE. */
export function openForReading(file: string): SqlDatabase {
  if (!existsSync(file)) throw new Fault('FILE_UNREADABLE', `there is no ${file}`)
  return connect(file, { timeout: busyTimeoutMs, readonly: true, fileMustExist: true }, database => {
    const verdict = database.pragma('quick_check(1)', { simple: true })
    if (verdict !== 'ok') throw new Fault('DATABASE_DAMAGED', `quick_check of ${file}: ${String(verdict)}`)
    configure(database, 'journal_mode')
  })
}

/**
 * Holds the data folder for one process. The lock is the operating system's and ends with the process, however it ends.
 * Throws DATA_FOLDER_IN_USE.
 */
export function lockFolder(file: string): SqlDatabase {
  return connect(file, { timeout: 0 }, database => {
    try {
      // A journal in memory: the lock must be had on a full disk too.
      database.pragma('journal_mode = MEMORY')
      database.exec('BEGIN EXCLUSIVE')
    } catch (error) {
      if (sqliteCode(error)?.startsWith('SQLITE_BUSY') !== true) throw error
      throw new Fault('DATA_FOLDER_IN_USE', `${file} is locked by another process`, { cause: error })
    }
  })
}

/** Empties the write-ahead log into the database; false when a reader needs it or there is no room. Never waits. */
export function truncateLog(database: SqlDatabase): boolean {
  database.pragma('busy_timeout = 0')
  try {
    const [result] = database.pragma('wal_checkpoint(TRUNCATE)') as readonly { busy: number }[]
    return result?.busy === 0
  } catch (error) {
    if (sqliteCode(error) === 'SQLITE_FULL') return false
    throw error
  } finally {
    database.pragma(`busy_timeout = ${busyTimeoutMs}`)
  }
}

/** What SQLite calls the error, such as SQLITE_FULL; undefined for an error that is not SQLite's. */
export function sqliteCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return undefined
  return error.code.startsWith('SQLITE_') ? error.code : undefined
}

/** Runs `ask` and turns what SQLite throws into Faults. */
export function translated<T>(ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    throw asStoreFault(error)
  }
}

/** An error of SQLite by its name in the table of errors; any other error as it is. */
export function asStoreFault(error: unknown): unknown {
  const code = sqliteCode(error)
  const faultCode = code === undefined ? undefined : faultCodeOf(code)
  if (code === undefined || faultCode === undefined) return error
  return new Fault(faultCode, `the database answered ${code}`, { cause: error })
}

function faultCodeOf(code: string): ErrorCode | undefined {
  // The second is a full disk met while the shared memory file grows.
  if (code === 'SQLITE_FULL' || code === 'SQLITE_IOERR_SHMSIZE') return 'DISK_FULL'
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) return 'DATABASE_DAMAGED'
  if (code.startsWith('SQLITE_IOERR') || code.startsWith('SQLITE_READONLY')) return 'STORAGE_FAILED'
  if (code.startsWith('SQLITE_CANTOPEN')) return 'FILE_UNREADABLE'
  return undefined
}

function connect(file: string, options: Database.Options, prepare: (database: SqlDatabase) => void): SqlDatabase {
  let database: SqlDatabase | undefined
  try {
    database = new Database(file, options)
    prepare(database)
    return database
  } catch (error) {
    database?.close()
    throw asStoreFault(error)
  }
}

function configure(database: SqlDatabase, journalMode: string): void {
  const journal = database.pragma(journalMode, { simple: true })
  if (journal !== 'wal') throw new Fault('DATABASE_NOT_DURABLE', `journal_mode is ${String(journal)}`)
  for (const [name, { set, answer }] of Object.entries(settings)) {
    database.pragma(`${name} = ${set}`)
    const read = database.pragma(name, { simple: true })
    if (read !== answer) throw new Fault('DATABASE_NOT_DURABLE', `${name} is ${String(read)}, not ${answer}`)
  }
}
