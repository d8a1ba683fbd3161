// A bare T.6 stream as a one-strip TIFF (TIFF 6.0), which image libraries read: the way back from tiff-strip.ts.

const headerBytes = 8
const fieldBytes = 12
const shortType = 3
const longType = 4
const entries = 9

/** A TIFF of a stream in which black runs are ink, as CCITTFaxDecode takes it with its defaults. */
export function wrapG4Strip(strip: Uint8Array, width: number, height: number): Buffer {
  const head = Buffer.alloc(headerBytes + 2 + entries * fieldBytes + 4)
  head.write('II*\0', 0, 'latin1')
  head.writeUInt32LE(headerBytes, 4)
  head.writeUInt16LE(entries, headerBytes)
  const fields = [
    [256, longType, width],
    [257, longType, height],
    [258, shortType, 1],
    [259, shortType, 4],
    // White is zero.
    [262, shortType, 0],
    [273, longType, head.length],
    [277, shortType, 1],
    [278, longType, height],
    [279, longType, strip.length],
  ] as const
  for (const [index, [tag, type, value]] of fields.entries()) {
    const at = headerBytes + 2 + index * fieldBytes
    head.writeUInt16LE(tag, at)
    head.writeUInt16LE(type, at + 2)
    head.writeUInt32LE(1, at + 4)
    head.writeUInt32LE(value, at + 8)
  }
  return Buffer.concat([head, strip])
}
