// Extra parameters that only a PDF signature has: field, certification, what it shows and where, what is put into the
// document before it is signed, the password that opens it.

import { Fault } from '../errors.ts'
import type { PageChoice } from '../pdf/page-choice.ts'
import { pagesOf } from './extra-pages.ts'
import { present, type Reader } from './extra-reader.ts'
import { type Corners, cornersOf, type VisibleSignature, visibleOf } from './extra-visible.ts'

export interface PdfExtra {
  readonly fieldName?: string
  /** DocMDP /P; absent or 0: an approval signature. */
  readonly certificationLevel?: 1 | 2 | 3
  readonly reason?: string
  readonly contactInfo?: string
  readonly visible?: VisibleSignature
  /** What is to be told as the time of signing, in the zone of the place: `2026-11-27T09:30:00`. */
  readonly localTime?: string
  /** Room for the signature at least; bytes. */
  readonly reservedBytes?: number
  /** Opens the document where it is encrypted; a secret. */
  readonly password?: string
  readonly pageImage?: PageImage
  readonly attachment?: Attachment
  /** Not to be signed where somebody has filled in a form or annotated since an earlier signature. */
  readonly formAsSigned?: true
  /** Not to be signed where it has a signature of a kind that AutoFirma does not know. */
  readonly knownSignaturesOnly?: true
}

/** A picture that becomes content of pages. */
export interface PageImage {
  readonly pages: Exclude<PageChoice, 'append'>
  /** Filled whole, whatever the picture's proportions; points, as a visible signature's. */
  readonly rectangle: Corners
  /** JPEG or PNG. */
  readonly image: Uint8Array
}

/** A file that goes along in the document. */
export interface Attachment {
  readonly fileName: string
  readonly description?: string
  readonly data: Uint8Array
}

/** Throws REQUEST_INVALID. */
export function pdfOf(reader: Reader): PdfExtra {
  const level = reader.number('certificationLevel') ?? 0
  if (![0, 1, 2, 3].includes(level)) throw new Fault('REQUEST_INVALID', 'certificationLevel is none of 0 to 3')
  const fieldName = reader.text('signatureField')
  readSwitches(reader)
  return present({
    fieldName,
    certificationLevel: level === 0 ? undefined : (level as 1 | 2 | 3),
    reason: reader.text('signReason'),
    contactInfo: reader.text('signerContact'),
    visible: visibleOf(reader, fieldName !== undefined),
    localTime: localTimeOf(reader),
    reservedBytes: reservedOf(reader),
    password: passwordOf(reader),
    pageImage: pageImageOf(reader),
    attachment: attachmentOf(reader),
    formAsSigned: refusalOf(reader, 'allowModifiedForm'),
    knownSignaturesOnly: refusalOf(reader, 'allowCosigningUnregisteredSignatures'),
  })
}

/**
 * What is always so, by the values that ask for just that. Every signature is a revision of its own, and nothing of the
 * document is compressed or written anew; the subfilter is that of CAdES; a certification is always kept to; every page and
 * every later change is held against what earlier signatures cover. Other values ask for what is never done, and have no
 * effect.
 */
const alwaysSo: Readonly<Record<string, RegExp>> = {
  alwaysCreateRevision: /^true$/i,
  compressPdf: /^false$/i,
  signatureSubFilter: /^\/?ETSI\.CAdES\.detached$/,
  allowSigningCertifiedPdfs: /^false$/i,
  allowShadowAttack: /^false$/i,
  pagesToCheckShadowAttack: /^(all|\d+)$/i,
}

function readSwitches(reader: Reader): void {
  for (const [name, value] of Object.entries(alwaysSo)) {
    if (!value.test(reader.text(name)?.trim() ?? '')) reader.ignore(name)
  }
}

/** Whether it is not allowed; who allows it asks for nothing, since it is done where no signature forbids it. */
function refusalOf(reader: Reader, name: string): true | undefined {
  const allowed = reader.text(name)?.trim().toLowerCase()
  if (allowed !== 'true' && allowed !== 'false') reader.ignore(name)
  return allowed === 'false' ? true : undefined
}

/** `yyyy:MM:dd:HH:mm:ss`, as the clock on the wall says it. */
function localTimeOf(reader: Reader): string | undefined {
  const written = reader.text('signTime')
  if (written === undefined) return undefined
  const found = /^(\d{4}):(\d\d?):(\d\d?):(\d\d?):(\d\d?):(\d\d?)$/.exec(written.trim())
  const [year = '', ...rest] = (found ?? []).slice(1)
  const [month, day, hour, minute, second] = rest.map(part => part.padStart(2, '0'))
  const time = `${year}-${month}-${day}T${hour}:${minute}:${second}`
  // A day that the month does not have would be one of the next.
  const read = new Date(`${time}Z`)
  if (found === null || Number.isNaN(read.getTime()) || read.toISOString().slice(0, 19) !== time) {
    throw new Fault('REQUEST_INVALID', 'signTime is no time of the form yyyy:MM:dd:HH:mm:ss')
  }
  return time
}

function reservedOf(reader: Reader): number | undefined {
  const bytes = reader.number('signReservedSize')
  if (bytes === undefined || (Number.isInteger(bytes) && bytes > 0)) return bytes
  throw new Fault('REQUEST_INVALID', 'signReservedSize is no number of bytes')
}

/** The owner's goes before the user's, since it opens more. */
function passwordOf(reader: Reader): string | undefined {
  const [owner, user] = [reader.text('ownerPassword'), reader.text('userPassword')]
  if (owner !== undefined) reader.ignore('userPassword')
  return owner ?? user
}

/** A page has to be named: 0 is every one, -1 the last. */
function pageImageOf(reader: Reader): PageImage | undefined {
  const image = reader.text('image')
  const rectangle = cornersOf(reader, 'image')
  const pages = pagesOf(reader, ['imagePages', 'imagePage'], 'all')
  if (image !== undefined && rectangle !== undefined && pages !== undefined && pages !== 'append') {
    return { pages, rectangle, image: Buffer.from(image, 'base64') }
  }
  const corners = ['LowerLeftX', 'LowerLeftY', 'UpperRightX', 'UpperRightY']
  reader.ignore('image', 'imagePages', 'imagePage', ...corners.map(name => `imagePositionOnPage${name}`))
  return undefined
}

function attachmentOf(reader: Reader): Attachment | undefined {
  const [data, fileName] = [reader.text('attach'), reader.text('attachFileName')]
  if (data === undefined || fileName === undefined) {
    reader.ignore('attach', 'attachFileName')
    return undefined
  }
  return { fileName, data: Buffer.from(data, 'base64'), ...present({ description: reader.text('attachDescription') }) }
}
