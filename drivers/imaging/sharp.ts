// The imaging port over sharp (libvips): reads one foreign image, has it judged on a reduced copy, and hands back either
// the scanner's own bytes, with the skew that the PDF page is to undo, or one straightened generation of them. Hosted by
// the parse worker, which should run with MALLOC_ARENA_MAX=2; nothing but valid images of a bounded size gets past the
// first function.

import sharp, { type Metadata, type Sharp } from 'sharp'
import { Fault } from '../../device/errors.ts'
import { blackThreshold, grayOf, isBlackAndWhite, toBlackAndWhite } from '../../device/image/colour.ts'
import { believedResolution, isSidewaysByExif, isTurnedByExif, reducedSize } from '../../device/image/geometry.ts'
import { judgePage, type PageJudgement } from '../../device/image/page.ts'
import { decodePnm, readPnmHeader } from '../../device/image/pnm.ts'
import { type PagePixels, straighten } from '../../device/image/straighten.ts'
import type {
  ByteStream,
  Frame,
  Imaging,
  PageRendition,
  PageVerdict,
  PreparedPage,
  PreparePageRequest,
} from '../../device/ports.ts'
import { readBounded } from './bounded.ts'
import { type JpegFrame, readJpegFrame } from './jpeg.ts'
import { cutG4Strip } from './tiff-strip.ts'

/** A3 at 600 pixels per inch and a little more. */
export const defaultMaxPixels = 72_000_000
/** A shorter side than this is no page. */
const leastSidePixels = 16
/** Every pixel in three bytes, or four with an alpha channel, and a header. */
const mostBytesPerPixel = 4
const headerBytes = 1 << 20
/** Skew up to this is not seen on paper and stays. */
export const toleratedSkewDegrees = 0.3
/** The one re-encoding; luma decides whether text can be read, so colour has half its resolution, as scanners give it. */
const encoding = { quality: 80, chromaSubsampling: '4:2:0' } as const
const previewEncoding = { quality: 75, chromaSubsampling: '4:2:0' } as const
const white = '#ffffff'
/** Middle grey: where an image that was black and white is so again after it was turned. */
const middleGray = 128

/** Makes the imaging port. One image at a time: libvips gets one thread and no cache, for the whole process. */
export function createImaging(options: { readonly maxPixels?: number } = {}): Imaging {
  const maxPixels = options.maxPixels ?? defaultMaxPixels
  sharp.cache(false)
  sharp.concurrency(1)
  return Object.freeze({
    async prepare(image: ByteStream, request: PreparePageRequest, signal?: AbortSignal): Promise<PreparedPage> {
      const bytes = await readBounded(image, maxPixels * mostBytesPerPixel + headerBytes, signal)
      const source = await openImage(bytes, maxPixels)
      signal?.throwIfAborted()
      return preparePage(source, request, signal)
    },
  })
}

/** A checked image: its header's facts and how to get at its pixels, upright by EXIF and without alpha. */
interface Source {
  /** As stored, before an EXIF orientation is applied. */
  readonly width: number
  readonly height: number
  readonly density: number | undefined
  readonly turnedByExif: boolean
  /** Present for a JPEG. */
  readonly frame: JpegFrame | undefined
  pixels(): Promise<PagePixels>
  reduced(): Promise<PagePixels>
}

async function openImage(bytes: Buffer, maxPixels: number): Promise<Source> {
  const pnm = readPnmHeader(bytes)
  if (pnm !== undefined) {
    checkSize(pnm.width, pnm.height, maxPixels)
    const decoded = decodePnm(bytes, pnm)
    if (decoded === undefined) throw new Fault('IMAGE_UNREADABLE', 'the Netpbm image ends before its last pixel')
    const page = { width: pnm.width, height: pnm.height, ...decoded }
    return { ...page, density: undefined, turnedByExif: false, frame: undefined, ...decodedOnce(async () => page) }
  }
  if (!hasKnownSignature(bytes)) throw new Fault('IMAGE_UNREADABLE', 'the bytes are no JPEG, PNG, TIFF or Netpbm image')
  const metadata = await readable(sharp(bytes, { failOn: 'warning', limitInputPixels: false }).metadata())
  checkSize(metadata.width, metadata.height, maxPixels)
  if ((metadata.pages ?? 1) > 1) throw new Fault('IMAGE_UNREADABLE', `the file holds ${metadata.pages} pages, not one`)
  return encodedSource(bytes, metadata, () => sharp(bytes, { failOn: 'warning', limitInputPixels: maxPixels }))
}

