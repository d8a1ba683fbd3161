// An image as an XObject with device-independent colours (ISO 32000-1, 8.9.5; ISO 19005-2, 6.2.4): a JPEG as it is, a PNG
// by its samples, its transparency as a soft mask.

import { deflateSync } from 'node:zlib'
import { Fault } from '../errors.ts'
import type { Draft } from './draft.ts'
import { sGreyProfile } from './icc.ts'
import { parseJpegHeader } from './jpeg-header.ts'
import { type PdfDirect, type PdfReference, pdfArray, pdfDictionary, pdfInteger, pdfName } from './objects.ts'
import { isPng, readPng } from './png.ts'

export interface PlacedImage {
  readonly reference: PdfReference
  /** Pixels. */
  readonly width: number
  readonly height: number
  readonly transparent: boolean
}

export interface ImageRoom {
  /** The colour space of three components. */
  readonly rgb: PdfReference
  /** Whether transparency is laid on white. */
  readonly opaque: boolean
}

const maxImageBytes = 16 << 20

/** Adds a JPEG or PNG. Throws IMAGE_UNREADABLE, IMAGE_TOO_LARGE. */
export function addImage(draft: Draft, bytes: Uint8Array, room: ImageRoom): PlacedImage {
  if (bytes.length > maxImageBytes) throw new Fault('IMAGE_TOO_LARGE', `an image of ${bytes.length} bytes`)
  return isPng(bytes) ? addPng(draft, bytes, room) : addJpeg(draft, bytes, room)
}

function addJpeg(draft: Draft, bytes: Uint8Array, { rgb }: ImageRoom): PlacedImage {
  const header = parseJpegHeader(bytes)
  if (!header) throw new Fault('IMAGE_UNREADABLE', 'the JPEG has no frame header')
  const { width, height, components, colorTransform } = header
  const parameters =
    colorTransform === undefined ? undefined : pdfDictionary({ ColorTransform: pdfInteger(colorTransform) })
  const entries = {
    ...imageEntries(width, height, 8, components === 1 ? greySpace(draft) : rgb),
    Filter: pdfName('DCTDecode'),
  }
  const reference = draft.addStream(
    pdfDictionary({ ...entries, ...(parameters && { DecodeParms: parameters }) }),
    bytes,
  )
  return { reference, width, height, transparent: false }
}

function addPng(draft: Draft, bytes: Uint8Array, { rgb, opaque }: ImageRoom): PlacedImage {
  const { width, height, bitsPerComponent, colours, palette, data, parameters, alpha } = readPng(bytes, { opaque })
  const Filter = pdfName('FlateDecode')
  const mask =
    alpha && draft.addStream(pdfDictionary({ ...imageEntries(width, height, 8, pdfName('DeviceGray')), Filter }), alpha)
  const space = palette ? indexed(rgb, palette) : colours === 1 ? greySpace(draft) : rgb
  const reference = draft.addStream(
    pdfDictionary({
      ...imageEntries(width, height, bitsPerComponent, space),
      Filter,
      ...(parameters && { DecodeParms: parameters }),
      ...(mask && { SMask: mask }),
    }),
    data,
  )
  return { reference, width, height, transparent: mask !== undefined }
}

function imageEntries(width: number, height: number, bits: number, space: PdfDirect): Record<string, PdfDirect> {
  return {
    Type: pdfName('XObject'),
    Subtype: pdfName('Image'),
    Width: pdfInteger(width),
    Height: pdfInteger(height),
    BitsPerComponent: pdfInteger(bits),
    ColorSpace: space,
  }
}

/** [/ICCBased …] of `profile`, as an object of its own. */
export function addColourSpace(draft: Draft, components: 1 | 3, profile: Uint8Array): PdfReference {
  const entries = { N: pdfInteger(components), Filter: pdfName('FlateDecode') }
  const stream = draft.addStream(pdfDictionary(entries), deflateSync(profile))
  const reference = draft.take()
  draft.put(reference, pdfArray([pdfName('ICCBased'), stream]))
  return reference
}

function greySpace(draft: Draft): PdfReference {
  return addColourSpace(draft, 1, sGreyProfile())
}

function indexed(base: PdfReference, palette: Uint8Array): PdfDirect {
  const lookup = { kind: 'string', bytes: palette, form: 'hex', span: { start: 0, end: 0 } } as const
  return pdfArray([pdfName('Indexed'), base, pdfInteger(palette.length / 3 - 1), lookup])
}
