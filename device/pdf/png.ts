// A PNG as a PDF image (ISO/IEC 15948; ISO 32000-1, 7.4.4.4 and 8.9.5): where it has no alpha its compressed rows go in as
// they are, since PDF knows the same predictors; else colour and alpha are taken apart. Size and memory are bounded.

import { deflateSync } from 'node:zlib'
import { Fault } from '../errors.ts'
import { decodeStream } from './filters.ts'
import { type PdfDictionary, pdfDictionary, pdfInteger, pdfName } from './objects.ts'

/** Samples of an image, compressed for FlateDecode. */
export interface PngSamples {
  readonly width: number
  readonly height: number
  readonly bitsPerComponent: number
  /** 1 grey, 3 RGB, `palette` an index into RGB triples. */
  readonly colours: 1 | 3
  readonly palette?: Uint8Array
  readonly data: Uint8Array
  /** Present where `data` still has PNG's row filters. */
  readonly parameters?: PdfDictionary
  /** Opacity, one octet a pixel, FlateDecode. */
  readonly alpha?: Uint8Array
}

interface Header {
  readonly width: number
  readonly height: number
  readonly depth: number
  readonly kind: number
}

const signature = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1')
/** Pixels of an image in a signature's appearance. */
const maxPixels = 16 << 20
const kinds = { grey: 0, rgb: 2, palette: 3, greyAlpha: 4, rgbAlpha: 6 } as const
const samplesOf: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }
const depthsOf: Readonly<Record<number, readonly number[]>> = {
  0: [1, 2, 4, 8, 16],
  2: [8, 16],
  3: [1, 2, 4, 8],
  4: [8, 16],
  6: [8, 16],
}

export function isPng(bytes: Uint8Array): boolean {
  return Buffer.compare(bytes.subarray(0, signature.length), signature) === 0
}

