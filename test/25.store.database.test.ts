// Opening a data folder: settings read back, migrations from every version, and whatever cannot be opened refused with
// nothing changed.

import { createHash } from 'node:crypto'
import { chmodSync, mkdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openForReading, openForWriting } from '../device/store/database.ts'
import { migrate, migrations, schemaVersion } from '../device/store/migrations.ts'
import { openStore } from '../device/store/store.ts'
import { begin, collect, faultOf, filesIn, newPlace, openAt, optionsFor, streamOf, tamper } from './25.store.setup.ts'

const fileOf = (folder: string) => join(folder, 'compulsa.sqlite')

function connected(file: string) {
  const database = openForWriting(file)
  onTestFinished(() => void database.close())
  return database
}

describe('a connection', () => {
  it('has the settings that make a commit durable', () => {
    const place = newPlace()
    openAt(place)
    const expected = {
      journal_mode: 'wal',
      synchronous: 2,
      foreign_keys: 1,
      busy_timeout: 5000,
      wal_autocheckpoint: 200,
      mmap_size: 0,
      cell_size_check: 1,
      trusted_schema: 0,
      secure_delete: 1,
    }
    for (const open of [openForWriting, openForReading]) {
      const database = open(fileOf(place.folder))
      const read = Object.keys(expected).map(name => [name, database.pragma(name, { simple: true })])
      database.close()
      expect(Object.fromEntries(read)).toEqual(expected)
    }
  })

  it('is refused where there is no write-ahead log', () => {
    expect(() => openForWriting(':memory:')).toThrow('DATABASE_NOT_DURABLE: journal_mode is memory')
  })

  it('for reading cannot write', () => {
    const place = newPlace()
    openAt(place)
    const database = openForReading(fileOf(place.folder))
    expect(() => database.exec('DELETE FROM document')).toThrow('readonly')
    database.close()
  })
})

describe('migrations', () => {
  const schemaOf = (file: string) =>
    connected(file).prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all()

  it.each(migrations.map((_, version) => version))('from version %i lead to the newest schema', version => {
    const { root } = newPlace()
    const [old, fresh] = [join(root, 'old'), join(root, 'fresh')]
    migrate(connected(old), migrations.slice(0, version))
    migrate(connected(old))
    migrate(connected(fresh))
    expect(schemaVersion(connected(old))).toBe(migrations.length)
    expect(schemaOf(old)).toEqual(schemaOf(fresh))
  })

  it('that were released are never edited', () => {
    const digests = migrations.map(sql => createHash('sha256').update(sql).digest('hex').slice(0, 16))
    expect(digests).toEqual([
      'afb144756f99cc70',
      '10a368e62c6f7f0f',
      'a20fde94e61d9016',
      'e05a92f2e9b87478',
      'f12926caa7f2f468',
      'fea7ae38676345a3',
    ])
  })

  it('keep what is stored and stop at the step that fails', () => {
    const database = connected(join(newPlace().root, 'steps'))
    const steps = ['CREATE TABLE a (x) STRICT', 'INSERT INTO a VALUES (1)'].map(sql =>
      sql.replace('(x)', '(x INTEGER)'),
    )
    migrate(database, steps)
    const failing = [...steps, 'INSERT INTO a VALUES (2)', 'INSERT INTO a VALUES (3); INSERT INTO missing VALUES (4)']
    expect(() => migrate(database, failing)).toThrow('no such table')
    expect(schemaVersion(database, failing)).toBe(3)
    expect(database.prepare('SELECT x FROM a').pluck().all()).toEqual([1, 2])
    migrate(database, [...failing.slice(0, 3), 'INSERT INTO a VALUES (5)'])
    expect(database.prepare('SELECT x FROM a').pluck().all()).toEqual([1, 2, 5])
  })
})

describe('a folder that cannot be opened is left as it is', () => {
  const damages: Record<string, readonly [string, (file: string) => void]> = {
    'from a newer version': [
      'DATABASE_NEWER',
      file => tamperFile(file, `PRAGMA user_version = ${migrations.length + 1}`),
    ],
    'full of zeros': ['DATABASE_DAMAGED', file => writeFileSync(file, new Uint8Array(statSync(file).size))],
    'cut off': ['DATABASE_DAMAGED', file => truncateSync(file, 4096)],
    'not a database': ['DATABASE_DAMAGED', file => writeFileSync(file, 'not a database, but long enough '.repeat(40))],
    empty: ['DATABASE_DAMAGED', file => truncateSync(file, 0)],
    missing: ['DATABASE_DAMAGED', file => rmSync(file)],
    'with a page overwritten': ['DATABASE_DAMAGED', file => overwritePage(file, 2)],
  }
  it.each(Object.entries(damages))('%s', (_, [code, damage]) => {
    const place = newPlace()
    const store = openAt(place)
    for (const id of ['a', 'b', 'c']) begin(store, id, { text: 'x'.repeat(5000) })
    store.close()
    damage(fileOf(place.folder))
    const before = filesIn(place.folder)
    expect(faultOf(() => openStore(optionsFor(place)))).toBe(code)
    // A look at the file may leave an empty log behind, never a change to what was there.
    const after = new Map([...filesIn(place.folder)].filter(([name]) => !/-(wal|shm)$/.test(name)))
    expect(after).toEqual(before)
  })

  it('releases the folder again', () => {
    const place = newPlace()
    openAt(place).close()
    tamper(place, 'PRAGMA user_version = 99')
    expect(faultOf(() => openStore(optionsFor(place)))).toBe('DATABASE_NEWER')
    tamper(place, `PRAGMA user_version = ${migrations.length}`)
    openAt(place)
  })
})

