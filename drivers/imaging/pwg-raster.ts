// A page as PWG raster (PWG 5102.4), which every IPP Everywhere printer takes: a header of fixed size and rows of pixels, equal
// rows counted and runs of equal pixels packed.

import { Buffer } from 'node:buffer'

/** What a file begins with, before its first page; all numbers go with the most significant byte first. */
export const rasterStart = Buffer.from('RaS2', 'latin1')

const headerBytes = 1796
const maxRun = 128
const maxRows = 256

/** Values of ColorSpace (5102.4, table 4), and of what goes with them. */
const colourSpaces = {
  gray: { space: 18, channels: 1 },
  rgb: { space: 19, channels: 3 },
} as const
const bitsPerChannel = 8

export interface RasterPage {
  readonly width: number
  readonly height: number
  readonly colour: keyof typeof colourSpaces
  /** Pixels per inch. */
  readonly resolution: number
  /** PWG 5101.1: `iso_a4_210x297mm`. */
  readonly sizeName: string
  /** Rows without a gap, a byte for grey, or one each for red, green and blue. */
  readonly pixels: Uint8Array
}

/** Header and pixels. Throws RangeError for pixels of another number than the page has. */
export function rasterPage(page: RasterPage): Uint8Array {
  const bytesPerRow = page.width * colourSpaces[page.colour].channels
  if (page.pixels.length !== bytesPerRow * page.height) throw new RangeError('pixels of another page')
  return Buffer.concat([headerOf(page, bytesPerRow), ...packedRows(page, bytesPerRow)])
}

function headerOf({ width, height, colour, resolution, sizeName }: RasterPage, bytesPerRow: number): Buffer {
  const header = Buffer.alloc(headerBytes)
  const put = (offset: number, ...values: readonly number[]) => {
    for (const [index, value] of values.entries()) header.writeUInt32BE(value, offset + 4 * index)
  }
  const points = (pixels: number) => Math.round((pixels * 72) / resolution)
  const { space, channels } = colourSpaces[colour]
  header.write('PwgRaster', 0, 'latin1')
  put(276, resolution, resolution)
  put(340, 1)
  put(352, points(width), points(height))
  put(372, width, height)
  put(384, bitsPerChannel, bitsPerChannel * channels, bytesPerRow)
  put(400, space)
  put(420, channels)
  // Neither turned nor mirrored.
  put(456, 1, 1)
  header.write(sizeName, 1732, 'latin1')
  return header
}

function* packedRows({ height, colour, pixels }: RasterPage, bytesPerRow: number): Generator<Buffer> {
  const unit = colourSpaces[colour].channels
  const all = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.length)
  const row = (number: number) => all.subarray(number * bytesPerRow, (number + 1) * bytesPerRow)
  for (let first = 0; first < height; ) {
    let next = first + 1
    while (next < height && next - first < maxRows && row(next).equals(row(first))) next += 1
    yield Buffer.of(next - first - 1)
    yield packedRow(row(first), unit)
    first = next
  }
}

/** A run of equal pixels is its length less one and the pixel; a run of others 257 less its length and the pixels. */
function packedRow(row: Buffer, unit: number): Buffer {
  const count = row.length / unit
  const pieces: Buffer[] = []
  const same = (one: number, other: number) =>
    row.compare(row, other * unit, (other + 1) * unit, one * unit, (one + 1) * unit) === 0
  for (let first = 0; first < count; ) {
    let end = first + 1
    while (end < count && end - first < maxRun && same(first, end)) end += 1
    if (end - first > 1 || end === count) {
      pieces.push(Buffer.of(end - first - 1), row.subarray(first * unit, (first + 1) * unit))
    } else {
      while (end < count && end - first < maxRun && !(end + 1 < count && same(end, end + 1))) end += 1
      pieces.push(Buffer.of(end - first === 1 ? 0 : 257 - (end - first)), row.subarray(first * unit, end * unit))
    }
    first = end
  }
  return Buffer.concat(pieces)
}
