// A page image as its reader sees it, against sharp: cut, turned and reduced to the pixel.

import sharp from 'sharp'
import { describe, expect, it } from 'vitest'
import { type ViewRequest, viewOf } from '../device/image/view.ts'
import { seededRandom } from './sim/paper.ts'

const random = seededRandom(37)
const [width, height] = [61, 43]
const page = {
  width,
  height,
  channels: 1,
  pixels: Uint8Array.from({ length: width * height }, () => random() * 256),
} as const
const frame = { left: 0, top: 0, width, height }
const asIs: ViewRequest = { straightenDegrees: 0, frame, turn: 0, reduction: 1 }
const bySharp = () => sharp(page.pixels, { raw: { width, height, channels: 1 } }).toColourspace('b-w')

describe('the view of a page', () => {
  it.each([90, 180, 270] as const)('is turned clockwise by %i°', async turn => {
    const { data, info } = await bySharp().rotate(turn).raw().toBuffer({ resolveWithObject: true })
    const view = viewOf(page, { ...asIs, turn })
    expect([view.width, view.height]).toEqual([info.width, info.height])
    expect(Buffer.from(view.pixels)).toEqual(data)
  })

  it('is the part that the frame leaves, turned after that', async () => {
    const part = { left: 7, top: 11, width: 30, height: 20 }
    const cut = await bySharp().extract(part).rotate(90).raw().toBuffer()
    const view = viewOf(page, { ...asIs, frame: part, turn: 90 })
    expect([view.width, view.height, Buffer.from(view.pixels)]).toEqual([20, 30, cut])
  })

  it('has one pixel, their mean, for each square of them', () => {
    const view = viewOf(page, { ...asIs, reduction: 3 })
    expect([view.width, view.height]).toEqual([20, 14])
    const square = [0, 1, 2].flatMap(y => [0, 1, 2].map(x => page.pixels[(3 * 5 + y) * width + 3 * 4 + x] ?? 0))
    expect(view.pixels[5 * 20 + 4]).toBe(Math.round(square.reduce((sum, level) => sum + level) / 9))
  })

  it('is the image itself where nothing is done to it', () => {
    expect(viewOf(page, asIs)).toBe(page)
  })

  it('undoes the skew about the centre', () => {
    const dot = new Uint8Array(101 * 101).fill(255)
    // 34 pixels right of the centre, turned clockwise by 5°.
    dot[53 * 101 + 84] = 0
    const { pixels } = viewOf(
      { width: 101, height: 101, channels: 1, pixels: dot },
      {
        ...asIs,
        frame: { left: 0, top: 0, width: 101, height: 101 },
        straightenDegrees: 5,
      },
    )
    const darkest = pixels.indexOf(Math.min(...pixels))
    expect([darkest % 101, Math.floor(darkest / 101)]).toEqual([84, 50])
  })

  it.each([90, 180, 270] as const)('keeps its colours when it is cut, turned by %i° and reduced', async turn => {
    const colours = Uint8Array.from({ length: width * height * 3 }, () => random() * 256)
    const part = { left: 5, top: 3, width: 40, height: 36 }
    const image = sharp(colours, { raw: { width, height, channels: 3 } })
    const cut = await image.extract(part).rotate(turn).raw().toBuffer({ resolveWithObject: true })
    const view = viewOf({ width, height, channels: 3, pixels: colours }, { ...asIs, frame: part, turn })
    expect([view.width, view.height, Buffer.from(view.pixels)]).toEqual([cut.info.width, cut.info.height, cut.data])
    const half = viewOf(
      { ...view },
      { ...asIs, frame: { left: 0, top: 0, width: view.width, height: view.height }, reduction: 2 },
    )
    const square = [0, 1].flatMap(y =>
      [0, 1].map(x => view.pixels[((2 * 4 + y) * view.width + 2 * 3 + x) * 3 + 2] ?? 0),
    )
    expect(half.pixels[(4 * half.width + 3) * 3 + 2]).toBe(Math.round(square.reduce((sum, level) => sum + level) / 4))
  })

  it('is white where the frame reaches beyond the image', async () => {
    const beyond = { left: -3, top: 5, width: 70, height: 40 }
    const around = { left: 3, top: 0, right: 6, bottom: 2, background: '#fff' }
    const expected = await bySharp().extract({ left: 0, top: 5, width, height: 38 }).extend(around).raw().toBuffer()
    expect(Buffer.from(viewOf(page, { ...asIs, frame: beyond }).pixels)).toEqual(expected)
  })

  it.each([
    { left: width, top: 0, width: 10, height: 10 },
    { left: 0, top: -10, width: 10, height: 10 },
    { left: 0, top: 0, width: 0, height: 10 },
  ])('is refused with a frame without pixels: %o', outside => {
    expect(() => viewOf(page, { ...asIs, frame: outside })).toThrow(RangeError)
  })
})
