// The imaging port: has one foreign image judged on a reduced copy, and hands back either the scanner's own bytes, with the
// skew and the frame that the PDF page is to apply, or one new generation of them, level and cut to the sheet: in black
// and white where nothing is lost by it, in grey or colour where the bytes cannot stand for the page or a procedure asks
// for more. Hosted by the parse worker, which runs with MALLOC_ARENA_MAX=2.

import { isEvenPaper, isInkOnPaper } from '../../device/image/bilevel.ts'
import { blackShare, isBlackAndWhite, splitAt, toBlackAndWhite } from '../../device/image/black.ts'
import { cleanBackground } from '../../device/image/clean.ts'
import { grayOf } from '../../device/image/colour.ts'
import {
  believedResolution,
  type Frame,
  frameAround,
  frameWith,
  type Point,
  type Size,
  wholeFrame,
} from '../../device/image/geometry.ts'
import { judgePage, type PageJudgement } from '../../device/image/page.ts'
import { findPaper } from '../../device/image/paper.ts'
import { type PagePixels, straighten } from '../../device/image/straighten.ts'
import type {
  ByteStream,
  Imaging,
  PageEncoding,
  PageRendition,
  PageVerdict,
  PreparedPage,
  PreparePageRequest,
} from '../../device/ports.ts'
import { readBounded } from './bounded.ts'
import { encodeG4, encodeJpeg, encodePreview, openImage, reduce, resized, restrain, type Source } from './libvips.ts'

/** A3 at 600 pixels per inch and a little more. */
export const defaultMaxPixels = 72_000_000
/** Every pixel in three bytes, or four with an alpha channel, and a header. */
const mostBytesPerPixel = 4
const headerBytes = 1 << 20
export const defaultMaxBytes = defaultMaxPixels * mostBytesPerPixel + headerBytes
/** Skew up to this stays: it shifts a line of A4 by a third of a millimetre, and is what measuring may be wrong by. */
export const toleratedSkewDegrees = 0.1
/** The one re-encoding, and the one of a page that is made smaller. */
const jpegQuality = 80
const lowerJpegQuality = 60
/** A page that is made smaller has so many pixels per inch, the norm's floor (NTI Digitalización, IV.2), or what it had. */
const lowerResolution = 200
/** Middle grey: where an image that was black and white is so again after it was turned. */
const middleGray = 128

/** Images larger than A4 at 400 pixels per inch are worked on one after the other: each may take ten bytes a pixel. */
const sharedPixels = 16_000_000

/** Makes the imaging port. */
export function createImaging(options: { readonly maxPixels?: number } = {}): Imaging {
  const maxPixels = options.maxPixels ?? defaultMaxPixels
  let large: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = large.then(work)
    large = done.catch(() => undefined)
    return done
  }
  restrain()
  return Object.freeze({
    async prepare(image: ByteStream, request: PreparePageRequest, signal?: AbortSignal): Promise<PreparedPage> {
      const bytes = await readBounded(image, maxPixels * mostBytesPerPixel + headerBytes, signal)
      const source = await openImage(bytes, maxPixels)
      signal?.throwIfAborted()
      const prepare = () => preparePage(source, request, signal)
      return await (source.width * source.height > sharedPixels ? inTurn(prepare) : prepare())
    },
  })
}

async function preparePage(source: Source, request: PreparePageRequest, signal?: AbortSignal): Promise<PreparedPage> {
  const view = await look(source, request)
  signal?.throwIfAborted()
  const { colour, resolution, shown, encode } = await develop(view)
  signal?.throwIfAborted()
  const { judgement, upright, reduced } = view
  const { blank, turn, turnConfident, skewDegrees } = judgement
  const verdict: PageVerdict = {
    width: source.width,
    height: source.height,
    resolution,
    colour,
    blank,
    turn,
    turnConfident,
    skewDegrees,
    sheet: sheetIn(upright, judgement, reduced, skewDegrees),
  }
  const preview = await encodePreview(colour === 'color' ? shown : toGray(shown), turn)
  return { verdict, preview, rendition: await encode() }
}

/** A page that was looked at: its reduced copy, what that told, and how the page is brought level and cut. */
interface View {
  readonly source: Source
  readonly request: PreparePageRequest
  readonly reduced: PagePixels
  readonly judgement: PageJudgement
  /** Of the image once an EXIF orientation is applied. */
  readonly upright: Size
  readonly resolution: number
  readonly skew: number
  frameIn(size: Size): Frame
  level(page: PagePixels): PagePixels
}

async function look(source: Source, request: PreparePageRequest): Promise<View> {
  const reduced = await source.reduced()
  const resolution = believedResolution(source, source.density, request.resolution)
  const upright = uprightSize(source, reduced)
  const judgement = judgePage(reduced, (resolution * reduced.width) / upright.width)
  const skew = request.deskew && Math.abs(judgement.skewDegrees) > toleratedSkewDegrees ? judgement.skewDegrees : 0
  const shown = request.crop ? judgement : { ...judgement, sheet: undefined }
  const frameIn = (size: Size) => sheetIn(size, shown, reduced, skew)
  const level = (page: PagePixels) => straighten(page, skew, frameIn(page))
  return { source, request, reduced, judgement, upright, resolution, skew, frameIn, level }
}

