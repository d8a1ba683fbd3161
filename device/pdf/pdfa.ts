// Whether a document says of itself that it is PDF/A (ISO 19005-1, 6.7.11; -2, 6.6.4): a signature must then not break
// what PDF/A promises. The claim is read, not checked.

import { Fault } from '../errors.ts'
import type { PdfDocument } from './document.ts'
import { entry } from './objects.ts'

/** Largest integer of PDF/A, and so the largest file whose offsets it can hold (ISO 19005-2, 6.1.13). */
const maxPdfAOffset = 2_147_483_647

/** Part of ISO 19005 that the catalog's XMP claims; undefined for other documents. Throws PDF_UNREADABLE. */
export async function pdfAPart(document: PdfDocument): Promise<number | undefined> {
  const metadata = await document.resolve(entry(document.catalog, 'Metadata'))
  if (metadata.kind !== 'stream') return undefined
  const packet = Buffer.from(await document.data(metadata))
  const text = packet.toString(isUtf16(packet) ? 'utf16le' : 'utf8')
  const part = /pdfaid:part(?:\s*=\s*["']|\s*>\s*)(\d)/.exec(text)?.[1]
  return part === undefined ? undefined : Number(part)
}

/** Throws PDF_TOO_LARGE where an update of that length would make a PDF/A larger than its offsets can say. */
export async function refuseTooLarge(document: PdfDocument, updateBytes: number): Promise<void> {
  const size = document.file.size + updateBytes
  if (size <= maxPdfAOffset || (await pdfAPart(document)) === undefined) return
  throw new Fault('PDF_TOO_LARGE', `the PDF/A would have ${size} bytes, more than ${maxPdfAOffset}`)
}

/** Whether what is added may be transparent: not in PDF/A-1, nor where no output intent says how to blend (-2, 6.2.10). */
export async function allowsTransparency(document: PdfDocument): Promise<boolean> {
  const part = await pdfAPart(document)
  if (part === undefined) return true
  const intents = await document.resolve(entry(document.catalog, 'OutputIntents'))
  return part > 1 && intents.kind === 'array' && intents.items.length > 0
}

const isUtf16 = (packet: Buffer) => packet[1] === 0 || (packet[0] === 0xff && packet[1] === 0xfe)
