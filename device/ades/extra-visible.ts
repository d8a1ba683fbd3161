// What a visible signature shows and where, as AutoFirma's parameters say it: place, pages, text and its letters, rubric,
// rotation, and which numbers are hidden.

import { Fault } from '../errors.ts'
import type { PageChoice } from '../pdf/page-choice.ts'
import { lastPage, pagesOf } from './extra-pages.ts'
import { present, type Reader } from './extra-reader.ts'
import { parseMask, type TextMask, usualMask } from './text-mask.ts'

/** A visible signature: points from the page's lower left corner, as the reader sees it. */
export interface VisibleSignature extends TextLook {
  /** Empty where an existing field says where. */
  readonly rectangle: Corners
  readonly pages: PageChoice
  /** Counter-clockwise degrees by which the content, not the rectangle, is turned against the page. */
  readonly rotation?: 90 | 180 | 270
  readonly text?: string
  readonly typeface?: Typeface
  readonly masking?: Masking
  /** JPEG or PNG. */
  readonly image?: Uint8Array
}

export type Corners = readonly [left: number, bottom: number, right: number, top: number]

/** How a text is written, whatever its letters. */
export interface TextLook {
  /** Points. */
  readonly fontSize?: number
  readonly slanted?: boolean
  readonly underlined?: boolean
  readonly struckThrough?: boolean
  /** Red, green, blue, 0 to 255. */
  readonly colour?: readonly [number, number, number]
}

export interface Typeface {
  readonly family: 'mono' | 'sans' | 'serif'
  readonly bold: boolean
}

/** Identity numbers in what the text shows of the certificate. */
export interface Masking {
  /** Absent: where the certificate names a person and not a pseudonym. */
  readonly wanted?: boolean
  readonly mask: TextMask
}

const ofPages = ['signaturePages', 'signaturePage']
const ofPlace = ['LowerLeftX', 'LowerLeftY', 'UpperRightX', 'UpperRightY']

/**
 * Without a rectangle there is nothing to see, unless a field that exists brings its own. `visibleSignature` asks the person
 * for a place: here nobody is asked, and no place can be known to be empty, so without a rectangle it has no effect, and
 * `visibleAppearance` never has one. Throws REQUEST_INVALID.
 */
export function visibleOf(reader: Reader, inField: boolean): VisibleSignature | undefined {
  const rectangle = cornersOf(reader, 'signature')
  const text = reader.text('layer2Text')
  const image = reader.text('signatureRubricImage')
  const inItsPlace = rectangle === undefined && inField && (text ?? image) !== undefined
  if (rectangle === undefined && !inItsPlace) {
    reader.ignore('layer2Text', 'signatureRubricImage')
    return undefined
  }
  // The wish is granted where the place is known.
  reader.text('visibleSignature')
  // A place that shows nothing would be taken for one without a signature.
  const shown = text ?? (image === undefined ? usualText(reader) : undefined)
  return {
    rectangle: rectangle ?? [0, 0, 0, 0],
    pages: (rectangle && pagesOf(reader, ofPages)) ?? lastPage,
    ...present({
      rotation: rotationOf(reader),
      text: shown,
      image: image === undefined ? undefined : Buffer.from(image, 'base64'),
    }),
    ...(shown !== undefined && { ...lookOf(reader), typeface: typefaceOf(reader), masking: maskingOf(reader) }),
  }
}

/** The four corners of `${of}PositionOnPage…`. Throws REQUEST_INVALID for some of them. */
export function cornersOf(reader: Reader, of: string): Corners | undefined {
  const corners = ofPlace.map(name => reader.number(`${of}PositionOnPage${name}`))
  const [left, bottom, right, top] = corners
  if (corners.every(one => one === undefined)) return undefined
  if (left === undefined || bottom === undefined || right === undefined || top === undefined) {
    throw new Fault('REQUEST_INVALID', `a place on the page needs all four ${of}PositionOnPage parameters`)
  }
  return [Math.min(left, right), Math.min(bottom, top), Math.max(left, right), Math.max(bottom, top)]
}