/** Takes a PNG apart; `opaque` lays what is transparent on white. Throws IMAGE_UNREADABLE, IMAGE_TOO_LARGE. */
export function readPng(bytes: Uint8Array, { opaque }: { readonly opaque: boolean }): PngSamples {
  const chunks = chunksOf(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
  const header = headerOf(chunks)
  const { width, height, depth, kind } = header
  const data = Buffer.concat(chunks.filter(one => one.type === 'IDAT').map(one => one.data))
  const palette = chunks.find(one => one.type === 'PLTE')?.data
  const transparency = chunks.find(one => one.type === 'tRNS')?.data
  const samples = samplesOf[kind] ?? 1
  const parameters = pdfDictionary({
    Predictor: pdfInteger(15),
    Colors: pdfInteger(samples),
    BitsPerComponent: pdfInteger(depth),
    Columns: pdfInteger(width),
  })
  const layered = kind === kinds.greyAlpha || kind === kinds.rgbAlpha || transparency !== undefined
  if (kind === kinds.palette && (!palette || palette.length % 3 !== 0)) throw damaged('it has no palette')
  const flat = { width, height, bitsPerComponent: depth, colours: kind === kinds.grey ? 1 : 3 } as const
  if (!layered) return { ...flat, ...(kind === kinds.palette && palette && { palette }), data, parameters }
  const Filter = pdfName('FlateDecode')
  const rows = decodeStream(data, pdfDictionary({ Filter, DecodeParms: parameters }))
  if (rows.length !== height * Math.ceil((width * samples * depth) / 8)) throw damaged('its rows are cut off')
  return split(header, rows, palette ?? Buffer.alloc(0), transparency, opaque)
}

interface Chunk {
  readonly type: string
  readonly data: Buffer
}

function chunksOf(bytes: Buffer): Chunk[] {
  if (!isPng(bytes)) throw damaged('it does not start as a PNG')
  const chunks: Chunk[] = []
  for (let at = signature.length; at + 12 <= bytes.length; ) {
    const length = bytes.readUInt32BE(at)
    if (at + 12 + length > bytes.length) throw damaged('a chunk is cut off')
    const type = bytes.toString('latin1', at + 4, at + 8)
    chunks.push({ type, data: bytes.subarray(at + 8, at + 8 + length) })
    if (type === 'IEND') return chunks
    at += 12 + length
  }
  throw damaged('it does not end')
}

function headerOf([first]: readonly Chunk[]): Header {
  if (first?.type !== 'IHDR' || first.data.length !== 13) throw damaged('it has no header')
  const [width, height] = [first.data.readUInt32BE(0), first.data.readUInt32BE(4)]
  const [depth = 0, kind = 0, compression, filter, interlace] = first.data.subarray(8)
  if (width === 0 || height === 0 || !depthsOf[kind]?.includes(depth) || compression !== 0 || filter !== 0) {
    throw damaged('its header is none')
  }
  if (interlace !== 0) throw damaged('it is interlaced')
  if (width * height > maxPixels) throw new Fault('IMAGE_TOO_LARGE', `a PNG of ${width} x ${height} pixels`)
  return { width, height, depth, kind }
}

/** Eight bits a component and an alpha apart; with `opaque` the colours are laid on white instead. */
function split(
  { width, height, depth, kind }: Header,
  rows: Uint8Array,
  palette: Uint8Array,
  transparency: Buffer | undefined,
  opaque: boolean,
): PngSamples {
  const grey = kind === kinds.grey || kind === kinds.greyAlpha
  const colours = grey ? 1 : 3
  const pixel = pixelReader({ width, height, depth, kind }, rows, palette, transparency)
  const colour = new Uint8Array(width * height * colours)
  const alpha = new Uint8Array(width * height)
  for (let index = 0; index < width * height; index++) {
    const [opacity, ...values] = pixel(index)
    alpha[index] = opacity
    for (let part = 0; part < colours; part++) {
      const value = values[part] ?? 0
      colour[index * colours + part] = opaque ? Math.round((value * opacity) / 255 + 255 - opacity) : value
    }
  }
  const samples = { width, height, bitsPerComponent: 8, colours, data: deflateSync(colour) } as const
  return opaque ? samples : { ...samples, alpha: deflateSync(alpha) }
}

type Pixel = readonly [opacity: number, ...colour: number[]]

function pixelReader(
  { width, depth, kind }: Header,
  rows: Uint8Array,
  palette: Uint8Array,
  transparency: Buffer | undefined,
): (index: number) => Pixel {
  const samples = samplesOf[kind] ?? 1
  const rowBytes = Math.ceil((width * samples * depth) / 8)
  const largest = 2 ** depth - 1
  const sample = (index: number, part: number) => {
    const bit = ((index % width) * samples + part) * depth
    const at = Math.floor(index / width) * rowBytes + (bit >> 3)
    if (depth === 16) return (rows[at] ?? 0) * 256 + (rows[at + 1] ?? 0)
    return ((rows[at] ?? 0) >> (8 - depth - (bit & 7))) & largest
  }
  const scaled = (value: number) => Math.round((value * 255) / largest)
  if (kind === kinds.palette) {
    return index => {
      const entry = sample(index, 0)
      const [red = 0, green = 0, blue = 0] = palette.subarray(entry * 3, entry * 3 + 3)
      return [transparency?.[entry] ?? 255, red, green, blue]
    }
  }
  const colours = kind === kinds.grey || kind === kinds.greyAlpha ? 1 : 3
  const clear = transparency && Array.from({ length: colours }, (_, part) => transparency.readUInt16BE(part * 2))
  return index => {
    const values = Array.from({ length: samples }, (_, part) => sample(index, part))
    const hidden = clear?.every((value, part) => value === values[part])
    const opacity = clear ? (hidden ? 0 : 255) : scaled(values[colours] ?? largest)
    return [opacity, ...values.slice(0, colours).map(scaled)]
  }
}

function damaged(detail: string): Fault {
  return new Fault('IMAGE_UNREADABLE', `the PNG cannot be used: ${detail}`)
}
