// The durable memory of the appliance: documents, their files, the audit trail. What `commit` and `blobs.write` have
// acknowledged survives a crash and a power cut; nothing personal lies on the disk in clear; a folder that is damaged,
// newer or in use is refused and left as it is. One process writes; others may read beside it.

import { existsSync, statfsSync, statSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { ApplianceEntry, AuditEntry, DocumentEntry } from '../audit/events.ts'
import { Fault } from '../errors.ts'
import type { Clock, Random } from '../ports.ts'
import { type BatchItems, createBatchItems } from './batch-items.ts'
import { type BlobReader, type Blobs, createBlobReader, createBlobs } from './blobs.ts'
import {
  type CalibrationReader,
  type Calibrations,
  createCalibrationReader,
  createCalibrations,
} from './calibrations.ts'
import { lockFolder, openForReading, openForWriting, type SqlDatabase, translated, truncateLog } from './database.ts'
import {
  type BatchRecords,
  type CardRecords,
  createDocumentReader,
  createDocuments,
  type DocumentReader,
  type DocumentRecord,
  type Documents,
  type Records,
  type SessionRecords,
} from './documents.ts'
import { makeFolderNow, stored, syncFolderNow } from './durable.ts'
import { type AuditReader, createAuditReader, createJournal } from './journal.ts'
import { createDeviceKey, createKeyWrapping, type KeyWrapping, readDeviceKey } from './keys.ts'
import { migrate, migrations, schemaVersion } from './migrations.ts'
import { createReserve, createWriteGuard, defaultReserveBytes, type Reserve, type WriteGuard } from './reserve.ts'

export interface StoreOptions {
  /** Created when missing, mode 0700. */
  readonly folder: string
  /** 32 bytes, mode 0600; keep it outside `folder`. */
  readonly deviceKeyFile: string
  readonly clock: Clock
  readonly random: Random
  /** Make the device key at the very first start; never beside data that another key has sealed. */
  readonly createKeyIfMissing?: boolean
  /** Held back for commits on a full disk; 8 MiB unless told. */
  readonly reserveBytes?: number
}

/** What another process may see beside the appliance, or without it. */
export interface StoreReader extends Pick<DocumentReader, 'load' | 'list'> {
  readonly blobs: BlobReader
  readonly audit: AuditReader
  readonly calibrations: CalibrationReader
  readonly cards: Pick<DocumentReader, 'load' | 'list'>
  readonly sessions: Pick<DocumentReader, 'load' | 'list'>
  close(): void
}

export interface Store extends Pick<Documents, 'create' | 'commit' | 'load' | 'list' | 'count'> {
  readonly blobs: Blobs
  readonly audit: AuditReader & {
    /** Notes an event of the appliance itself. */
    append(entry: ApplianceEntry): void
  }
  /** Several commits as one: all of them are durable when this returns, or none is. */
  together(work: () => void): void
  readonly calibrations: Calibrations
  /** Batches that programs have left to be signed; their files are blobs under their ids. */
  readonly batches: Pick<BatchRecords, 'create' | 'commit' | 'load' | 'list'> & {
    readonly items: Omit<BatchItems, 'remove'>
    /** As `erase` of a document, its items included. */
    erase(id: string, entry: ApplianceEntry): Promise<void>
  }
  /** Orders of cards; what was handed in for them are blobs under their ids. */
  readonly cards: Pick<CardRecords, 'create' | 'commit' | 'load' | 'list'> & {
    /** As `erase` of a document. */
    erase(id: string, entry: ApplianceEntry): Promise<void>
  }
  /** Sessions of integrators; what is made for them are documents. */
  readonly sessions: Pick<SessionRecords, 'create' | 'commit' | 'load' | 'list'> & {
    /** As `erase` of a document. */
    erase(id: string, entry: ApplianceEntry): Promise<void>
  }
  /** Key and body are gone from their row when this returns, the files when it resolves; safe to repeat. NOT_FOUND. */
  erase(id: string, entry: DocumentEntry): Promise<void>
  /** Room on the data partition; the reserve is given up when a commit met a full disk. */
  space(): { readonly freeBytes: number; readonly reserveHeld: boolean }
  close(): void
}

const databaseName = 'compulsa.sqlite'
const lockName = 'lock'
const reserveName = 'reserve'
const blobsName = 'blobs'

/**
 * Opens a data folder. Throws DATA_FOLDER_IN_USE, DATABASE_DAMAGED, DATABASE_NEWER, DATABASE_NOT_DURABLE,
 * DEVICE_KEY_UNUSABLE, DISK_FULL, STORAGE_FAILED; for reading only also DATABASE_OLDER and FILE_UNREADABLE.
 */
export function openStore(options: StoreOptions & { readonly readOnly: true }): StoreReader
export function openStore(options: StoreOptions & { readonly readOnly?: false }): Store
export function openStore(options: StoreOptions & { readonly readOnly?: boolean }): Store | StoreReader {
  return options.readOnly === true ? openReader(options) : openWriter(options)
}

function openReader({ folder, deviceKeyFile, random }: StoreOptions): StoreReader {
  using opened = new DisposableStack()
  const database = opened.adopt(openForReading(join(folder, databaseName)), held => held.close())
  const keys = createKeyWrapping(readDeviceKey(deviceKeyFile), random)
  const version = schemaVersion(database)
  if (version < migrations.length || !recogniseKey(database, keys)) {
    throw new Fault('DATABASE_OLDER', `the database has schema ${version}, or its first start was not finished`)
  }
  const { load, list, key } = createDocumentReader({ database, keys })
  const blobs = createBlobReader({ folder: join(folder, blobsName), key })
  const owned = opened.move()
  return Object.freeze({
    load,
    list,
    blobs,
    audit: createAuditReader(database),
    calibrations: createCalibrationReader(database, keys),
    cards: createDocumentReader({ database, keys, table: 'card_order' }),
    sessions: createDocumentReader({ database, keys, table: 'session' }),
    close: () => owned.dispose(),
  })
}

function openWriter(options: StoreOptions): Store {
  const { folder, clock, random } = options
  makeFolderNow(folder)
  using opened = new DisposableStack()
  opened.adopt(lockFolder(join(folder, lockName)), held => held.close())
  const databaseFile = join(folder, databaseName)
  const blobsFolder = join(folder, blobsName)
  const reserve = createReserve(join(folder, reserveName), options.reserveBytes ?? defaultReserveBytes)
  const guard = createWriteGuard(reserve)
  const hasData = guard.run(() => inspectDatabase(databaseFile, existsSync(blobsFolder)))
  const keys = createKeyWrapping(deviceKey(options, hasData), random)
  const database = opened.adopt(
    guard.run(() => openForWriting(databaseFile)),
    held => held.close(),
  )
  guard.run(() => migrate(database))
  guard.run(() => tieToKey(database, keys))
  makeFolderNow(blobsFolder)
  syncFolderNow(folder)
  const journal = createJournal(database, clock)
  const documents = createDocuments({ database, keys, journal, guard, clock, random })
  const batches = createDocuments<ApplianceEntry>({ database, keys, journal, guard, clock, random, table: 'batch' })
  const cards = createDocuments<ApplianceEntry>({ database, keys, journal, guard, clock, random, table: 'card_order' })
  const sessions = createDocuments<ApplianceEntry>({ database, keys, journal, guard, clock, random, table: 'session' })
  const items = createBatchItems({ database, key: batches.key, journal, guard, random })
  const { create, load, list, count } = documents
  const noteAppliance = database.transaction((entry: ApplianceEntry) => journal.append(entry, null))
  reserve.ensure()
  const forgetting = createForgetting({ database, guard, reserve, blobsFolder })
  const recordsOf = (records: CardRecords) =>
    Object.freeze({
      create: records.create,
      load: records.load,
      list: records.list,
      ...forgetting.of(records),
    })
  const owned = opened.move()
  return Object.freeze({
    create,
    load,
    list,
    count,
    ...forgetting.of(documents),
    together: (work: () => void) => guard.run(() => database.transaction(work).immediate()),
    blobs: createBlobs({
      folder: blobsFolder,
      // Ids are random and never those of another kind.
      key: id => ([batches, cards].find(records => records.has(id)) ?? documents).key(id),
      random,
      isLive: id => [documents, batches, cards].some(records => records.isLive(id)),
    }),
    audit: Object.freeze({
      ...createAuditReader(database),
      append: (entry: ApplianceEntry) => guard.run(() => noteAppliance.immediate(entry)),
    }),
    calibrations: createCalibrations({ database, keys, journal, guard, clock, random }),
    batches: Object.freeze({
      create: batches.create,
      load: batches.load,
      list: batches.list,
      items,
      ...forgetting.of(batches, id => items.remove(id)),
    }),
    cards: recordsOf(cards),
    sessions: recordsOf(sessions),
    space: () => ({ freeBytes: freeBytes(folder), reserveHeld: reserve.held() }),
    close: () => owned.dispose(),
  })
}

/**
 * Commit and erase, such that an erased key is soon gone from the write-ahead log too: the log is emptied at the start
 * and after each erasure, or, when a reader or a full disk is in the way, before the next commit. What the medium itself
 * keeps of overwritten blocks is out of reach; without the device key it is worthless.
 */
function createForgetting(parts: { database: SqlDatabase; guard: WriteGuard; reserve: Reserve; blobsFolder: string }) {
  const { database, guard, reserve, blobsFolder } = parts
  const emptyLog = () => guard.run(() => truncateLog(database))
  let logIsEmpty = emptyLog()
  return {
    of: <Entry extends AuditEntry>(records: Records<Entry>, afterwards: (id: string) => void = () => undefined) => ({
      commit(record: DocumentRecord, entry: Entry): void {
        if (!logIsEmpty) logIsEmpty = emptyLog()
        records.commit(record, entry)
      },
      async erase(id: string, entry: Entry): Promise<void> {
        guard.run(() =>
          database
            .transaction(() => {
              records.erase(id, entry)
              afterwards(id)
            })
            .immediate(),
        )
        logIsEmpty = false
        await stored(rm(join(blobsFolder, id), { recursive: true, force: true }))
        logIsEmpty = emptyLog()
        reserve.ensure()
      },
    }),
  }
}

/**
 * Whether the folder holds data already, looked at without changing anything. The blob folder is made after the
 * database, so beside it an empty or missing database is a lost one. Throws DATABASE_DAMAGED, DATABASE_NEWER.
 */
function inspectDatabase(file: string, hasBlobs: boolean): boolean {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const version = size === 0 ? 0 : versionOf(file)
  if (version === 0 && hasBlobs) throw new Fault('DATABASE_DAMAGED', `${file} is empty but files are stored beside it`)
  return version > 0
}

function versionOf(file: string): number {
  const database = openForReading(file)
  try {
    return schemaVersion(database)
  } finally {
    database.close()
  }
}

function deviceKey({ deviceKeyFile, createKeyIfMissing = false, random }: StoreOptions, hasData: boolean): Uint8Array {
  if (createKeyIfMissing && !hasData && !existsSync(deviceKeyFile)) createDeviceKey(deviceKeyFile, random)
  return readDeviceKey(deviceKeyFile)
}

/** Ties the database to its device key at the first start and refuses another key ever after. */
function tieToKey(database: SqlDatabase, keys: KeyWrapping): void {
  if (!recogniseKey(database, keys)) {
    database.prepare('INSERT INTO device (id, key_check) VALUES (1, ?)').run(keys.check())
  }
}

/** False when the database is not tied to a key yet; throws DEVICE_KEY_UNUSABLE when it is to another one. */
function recogniseKey(database: SqlDatabase, keys: KeyWrapping): boolean {
  const select = database.prepare<[], { keyCheck: Uint8Array }>('SELECT key_check AS keyCheck FROM device')
  const row = translated(() => select.get())
  if (row !== undefined) keys.recognise(row.keyCheck)
  return row !== undefined
}

function freeBytes(folder: string): number {
  const { bavail, bsize } = statfsSync(folder)
  return bavail * bsize
}
