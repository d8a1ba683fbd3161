// Preparing a signature: one incremental update that adds an invisible signature field and its signature dictionary,
// with a /Contents slot still full of zeros, and filling that slot. The original bytes are an exact prefix of the result.
// Follows ISO 32000-1, 12.7.4.5 and 12.8, and EN 319 142-1, 5 and 6.

import { Fault } from '../errors.ts'
import type { PdfDocument } from './document.ts'
import { objectsWithField } from './form.ts'
import { maxOffset, writeRevision } from './incremental.ts'
import { unreadable } from './limits.ts'
import { type PdfReference, pdfReference } from './objects.ts'
import { permissionsOf, refuseForbidden } from './permissions.ts'
import { pdfDate, textString } from './text.ts'
import { fieldsOf, pagesOf } from './tree.ts'
import { serialise } from './write.ts'

/** Offset and length of the part before /Contents, offset and length of the part after it; bytes. */
export type ByteRange = readonly [start: 0, lengthBefore: number, startAfter: number, lengthAfter: number]

/** What goes into a signature dictionary besides the signature. */
export interface SignatureFieldRequest {
  /** `signature`: /Type /Sig, ETSI.CAdES.detached; `timestamp`: /Type /DocTimeStamp, ETSI.RFC3161. */
  readonly kind: 'signature' | 'timestamp'
  /** Wished /T; a number is appended where the document already has a field of that name. */
  readonly fieldName: string
  /** Room for the DER of the CMS or time-stamp token; at most `maxReservedBytes`. */
  readonly reservedBytes: number
  /** Milliseconds since 1970, written as /M in UTC; not for a timestamp. */
  readonly signingTime?: number
  readonly name?: string
  readonly reason?: string
  readonly location?: string
  readonly contactInfo?: string
}

/** An update that waits for its signature. Plain data: it can be stored and resumed. */
export interface PreparedSignature {
  /** /T as it was written. */
  readonly fieldName: string
  /** Bytes to append to the original file. */
  readonly update: Uint8Array
  /** Of the file with the update appended; the digest goes over exactly these two ranges. */
  readonly byteRange: ByteRange
  /** Index in `update` of the first hex digit of /Contents. */
  readonly contentsOffset: number
  readonly reservedBytes: number
}

export type FillOutcome =
  | { readonly outcome: 'filled'; readonly update: Uint8Array }
  | { readonly outcome: 'too-long'; readonly neededBytes: number }

/** Largest /Contents that PDF/A-2 allows (ISO 19005-2, 6.1.13: strings of at most 32 767 bytes). */
export const maxReservedBytes = 32_767

/** Room for `[0 n n n]` with three numbers of ten digits (`maxOffset`). */
const byteRangeSlot = `[0 ${' '.repeat(String(maxOffset).length * 3 + 2)}]`

/**
 * The update that adds one signature field to the newest revision. Throws PDF_UNREADABLE (no page for the widget, bytes
 * behind the last revision of a signed document), PDF_CERTIFIED or FIELD_LOCKED (an earlier
 * signature forbids it) or REQUEST_INVALID (`reservedBytes`).
 */
export async function prepareSignature(
  document: PdfDocument,
  request: SignatureFieldRequest,
): Promise<PreparedSignature> {
  const { reservedBytes } = request
  if (!(Number.isInteger(reservedBytes) && reservedBytes > 0 && reservedBytes <= maxReservedBytes)) {
    throw new Fault('REQUEST_INVALID', `${reservedBytes} bytes cannot be reserved for a signature`)
  }
  const { value: page } = await pagesOf(document).next()
  if (!page) throw unreadable('the document has no page')
  const { names, signed } = await surveyFields(document)
  // Appending would bury what made the earlier signatures suspect.
  if (signed && document.tail.end !== document.file.size) throw unreadable('bytes follow the last signed revision')
  const fieldName = freeName(names, request.fieldName)
  refuseForbidden(await permissionsOf(document), { kind: request.kind, fieldName })
  const signature = pdfReference(document.nextNumber)
  const field = pdfReference(document.nextNumber + 1)
  const revision = await writeRevision(document, [
    { ...signature, body: signatureDictionary(request) },
    { ...field, body: fieldDictionary(fieldName, signature, page.reference) },
    ...(await objectsWithField(document, page, field)),
  ])
  const bodyOffset = revision.bodyOffsets.get(signature.number) ?? 0
  return { fieldName, reservedBytes, ...placed(document.file.size, revision.bytes, bodyOffset, reservedBytes) }
}

