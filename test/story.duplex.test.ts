// Both sides of every sheet: blank backs are out of the copy but not gone, and a jam between front and back neither loses
// a page nor doubles one.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { jammedOnPage, ready } from './sim/escl-presets.ts'
import type { SheetImage } from './sim/escl-sheets.ts'
import { drawSheet } from './sim/paper.ts'
import { approve, copyReceived, feed, open, procedure } from './walk.kit.ts'

describe('three sheets, the back of the second blank', () => {
  let kiosk: Kiosk
  let sheets: SheetImage[]
  const drawn = (seed: number, kind: 'letter' | 'blank') => drawSheet({ seed, kind, resolution: 200 })
  beforeAll(async () => {
    const backs = await Promise.all([drawn(11, 'letter'), drawn(12, 'blank'), drawn(13, 'letter')])
    sheets = await Promise.all(backs.map(async (back, i) => ({ front: await drawn(i + 1, 'letter'), back })))
    const duplex = procedure('none', { digitisation: { resolution: 200, duplex: true } })
    kiosk = await startKiosk({ sheets, config: { procedures: [duplex] } })
  })
  afterAll(() => kiosk.stop())

  const sides = () => kiosk.screen.copy().pages.map(({ number, leftOut }) => leftOut ?? number)

  it('jams before the back of the second sheet: its front is out, and the sheet is asked for', async () => {
    kiosk.site.scanner.set(jammedOnPage(4))
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    expect(kiosk.screen.copy()).toMatchObject({ fault: 'SCANNER_JAM', sheetToFeed: 2 })
    expect(sides()).toEqual([1, 2, 'half-sheet'])
  })

  it('goes on with the second sheet, and leaves the blank back out', async () => {
    kiosk.site.scanner.set(ready)
    kiosk.site.scanner.load(sheets.slice(1))
    await feed(kiosk)
    expect(sides()).toEqual([1, 2, 'half-sheet', 3, 'blank', 4, 5])
    expect(kiosk.screen.copy().fault).toBeNull()
  })

  it('shows what is left out, and puts it back where a person wants it', async () => {
    const blank = kiosk.screen.copy().pages.find(page => page.leftOut === 'blank')
    const shown = await kiosk.screen.get(`/screen/copy/pages/${blank?.id}/preview`)
    expect([shown.status, shown.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
    await kiosk.screen.post(`/screen/copy/pages/${blank?.id}/restore`)
    await kiosk.screen.until(view => view.copy?.pages.every(page => page.leftOut !== 'blank') === true, 'it is back')
    expect(sides()).toEqual([1, 2, 'half-sheet', 3, 4, 5, 6])
    await kiosk.screen.post(`/screen/copy/pages/${blank?.id}/delete`)
  })

  it('makes a copy in the order of the paper, every side once', async () => {
    await approve(kiosk, 'copy')
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    const { images } = await copyReceived(kiosk, 0)
    const paper = sheets.flatMap(({ front, back }) => [front, back])
    expect(images.map(image => paper.findIndex(side => side !== undefined && image.equals(side)))).toEqual([
      0, 1, 2, 4, 5,
    ])
  })
})
