// Netpbm images (PBM P4, PGM P5, PPM P6) as scanimage writes them: header and pixels, eight bits a sample, no I/O.
// A file that ends early is found out and never filled up with grey.

/** What a Netpbm header says; `pixelsAt` is the offset of the first sample. */
export interface PnmHeader {
  readonly kind: 'P4' | 'P5' | 'P6'
  readonly width: number
  readonly height: number
  /** 1 for P4, else up to 65535. */
  readonly maxValue: number
  readonly pixelsAt: number
}

/** Eight-bit samples, row by row, 0 = black; three channels are R G B. */
export interface PnmPixels {
  readonly channels: 1 | 3
  readonly pixels: Uint8Array
}

/** A header with its comments is never longer than this. */
const longestHeaderBytes = 4096
const space = 0x20
const lineFeed = 0x0a
const hash = 0x23
const zero = 0x30

/** Reads a binary Netpbm header; undefined where there is none or it makes no sense. */
export function readPnmHeader(bytes: Uint8Array): PnmHeader | undefined {
  const kind = String.fromCharCode(bytes[0] ?? 0, bytes[1] ?? 0)
  if (kind !== 'P4' && kind !== 'P5' && kind !== 'P6') return undefined
  const numbers: number[] = []
  const wanted = kind === 'P4' ? 2 : 3
  let at = 2
  while (numbers.length < wanted) {
    const start = skipBlanks(bytes, at)
    if (start === at) return undefined
    let value = 0
    for (at = start; isDigit(bytes[at]); at++) value = value * 10 + ((bytes[at] as number) - zero)
    if (at === start || value < 1 || value > 0xffff_ffff || at > longestHeaderBytes) return undefined
    numbers.push(value)
  }
  if (!isBlank(bytes[at])) return undefined
  const [width = 0, height = 0, maxValue = 1] = numbers
  if (maxValue > 0xffff) return undefined
  return { kind, width, height, maxValue, pixelsAt: at + 1 }
}

/** The pixels behind a header; undefined where the file ends before the last of them. */
export function decodePnm(bytes: Uint8Array, header: PnmHeader): PnmPixels | undefined {
  const channels = header.kind === 'P6' ? 3 : 1
  const sampleBytes = header.maxValue > 255 ? 2 : 1
  const rowBytes = header.kind === 'P4' ? Math.ceil(header.width / 8) : header.width * channels * sampleBytes
  const data = bytes.subarray(header.pixelsAt, header.pixelsAt + rowBytes * header.height)
  if (data.length < rowBytes * header.height) return undefined
  if (header.kind === 'P4') return { channels: 1, pixels: unpackBits(data, header, rowBytes) }
  if (header.maxValue === 255) return { channels, pixels: data }
  return { channels, pixels: scaleSamples(data, header, sampleBytes) }
}

function unpackBits(data: Uint8Array, header: PnmHeader, rowBytes: number): Uint8Array {
  const pixels = new Uint8Array(header.width * header.height)
  for (let y = 0, to = 0; y < header.height; y++) {
    for (let x = 0; x < header.width; x++, to++) {
      const black = ((data[y * rowBytes + (x >> 3)] as number) >> (7 - (x & 7))) & 1
      pixels[to] = black === 1 ? 0 : 255
    }
  }
  return pixels
}

function scaleSamples(data: Uint8Array, header: PnmHeader, sampleBytes: number): Uint8Array {
  const pixels = new Uint8Array(data.length / sampleBytes)
  for (let i = 0; i < pixels.length; i++) {
    const value = sampleBytes === 1 ? (data[i] as number) : ((data[2 * i] as number) << 8) | (data[2 * i + 1] as number)
    pixels[i] = Math.min(255, Math.round((value * 255) / header.maxValue))
  }
  return pixels
}

function skipBlanks(bytes: Uint8Array, from: number): number {
  let at = from
  while (at <= longestHeaderBytes && (isBlank(bytes[at]) || bytes[at] === hash)) {
    if (bytes[at] === hash) while (at <= longestHeaderBytes && at < bytes.length && bytes[at] !== lineFeed) at++
    else at++
  }
  return at
}

function isBlank(byte: number | undefined): boolean {
  return byte === space || (byte !== undefined && byte >= 0x09 && byte <= 0x0d)
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= zero && byte <= zero + 9
}
