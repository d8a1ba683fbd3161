// Where the sheet is in what the scanner sees: told from a dark lid and from a light one, and from nothing that is printed.

import { describe, expect, test } from 'vitest'
import { frameAround, isSheetFormat, turnedPoint, wholeFrame } from '../device/image/geometry.ts'
import { judgePage } from '../device/image/page.ts'
import { findSheet } from '../device/image/sheet.ts'
import { straighten } from '../device/image/straighten.ts'
import { seededRandom } from './sim/paper.ts'

/** A flatbed of 216 by 297 mm at 75 pixels per inch. */
const area = { width: 638, height: 877 }
const pixelsPerInch = 75
const px = (millimetres: number) => Math.round((millimetres * pixelsPerInch) / 25.4)

interface Rectangle {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** A lid with grain, and rectangles on it, in millimetres. */
function lidOf(level: number, ...rectangles: readonly (Rectangle & { readonly level: number })[]) {
  const random = seededRandom(3)
  const pixels = new Uint8Array(area.width * area.height).fill(level)
  for (const { left, top, width, height, level: painted } of rectangles) {
    for (let y = px(top); y < px(top + height); y++) {
      pixels.fill(painted, y * area.width + px(left), y * area.width + px(left + width))
    }
  }
  return { ...area, channels: 1 as const, pixels: pixels.map(value => value + Math.round((random() - 0.5) * 4)) }
}

function found(image: ReturnType<typeof lidOf>, colour?: Uint8Array) {
  const sheet = findSheet({ ...image, colour, pixelsPerInch })
  return sheet && frameAround(sheet.corners, area, sheet.degrees)
}

const at = (left: number, top: number, width: number, height: number, level = 240) => ({
  left,
  top,
  width,
  height,
  level,
})
const frameOf = ({ left, top, width, height }: Rectangle) => ({
  left: px(left),
  top: px(top),
  width: px(left + width) - px(left),
  height: px(top + height) - px(top),
})

/** The frame to a pixel, or to so many. */
function close(frame: Rectangle | undefined, meant: Rectangle, pixels = 1): void {
  expect(frame).toBeDefined()
  for (const side of ['left', 'top', 'width', 'height'] as const) {
    expect(Math.abs((frame?.[side] ?? 0) - meant[side]), side).toBeLessThanOrEqual(pixels)
  }
}

describe('on a dark lid', () => {
  const a5 = at(30, 40, 148, 210)

  test('a sheet is found wherever it lies, and a card', () => {
    for (const sheet of [a5, at(0, 0, 148, 210), at(68, 87, 148, 210), at(20, 30, 85.6, 54), at(100, 5, 80, 200)]) {
      close(found(lidOf(25, sheet)), frameOf(sheet))
    }
  })

  test('a short sheet in the feeder leaves lid at one end alone', () => {
    const sheet = at(0, 0, 216, 279.4)
    close(found(lidOf(25, sheet)), { ...frameOf(sheet), width: area.width })
  })

  test('a crooked sheet is found with its angle', () => {
    const crooked = straighten(lidOf(25, a5), -3.3)
    const onLid = crooked.pixels.map(level => (level === 255 ? 25 : level))
    const sheet = findSheet({ ...area, pixels: onLid, colour: undefined, pixelsPerInch })
    expect(sheet?.degrees).toBeCloseTo(3.3, 1)
    close(sheet && frameAround(sheet.corners, area, sheet.degrees), frameOf(a5), 2)
    expect(judgePage({ ...area, channels: 1, pixels: onLid }, pixelsPerInch)).toMatchObject({
      blank: true,
      skewDegrees: expect.closeTo(3.3, 1),
    })
  })

  test.each([
    ['a border that is as wide on opposite sides', [at(7, 7, 202, 283)]],
    ['a bar across the top', [at(0, 25, 216, 272)]],
    ['bars above and below', [at(0, 16, 216, 240)]],
    ['a label that is no card', [at(50, 60, 60, 40)]],
    ['two cards', [at(20, 30, 85.6, 54), at(20, 130, 85.6, 54)]],
    ['a sheet with something beside it', [a5, at(190, 100, 4, 4)]],
    ['a sheet that lacks a quarter', [a5, at(113, 40, 65, 90, 25)]],
    ['a part that is no rectangle', [at(30, 40, 148, 120), at(30, 160, 74, 90)]],
  ])('%s is left whole', (_, rectangles) => {
    expect(found(lidOf(25, ...rectangles))).toBeUndefined()
  })

  test('a navy cover and a dark picture are no lid', () => {
    const image = lidOf(25, a5)
    const navy = Uint8Array.from({ length: 3 * image.pixels.length }, (_, i) => {
      const level = image.pixels[Math.floor(i / 3)] as number
      return level < 100 && i % 3 === 2 ? 80 : level
    })
    expect(found(image, navy)).toBeUndefined()
    const picture = image.pixels.map((level, i) => (level > 100 ? level : 10 + 50 * Math.abs(Math.sin(i / 9))))
    expect(found({ ...image, pixels: picture })).toBeUndefined()
  })
})

describe('on a light lid', () => {
  const a5 = at(30, 40, 148, 210, 246)
  const below = at(30, 250, 148, 1.4, 190)
  const beside = at(178, 41, 1, 209, 215)

  test('a sheet is found by its shadow, without the shadow', () => {
    close(found(lidOf(232, a5, below, beside)), frameOf(a5), 2)
  })

  test.each([
    ['a printed frame', [at(30, 40, 148, 210, 60), at(31, 41, 146, 208, 246)], 246],
    ['a printed field', [at(30, 40, 148, 210, 225)], 246],
    ['a field with the same line all around', [at(30, 40, 148, 210, 200), at(31.5, 41.5, 145, 207, 225)], 246],
    ['a sheet without a shadow', [a5], 232],
    ['a sheet with a mark beside it', [a5, below, beside, at(10, 100, 5, 5, 90)], 232],
  ])('%s is left whole', (_, rectangles, lid) => {
    expect(found(lidOf(lid, ...rectangles))).toBeUndefined()
  })
})

describe('frames', () => {
  test('points turn about the middle, and a frame may stick out', () => {
    expect(turnedPoint({ x: 10, y: 5 }, { width: 20, height: 10 }, 33)).toEqual({ x: 10, y: 5 })
    const { x, y } = turnedPoint({ x: 20, y: 5 }, { width: 20, height: 10 }, 90)
    expect([x, y].map(Math.round)).toEqual([10, -5])
    const corners = [
      { x: 0, y: 0 },
      { x: 100, y: 0 },
      { x: 100, y: 50 },
      { x: 0, y: 50 },
    ]
    expect(frameAround(corners, { width: 100, height: 50 }, 0)).toEqual(wholeFrame({ width: 100, height: 50 }))
    expect(frameAround(corners, { width: 100, height: 50 }, 4)).toEqual({ left: -2, top: -3, width: 104, height: 56 })
  })

  test('straightening cuts the frame out, and what lies outside the image is white', () => {
    const page = { width: 4, height: 3, channels: 1, pixels: Uint8Array.from({ length: 12 }, (_, i) => i) } as const
    expect(straighten(page, 0, wholeFrame(page))).toBe(page)
    const cut = straighten(page, 0, { left: 2, top: -1, width: 3, height: 3 })
    expect([...cut.pixels]).toEqual([255, 255, 255, 2, 3, 255, 6, 7, 255])
    const turned = straighten({ ...page, width: 40, height: 30, pixels: new Uint8Array(1200).fill(9) }, 2, {
      left: -5,
      top: 10,
      width: 20,
      height: 8,
    })
    expect([turned.width, turned.height, turned.pixels.length]).toEqual([20, 8, 160])
    expect([turned.pixels.at(0), turned.pixels.at(19)]).toEqual([255, 9])
  })

  test('formats are known to two millimetres, receipts by their width', () => {
    expect([isSheetFormat(297, 211), isSheetFormat(85, 54), isSheetFormat(80, 333), isSheetFormat(57, 140)]).toEqual(
      Array(4).fill(true),
    )
    expect([isSheetFormat(190, 280), isSheetFormat(70, 200), isSheetFormat(80, 60)]).toEqual(Array(3).fill(false))
  })
})
