// A full disk and a failing one. The full disk is a real one: a tmpfs of 24 MiB that a child mounts for itself in its own
// user and mount namespace, which needs no privileges but a kernel that lets users have namespaces.

import { execFile } from 'node:child_process'
import { mkdirSync, statSync, truncateSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { createReserve, createWriteGuard } from '../device/store/reserve.ts'
import { faultOf, newPlace, openAt } from './25.store.setup.ts'

const childFile = new URL('25.store.child.ts', import.meta.url).pathname
const mountAndRun = 'mount -t tmpfs -o size=24m tmpfs "$1" && exec "$2" "$3" full "$1"'

it('on a full disk a commit uses the reserve, then is refused; nothing stored before is lost', {
  timeout: 60_000,
}, async () => {
  const { root } = newPlace()
  const { stdout } = await promisify(execFile)('unshare', [
    '-rm',
    'sh',
    '-c',
    mountAndRun,
    'sh',
    root,
    process.execPath,
    childFile,
  ])
  const told = stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line))
  expect(told).toEqual([
    { step: 'opened', held: true },
    { step: 'blob', code: 'DISK_FULL', left: [], held: true },
    { step: 'commits', code: 'DISK_FULL', some: true, held: false },
    { step: 'no room', code: 'DISK_FULL' },
    { step: 'kept', same: true, audit: 'intact' },
    { step: 'space again', erased: true, held: true },
    { step: 'opened full', stored: 1, held: false },
    { step: 'again without reserve', stored: 1, audit: 'intact' },
  ])
})

describe('the guard of writes', () => {
  const sqlite = (code: string) => Object.assign(new Error(code), { code })
  const failing = (...codes: readonly string[]) => {
    const left = [...codes]
    return () => {
      const code = left.shift()
      if (code !== undefined) throw sqlite(code)
      return 'written'
    }
  }
  const reserveAt = (name: string) => {
    const { folder } = newPlace()
    mkdirSync(folder)
    return createReserve(join(folder, name), 64 * 1024)
  }

  it('gives up the reserve once, then refuses', () => {
    const reserve = reserveAt('reserve')
    const guard = createWriteGuard(reserve)
    expect(reserve.ensure()).toBe(true)
    expect(guard.run(failing('SQLITE_FULL'))).toBe('written')
    expect(reserve.held()).toBe(false)
    expect(faultOf(() => guard.run(failing('SQLITE_FULL')))).toBe('DISK_FULL')
    expect(guard.run(failing())).toBe('written')
  })

  it.each(['SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_WRITE', 'SQLITE_READONLY_DBMOVED'])(
    'after %s writes nothing more',
    code => {
      const guard = createWriteGuard(reserveAt('reserve'))
      expect(faultOf(() => guard.run(failing(code)))).toBe('STORAGE_FAILED')
      expect(faultOf(() => guard.run(failing()))).toBe('STORAGE_FAILED')
    },
  )

  it('names damage and passes on what is not the disk', () => {
    const guard = createWriteGuard(reserveAt('reserve'))
    expect(faultOf(() => guard.run(failing('SQLITE_CORRUPT_VTAB')))).toBe('DATABASE_DAMAGED')
    expect(() => guard.run(failing('SQLITE_CONSTRAINT'))).toThrow('SQLITE_CONSTRAINT')
    expect(guard.run(failing())).toBe('written')
  })
})

it('the reserve takes up real blocks, is kept over restarts and made again when it is short', () => {
  const place = newPlace()
  const file = join(place.folder, 'reserve')
  openAt(place).close()
  const { ino, blocks, size } = statSync(file)
  expect([size, blocks * 512 >= size]).toEqual([4096, true])
  openAt(place).close()
  expect(statSync(file).ino).toBe(ino)
  truncateSync(file, 10)
  expect(openAt(place).space()).toMatchObject({ reserveHeld: true })
})
