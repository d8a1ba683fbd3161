// Writing in the corners of a page that was printed crooked: levelling must not move it off the page.

import { Readable } from 'node:stream'
import sharp from 'sharp'
import { expect, test } from 'vitest'
import { inkBeyond } from '../device/image/corners.ts'
import { frameWith, wholeFrame } from '../device/image/geometry.ts'
import { createImaging } from '../drivers/imaging/sharp.ts'

const size = { width: 620, height: 877 }
const request = {
  mediaType: 'image/png',
  resolution: 75,
  colour: 'gray',
  crop: true,
  background: 'kept',
  reduction: 'none',
} as const

/** Lines of text at an angle over all of a sheet, up to its corners; white elsewhere. */
async function crookedCopy(degrees: number): Promise<Buffer> {
  const line =
    'el llibre de la vila diu que les festes del barri queden per als dies de maig i juny d’aquest any '.repeat(2)
  const rows = Array.from({ length: 60 }, (_, i) => `<text x="-100" y="${i * 17 - 60}" font-size="11">${line}</text>`)
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="620" height="877" font-family="DejaVu Sans"><rect width="620" height="877" fill="#fff"/>
<svg x="19" y="27" width="582" height="823" viewBox="19 27 582 823"><g transform="rotate(${degrees} 310 438)">${rows.join('')}</g></svg></svg>`
  return sharp(Buffer.from(svg)).flatten({ background: '#fff' }).toColourspace('b-w').png().toBuffer()
}

test('a page that was copied crooked grows by what its corners need, and only when it is levelled', async () => {
  const imaging = createImaging()
  const prepare = async (deskew: boolean, crop: boolean) =>
    (await imaging.prepare(Readable.from([await crookedCopy(6)]), { ...request, deskew, crop })).rendition
  for (const crop of [true, false]) {
    const level = await prepare(true, crop)
    expect(level.width).toBeGreaterThan(size.width + 20)
    expect(level.width).toBeLessThan(size.width + 100)
    expect(await prepare(false, crop)).toMatchObject(size)
  }
})

test('dust, a shadow along the edge and empty corners ask for nothing', () => {
  const marked = (from: number, until: number, left: number) => {
    const ink = { ...size, contrast: new Uint8Array(size.width * size.height), paper: 240 }
    for (let y = from; y < until; y++) {
      const shift = Math.round((y - 438) * Math.tan((6 * Math.PI) / 180))
      ink.contrast.fill(90, y * size.width + left + shift, y * size.width + left + shift + 4)
    }
    return ink
  }
  expect(inkBeyond(marked(40, 44, 66), 6)).toEqual([])
  expect(inkBeyond(marked(60, 300, 42), -6)).toEqual([])
  const written = { ...marked(0, 0, 0), contrast: new Uint8Array(size.width * size.height).fill(90) }
  expect(inkBeyond(written, 0)).toEqual([])
  expect(inkBeyond(written, 6)).toHaveLength(2)
  const frame = frameWith(wholeFrame(size), inkBeyond(written, 6).slice(0, 1), size, 6)
  expect(frame).toMatchObject({ top: 0, height: size.height })
  expect(frame.left).toBeLessThan(-5)
  expect(frame.left + frame.width).toBe(size.width)
})
