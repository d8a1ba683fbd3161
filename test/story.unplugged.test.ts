// The scanner is unplugged in the middle of page 2: the half page is not kept, page 1 is, and after replugging the copy
// goes on.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { ready, unpluggedMidPage } from './sim/escl-presets.ts'
import { feed, open, procedure, smallPile } from './walk.kit.ts'

describe('a scanner unplugged in the middle of page 2', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    kiosk = await startKiosk({ sheets: await smallPile(3), config: { procedures: [procedure('none')] } })
  })
  afterAll(() => kiosk.stop())

  it('keeps page 1 and says so', async () => {
    await open(kiosk, 'copy-none')
    kiosk.site.scanner.set(unpluggedMidPage(2))
    await feed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({ fault: 'SCANNER_UNPLUGGED' })
    expect(kiosk.screen.copy().pages).toHaveLength(1)
    await kiosk.screen.until(view => view.scanner.state === 'absent', 'the scanner is seen to be gone')
  })

  it('refuses to scan while it is away, in the words for an absent scanner', async () => {
    expect(await kiosk.screen.post('/screen/copy/scan')).toMatchObject({
      status: 503,
      body: { code: 'SCANNER_ABSENT' },
    })
  })

  it('goes on after replugging', async () => {
    kiosk.site.scanner.set(ready)
    kiosk.site.scanner.load(await smallPile(2))
    await kiosk.screen.until(view => view.scanner.state === 'ready', 'the scanner is back')
    await feed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({ fault: null })
    expect(kiosk.screen.copy().pages).toHaveLength(3)
  })
})