/** What becomes of a page; `shown` is its reduced copy, level and cut. */
interface Developed {
  readonly colour: PageVerdict['colour']
  readonly resolution: number
  readonly shown: PagePixels
  encode(): Promise<PageRendition>
}

async function develop(view: View): Promise<Developed> {
  const { source, request, reduced, resolution, skew, level } = view
  const black = await inBlackAndWhite(view)
  if (black !== undefined) {
    return { colour: 'bw', resolution, shown: await reduce(black), encode: () => encodedPage(black, 'ccitt-g4') }
  }
  const colour = colourOf(view)
  if (fitsAsIs(view)) {
    const { width, height } = source
    const geometry = { width, height, straightenDegrees: skew, frame: view.frameIn(source) }
    const encode = async () => ({ kind: 'original', encoding: 'jpeg', ...geometry }) as const
    return { colour, resolution, shown: level(reduced), encode }
  }
  const painted = (page: PagePixels) => {
    const toned = colour === 'color' ? page : toGray(page)
    return level(request.background === 'cleaned' ? cleanBackground(toned, reduced) : toned)
  }
  const lower = request.reduction === 'lower-quality'
  const page = await inResolution(painted(await source.pixels()), resolution, lower ? lowerResolution : resolution)
  return {
    colour,
    resolution: lower ? Math.min(resolution, lowerResolution) : resolution,
    shown: painted(reduced),
    encode: () => encodedPage(page, 'jpeg', lower ? lowerJpegQuality : jpegQuality),
  }
}

/** Whether a JPEG's bytes may stand for the page: PDF readers show them as they are, in the colours that were asked for. */
function fitsAsIs({ source, request, judgement }: View): boolean {
  const { frame } = source
  if (frame === undefined || !frame.usableInPdf || source.turnedByExif || !source.likeSrgb) return false
  if (request.background === 'cleaned' || request.reduction === 'lower-quality') return false
  if (frame.components === 1) return true
  return request.reduction === 'none' && (request.colour !== 'gray' || !judgement.coloured)
}

function colourOf({ request, reduced, judgement }: View): PageVerdict['colour'] {
  if (reduced.channels === 1 || request.colour === 'gray' || request.reduction === 'gray') return 'gray'
  return request.colour === 'color' || judgement.coloured ? 'color' : 'gray'
}

/**
 * The page in black and white, level and cut: where it was so from the start, where it was asked for, and in `auto` where
 * nothing is lost by it.
 */
async function inBlackAndWhite({ source, request, reduced, judgement, level }: View): Promise<PagePixels | undefined> {
  const { colour } = request
  if (source.frame === undefined) {
    const page = await source.pixels()
    if (isBilevel(page)) return withPixels(level(toGray(page)), gray => splitAt(gray.pixels, middleGray))
  }
  if (colour !== 'bw' && (colour !== 'auto' || judgement.coloured)) return undefined
  const small = level(toGray(reduced))
  const paper = findPaper(small)
  if (colour === 'auto' && !isEvenPaper(paper)) return undefined
  const page = level(toGray(await source.pixels()))
  if (colour === 'auto' && !isInkOnPaper(page, paper)) return undefined
  return withPixels(page, gray => toBlackAndWhite(gray, paper, blackShare(small, paper)))
}

function withPixels(page: PagePixels, pixelsOf: (page: PagePixels) => Uint8Array): PagePixels {
  return { ...page, pixels: pixelsOf(page) }
}

function isBilevel(page: PagePixels): boolean {
  return isBlackAndWhite(page.pixels) && (page.channels === 1 || isBlackAndWhite(grayOf(page)))
}

/** The size of the image once an EXIF orientation is applied: the reduced copy tells whether it lies. */
function uprightSize({ width, height, turnedByExif }: Source, reduced: Size): Size {
  const lies = turnedByExif && width > height !== reduced.width > reduced.height
  return lies ? { width: height, height: width } : { width, height }
}

/**
 * The sheet that was told in the reduced copy, in an image of this size turned back by `degrees`; else all of it, and
 * what is written in the corners that the turn moves out of it.
 */
function sheetIn(size: Size, { sheet, beyond }: PageJudgement, reduced: Size, degrees: number): Frame {
  const [across, down] = [size.width / reduced.width, size.height / reduced.height]
  const scaled = ({ x, y }: Point) => ({ x: x * across, y: y * down })
  if (sheet !== undefined) return frameAround(sheet.map(scaled), size, degrees)
  return beyond.length === 0 ? wholeFrame(size) : frameWith(wholeFrame(size), beyond.map(scaled), size, degrees)
}

function toGray(page: PagePixels): PagePixels {
  return page.channels === 1 ? page : { ...page, channels: 1, pixels: grayOf(page) }
}

/** The page with fewer pixels per inch; never with more. */
async function inResolution(page: PagePixels, from: number, to: number): Promise<PagePixels> {
  if (to >= from) return page
  const fewer = (length: number) => Math.max(1, Math.round((length * to) / from))
  return await resized(page, { width: fewer(page.width), height: fewer(page.height) })
}

async function encodedPage(page: PagePixels, encoding: PageEncoding, quality = jpegQuality): Promise<PageRendition> {
  const { width, height } = page
  const bytes = encoding === 'jpeg' ? await encodeJpeg(page, quality) : await encodeG4(page)
  return { kind: 'encoded', encoding, width, height, straightenDegrees: 0, frame: wholeFrame(page), bytes }
}
