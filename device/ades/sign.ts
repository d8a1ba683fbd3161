// Signing a file at level B, whatever the format: the phases of each format in a row, with the signer asked in between. A
// PDF gets its time-stamp here too, because nothing can be put into its signature later (EN 319 142-1, 5.3).

import { appended } from '../bytes.ts'
import { digestOf, type HashName, hashName } from '../cms/algorithm.ts'
import { digestToSign } from '../cms/signing-intent.ts'
import { Fault } from '../errors.ts'
import { pdfAProblem } from '../pdf/attachment.ts'
import { isSigned, openPdf, type PdfDocument } from '../pdf/document.ts'
import { type FileHash, hashFile } from '../pdf/file-hash.ts'
import { chosenPages } from '../pdf/page-choice.ts'
import type { PageRectangle } from '../pdf/page-space.ts'
import type { SignatureAppearance } from '../pdf/signature-widget.ts'
import { fieldsOf } from '../pdf/tree.ts'
import { unknownSignature } from '../pdf/unknown-signatures.ts'
import type { DigestAlgorithm, RandomAccess, SignatureAlgorithm } from '../ports.ts'
import type { TimestampTools } from '../trust/timestamp-request.ts'
import type { PdfSignatureOptions, ShownSignature, SignJob } from './job.ts'
import {
  assemblePades,
  intendPades,
  type PadesContent,
  type PadesRequest,
  preparePades,
  stampSignature,
  usualTimestampOctets,
} from './pades.ts'
import { signCms } from './sign-cms.ts'
import { signXml } from './xades-sign.ts'

/** Files that go into a signature of a PDF. */
export interface PdfResources {
  /** Of a visible signature: a TrueType font program, and a JPEG or PNG. */
  readonly font: Uint8Array | undefined
  readonly image: Uint8Array | undefined
  /** Put into a PDF before it is signed: a JPEG or PNG, and a file of any kind. */
  readonly pageImage?: Uint8Array | undefined
  readonly attachment?: Uint8Array | undefined
}

export interface SignTools extends PdfResources {
  readonly input: RandomAccess
  /** The signed original, where a detached signature gets another one. */
  readonly content: RandomAccess | undefined
  /** Opens an encrypted PDF. */
  readonly password: string | undefined
  /** The signature value over a digest; ECDSA as DER. */
  sign(algorithm: SignatureAlgorithm, digest: Uint8Array): Promise<Uint8Array>
  readonly timestamps: TimestampTools
}

/** A file that was made by splicing, or new. */
export interface Made {
  readonly file: RandomAccess
  /** Of a PDF, made without reading the file again. */
  readonly hash?: FileHash
  /** Names of extra parameters that turned out to have no effect on this very file. */
  readonly ignored?: readonly string[]
  /** What was done as asked and has its price, in words. */
  readonly notes?: readonly string[]
}

/** Throws what the phases of the format throw, and what `sign` and the time-stamping authority throw. */
export async function signFile(job: SignJob, tools: SignTools): Promise<Made> {
  switch (job.format) {
    case 'PAdES':
      return signPdf(job, tools)
    case 'CAdES':
      return { file: await signCms(job, tools) }
    case 'XAdES':
      return signXml(job, tools)
  }
}

async function signPdf(job: SignJob, tools: SignTools): Promise<Made> {
  if (job.operation === 'countersign' || job.packaging !== 'enveloped') {
    throw new Fault('SIGNATURE_FORMAT_REFUSED', 'a PDF holds its signatures, and none of them is countersigned')
  }
  const { input, sign, timestamps, password } = tools
  const document = await openPdf(input, { repair: true, ...(password !== undefined && { password }) })
  const request = padesRequest(job, tools)
  if (job.pdf.knownSignaturesOnly) await refuseUnknown(document)
  const prepared = await preparePades(document, request)
  const digestAlgorithm = digestOf(job.identity.algorithm)
  const hash = await hashFile(input, { hashes: hashesFor(digestAlgorithm, job.level) })
  const intent = intendPades(prepared, request, hash)
  const value = await sign(job.identity.algorithm, digestToSign(intent))
  const policy = job.timestampPolicy === undefined ? {} : { policy: job.timestampPolicy }
  const stamp = job.level === 'B' ? undefined : await stampSignature(value, { digestAlgorithm, ...policy }, timestamps)
  const filled = assemblePades(prepared, intent, value, stamp)
  // A token larger than any known one: the signature is good without it, and extending gives the document a time-stamp.
  const kept = filled.outcome === 'filled' ? filled : assemblePades(prepared, intent, value)
  if (kept.outcome !== 'filled') throw new Fault('INTERNAL', `a signature needs ${kept.neededBytes} bytes`)
  const notes = await notesOn(document, request)
  return { file: appended(input, kept.update), hash: hash.append(kept.update, prepared), notes }
}

