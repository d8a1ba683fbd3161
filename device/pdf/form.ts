// What an update must change around a new signature field: the page's /Annots, the form's /Fields and /SigFlags, each
// where the document keeps it, directly or as an object of its own.

import type { PdfDocument } from './document.ts'
import type { UpdatedObject } from './incremental.ts'
import { unreadable } from './limits.ts'
import {
  entry,
  integerEntry,
  type PdfDictionary,
  type PdfDirect,
  type PdfReference,
  pdfArray,
  pdfDictionary,
  pdfInteger,
  withEntries,
} from './objects.ts'
import type { PdfPageNode } from './tree.ts'
import { serialise } from './write.ts'

/** /SigFlags: SignaturesExist and AppendOnly (ISO 32000-1, table 219). */
const signaturesExistAppendOnly = 3

/** The objects that change so that `field` is a widget of `page` and a field of the form; each object once. */
export async function objectsWithField(
  document: PdfDocument,
  page: PdfPageNode,
  field: PdfReference,
): Promise<readonly UpdatedObject[]> {
  const changes = [...(await withWidget(document, page, field)), ...(await withField(document, field))]
  const byNumber = new Map<number, UpdatedObject>()
  for (const change of changes) {
    // Some writers let /Annots and /Fields share one array, which then changes once.
    const same = byNumber.get(change.number)
    if (same && same.body !== change.body) throw unreadable(`object ${change.number} is both a page and a form`)
    byNumber.set(change.number, change)
  }
  return [...byNumber.values()]
}

async function withWidget(document: PdfDocument, page: PdfPageNode, field: PdfReference): Promise<UpdatedObject[]> {
  const { value, changes } = await appendedTo(document, entry(page.dictionary, 'Annots'), field)
  if (changes.length > 0) return changes
  return [updated(page.reference, withEntries(page.dictionary, { Annots: value }))]
}

async function withField(document: PdfDocument, field: PdfReference): Promise<UpdatedObject[]> {
  const place = entry(document.catalog, 'AcroForm')
  const existing = await document.resolve(place)
  const form = existing.kind === 'dictionary' ? existing : pdfDictionary({})
  const { value, changes } = await appendedTo(document, entry(form, 'Fields'), field)
  const flags = (integerEntry(form, 'SigFlags') ?? 0) | signaturesExistAppendOnly
  const changed = withEntries(form, { Fields: value, SigFlags: pdfInteger(flags) })
  if (place.kind === 'reference' && existing.kind === 'dictionary') return [...changes, updated(place, changed)]
  return [...changes, updated(catalogReference(document), withEntries(document.catalog, { AcroForm: changed }))]
}

/** The array with `field` at its end: as a new direct value, or as a change to the object that the array is. */
async function appendedTo(
  document: PdfDocument,
  place: PdfDirect,
  field: PdfReference,
): Promise<{ readonly value: PdfDirect; readonly changes: UpdatedObject[] }> {
  const existing = await document.resolve(place)
  const array = pdfArray([...(existing.kind === 'array' ? existing.items : []), field])
  if (place.kind !== 'reference' || existing.kind !== 'array') return { value: array, changes: [] }
  return { value: place, changes: [updated(place, array)] }
}

function catalogReference(document: PdfDocument): PdfReference {
  const root = entry(document.trailer, 'Root')
  if (root.kind !== 'reference') throw unreadable('/Root is no reference')
  return root
}

function updated(reference: PdfReference, value: PdfDictionary | PdfDirect): UpdatedObject {
  return { number: reference.number, generation: reference.generation, body: serialise(value) }
}
