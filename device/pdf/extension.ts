// Declares in the catalog that the document uses what ETSI added to PDF 1.7: CAdES signatures, document time-stamps and
// the document security store (ISO 32000-1, 7.12; ETSI TS 102 778-4, annex A). PDF 2.0 has them itself.

import { changeInCatalog, type Draft } from './draft.ts'
import { entry, nameEntry, pdfDictionary, pdfInteger, pdfName, withEntries } from './objects.ts'

const esic = pdfDictionary({
  Type: pdfName('DeveloperExtensions'),
  BaseVersion: pdfName('1.7'),
  ExtensionLevel: pdfInteger(1),
})

/** Adds /Extensions /ESIC where a document below PDF 2.0 lacks it. */
export async function addExtension(draft: Draft): Promise<void> {
  const version = nameEntry(draft.catalog(), 'Version') ?? draft.document.headerVersion
  if (Number(version) >= 2) return
  const extensions = await draft.resolve(entry(draft.catalog(), 'Extensions'))
  if (extensions.kind === 'dictionary' && extensions.entries.has('ESIC')) return
  await changeInCatalog(draft, 'Extensions', existing => withEntries(existing, { ESIC: esic }))
}
