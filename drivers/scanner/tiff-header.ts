// Whether a TIFF file holds the pixels that its header announces. scanimage leaves a header without a picture when a
// backend ends a page before its first line, and calls it a success.

/** True when every strip of the first image lies inside the file (TIFF 6.0, sections 2 and 3); `head` begins the file. */
export function tiffIsWhole(head: Uint8Array, fileBytes: number): boolean {
  const order = new TextDecoder('latin1').decode(head.subarray(0, 4))
  if (order !== 'II*\0' && order !== 'MM\0*') return false
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength)
  const little = order.startsWith('I')
  const directory = head.byteLength < 8 ? head.byteLength : view.getUint32(4, little)
  if (directory + 2 > head.byteLength) return false
  const entries = view.getUint16(directory, little)
  if (directory + 2 + entries * 12 > head.byteLength) return false
  const values = (tag: number): readonly number[] => {
    for (let at = directory + 2; at < directory + 2 + entries * 12; at += 12) {
      if (view.getUint16(at, little) === tag) return entryValues(view, at, little)
    }
    return []
  }
  const [offsets, counts, [length = 0]] = [values(273), values(279), values(257)]
  if (length === 0 || offsets.length === 0 || offsets.length !== counts.length) return false
  return offsets.every((offset, i) => {
    const count = counts[i] ?? 0
    return count > 0 && offset + count <= fileBytes
  })
}

/** The numbers of one directory entry of type SHORT or LONG; empty when they lie outside what was read. */
function entryValues(view: DataView, at: number, little: boolean): readonly number[] {
  const type = view.getUint16(at + 2, little)
  const count = view.getUint32(at + 4, little)
  const size = type === 3 ? 2 : 4
  if ((type !== 3 && type !== 4) || count > view.byteLength) return []
  const start = count * size <= 4 ? at + 8 : view.getUint32(at + 8, little)
  if (start + count * size > view.byteLength) return []
  return Array.from({ length: count }, (_, i) =>
    size === 2 ? view.getUint16(start + i * 2, little) : view.getUint32(start + i * 4, little),
  )
}