/** A number of the look, which nothing is refused for: what it cannot be has no effect. */
function lookNumber(reader: Reader, name: string, isOne: (value: number) => boolean): number | undefined {
  const written = reader.text(name)?.trim()
  if (written === undefined) return undefined
  const value = /^-?\d{1,6}(\.\d{1,6})?$/.test(written) ? Number(written) : Number.NaN
  if (isOne(value)) return value
  reader.ignore(name)
  return undefined
}

/** Who and when, and where and why where that is said; in no language. */
function usualText(reader: Reader): string {
  const said = (name: string, variable: string) => (reader.text(name) === undefined ? [] : [`$$${variable}$$`])
  return [
    '$$SUBJECTCN$$',
    '$$SIGNDATE=dd/MM/yyyy HH:mm:ss z$$',
    ...said('signReason', 'REASON'),
    ...said('signatureProductionCity', 'LOCATION'),
  ].join('\n')
}

function rotationOf(reader: Reader): VisibleSignature['rotation'] {
  const degrees = lookNumber(reader, 'signatureRotation', value => value % 90 === 0) ?? 0
  return turns[(((degrees % 360) + 360) % 360) / 90]
}

/** By quarters. */
const turns = [undefined, 90, 180, 270] as const

/** Bits of `layer2FontStyle`. */
const styles = { bold: 1, slanted: 2, underlined: 4, struckThrough: 8 } as const

function styleOf(reader: Reader): number {
  return lookNumber(reader, 'layer2FontStyle', value => Number.isInteger(value) && value >= 0 && value < 16) ?? 0
}

function lookOf(reader: Reader): TextLook {
  const style = styleOf(reader)
  const has = (bit: number) => ((style & bit) === 0 ? undefined : true)
  return present({
    fontSize: lookNumber(reader, 'layer2FontSize', value => value > 0),
    slanted: has(styles.slanted),
    underlined: has(styles.underlined),
    struckThrough: has(styles.struckThrough),
    colour: colourOf(reader),
  })
}

/** By the numbers of Courier, Helvetica and Times; Symbol and ZapfDingbats have no letters. */
const families = ['mono', 'sans', 'serif'] as const

function typefaceOf(reader: Reader): Typeface {
  const number = lookNumber(reader, 'layer2FontFamily', value => families[value] !== undefined) ?? 0
  return { family: families[number] ?? families[0], bold: (styleOf(reader) & styles.bold) !== 0 }
}

const colours: Readonly<Record<string, TextLook['colour']>> = {
  black: [0, 0, 0],
  white: [255, 255, 255],
  lightgray: [192, 192, 192],
  gray: [128, 128, 128],
  darkgray: [64, 64, 64],
  red: [255, 0, 0],
  pink: [255, 175, 175],
}

function colourOf(reader: Reader): TextLook['colour'] {
  const name = reader.text('layer2FontColor')?.trim().toLowerCase()
  const colour = name === undefined || !Object.hasOwn(colours, name) ? undefined : colours[name]
  if (colour === undefined) reader.ignore('layer2FontColor')
  return colour
}

/** Neither a mask that is none nor a word that says nothing is a reason to show a number whole. */
function maskingOf(reader: Reader): Masking {
  const said = reader.text('obfuscateCertText')?.trim().toLowerCase()
  const wanted = said === 'true' || (said === 'false' ? false : undefined)
  if (wanted === undefined) reader.ignore('obfuscateCertText')
  const written = wanted === false ? undefined : reader.text('obfuscationMask')
  const mask = written === undefined ? undefined : parseMask(written)
  if (mask === undefined) reader.ignore('obfuscationMask')
  return { ...present({ wanted }), mask: mask ?? usualMask }
}