/** Throws REQUEST_INVALID. */
export async function refuseUnknown(document: PdfDocument): Promise<void> {
  const kind = await unknownSignature(document)
  if (kind === undefined) return
  throw new Fault('REQUEST_INVALID', `the document has a signature of the kind ${kind}, beside which none is allowed`)
}

/** What of the request has its price, or could be done in part only. */
export async function notesOn(
  document: PdfDocument,
  { attachment, appearance, fieldName }: PadesContent,
): Promise<readonly string[]> {
  const problem = attachment && (await pdfAProblem(document, attachment.data))
  const place = appearance && (await placeProblem(document, appearance, fieldName))
  return [...(problem === undefined ? [] : [`attach: ${problem}`]), ...(place === undefined ? [] : [place])]
}

/** Why a signature does not show in all the places that were asked for; undefined where it does. */
async function placeProblem(
  document: PdfDocument,
  { page, rectangle }: SignatureAppearance,
  fieldName: string,
): Promise<string | undefined> {
  for await (const { name, type, value } of fieldsOf(document)) {
    if (name !== fieldName || type !== 'Sig' || rectangle.width === 0) continue
    // One that is signed already is not used; a new one is called a little differently.
    if ((await document.resolve(value)).kind === 'null') {
      return `signatureField: ${name} has a place of its own, and shows nowhere else`
    }
  }
  const pages = typeof page === 'number' ? [] : await chosenPages(document, page)
  if (pages.length < 2 || !(await isSigned(document))) return undefined
  return 'signaturePages: what others have signed does not change, so one page alone shows it'
}

/** A document time-stamp is over SHA-256, and goes on where the signature's hash has ended. */
function hashesFor(digestAlgorithm: DigestAlgorithm, level: SignJob['level']): readonly HashName[] {
  const own = hashName(digestAlgorithm)
  return level === 'B' || own === 'sha256' ? [own] : [own, 'sha256']
}

function padesRequest({ identity, properties, level, pdf }: SignJob, tools: SignTools): PadesRequest {
  const { reservedBytes } = pdf
  return {
    ...identity,
    ...padesContent(pdf, properties, tools),
    properties,
    ...(level !== 'B' && { timestampOctets: usualTimestampOctets }),
    ...(reservedBytes !== undefined && { reservedOctets: reservedBytes }),
  }
}

/** What a signature says and shows in the PDF, with the files that go into it. */
export function padesContent(
  pdf: PdfSignatureOptions,
  properties: PadesContent['properties'],
  tools: PdfResources,
): PadesContent {
  const { fieldName = 'Signature1', certificationLevel, reason, contactInfo, visible } = pdf
  return {
    properties,
    fieldName,
    ...(reason !== undefined && { reason }),
    ...(contactInfo !== undefined && { contactInfo }),
    ...(certificationLevel !== undefined && { certify: certificationLevel }),
    ...(visible !== undefined && { appearance: appearanceOf(visible, tools) }),
    ...addedContent(pdf, tools, properties.signingTime),
  }
}

function appearanceOf(
  { rectangle, pages, ...shown }: ShownSignature,
  { font, image }: PdfResources,
): SignatureAppearance {
  return {
    ...shown,
    page: pages,
    rectangle: rectangleOf(rectangle),
    ...(font !== undefined && { font }),
    ...(image !== undefined && { image }),
  }
}

function rectangleOf([left, bottom, right, top]: ShownSignature['rectangle']): PageRectangle {
  return { x: left, y: bottom, width: right - left, height: top - bottom }
}

function addedContent(
  { pageImage, attachment }: SignJob['pdf'],
  { pageImage: image, attachment: data }: PdfResources,
  modifiedAt: number,
): Pick<PadesRequest, 'pageImage' | 'attachment'> {
  return {
    ...(pageImage !== undefined &&
      image !== undefined && {
        pageImage: { pages: pageImage.pages, rectangle: rectangleOf(pageImage.rectangle), image },
      }),
    ...(attachment !== undefined && data !== undefined && { attachment: { ...attachment, data, modifiedAt } }),
  }
}
