// Pages of a foreign PDF as images, in the parse worker: what is drawn, where it ends, and what cannot be drawn.

import sharp from 'sharp'
import { describe, expect, it, onTestFinished } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { systemClock, systemRandom } from '../device/host.ts'
import { openRooms } from '../device/rooms.ts'
import { whiteDocument } from './pdf-fixtures.ts'
import { formPdf } from './sim/cardshop.answers.ts'

const config = parseConfig({
  body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
  procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
})
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }

async function* once(bytes: Uint8Array) {
  yield bytes
}

describe('pages of a PDF', () => {
  it('are drawn one by one until there is none, and what is no PDF is told as such', async () => {
    const rooms = openRooms(config, '/nowhere', { clock: systemClock, random: systemRandom, log })
    onTestFinished(() => rooms.stop())
    const pages = rooms.pdfPages()
    const drawn = await pages.page(once(formPdf), 1)
    const { channels } = await sharp(drawn ?? new Uint8Array()).stats()
    expect((await sharp(drawn ?? new Uint8Array()).metadata()).format).toBe('jpeg')
    // There is something on it.
    expect(channels[0]?.min).toBeLessThan(60)
    const two = await whiteDocument(2)
    expect(await pages.page(once(two), 2)).not.toBeNull()
    expect(await pages.page(once(two), 3)).toBeNull()
    const broken = expect.objectContaining({ code: 'PDF_UNREADABLE' })
    await expect(pages.page(once(Buffer.from('no PDF')), 1)).rejects.toEqual(broken)
    await expect(pages.page(once(new Uint8Array(33 << 20)), 1)).rejects.toMatchObject({ code: 'PDF_TOO_LARGE' })
  })
})
