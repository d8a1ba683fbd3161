// What a PDF must know of a JPEG that it takes in as it is (ITU-T T.81, annex B): size, components and whether the three
// are RGB already. Nothing is decoded; what PDF's DCTDecode cannot show or PDF/A cannot hold is IMAGE_UNREADABLE.

import { Fault } from '../errors.ts'

export interface JpegHeader {
  readonly width: number
  readonly height: number
  /** 1 grey, 3 colour. */
  readonly components: 1 | 3
  /**
   * /ColorTransform that a decoder would not choose by itself: 0 where the components are called R, G and B and no
   * Adobe or JFIF marker says more (ISO 32000-1, table 13).
   */
  readonly colorTransform?: 0
}

/** Longest run of markers before the frame header, such as Exif previews and colour profiles; bytes. */
export const maxJpegHeaderBytes = 1 << 20

const startOfImage = 0xd8
const startOfScan = 0xda
const endOfImage = 0xd9
const app0 = 0xe0
const app14 = 0xee

/** The header, or undefined when `bytes` end before it does. Throws IMAGE_UNREADABLE. */
export function parseJpegHeader(bytes: Uint8Array): JpegHeader | undefined {
  if (bytes.length < 2) return undefined
  if (bytes[0] !== 0xff || bytes[1] !== startOfImage) throw damaged('it does not start as a JPEG')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let declared = false
  for (let at = 2; at + 4 <= bytes.length; ) {
    if (view.getUint8(at) !== 0xff) throw damaged(`no marker at ${at}`)
    const marker = view.getUint8(at + 1)
    if (marker === 0xff) {
      at++
      continue
    }
    if (marker === startOfScan || marker === endOfImage) throw damaged('it has no frame header')
    const length = view.getUint16(at + 2)
    if (length < 2) throw damaged(`the segment at ${at} has no length`)
    if (at + 2 + length > bytes.length) return undefined
    const segment = bytes.subarray(at + 4, at + 2 + length)
    if (isFrame(marker)) return frameHeader(marker, segment, declared)
    declared ||= saysColours(marker, segment)
    at += 2 + length
  }
  return undefined
}

/** SOF0 to SOF15 without DHT (C4), JPG (C8) and DAC (CC). */
function isFrame(marker: number): boolean {
  return marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc
}

/** Whether the segment is a JFIF or an Adobe one, either of which settles what three components mean. */
function saysColours(marker: number, segment: Uint8Array): boolean {
  const text = Buffer.from(segment.subarray(0, 5)).toString('latin1')
  return (marker === app0 && text === 'JFIF\0') || (marker === app14 && text === 'Adobe')
}

function frameHeader(marker: number, segment: Uint8Array, declared: boolean): JpegHeader {
  if (marker > 0xc2) throw damaged('it is neither baseline nor progressive')
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength)
  const count = segment[5] ?? 0
  if (segment.length < 6 + count * 3) throw damaged('its frame header is short')
  if (segment[0] !== 8) throw damaged(`it has ${segment[0]} bits a component`)
  const height = view.getUint16(1)
  const width = view.getUint16(3)
  if (width === 0 || height === 0) throw damaged('its frame header gives no size')
  if (count === 1) return { width, height, components: 1 }
  if (count !== 3) throw damaged(`it has ${count} colour components`)
  const identifiers = String.fromCharCode(segment[6] ?? 0, segment[9] ?? 0, segment[12] ?? 0)
  return { width, height, components: 3, ...(identifiers === 'RGB' && !declared && { colorTransform: 0 }) }
}

function damaged(detail: string): Fault {
  return new Fault('IMAGE_UNREADABLE', `the JPEG cannot go into a PDF/A: ${detail}`)
}
