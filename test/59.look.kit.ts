// What tests of visible signatures look with: a small picture whose sides differ, and the colours of a page as Poppler
// renders it.

import { crc32, deflateSync } from 'node:zlib'
import { outputFor } from './pdf-fixtures.ts'

/** A PNG of these greys, from the top. */
function greyPng(rows: readonly (readonly number[])[]): Buffer {
  const chunk = (type: string, data: Uint8Array) => {
    const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
    const frame = Buffer.alloc(8)
    frame.writeUInt32BE(data.length)
    frame.writeUInt32BE(crc32(body), 4)
    return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)])
  }
  const header = Buffer.from([0, 0, 0, rows[0]?.length ?? 0, 0, 0, 0, rows.length, 8, 0, 0, 0, 0])
  const image = [
    chunk('IHDR', header),
    chunk('IDAT', deflateSync(Uint8Array.from(rows.flatMap(row => [0, ...row])))),
    chunk('IEND', new Uint8Array()),
  ]
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...image])
}

/** Black on the left, white on the right. */
export const halves = greyPng([[0, 255]])
/** Black where it is upper left, white elsewhere. */
export const corner = greyPng([
  [0, 255],
  [255, 255],
])

/** Colour at a point of a page as it is shown, from its lower left corner, in points. */
export async function lookAt(bytes: Buffer, page = 1) {
  const options = ['-cropbox', '-r', '72', '-f', String(page), '-l', String(page), '-singlefile']
  const image = await outputFor(bytes, 'pdftoppm', ...options, 'FILE')
  const [head = '', width = '0', height = '0'] = /^P6\s+(\d+)\s+(\d+)\s+255\s/.exec(image.toString('latin1')) ?? []
  const at = (x: number, y: number) => {
    const start = head.length + ((Number(height) - 1 - y) * Number(width) + x) * 3
    return [...image.subarray(start, start + 3)]
  }
  return { width: Number(width), height: Number(height), at }
}
