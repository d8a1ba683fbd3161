// libvips through sharp, the only place that knows it: opens one foreign image, decodes it whole or reduced, and encodes
// pages. Nothing but one image of a known kind and a bounded size is decoded, by one thread, without a cache and in bounded
// time; whatever the decoder stumbles over makes the image unreadable.

import sharp, { type Metadata, type Sharp } from 'sharp'
import { Fault } from '../../device/errors.ts'
import { isSidewaysByExif, isTurnedByExif, reducedSize, type Size } from '../../device/image/geometry.ts'
import { decodePnm, readPnmHeader } from '../../device/image/pnm.ts'
import type { PagePixels } from '../../device/image/straighten.ts'
import { isLikeSrgb } from './icc.ts'
import { type JpegFrame, readJpegFrame } from './jpeg.ts'
import { withoutTexts } from './png.ts'
import { cutG4Strip } from './tiff-strip.ts'

/** A shorter side than this is no page. */
const leastSidePixels = 16
/** Decoding takes a tenth of it; a JPEG of a thousand scans would take an hour. */
const decodingSeconds = 30
const white = '#ffffff'
const previewEncoding = { quality: 75, chromaSubsampling: '4:2:0' } as const

/** A checked image: its header's facts and how to get at its pixels, upright by EXIF, in sRGB or grey, without alpha. */
export interface Source {
  /** As stored, before an EXIF orientation is applied. */
  readonly width: number
  readonly height: number
  readonly density: number | undefined
  readonly turnedByExif: boolean
  /** Present for a JPEG. */
  readonly frame: JpegFrame | undefined
  /** Whether its numbers mean sRGB, or grey with its tone curve. */
  readonly likeSrgb: boolean
  pixels(): Promise<PagePixels>
  reduced(): Promise<PagePixels>
}

/** libvips gets one thread and no cache, for the whole process. */
export function restrain(): void {
  sharp.cache(false)
  sharp.concurrency(1)
}

/** Throws IMAGE_UNREADABLE or IMAGE_TOO_LARGE; so may what the source hands out, for a header tells little of its data. */
export async function openImage(file: Buffer, maxPixels: number): Promise<Source> {
  const bytes = withoutTexts(file)
  const pnm = readPnmHeader(bytes)
  if (pnm !== undefined) {
    checkSize(pnm.width, pnm.height, maxPixels)
    const decoded = decodePnm(bytes, pnm)
    if (decoded === undefined) throw new Fault('IMAGE_UNREADABLE', 'the Netpbm image ends before its last pixel')
    const page = { width: pnm.width, height: pnm.height, ...decoded }
    const facts = { density: undefined, turnedByExif: false, frame: undefined, likeSrgb: true }
    return { ...page, ...facts, ...decodedOnce(async () => page) }
  }
  if (!hasKnownSignature(bytes)) throw new Fault('IMAGE_UNREADABLE', 'the bytes are no JPEG, PNG, TIFF or Netpbm image')
  const metadata = await readable(sharp(bytes, { failOn: 'warning', limitInputPixels: false }).metadata())
  checkSize(metadata.width, metadata.height, maxPixels)
  if ((metadata.pages ?? 1) > 1) throw new Fault('IMAGE_UNREADABLE', `the file holds ${metadata.pages} pages, not one`)
  return encodedSource(bytes, metadata, maxPixels)
}

function encodedSource(bytes: Buffer, metadata: Metadata, limitInputPixels: number): Source {
  const { width, height, density, orientation } = metadata
  const frame = metadata.format === 'jpeg' ? readJpegFrame(bytes) : undefined
  const likeSrgb = metadata.icc === undefined || isLikeSrgb(metadata.icc)
  const space = metadata.space === 'b-w' || metadata.space === 'grey16' ? 'b-w' : 'srgb'
  const upright = () => {
    const image = sharp(bytes, { failOn: 'warning', limitInputPixels, ignoreIcc: likeSrgb })
    return image.timeout({ seconds: decodingSeconds }).autoOrient().flatten({ background: white }).toColourspace(space)
  }
  const size = isSidewaysByExif(orientation) ? { width: height, height: width } : { width, height }
  const facts = { width, height, density, turnedByExif: isTurnedByExif(orientation), frame, likeSrgb }
  const whole = () => rawPixels(upright())
  if (frame === undefined) return { ...facts, ...decodedOnce(whole) }
  const { width: across, height: down } = reducedSize(size.width, size.height)
  const reduced = async () => {
    const page = await rawPixels(upright().resize(across, down, { fit: 'fill' }))
    await refuseOtherLength(bytes, frame)
    return page
  }
  return { ...facts, pixels: whole, reduced }
}

