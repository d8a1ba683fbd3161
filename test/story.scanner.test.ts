// Scanners that do not even begin: none attached, an empty feeder, an open cover, one that is busy.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { busy, coverOpen, emptyFeeder, ready } from './sim/escl-presets.ts'
import { feed, open, procedure, smallPile } from './walk.kit.ts'

const procedures = [procedure('none')]

describe('no scanner', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await startKiosk({ sheets: [], config: { procedures, devices: { scanners: [] } } })
  })
  afterAll(() => kiosk.stop())

  it('is told before and when somebody asks to scan', async () => {
    expect(kiosk.screen.view().scanner).toEqual({ state: 'absent', code: 'SCANNER_ABSENT', paperLoaded: null })
    await kiosk.screen.post('/screen/copy', { procedureId: 'copy-none', language: 'ca' })
    expect(await kiosk.screen.post('/screen/copy/scan')).toMatchObject({
      status: 503,
      body: { code: 'SCANNER_ABSENT' },
    })
    expect(kiosk.screen.copy().stage).toBe('gathering')
  })
})

describe('a scanner that cannot begin', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await startKiosk({ sheets: await smallPile(1), config: { procedures } })
    await open(kiosk, 'copy-none')
  })
  afterAll(() => kiosk.stop())

  it('with an empty feeder is not started', async () => {
    kiosk.site.scanner.set(emptyFeeder)
    await kiosk.screen.until(view => view.scanner.paperLoaded === false, 'the empty feeder')
    await kiosk.screen.post('/screen/copy/scan')
    await kiosk.screen.until(view => view.copy?.fault === 'FEEDER_EMPTY', 'FEEDER_EMPTY')
    expect(kiosk.site.scanner.stats().emptyFeederStarts).toBe(0)
  })

  it('with its cover open says so', async () => {
    kiosk.site.scanner.set(coverOpen)
    await kiosk.screen.until(view => view.scanner.code === 'SCANNER_COVER_OPEN', 'SCANNER_COVER_OPEN')
    expect(await kiosk.screen.post('/screen/copy/scan')).toMatchObject({
      status: 409,
      body: { code: 'SCANNER_COVER_OPEN' },
    })
  })

  it('that another program holds says so', async () => {
    kiosk.site.scanner.set(busy)
    await kiosk.screen.until(view => view.scanner.state === 'busy', 'busy')
    expect(await kiosk.screen.post('/screen/copy/scan')).toMatchObject({ status: 503, body: { code: 'SCANNER_BUSY' } })
  })

  it('works as soon as it is in order', async () => {
    kiosk.site.scanner.set(ready)
    await kiosk.screen.until(view => view.scanner.state === 'ready', 'ready')
    await feed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({ fault: null, pages: [{ number: 1 }] })
  })
})
