// What is told about a page from its file's header: size, density, EXIF turns; and Netpbm files to their last pixel.

import { describe, expect, test } from 'vitest'
import { believedResolution, isSidewaysByExif, isTurnedByExif, reducedSize } from '../device/image/geometry.ts'
import { decodePnm, readPnmHeader } from '../device/image/pnm.ts'

describe('geometry', () => {
  test.each([
    ['the header near what was asked', 2480, 3508, 300, 300, 300],
    ['a rounded header', 2480, 3508, 299.7, 300, 300],
    ['what was asked without a header', 2480, 3508, undefined, 300, 300],
    ['what was asked over a screen density', 2480, 3508, 72, 300, 300],
    ['another resolution than asked, on A4', 1654, 2339, 200, 300, 200],
    ['a screen density that is the truth', 595, 842, 72, 300, 72],
    ['what was asked where the header would make it another paper', 2480, 3508, 212, 300, 300],
    ['what was asked where neither fits a paper', 945, 3000, 150, 300, 300],
    ['what was asked where the size fits it', 2480, 3508, 600, 300, 300],
  ])('believes %s', (_, width, height, header, asked, expected) => {
    expect(believedResolution({ width, height }, header, asked)).toBe(expected)
  })

  test('reduces by whole numbers to at most a thousand pixels', () => {
    expect(reducedSize(2480, 3508)).toEqual({ width: 620, height: 877 })
    expect(reducedSize(3508, 2480)).toEqual({ width: 877, height: 620 })
    expect(reducedSize(600, 800)).toEqual({ width: 600, height: 800 })
    expect(reducedSize(20_000, 3)).toEqual({ width: 1000, height: 1 })
  })

  test('knows the turns of EXIF', () => {
    expect([undefined, 0, 1, 2, 3, 6, 8, 9].map(isTurnedByExif)).toEqual([
      false,
      false,
      false,
      true,
      true,
      true,
      true,
      false,
    ])
    expect([1, 3, 4, 5, 6, 8].map(isSidewaysByExif)).toEqual([false, false, false, true, true, true])
  })
})

describe('Netpbm', () => {
  const image = (header: string, ...bytes: number[]) =>
    Buffer.concat([Buffer.from(header, 'latin1'), Buffer.from(bytes)])
  const decoded = (bytes: Buffer) => {
    const header = readPnmHeader(bytes)
    return header === undefined ? undefined : decodePnm(bytes, header)
  }

  test.each([
    [
      'bitmap rows padded to bytes, 1 = black',
      image('P4\n9 2\n', 0x80, 0x80, 0x01, 0),
      1,
      [0, 255, 255, 255, 255, 255, 255, 255, 0, 255, 255, 255, 255, 255, 255, 255, 0, 255],
    ],
    ['grey with a comment', image('P5 # scanned\n2\t1\n255\n', 7, 250), 1, [7, 250]],
    ['grey of another depth', image('P5\n3 1\n15\n', 0, 8, 15), 1, [0, 136, 255]],
    ['grey of sixteen bits', image('P5\n2 1\n65535\n', 0xff, 0xff, 0x80, 0x00), 1, [255, 128]],
    ['colour', image('P6\n1 2\n255\n', 1, 2, 3, 4, 5, 6), 3, [1, 2, 3, 4, 5, 6]],
  ])('reads %s', (_, bytes, channels, pixels) => {
    const found = decoded(bytes)
    expect(found?.channels).toBe(channels)
    expect([...(found?.pixels ?? [])]).toEqual(pixels)
  })

  test.each([
    ['a header only', image('P6\n1000 1000\n255\n')],
    ['pixels that end early', image('P5\n2 2\n255\n', 1, 2, 3)],
    ['text form', image('P2\n1 1\n255\n7')],
    ['no size', image('P5\nx')],
    ['nothing to see', image('P5\n0 4\n255\n')],
    ['a depth beyond the format', image('P5\n1 1\n70000\n', 1, 2)],
    ['an endless comment', Buffer.from(`P5 #${'x'.repeat(9000)}\n1 1\n255\n\0`)],
    ['an endless number', image(`P5\n1 1\n${'0'.repeat(9000)}255\n`, 7)],
    ['an empty file', Buffer.alloc(0)],
  ])('refuses %s', (_, bytes) => {
    expect(decoded(bytes)).toBeUndefined()
  })
})
