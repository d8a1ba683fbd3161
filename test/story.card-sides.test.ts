// The two sides of an identity card, each laid on the glass: the lid around them is cut away, and by a person's choice
// both stand on one A4 page at their true size, with the scanner's own bytes.

import sharp from 'sharp'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { seededRandom } from './sim/paper.ts'
import { approve, copyReceived, feed, open, procedure } from './walk.kit.ts'

/** A card of 85.6 × 54 mm on a dark lid, somewhat askew, as A4 at 200 ppi. */
async function cardOnLid(seed: number, skewDegrees: number): Promise<Buffer> {
  const random = seededRandom(seed)
  const line = (i: number) =>
    `<text x="30" y="${9 + i * 5}" font-family="DejaVu Sans" font-size="3">${Array.from({ length: 22 }, () => String.fromCharCode(65 + Math.floor(random() * 26))).join('')}</text>`
  const card = `<rect width="85.6" height="54" rx="3" fill="#e9eef2"/><rect x="4" y="10" width="21" height="27" fill="#8a6f5a"/>${Array.from({ length: 8 }, (_, i) => line(i)).join('')}`
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1654" height="2339" viewBox="0 0 210 297"><rect width="210" height="297" fill="#2b2b2d"/><g transform="translate(48 70) rotate(${skewDegrees} 43 27)">${card}</g></svg>`
  const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true })
  for (let i = 0; i < data.length; i += 5)
    data[i] = Math.max(0, Math.min(255, (data[i] ?? 0) + Math.round(6 * random() - 3)))
  const raw = { width: info.width, height: info.height, channels: info.channels }
  return sharp(data, { raw }).withMetadata({ density: 200 }).jpeg({ quality: 88 }).toBuffer()
}

describe('the two sides of a card', () => {
  let kiosk: Kiosk
  let sides: Buffer[]
  beforeAll(async () => {
    sides = await Promise.all([cardOnLid(1, 2.2), cardOnLid(2, -1.4)])
    kiosk = await startKiosk({
      sheets: sides.map(front => ({ front })),
      config: { procedures: [procedure('none')] },
    })
  })
  afterAll(() => kiosk.stop())

  it('are two pages as small as the card, and fit on one sheet', async () => {
    await open(kiosk, 'copy-none')
    await feed(kiosk)
    expect(kiosk.screen.copy().pages).toMatchObject([
      { number: 1, joinable: true, under: null },
      { number: 2, joinable: true, under: null },
    ])
    const shown = await kiosk.screen.get(`/screen/copy/pages/${kiosk.screen.copy().pages[0]?.id}/preview`)
    const { width, height } = await sharp(Buffer.from(await shown.arrayBuffer())).metadata()
    expect((width ?? 0) / (height ?? 1)).toBeCloseTo(85.6 / 54, 1)
  })

  it('are one page when a person says so', async () => {
    const [first, second] = kiosk.screen.copy().pages
    const answer = await kiosk.screen.post(`/screen/copy/pages/${first?.id}/join`, { under: second?.id ?? '' })
    expect(answer.status).toBe(204)
    await kiosk.screen.until(view => view.copy?.pages[1]?.under === first?.id, 'they are joined')
    expect(kiosk.screen.copy().pages.map(page => page.number)).toEqual([1, 1])
  })

  it('lie on A4 in their true size', async () => {
    await approve(kiosk, 'copy')
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    expect(kiosk.screen.copy().result?.pages).toBe(1)
    const { pdf, images } = await copyReceived(kiosk, 0)
    expect(images.map(image => sides.findIndex(side => image.equals(side)))).toEqual([0, 1])
    expect(pdf.toString('latin1')).toContain('/MediaBox [0 0 595.276 841.89]')
    const clips = [...pdf.toString('latin1').matchAll(/([\d.]+) ([\d.]+) ([\d.]+) ([\d.]+) re W f/g)]
    const millimetres = (points: string | undefined) => (Number(points) / 72) * 25.4
    expect(clips).toHaveLength(2)
    for (const [, , , width, height] of clips) {
      expect(millimetres(width)).toBeGreaterThan(85.6 - 0.3)
      expect(millimetres(width)).toBeLessThan(85.6 + 2)
      expect(millimetres(height)).toBeGreaterThan(54 - 0.3)
      expect(millimetres(height)).toBeLessThan(54 + 2)
    }
    expect(Number(clips[0]?.[2])).toBeGreaterThan(Number(clips[1]?.[2]))
  })
})
