// The checks of the scanners in the database: durable with their audit entry, sealed, never changed.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, it } from 'vitest'
import { openStore } from '../device/store/store.ts'
import { newPlace, openAt, optionsFor, tamper } from './25.store.setup.ts'

const entry = { event: 'scannerChecked', details: { device: 'feeder', verdict: 'ok' } } as const

describe('checks of the scanners', () => {
  it('come back newest first, of one scanner or of all, also beside the one that writes', () => {
    const place = newPlace()
    const store = openAt(place)
    store.calibrations.append({ deviceId: 'feeder', verdict: 'ok', body: { n: 1 } }, entry)
    store.calibrations.append({ deviceId: 'flatbed', verdict: 'watch', body: { n: 2 } }, entry)
    const stored = store.calibrations.append({ deviceId: 'feeder', verdict: 'fail', body: { n: 3 } }, entry)
    expect(stored).toMatchObject({ sequence: 3, at: 1_750_000_000_000, deviceId: 'feeder', body: { n: 3 } })
    expect(store.calibrations.last().map(({ deviceId, verdict }) => [deviceId, verdict])).toEqual([
      ['flatbed', 'watch'],
      ['feeder', 'fail'],
    ])
    expect(store.calibrations.list().map(({ body }) => body)).toEqual([{ n: 3 }, { n: 2 }, { n: 1 }])
    const reader = openStore({ ...optionsFor(place), readOnly: true })
    try {
      expect(reader.calibrations.list({ deviceId: 'feeder', limit: 1 })).toEqual([stored])
    } finally {
      reader.close()
    }
    expect(store.audit.list().map(({ event }) => event)).toEqual(Array(3).fill('scannerChecked'))
    expect(store.audit.verify().chain).toBe('intact')
  })

  it('are not kept where the trail cannot tell of them', () => {
    const store = openAt(newPlace())
    const wrong = { event: 'scannerChecked', details: { device: 'two words' } } as const
    expect(() => store.calibrations.append({ deviceId: 'feeder', verdict: 'ok', body: {} }, wrong)).toThrow(TypeError)
    expect(store.calibrations.list()).toEqual([])
  })

  it('lie sealed, and a row that was altered is refused', () => {
    const place = newPlace()
    const store = openAt(place)
    store.calibrations.append({ deviceId: 'feeder', verdict: 'fail', body: { secretly: 'bad' } }, entry)
    const database = new DatabaseSync(join(place.folder, 'compulsa.sqlite'), { readOnly: true })
    const row = database.prepare('SELECT body FROM calibration').get()
    database.close()
    expect(Buffer.from(row?.['body'] as Uint8Array).toString('latin1')).not.toContain('secretly')
    store.close()
    for (const change of ["verdict = 'ok'", "device_id = 'other'", 'at = 1']) {
      const other = newPlace()
      const writer = openAt(other)
      writer.calibrations.append({ deviceId: 'feeder', verdict: 'fail', body: {} }, entry)
      writer.close()
      tamper(other, `UPDATE calibration SET ${change}`)
      expect(() => openAt(other).calibrations.list()).toThrow(/DATABASE_DAMAGED/)
    }
  })
})
