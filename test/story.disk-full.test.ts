// The disk is full in the middle of page 3: pages 1 and 2 stay, the screen says what happened, nothing half is kept, and
// throwing the copy away makes room for the next one.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PoweredKiosk, power } from './power.kit.ts'
import type { SheetImage } from './sim/escl-sheets.ts'
import { seededRandom } from './sim/paper.ts'
import { type Site, startSite } from './sim/site.ts'
import { procedure } from './walk.kit.ts'

/** Two pages of 4 MiB and a half. */
const diskMiB = 10

/** A page of noise, which no JPEG makes small: 4 MiB. */
async function heavySheet(seed: number): Promise<SheetImage> {
  const random = seededRandom(seed)
  const [width, height] = [1600, 2300]
  const noise = Buffer.from(Uint8Array.from({ length: width * height * 3 }, () => Math.floor(random() * 256)))
  const front = await sharp(noise, { raw: { width, height, channels: 3 } })
    .withMetadata({ density: 200 })
    .jpeg({ quality: 96 })
    .toBuffer()
  return { front }
}

describe('a disk that is full in the middle of a page', () => {
  let folder: string
  let site: Site
  let kiosk: PoweredKiosk
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'compulsa-full-'))
    const sheets = await Promise.all([1, 2, 3, 4].map(heavySheet))
    site = await startSite({ folder, sheets, config: { procedures: [procedure('none')] } })
    kiosk = await power(site, { diskMiB })
    await kiosk.screen.until(view => view.scanner.state === 'ready', 'the scanner')
    await kiosk.screen.post('/screen/copy', { procedureId: 'copy-none', language: 'ca' })
    await kiosk.screen.post('/screen/copy/scan')
    await kiosk.screen.until(view => view.copy?.fault !== null && view.copy?.scanning === false, 'the scan has failed')
  })
  afterAll(async () => {
    await kiosk.cut()
    await site.stop()
    await rm(folder, { recursive: true })
  })

  it('is told as what it is, and the pages before it stay', () => {
    const { fault, pages } = kiosk.screen.copy()
    expect(fault).toBe('DISK_FULL')
    expect(pages.map(page => page.number)).toEqual([1, 2])
  })

  it('lets the person give up the copy, and the next one has room again', async () => {
    expect(await kiosk.screen.post('/screen/copy/leave')).toMatchObject({ status: 204 })
    await kiosk.screen.until(view => view.copy === null, 'nobody in hand')
    site.scanner.load([await heavySheet(5)])
    await kiosk.screen.post('/screen/copy', { procedureId: 'copy-none', language: 'ca' })
    await kiosk.screen.until(view => view.copy !== null, 'the next copy')
    await kiosk.screen.post('/screen/copy/scan')
    const { copy } = await kiosk.screen.until(view => view.copy?.pages[0]?.ready === true, 'its page')
    expect(copy).toMatchObject({ fault: null })
  })
})