describe('one process writes', () => {
  it('a second writer is refused until the first has closed', () => {
    const place = newPlace()
    const store = openAt(place)
    expect(faultOf(() => openStore(optionsFor(place)))).toBe('DATA_FOLDER_IN_USE')
    begin(store, 'a')
    store.close()
    expect(openAt(place).load('a')).toMatchObject({ version: 1 })
  })

  it('a reader sees what the writer commits, beside it', async () => {
    const place = newPlace()
    const store = openAt(place)
    begin(store, 'a')
    const { name } = await store.blobs.write('a', streamOf(Buffer.from('page')))
    const reader = openStore({ ...optionsFor(place), readOnly: true })
    onTestFinished(() => reader.close())
    expect(reader.list()).toMatchObject([{ id: 'a' }])
    begin(store, 'b', { text: 'new' })
    expect(reader.load('b')).toMatchObject({ body: { text: 'new' } })
    expect((await collect(reader.blobs.read('a', name))).toString()).toBe('page')
    expect(reader.audit.verify()).toEqual({ chain: 'intact', head: store.audit.head() })
  })

  it('a reader opens without a writer too, and finds nothing where nothing is', () => {
    const place = newPlace()
    const store = openAt(place)
    begin(store, 'a')
    store.close()
    const reader = openStore({ ...optionsFor(place), readOnly: true })
    expect(reader.list()).toMatchObject([{ id: 'a' }])
    reader.close()
    const elsewhere = newPlace()
    expect(faultOf(() => openStore({ ...optionsFor(elsewhere), readOnly: true }))).toBe('FILE_UNREADABLE')
  })

  it('a reader refuses an older schema and one whose first start was cut short', () => {
    const place = newPlace()
    openAt(place).close()
    tamper(place, 'PRAGMA user_version = 0')
    expect(faultOf(() => openStore({ ...optionsFor(place), readOnly: true }))).toBe('DATABASE_OLDER')
    tamper(place, `PRAGMA user_version = ${migrations.length}; DELETE FROM device`)
    expect(faultOf(() => openStore({ ...optionsFor(place), readOnly: true }))).toBe('DATABASE_OLDER')
  })
})

describe('the device key', () => {
  it('is made once, for its owner only, 32 bytes', () => {
    const place = newPlace()
    openAt(place).close()
    const made = statSync(place.deviceKeyFile)
    expect([made.mode & 0o777, made.size]).toEqual([0o600, 32])
    openAt(place)
    expect(statSync(place.deviceKeyFile).mtimeMs).toBe(made.mtimeMs)
  })

  const faults: Record<string, readonly [string, (file: string) => void]> = {
    missing: ['cannot be opened', file => rmSync(file)],
    'readable by the group': ['mode 0600', file => chmodSync(file, 0o640)],
    'readable by all': ['mode 0600', file => chmodSync(file, 0o604)],
    'too short': ['has 31 bytes', file => truncateSync(file, 31)],
    'too long': ['has 33 bytes', file => writeFileSync(file, new Uint8Array(33))],
    'another one': ['device key check', file => writeFileSync(file, new Uint8Array(32))],
    'a folder': ['plain file', file => [rmSync(file), mkdirSync(file, { mode: 0o700 })]],
  }
  it.each(Object.entries(faults))('%s: refused, and never replaced beside data', (_, [detail, spoil]) => {
    const place = newPlace()
    openAt(place).close()
    spoil(place.deviceKeyFile)
    const spoilt = statSync(place.deviceKeyFile, { throwIfNoEntry: false })?.ino
    for (const open of [
      () => openStore(optionsFor(place)),
      () => openStore({ ...optionsFor(place), readOnly: true }),
    ]) {
      expect(faultOf(open)).toBe('DEVICE_KEY_UNUSABLE')
      expect(open).toThrow(detail)
    }
    expect(statSync(place.deviceKeyFile, { throwIfNoEntry: false })?.ino).toBe(spoilt)
  })

  it('is not made unless asked for', () => {
    const options = { ...optionsFor(newPlace()), createKeyIfMissing: false }
    expect(faultOf(() => openStore(options))).toBe('DEVICE_KEY_UNUSABLE')
  })
})

function tamperFile(file: string, sql: string): void {
  const database = openForWriting(file)
  database.exec(sql)
  database.close()
}

function overwritePage(file: string, page: number): void {
  const bytes = filesIn(join(file, '..')).get('compulsa.sqlite')
  if (bytes === undefined) throw new Error('no database')
  bytes.fill(0xa5, page * 4096, (page + 1) * 4096)
  writeFileSync(file, bytes)
}
