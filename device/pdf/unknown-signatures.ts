// Signatures of kinds that AutoFirma does not know, wherever in a document they lie: in a field or in no field at all.

import { readable } from './attempt.ts'
import type { PdfDocument } from './document.ts'
import { nameEntry } from './objects.ts'

const known: ReadonlySet<string | undefined> = new Set([
  'ETSI.CAdES.detached',
  'ETSI.RFC3161',
  'adbe.pkcs7.detached',
  'adbe.pkcs7.sha1',
])

/** /SubFilter of the first such signature, `none` where it has none; undefined for a document without any. */
export async function unknownSignature(document: PdfDocument): Promise<string | undefined> {
  const numbers = new Set(document.sections.flatMap(({ entries }) => [...entries.keys()]))
  for (const number of numbers) {
    const place = document.locate(number)
    const generation = place?.kind === 'plain' ? place.generation : 0
    // What cannot be read is no signature either.
    const object = await readable(() => document.object(number, generation))
    if (object?.kind !== 'dictionary' || nameEntry(object, 'Type') !== 'Sig') continue
    const subFilter = nameEntry(object, 'SubFilter')
    if (!known.has(subFilter)) return subFilter ?? 'none'
  }
  return undefined
}
