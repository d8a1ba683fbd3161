// Decoding the streams that a reader itself needs: cross-reference and object streams (ISO 32000-1, 7.4). Flate with
// predictors and the two ASCII filters; page content and images are never decoded. Output is bounded.

import { constants, inflateRawSync, inflateSync } from 'node:zlib'
import { maxFilters, maxStreamBytes, unreadable } from './limits.ts'
import { entry, integerEntry, type PdfDictionary, type PdfDirect, pdfNull } from './objects.ts'

/**
 * Undoes the /Filter chain of a stream whose dictionary holds it directly. Throws PDF_UNREADABLE; `lenient` makes do
 * without the end and the checksum of a Flate stream.
 */
export function decodeStream(encoded: Uint8Array, dictionary: PdfDictionary, lenient = false): Uint8Array {
  const filters = listOf(entry(dictionary, 'Filter'))
  const parameters = listOf(entry(dictionary, 'DecodeParms'))
  if (filters.length > maxFilters) throw unreadable(`a stream with ${filters.length} filters`)
  let bytes = encoded
  filters.forEach((filter, index) => {
    bytes = applyFilter(bytes, filter, parameters[index] ?? pdfNull, lenient)
  })
  return bytes
}

function listOf(value: PdfDirect): readonly PdfDirect[] {
  if (value.kind === 'null') return []
  return value.kind === 'array' ? value.items : [value]
}

function applyFilter(bytes: Uint8Array, filter: PdfDirect, parameters: PdfDirect, lenient: boolean): Uint8Array {
  const name = filter.kind === 'name' ? filter.value : filter.kind
  switch (name) {
    case 'Crypt':
      // An Identity crypt filter; the security handler has done what any other asks for (ISO 32000-1, 7.4.10).
      return bytes
    case 'FlateDecode':
    case 'Fl':
      return undoPredictor(inflate(bytes, lenient), parameters)
    case 'ASCIIHexDecode':
    case 'AHx':
      return decodeAsciiHex(bytes)
    case 'ASCII85Decode':
    case 'A85':
      return decodeAscii85(bytes)
  }
  throw unreadable(`a structural stream uses the filter ${name}`)
}

function inflate(bytes: Uint8Array, lenient: boolean): Uint8Array {
  try {
    return inflateSync(bytes, { maxOutputLength: maxStreamBytes })
  } catch (thrown) {
    if (lenient) return inflateLoosely(bytes)
    throw unreadable('a structural stream does not inflate', { cause: thrown })
  }
}

/** Without the two bytes of zlib's header, its checksum and its end: what most readers make do with. */
function inflateLoosely(bytes: Uint8Array): Uint8Array {
  try {
    const limits = { maxOutputLength: maxStreamBytes, finishFlush: constants.Z_SYNC_FLUSH }
    return inflateRawSync(bytes.subarray(2), limits)
  } catch (thrown) {
    throw unreadable('a structural stream does not inflate', { cause: thrown })
  }
}

function decodeAsciiHex(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1')
  const digits = text.slice(0, text.includes('>') ? text.indexOf('>') : undefined).replace(/[\s\0]/g, '')
  if (!/^[0-9a-fA-F]*$/.test(digits)) throw unreadable('an ASCIIHex stream holds other characters')
  return Buffer.from(digits.length % 2 === 0 ? digits : `${digits}0`, 'hex')
}

function decodeAscii85(bytes: Uint8Array): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1')
  const digits = text.slice(0, text.includes('~') ? text.indexOf('~') : undefined).replace(/[\s\0]/g, '')
  const output = Buffer.alloc(Math.ceil(digits.replaceAll('z', '!!!!!').length / 5) * 4)
  let at = 0
  for (let index = 0; index < digits.length; ) {
    const zero = digits[index] === 'z'
    const group = zero ? '!!!!!' : digits.slice(index, index + 5)
    index += zero ? 1 : group.length
    let value = 0
    for (const character of group.padEnd(5, 'u')) value = value * 85 + character.charCodeAt(0) - 0x21
    if (!/^[!-u]{2,5}$/.test(group) || value > 0xffff_ffff) throw unreadable('an ASCII85 stream holds other characters')
    output.writeUInt32BE(value, at)
    at += group.length - 1
  }
  return output.subarray(0, at)
}

/** ISO 32000-1, 7.4.4.4: 1 none, 2 TIFF (8-bit components only), 10 to 15 PNG. */
function undoPredictor(bytes: Uint8Array, parameters: PdfDirect): Uint8Array {
  if (parameters.kind !== 'dictionary') return bytes
  const predictor = integerEntry(parameters, 'Predictor') ?? 1
  if (predictor === 1) return bytes
  const colours = integerEntry(parameters, 'Colors') ?? 1
  const bits = integerEntry(parameters, 'BitsPerComponent') ?? 8
  const rowBytes = Math.ceil(((integerEntry(parameters, 'Columns') ?? 1) * colours * bits) / 8)
  const pixelBytes = Math.max(1, (colours * bits) >> 3)
  if (!(rowBytes > 0 && rowBytes <= maxStreamBytes && pixelBytes > 0 && pixelBytes <= 32)) {
    throw unreadable('predictor parameters out of bounds')
  }
  if (predictor >= 10 && predictor <= 15) return undoPng(bytes, rowBytes, pixelBytes)
  if (predictor === 2 && bits === 8) return undoTiff(bytes, rowBytes, pixelBytes)
  throw unreadable(`a structural stream uses predictor ${predictor}`)
}

function undoTiff(bytes: Uint8Array, rowBytes: number, pixelBytes: number): Uint8Array {
  const output = Uint8Array.from(bytes)
  for (let at = 0; at < output.length; at++) {
    if (at % rowBytes >= pixelBytes) output[at] = (output[at] ?? 0) + (output[at - pixelBytes] ?? 0)
  }
  return output
}

function undoPng(bytes: Uint8Array, rowBytes: number, pixelBytes: number): Uint8Array {
  const rows = Math.ceil(bytes.length / (rowBytes + 1))
  const output = new Uint8Array(Math.max(0, bytes.length - rows))
  for (let row = 0; row < rows; row++) {
    const source = bytes.subarray(row * (rowBytes + 1) + 1, (row + 1) * (rowBytes + 1))
    const above = row * rowBytes - rowBytes
    const type = bytes[row * (rowBytes + 1)] ?? 0
    for (let column = 0; column < source.length; column++) {
      const left = column < pixelBytes ? 0 : (output[row * rowBytes + column - pixelBytes] ?? 0)
      const up = row === 0 ? 0 : (output[above + column] ?? 0)
      const upLeft = row === 0 || column < pixelBytes ? 0 : (output[above + column - pixelBytes] ?? 0)
      output[row * rowBytes + column] = (source[column] ?? 0) + pngPrediction(type, left, up, upLeft)
    }
  }
  return output
}

function pngPrediction(type: number, left: number, up: number, upLeft: number): number {
  switch (type) {
    case 0:
      return 0
    case 1:
      return left
    case 2:
      return up
    case 3:
      return (left + up) >> 1
    case 4:
      return paeth(left, up, upLeft)
  }
  throw unreadable(`PNG row filter ${type}`)
}

function paeth(left: number, up: number, upLeft: number): number {
  const byLeft = Math.abs(up - upLeft)
  const byUp = Math.abs(left - upLeft)
  const byUpLeft = Math.abs(left + up - 2 * upLeft)
  if (byLeft <= byUp && byLeft <= byUpLeft) return left
  return byUp <= byUpLeft ? up : upLeft
}
