// A sheet jams on page 3 of 5: pages 1 and 2 stay, the person is told, puts the rest back, and the copy has five pages in
// the paper's order.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { jammedOnPage, ready } from './sim/escl-presets.ts'
import type { SheetImage } from './sim/escl-sheets.ts'
import { approve, copyReceived, feed, open, procedure, smallPile } from './walk.kit.ts'

describe('a jam on page 3 of 5', () => {
  let kiosk: Kiosk
  let sheets: SheetImage[]
  beforeAll(async () => {
    sheets = await smallPile(5)
    kiosk = await startKiosk({ sheets, config: { procedures: [procedure('none')] } })
  })
  afterAll(() => kiosk.stop())

  it('keeps pages 1 and 2 and says what happened', async () => {
    kiosk.site.scanner.set(jammedOnPage(3))
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({
      fault: 'SCANNER_JAM',
      scanning: false,
      pages: [
        { number: 1, ready: true },
        { number: 2, ready: true },
      ],
    })
    expect(kiosk.screen.copy().pages).toHaveLength(2)
  })

  it('goes on behind page 2 once the sheets are put back', async () => {
    kiosk.site.scanner.set(ready)
    kiosk.site.scanner.load(sheets.slice(2))
    await feed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({ fault: null })
    expect(kiosk.screen.copy().pages).toHaveLength(5)
    await approve(kiosk, 'copy')
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    const { images } = await copyReceived(kiosk, 0)
    expect(images.map(image => sheets.findIndex(sheet => image.equals(sheet.front)))).toEqual([0, 1, 2, 3, 4])
  })
})