/** The decoder does not hear complaints about its last strip of lines: half of one at an eighth of the size. */
const moreLines = 64
const mostLines = 0xffff
const endOfImage = Buffer.from([0xff, 0xd9])

/**
 * Throws IMAGE_UNREADABLE for a JPEG without an end, and for one that holds more than its header says: the rest would be
 * cut off, or all of it lies askew. Told by asking for more lines: a whole file has none, and the decoder complains.
 */
async function refuseOtherLength(bytes: Buffer, { height, heightAt }: JpegFrame): Promise<void> {
  if (bytes.lastIndexOf(endOfImage) < heightAt) throw new Fault('IMAGE_UNREADABLE', 'the JPEG has no end')
  if (height + moreLines > mostLines) return
  const longer = Buffer.from(bytes)
  longer.writeUInt16BE(height + moreLines, heightAt)
  const decoder = sharp(longer, { failOn: 'warning', limitInputPixels: false, ignoreIcc: true })
  const scaled = { width: 1, height: Math.ceil((height + moreLines) / 8), fit: 'fill', kernel: 'nearest' } as const
  const missing = await decoder
    .timeout({ seconds: decodingSeconds })
    .resize(scaled)
    .raw()
    .toBuffer()
    .then(
      () => false,
      () => true,
    )
  if (!missing) throw new Fault('IMAGE_UNREADABLE', 'the JPEG holds more than its header says')
}

/** For what cannot be decoded in part: the whole image is decoded once and reduced from there. */
function decodedOnce(decode: () => Promise<PagePixels>): Pick<Source, 'pixels' | 'reduced'> {
  let decoding: Promise<PagePixels> | undefined
  const pixels = () => {
    decoding ??= decode()
    return decoding
  }
  return { pixels, reduced: async () => reduce(await pixels()) }
}

/** The copy that pages are judged on. */
export function reduce(page: PagePixels): Promise<PagePixels> {
  return resized(page, reducedSize(page.width, page.height))
}

/** The whole page in another size. */
export function resized(page: PagePixels, { width, height }: Size): Promise<PagePixels> {
  return rawPixels(fromPixels(page).resize(width, height, { fit: 'fill' }))
}

/** Luma decides whether text can be read, so colour has half its resolution, as scanners give it. */
export function encodeJpeg(page: PagePixels, quality: number): Promise<Buffer> {
  return fromPixels(page).jpeg({ quality, chromaSubsampling: '4:2:0' }).toBuffer()
}

/** A bare T.6 stream of a page that is all 0 and 255. */
export async function encodeG4(page: PagePixels): Promise<Uint8Array> {
  const strip = {
    compression: 'ccittfax4',
    bitdepth: 1,
    miniswhite: true,
    tile: false,
    tileHeight: page.height,
  } as const
  return cutG4Strip(await fromPixels(page).tiff(strip).toBuffer())
}

/** A small JPEG for the screen, turned by so many clockwise degrees. */
export function encodePreview(page: PagePixels, turn: 0 | 90 | 180 | 270): Promise<Buffer> {
  return fromPixels(page).rotate(turn).jpeg(previewEncoding).toBuffer()
}

function fromPixels(page: PagePixels): Sharp {
  const { width, height, channels, pixels } = page
  return sharp(pixels, { raw: { width, height, channels } }).toColourspace(channels === 1 ? 'b-w' : 'srgb')
}

async function rawPixels(image: Sharp): Promise<PagePixels> {
  const { data, info } = await readable(image.raw().toBuffer({ resolveWithObject: true }))
  if (info.channels !== 1 && info.channels !== 3) throw new Fault('INTERNAL', `${info.channels} channels were decoded`)
  return { width: info.width, height: info.height, channels: info.channels, pixels: data }
}

/** JPEG, PNG, TIFF (either byte order) and BigTIFF; libvips would read more, and scripts and addresses in some of it. */
function hasKnownSignature(bytes: Buffer): boolean {
  const start = bytes.toString('latin1', 0, 4)
  return start.startsWith('\xff\xd8\xff') || start === '\x89PNG' || ['II*\0', 'MM\0*', 'II+\0', 'MM\0+'].includes(start)
}

function checkSize(width: number, height: number, maxPixels: number): void {
  if (width * height > maxPixels) {
    throw new Fault('IMAGE_TOO_LARGE', `${width} × ${height} pixels; the most is ${maxPixels}`)
  }
  if (Math.min(width, height) < leastSidePixels) throw new Fault('IMAGE_UNREADABLE', `${width} × ${height} pixels`)
}

async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw new Fault('IMAGE_UNREADABLE', reason.split('\n')[0] ?? reason, { cause: thrown })
  }
}
