// What a JPEG's header says (ITU-T T.81, Annex B), as far as it decides whether its bytes can stand in a PDF as they are.

/** The frame of a JPEG; `usableInPdf` is false for what PDF readers decode differently or not at all. */
export interface JpegFrame {
  readonly width: number
  readonly height: number
  readonly components: number
  /** Baseline or progressive, 8 bit, grey or YCbCr (ISO 32000-1, 7.4.8). */
  readonly usableInPdf: boolean
  /** Where in the file the height stands, two bytes. */
  readonly heightAt: number
}

const startOfImage = 0xffd8
const marker = 0xff
const markers = { baseline: 0xc0, progressive: 0xc2, huffman: 0xc4, arithmetic: 0xcc, startOfScan: 0xda, adobe: 0xee }
/** Adobe's application segment names the colour transform; 1 is YCbCr. */
const adobeYcc = 1
const letterR = 0x52

/** Reads up to the frame header; undefined where the bytes are no JPEG or end before it. */
export function readJpegFrame(bytes: Buffer): JpegFrame | undefined {
  if (bytes.length < 4 || bytes.readUInt16BE(0) !== startOfImage) return undefined
  let adobeTransform: number | undefined
  let at = 2
  while (at + 4 <= bytes.length) {
    if (bytes[at] !== marker) return undefined
    const code = bytes[at + 1] as number
    if (code === marker) {
      at++
      continue
    }
    const length = bytes.readUInt16BE(at + 2)
    const body = bytes.subarray(at + 4, at + 2 + length)
    if (code === markers.startOfScan || length < 2) return undefined
    if (code === markers.adobe && body.length >= 12 && body.toString('latin1', 0, 5) === 'Adobe') {
      adobeTransform = body[11] as number
    }
    if (isFrame(code)) return frameOf(code, body, adobeTransform, at + 5)
    at += 2 + length
  }
  return undefined
}

function isFrame(code: number): boolean {
  return (
    code >= markers.baseline && code <= 0xcf && code !== markers.huffman && code !== 0xc8 && code !== markers.arithmetic
  )
}

function frameOf(
  code: number,
  body: Buffer,
  adobeTransform: number | undefined,
  heightAt: number,
): JpegFrame | undefined {
  if (body.length < 6) return undefined
  const components = body[5] as number
  const firstIdentifier = body[6] as number
  const ycc = adobeTransform === undefined ? firstIdentifier !== letterR : adobeTransform === adobeYcc
  const plain = (code === markers.baseline || code === markers.progressive) && body[0] === 8
  return {
    width: body.readUInt16BE(3),
    height: body.readUInt16BE(1),
    components,
    heightAt,
    usableInPdf: plain && (components === 1 || (components === 3 && ycc)),
  }
}
