// Whether a document says of itself that it is PDF/A (ISO 19005-1, 6.7.11; -2, 6.6.4): a signature must then not break
// what PDF/A promises. The claim is read, not checked.

import type { PdfDocument } from './document.ts'
import { entry } from './objects.ts'

/** Largest integer of PDF/A, and so the largest file whose offsets it can hold (ISO 19005-2, 6.1.13). */
export const maxPdfAOffset = 2_147_483_647

/** Whether the catalog's XMP has a pdfaid:part. Throws PDF_UNREADABLE for metadata that cannot be read. */
export async function isPdfA(document: PdfDocument): Promise<boolean> {
  const metadata = await document.resolve(entry(document.catalog, 'Metadata'))
  if (metadata.kind !== 'stream') return false
  const packet = Buffer.from(await document.data(metadata))
  return /pdfaid:part|<part[\s>][^<]*pdfa\/ns\/id/.test(packet.toString(isUtf16(packet) ? 'utf16le' : 'utf8'))
}

const isUtf16 = (packet: Buffer) => packet[1] === 0 || (packet[0] === 0xff && packet[1] === 0xfe)
