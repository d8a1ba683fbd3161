// What an update must change around a signature field: the page's /Annots, the form's /Fields and /SigFlags, each where
// the document keeps it, directly or as an object of its own.

import { appendedTo, changeInCatalog, type Draft } from './draft.ts'
import { unreadable } from './limits.ts'
import { entry, integerEntry, type PdfReference, pdfInteger, withEntries } from './objects.ts'
import type { PdfPageNode } from './tree.ts'

/** /SigFlags: SignaturesExist and AppendOnly (ISO 32000-1, table 219). */
const signaturesExistAppendOnly = 3

/** Makes `field` a widget of `page`. */
export async function addWidget(draft: Draft, page: PdfPageNode, field: PdfReference): Promise<void> {
  const form = entry(draft.catalog(), 'AcroForm')
  if (form.kind === 'reference' && form.number === page.reference.number) {
    throw unreadable(`object ${form.number} is both a page and a form`)
  }
  const current = await draft.resolve(page.reference)
  const dictionary = current.kind === 'dictionary' ? current : page.dictionary
  const place = entry(dictionary, 'Annots')
  const annotations = await appendedTo(draft, place, field)
  if (annotations !== place) draft.put(page.reference, withEntries(dictionary, { Annots: annotations }))
}

/** Makes `field` a root of the form's fields. */
export async function addField(draft: Draft, field: PdfReference): Promise<void> {
  await changeInCatalog(draft, 'AcroForm', async form =>
    withEntries(form, { Fields: await appendedTo(draft, entry(form, 'Fields'), field) }),
  )
}

/** Says in the form that there are signatures and that updates are to be appended. */
export async function flagSignatures(draft: Draft): Promise<void> {
  const form = await draft.resolve(entry(draft.catalog(), 'AcroForm'))
  const flags = form.kind === 'dictionary' ? (integerEntry(form, 'SigFlags') ?? 0) : 0
  if ((flags & signaturesExistAppendOnly) === signaturesExistAppendOnly) return
  const SigFlags = pdfInteger(flags | signaturesExistAppendOnly)
  await changeInCatalog(draft, 'AcroForm', existing => withEntries(existing, { SigFlags }))
}