/** The update with `signature` (DER) in its /Contents, zero-padded; the prepared value is left as it was. */
export function fillContents(prepared: PreparedSignature, signature: Uint8Array): FillOutcome {
  if (signature.length > prepared.reservedBytes) return { outcome: 'too-long', neededBytes: signature.length }
  const update = Uint8Array.from(prepared.update)
  update.set(Buffer.from(Buffer.from(signature).toString('hex').toUpperCase(), 'latin1'), prepared.contentsOffset)
  return { outcome: 'filled', update }
}

/** Direct values only; /ByteRange and /Contents are slots of fixed width (ISO 32000-1, table 252). */
function signatureDictionary(request: SignatureFieldRequest): string {
  const signing = request.kind === 'signature'
  const texts = {
    Name: request.name,
    Reason: request.reason,
    Location: request.location,
    ContactInfo: request.contactInfo,
  }
  const lines = [
    `/Type /${signing ? 'Sig' : 'DocTimeStamp'}`,
    '/Filter /Adobe.PPKLite',
    `/SubFilter /${signing ? 'ETSI.CAdES.detached' : 'ETSI.RFC3161'}`,
    `/ByteRange ${byteRangeSlot}`,
    `/Contents <${'0'.repeat(request.reservedBytes * 2)}>`,
  ]
  if (signing) {
    if (request.signingTime !== undefined) lines.push(`/M (${pdfDate(request.signingTime)})`)
    for (const [key, text] of Object.entries(texts)) if (text !== undefined) lines.push(`/${key} ${textString(text)}`)
  }
  return `<< ${lines.join('\n')} >>`
}

/** Field and widget in one: invisible, printed, locked (ISO 32000-1, 12.5.3 and 12.7.4.5). */
function fieldDictionary(fieldName: string, signature: PdfReference, page: PdfReference): string {
  return (
    `<< /Type /Annot /Subtype /Widget /FT /Sig /T ${textString(fieldName)} /F 132 /Rect [0 0 0 0] ` +
    `/P ${serialise(page)} /V ${serialise(signature)} >>`
  )
}

/** Finds both slots in the update and writes /ByteRange now that every offset is known. */
function placed(fileSize: number, bytes: Uint8Array, bodyOffset: number, reservedBytes: number) {
  const update = Buffer.from(bytes)
  const byteRangeOffset = update.indexOf('/ByteRange [', bodyOffset, 'latin1') + '/ByteRange '.length
  const contentsOffset = update.indexOf('/Contents <', bodyOffset, 'latin1') + '/Contents <'.length
  const gapStart = fileSize + contentsOffset - 1
  const gapEnd = gapStart + reservedBytes * 2 + 2
  const byteRange: ByteRange = [0, gapStart, gapEnd, fileSize + update.length - gapEnd]
  update.write(`[${byteRange.join(' ')}`.padEnd(byteRangeSlot.length - 1), byteRangeOffset, 'latin1')
  return { update, byteRange, contentsOffset }
}

async function surveyFields(
  document: PdfDocument,
): Promise<{ readonly names: ReadonlySet<string>; readonly signed: boolean }> {
  const names = new Set<string>()
  let signed = false
  for await (const { name, type, value } of fieldsOf(document)) {
    names.add(name).add(name.split('.')[0] ?? '')
    signed ||= type === 'Sig' && value.kind !== 'null'
  }
  return { names, signed }
}

/** A new field is a root of the field tree, where its name must be the only one and has no dots (ISO 32000-1, 12.7.3.2). */
function freeName(taken: ReadonlySet<string>, wished: string): string {
  const base = wished.replaceAll('.', '-')
  for (let number = 1; ; number++) {
    const name = number === 1 ? base : `${base}${number}`
    if (!taken.has(name)) return name
  }
}