function encodedSource(bytes: Buffer, metadata: Metadata, decoder: () => Sharp): Source {
  const { width, height, density, orientation } = metadata
  const frame = metadata.format === 'jpeg' ? readJpegFrame(bytes) : undefined
  const space = metadata.space === 'b-w' || metadata.space === 'grey16' ? 'b-w' : 'srgb'
  const upright = () => decoder().autoOrient().flatten({ background: white }).toColourspace(space)
  const size = isSidewaysByExif(orientation) ? { width: height, height: width } : { width, height }
  const facts = { width, height, density, turnedByExif: isTurnedByExif(orientation), frame }
  const whole = () => rawPixels(upright())
  if (frame === undefined) return { ...facts, ...decodedOnce(whole) }
  const { width: across, height: down } = reducedSize(size.width, size.height)
  return { ...facts, pixels: whole, reduced: () => rawPixels(upright().resize(across, down, { fit: 'fill' })) }
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

async function preparePage(source: Source, request: PreparePageRequest, signal?: AbortSignal): Promise<PreparedPage> {
  const blackAndWhite = source.frame === undefined && isBilevel(await source.pixels())
  const reduced = await source.reduced()
  const judgement = judgePage(reduced)
  signal?.throwIfAborted()
  const verdict: PageVerdict = {
    width: source.width,
    height: source.height,
    resolution: believedResolution(source, source.density, request.resolution),
    colour: blackAndWhite ? 'bw' : colourOf(request, reduced, judgement),
    blank: judgement.blank,
    turn: judgement.turn,
    skewDegrees: judgement.skewDegrees,
  }
  const skew = request.deskew && Math.abs(verdict.skewDegrees) > toleratedSkewDegrees ? verdict.skewDegrees : 0
  if (fitsAsIs(source, request, judgement)) {
    const { width, height } = source
    return {
      verdict,
      preview: await preview(leveled(reduced, skew), verdict),
      rendition: { kind: 'original', encoding: 'jpeg', width, height, straightenDegrees: skew, frame: whole(source) },
    }
  }
  const threshold = () => (blackAndWhite ? middleGray : blackThreshold(toGray(reduced).pixels))
  const page = repaint(await source.pixels(), verdict, skew, threshold)
  signal?.throwIfAborted()
  const rendition = await encode(page, verdict.colour)
  const shown = verdict.colour === 'bw' ? await reduce(page) : leveled(reduced, skew)
  return { verdict, preview: await preview(shown, verdict), rendition }
}

/** Whether a JPEG's bytes may stand for the page: PDF readers show them as they are, in the colours that were asked for. */
function fitsAsIs(source: Source, request: PreparePageRequest, judgement: PageJudgement): boolean {
  const { frame } = source
  if (frame === undefined || !frame.usableInPdf || source.turnedByExif) return false
  if (request.colour === 'bw') return false
  return request.colour !== 'gray' || frame.components === 1 || !judgement.coloured
}

function colourOf(request: PreparePageRequest, reduced: PagePixels, judgement: PageJudgement): PageVerdict['colour'] {
  if (request.colour === 'bw') return 'bw'
  if (reduced.channels === 1 || request.colour === 'gray') return 'gray'
  return request.colour === 'color' || judgement.coloured ? 'color' : 'gray'
}

function isBilevel(page: PagePixels): boolean {
  return isBlackAndWhite(page.pixels) && (page.channels === 1 || isBlackAndWhite(grayOf(page)))
}

/** The page in its new colours and level. */
function repaint(page: PagePixels, verdict: PageVerdict, skew: number, threshold: () => number): PagePixels {
  const painted = verdict.colour === 'color' ? page : toGray(page)
  const level = leveled(painted, skew)
  return verdict.colour === 'bw' ? { ...level, pixels: toBlackAndWhite(level.pixels, threshold()) } : level
}

function leveled(page: PagePixels, skew: number): PagePixels {
  return skew === 0 ? page : straighten(page, skew)
}

function toGray(page: PagePixels): PagePixels {
  return page.channels === 1 ? page : { ...page, channels: 1, pixels: grayOf(page) }
}

async function encode(page: PagePixels, colour: PageVerdict['colour']): Promise<PageRendition> {
  const { width, height } = page
  const geometry = { width, height, straightenDegrees: 0, frame: whole(page) }
  if (colour !== 'bw') {
    const bytes = await fromPixels(page).jpeg(encoding).toBuffer()
    return { kind: 'encoded', encoding: 'jpeg', ...geometry, bytes }
  }
  const strip = { compression: 'ccittfax4', bitdepth: 1, miniswhite: true, tile: false, tileHeight: height } as const
  const bytes = cutG4Strip(await fromPixels(page).tiff(strip).toBuffer())
  return { kind: 'encoded', encoding: 'ccitt-g4', ...geometry, bytes }
}

function whole({ width, height }: { readonly width: number; readonly height: number }): Frame {
  return { left: 0, top: 0, width, height }
}

/** The page as the screen shows it: reduced, and turned upright. */
function preview(reduced: PagePixels, verdict: PageVerdict): Promise<Buffer> {
  const shown = verdict.colour === 'color' ? reduced : toGray(reduced)
  return fromPixels(shown).rotate(verdict.turn).jpeg(previewEncoding).toBuffer()
}

function reduce(page: PagePixels): Promise<PagePixels> {
  const { width, height } = reducedSize(page.width, page.height)
  return rawPixels(fromPixels(page).resize(width, height, { fit: 'fill' }))
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

/** Whatever the decoder stumbles over makes the image unreadable. */
async function readable<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (thrown) {
    const reason = thrown instanceof Error ? thrown.message : String(thrown)
    throw new Fault('IMAGE_UNREADABLE', reason.split('\n')[0] ?? reason, { cause: thrown })
  }
}
