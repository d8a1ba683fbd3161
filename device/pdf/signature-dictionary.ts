// The signature dictionary of an update, with a /Contents slot still full of zeros, and filling that slot. Direct values
// only, but for the catalog that a transform names. Follows ISO 32000-1, 12.8.1 and EN 319 142-1, 5.3 and 6.3.

import { Fault } from '../errors.ts'
import type { SignatureTransform } from './field-lock.ts'
import { maxOffset, type Revision } from './incremental.ts'
import { type PdfReference, pdfArray } from './objects.ts'
import { pdfDate, textString } from './text.ts'
import { serialise } from './write.ts'

/** Offset and length of the part before /Contents, offset and length of the part after it; bytes. */
export type ByteRange = readonly [start: 0, lengthBefore: number, startAfter: number, lengthAfter: number]

/** What a signature dictionary says besides the signature. */
export interface SignatureDictionaryRequest {
  /** `signature`: /Type /Sig, ETSI.CAdES.detached; `timestamp`: /Type /DocTimeStamp, ETSI.RFC3161. */
  readonly kind: 'signature' | 'timestamp'
  /** Room for the DER of the CMS or time-stamp token; at most `maxReservedBytes`. */
  readonly reservedBytes: number
  /** Milliseconds since 1970, written as /M in UTC; not for a timestamp, nor are the texts. */
  readonly signingTime?: number
  readonly name?: string
  /** Must be absent where the CMS has a commitment type or a signature policy (EN 319 142-1, 6.3). */
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

/** /SubFilter of a CAdES signature (EN 319 142-1, 6.3). */
export const padesSubFilter = 'ETSI.CAdES.detached'

/** Largest /Contents that PDF/A-2 allows (ISO 19005-2, 6.1.13: strings of at most 32 767 bytes). */
export const maxReservedBytes = 32_767

/** Room for `[0 n n n]` with three numbers of ten digits (`maxOffset`). */
const byteRangeSlot = `[0 ${' '.repeat(String(maxOffset).length * 3 + 2)}]`

/** /ByteRange and /Contents are slots of fixed width (ISO 32000-1, table 252). Throws REQUEST_INVALID (`reservedBytes`). */
export function signatureDictionary(
  request: SignatureDictionaryRequest,
  transforms: readonly SignatureTransform[],
): string {
  const { kind, reservedBytes, signingTime } = request
  if (!(Number.isInteger(reservedBytes) && reservedBytes > 0 && reservedBytes <= maxReservedBytes)) {
    throw new Fault('REQUEST_INVALID', `${reservedBytes} bytes cannot be reserved for a signature`)
  }
  const lines = [
    `/Type /${kind === 'signature' ? 'Sig' : 'DocTimeStamp'}`,
    '/Filter /Adobe.PPKLite',
    `/SubFilter /${kind === 'signature' ? padesSubFilter : 'ETSI.RFC3161'}`,
    `/ByteRange ${byteRangeSlot}`,
    `/Contents <${'0'.repeat(reservedBytes * 2)}>`,
  ]
  if (kind === 'signature') {
    const { name: Name, reason: Reason, location: Location, contactInfo: ContactInfo } = request
    if (signingTime !== undefined) lines.push(`/M (${pdfDate(signingTime)})`)
    for (const [key, text] of Object.entries({ Name, Reason, Location, ContactInfo })) {
      if (text !== undefined) lines.push(`/${key} ${textString(text)}`)
    }
    if (transforms.length > 0) lines.push(`/Reference ${serialise(pdfArray(transforms))}`)
  }
  return `<< ${lines.join('\n')} >>`
}

/** Finds both slots in the revision and writes /ByteRange now that every offset is known. */
export function placeSignature(
  fileSize: number,
  { bytes, bodyOffsets }: Revision,
  signature: PdfReference,
  reservedBytes: number,
): Pick<PreparedSignature, 'update' | 'byteRange' | 'contentsOffset'> {
  const update = Buffer.from(bytes)
  const bodyOffset = bodyOffsets.get(signature.number) ?? 0
  const byteRangeOffset = update.indexOf('/ByteRange [', bodyOffset, 'latin1') + '/ByteRange '.length
  const contentsOffset = update.indexOf('/Contents <', bodyOffset, 'latin1') + '/Contents <'.length
  const gapStart = fileSize + contentsOffset - 1
  const gapEnd = gapStart + reservedBytes * 2 + 2
  const byteRange: ByteRange = [0, gapStart, gapEnd, fileSize + update.length - gapEnd]
  update.write(`[${byteRange.join(' ')}`.padEnd(byteRangeSlot.length - 1), byteRangeOffset, 'latin1')
  return { update, byteRange, contentsOffset }
}

/** The two parts of `update` that the signature's digest goes over, after the whole original file. */
export function signedParts({ update, contentsOffset, reservedBytes }: PreparedSignature): readonly Uint8Array[] {
  return [update.subarray(0, contentsOffset - 1), update.subarray(contentsOffset + reservedBytes * 2 + 1)]
}

/** The update with `signature` (DER) in its /Contents, zero-padded; the prepared value is left as it was. */
export function fillContents(prepared: PreparedSignature, signature: Uint8Array): FillOutcome {
  if (signature.length > prepared.reservedBytes) return { outcome: 'too-long', neededBytes: signature.length }
  const update = Uint8Array.from(prepared.update)
  update.set(Buffer.from(Buffer.from(signature).toString('hex').toUpperCase(), 'latin1'), prepared.contentsOffset)
  return { outcome: 'filled', update }
}
