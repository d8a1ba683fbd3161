// Two sheets go through a SANE feeder at once, as sheet 3 of 5: what was scanned before stays, the person is told that it
// was not a jam, puts the sheets back, and the copy has five pages. Then the feeder is replugged, which renames it.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { buildSaneFeeder, createSaneFeeder, type SaneFeeder } from './sim/sane-feeder.ts'
import { approve, feed, open, procedure } from './walk.kit.ts'

describe('sheets fed together', () => {
  let folder: string
  let feeder: SaneFeeder
  let kiosk: Kiosk
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compulsa-feeder-'))
    feeder = createSaneFeeder(folder, await buildSaneFeeder(folder))
    const scanners = [{ id: 'feeder', driver: 'sane', device: 'feeder:sim' }]
    const devices = { scanners, environment: feeder.environment }
    kiosk = await startKiosk({ sheets: [], config: { procedures: [procedure('none')], devices } })
  })
  afterAll(async () => {
    await kiosk.stop()
    await rm(folder, { recursive: true, force: true })
  })

  it('keeps the two pages before and says what happened', async () => {
    feeder.set({ sheets: 5, fail: 'read 3 6', afterwards: 'double-feed' })
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({ fault: 'SCANNER_DOUBLE_FEED', scanning: false })
    expect(kiosk.screen.copy().pages).toHaveLength(2)
  })

  it('goes on once the sheets are put back', async () => {
    feeder.set({ sheets: 3 })
    await feed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({ fault: null })
    expect(kiosk.screen.copy().pages).toHaveLength(5)
    await approve(kiosk, 'copy')
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
  })

  it('scans again after the feeder was away and came back under another name', async () => {
    feeder.set({ device: '' })
    await kiosk.screen.until(view => view.scanner.state === 'absent', 'an absent scanner')
    feeder.set({ device: 'sim:2', sheets: 1 })
    await kiosk.screen.until(view => view.scanner.state === 'ready', 'a scanner that is back')
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    expect(kiosk.screen.copy().pages).toHaveLength(1)
  })

  it("scans when the scanner's own button is pressed, and only while a copy is in hand", async () => {
    await kiosk.screen.post('/screen/copy/leave')
    await kiosk.screen.until(view => view.copy === null, 'nobody at the screen')
    feeder.set({ device: 'sim:2', sheets: 2, sensors: ['page-loaded', 'scan'] })
    await open(kiosk, 'copy-none')
    const { copy } = await kiosk.screen.until(view => view.copy?.pages.length === 2, 'two pages without a touch')
    expect(copy?.reference).toBe(kiosk.screen.copy().reference)
    feeder.set({ device: 'sim:2', sheets: 2 })
  })
})
