// Extra parameters that only a PDF signature has: field, certification, what it shows and where.

import { Fault } from '../errors.ts'
import { present, type Reader } from './extra-reader.ts'

/** A visible signature: points from the page's lower left corner, as the reader sees it. */
export interface VisibleSignature {
  /** Empty where an existing field says where. */
  readonly rectangle: readonly [left: number, bottom: number, right: number, top: number]
  /** 1-based; -1 is the last. */
  readonly page: number
  readonly text?: string
  readonly fontSize?: number
  /** JPEG. */
  readonly image?: Uint8Array
}

export interface PdfExtra {
  readonly fieldName?: string
  /** DocMDP /P; absent or 0: an approval signature. */
  readonly certificationLevel?: 1 | 2 | 3
  readonly reason?: string
  readonly contactInfo?: string
  readonly visible?: VisibleSignature
}

/** Throws REQUEST_INVALID. */
export function pdfOf(reader: Reader): PdfExtra {
  const level = reader.number('certificationLevel') ?? 0
  if (![0, 1, 2, 3].includes(level)) throw new Fault('REQUEST_INVALID', 'certificationLevel is none of 0 to 3')
  const fieldName = reader.text('signatureField')
  return present({
    fieldName,
    certificationLevel: level === 0 ? undefined : (level as 1 | 2 | 3),
    reason: reader.text('signReason'),
    contactInfo: reader.text('signerContact'),
    visible: visibleOf(reader, fieldName !== undefined),
  })
}

const usualText = '$$SUBJECTCN$$\n$$SIGNDATE=dd/MM/yyyy HH:mm$$'

/** Without a rectangle there is nothing to see, unless a field that exists brings its own. */
function visibleOf(reader: Reader, inField: boolean): VisibleSignature | undefined {
  const corner = (name: string) => reader.number(`signaturePositionOnPage${name}`)
  const rectangle = [corner('LowerLeftX'), corner('LowerLeftY'), corner('UpperRightX'), corner('UpperRightY')]
  const [left = 0, bottom = 0, right = 0, top = 0] = rectangle
  const text = reader.text('layer2Text')
  const fontSize = reader.number('layer2FontSize')
  const image = reader.text('signatureRubricImage')
  const page = pageOf(reader)
  if (rectangle.some(one => one === undefined)) {
    if (rectangle.some(one => one !== undefined)) {
      throw new Fault('REQUEST_INVALID', 'a visible signature needs all four signaturePositionOnPage parameters')
    }
    if (!inField || (text ?? image) === undefined) {
      reader.ignore('layer2Text', 'layer2FontSize', 'signatureRubricImage', 'signaturePage')
      return undefined
    }
  }
  return {
    rectangle: [left, bottom, right, top],
    page,
    // A place that shows nothing would be taken for one without a signature.
    ...present({
      text: text ?? (image === undefined ? usualText : undefined),
      fontSize,
      image: image === undefined ? undefined : Buffer.from(image, 'base64'),
    }),
  }
}

/** One page, the last by default; `all`, ranges and lists have no effect. */
function pageOf(reader: Reader): number {
  const written = reader.text('signaturePage')
  if (written === undefined || /^-?\d+$/.test(written.trim())) return reader.number('signaturePage') ?? -1
  if (!/^(all|-?\d+(-\d+)?(,\s*-?\d+(-\d+)?)*)$/i.test(written.trim())) {
    throw new Fault('REQUEST_INVALID', 'signaturePage names no page')
  }
  reader.ignore('signaturePage')
  return -1
}
