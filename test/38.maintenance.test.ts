// The maintenance screen's protocol on the real appliance above its simulators: a check from the open screen to the stored
// record, what it is refused for, and that a copy always comes first.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MaintenanceView } from '../device/http/view-maintenance.ts'
import { asScanned, drawTarget, encoded, painted } from './38.target.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { drawSheet } from './sim/paper.ts'
import { procedure } from './walk.kit.ts'

let kiosk: Kiosk
let sheet: Buffer
beforeAll(async () => {
  sheet = await encoded(painted(await drawTarget({ ppi: 200 }), asScanned), 'jpeg', 200)
  kiosk = await startKiosk({ sheets: [], config: { procedures: [procedure('none')] } })
})
afterAll(() => kiosk.stop())

const post = (what: string, body?: object) => kiosk.screen.post(`/screen/maintenance/${what}`, body)
const maintenance = () => kiosk.screen.view().maintenance
const until = async (wanted: (view: MaintenanceView) => boolean, what: string) => {
  const { maintenance: seen } = await kiosk.screen.until(
    ({ maintenance: now }) => now !== undefined && wanted(now),
    what,
  )
  if (seen === undefined) throw new Error('the screen was closed')
  return seen
}
const open = async () => {
  expect((await post('open')).status).toBe(204)
  return await until(({ work, result, fault }) => work === 'none' && result === null && fault === null, 'the list')
}

describe('the maintenance screen', () => {
  it('is closed until somebody opens it, and checks nothing then', async () => {
    expect(maintenance()).toBeUndefined()
    expect(await post('check', { deviceId: 'feeder' })).toMatchObject({ status: 409, body: { code: 'STAGE_CONFLICT' } })
  })

  it('checks a scanner, tells how far it is, and keeps the result', async () => {
    expect((await open()).scanners).toMatchObject([{ id: 'feeder', fault: null, at: null, due: true }])
    kiosk.site.scanner.load([{ front: sheet }])
    expect((await post('check', { deviceId: 'feeder' })).status).toBe(204)
    const { result, scanners } = await until(one => one.result !== null, 'the result')
    expect(result).toMatchObject({ deviceId: 'feeder', verdict: 'ok', ppi: [200, 200] })
    expect(result?.topics.map(({ topic }) => topic)).toEqual(['resolution', 'geometry', 'gray', 'colour', 'streaks'])
    expect(scanners).toMatchObject([{ id: 'feeder', verdict: 'ok', due: false }])
    expect(kiosk.site.scanner.stats()).toMatchObject({ ticket: { resolution: 200, source: 'Feeder' } })
  })

  it('says why a check came to nothing, keeps nothing of it, and lets the scanner go', async () => {
    const { scanners } = await open()
    kiosk.site.scanner.load([{ front: await drawSheet({ seed: 2, kind: 'letter', resolution: 200 }) }])
    await post('check', { deviceId: 'feeder' })
    expect((await until(one => one.fault !== null, 'a fault')).fault).toBe('TARGET_NOT_FOUND')
    kiosk.site.scanner.load([])
    await post('check', { deviceId: 'feeder' })
    const empty = await until(one => one.fault === 'FEEDER_EMPTY', 'the empty feeder')
    expect(empty.scanners).toEqual(scanners)
    expect(await post('check', { deviceId: 'nobody' })).toMatchObject({ status: 404 })
    expect(await post('check', { device: 'feeder' })).toMatchObject({ status: 400, body: { code: 'REQUEST_INVALID' } })
  })

  it('shows nothing beside a copy: opening one closes it, and it does not open while one is in hand', async () => {
    await open()
    kiosk.site.scanner.load([{ front: sheet }])
    await post('check', { deviceId: 'feeder' })
    const opened = await kiosk.screen.post('/screen/copy', { procedureId: 'copy-none', language: 'ca' })
    expect(opened.status).toBe(204)
    await kiosk.screen.until(view => view.copy !== null, 'the copy')
    expect(maintenance()).toBeUndefined()
    expect(await post('open')).toMatchObject({ status: 409, body: { code: 'STAGE_CONFLICT' } })
    await kiosk.screen.post('/screen/copy/leave')
    await kiosk.screen.until(view => view.copy === null, 'no copy')
    expect(maintenance()).toBeUndefined()
    expect((await open()).scanners).toMatchObject([{ id: 'feeder', verdict: 'ok' }])
  })

  it('is closed by a word, whatever it does', async () => {
    await open()
    kiosk.site.scanner.load([{ front: sheet }])
    await post('check', { deviceId: 'feeder' })
    expect((await post('close')).status).toBe(204)
    await kiosk.screen.until(view => view.maintenance === undefined, 'the closed screen')
    expect((await post('close')).status).toBe(204)
    expect(kiosk.logged.filter(one => one.includes('"error"'))).toEqual([])
  })
})
