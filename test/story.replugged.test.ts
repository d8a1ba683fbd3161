// A USB scanner that is known by its UUID alone is unplugged in the middle of page 2 and comes back on another port, under
// another name, with a stranger on its old one: page 1 stays, and the copy goes on without anything being restarted.

import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { onIppUsbPort } from './ipp-usb.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import type { EsclSimulator } from './sim/escl.ts'
import { unpluggedMidPage } from './sim/escl-presets.ts'
import { feed, open, procedure, smallPile } from './walk.kit.ts'

describe('a scanner that is replugged elsewhere', () => {
  // Of this run alone: the ports of ipp-usb are the machine's, and another run may be on them.
  const [uuid, strangers] = [randomUUID(), randomUUID()]
  const plugged: EsclSimulator[] = []
  let kiosk: Kiosk
  beforeAll(async () => {
    const devices = { scanners: [{ id: 'usb', driver: 'escl', uuid }] }
    kiosk = await startKiosk({ sheets: [], config: { procedures: [procedure('none')], devices } })
  })
  afterAll(async () => {
    await kiosk.stop()
    for (const one of plugged) await one.stop()
  })

  it('is seen as soon as it is plugged in', async () => {
    expect(kiosk.screen.view().scanner).toMatchObject({ state: 'absent', code: 'SCANNER_ABSENT' })
    plugged.push(await onIppUsbPort({ sheets: await smallPile(3), device: { uuid } }))
    await kiosk.screen.until(view => view.scanner.state === 'ready', 'the scanner is there')
  })

  it('keeps page 1 when it is pulled out within page 2', async () => {
    await open(kiosk, 'copy-none')
    plugged[0]?.set(unpluggedMidPage(2))
    await feed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({ fault: 'SCANNER_UNPLUGGED' })
    expect(kiosk.screen.copy().pages).toHaveLength(1)
    await plugged.shift()?.stop()
    await kiosk.screen.until(view => view.scanner.state === 'absent', 'the scanner is seen to be gone')
  })

  it('goes on from another port, and leaves the stranger on the old one alone', async () => {
    const stranger = await onIppUsbPort({ sheets: await smallPile(1), device: { uuid: strangers } })
    const back = { uuid, makeAndModel: 'Renamed Scanner' }
    plugged.push(stranger, await onIppUsbPort({ sheets: await smallPile(2), device: back }, stranger.host))
    await kiosk.screen.until(view => view.scanner.state === 'ready', 'the scanner is back')
    await feed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({ fault: null })
    expect(kiosk.screen.copy().pages).toHaveLength(3)
    expect(stranger.stats().jobs).toBe(0)
  })
})
