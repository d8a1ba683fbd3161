// Cuts the bare T.6 stream out of a one-strip TIFF (TIFF 6.0): what a PDF's CCITTFaxDecode takes. Every field that could
// give the bits another meaning is checked, so that a changed encoder is found out at once.

import { Fault } from '../../device/errors.ts'

const tags = { compression: 259, photometric: 262, fillOrder: 266, offsets: 273, counts: 279, t6Options: 293 }
const compressionT6 = 4
const whiteIsZero = 0
const mostSignificantFirst = 1
const fieldBytes = 12
const shortType = 3

/** The strip of a TIFF with Group 4 compression, black runs for black pixels; throws INTERNAL for any other TIFF. */
export function cutG4Strip(tiff: Buffer): Uint8Array {
  const little = tiff.toString('latin1', 0, 2) === 'II'
  const short = (at: number) => (little ? tiff.readUInt16LE(at) : tiff.readUInt16BE(at))
  const long = (at: number) => (little ? tiff.readUInt32LE(at) : tiff.readUInt32BE(at))
  const directory = long(4)
  const fields = new Map<number, { readonly count: number; readonly value: number }>()
  for (let i = 0; i < short(directory); i++) {
    const at = directory + 2 + i * fieldBytes
    const value = short(at + 2) === shortType ? short(at + 8) : long(at + 8)
    fields.set(short(at), { count: long(at + 4), value })
  }
  const expect = (tag: number, expected: number, absent?: number) => {
    const found = fields.get(tag)?.value ?? absent
    if (found !== expected) throw new Fault('INTERNAL', `TIFF field ${tag} is ${found}, not ${expected}`)
  }
  expect(tags.compression, compressionT6)
  expect(tags.photometric, whiteIsZero)
  expect(tags.fillOrder, mostSignificantFirst, mostSignificantFirst)
  expect(tags.t6Options, 0, 0)
  const offset = fields.get(tags.offsets)
  const length = fields.get(tags.counts)
  if (offset === undefined || length === undefined || offset.count !== 1) {
    throw new Fault('INTERNAL', 'the TIFF does not hold exactly one strip')
  }
  return tiff.subarray(offset.value, offset.value + length.value)
}
