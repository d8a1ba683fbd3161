// Something more on a page, painted over what it has (ISO 32000-1, 7.8.2 and 8.8): the page gets a content stream more,
// around which the graphics state that the others leave behind is put away.

import type { Draft } from './draft.ts'
import { plain } from './numbers.ts'
import {
  entry,
  type PdfDictionary,
  type PdfDirect,
  type PdfReference,
  pdfArray,
  pdfDictionary,
  withEntries,
} from './objects.ts'
import { inherited } from './page-space.ts'
import type { PdfPageNode } from './tree.ts'
import { latin1 } from './write.ts'

/** What is painted, and the matrix that puts it in its place. */
export interface Painting {
  /** An image or form XObject. */
  readonly object: PdfReference
  readonly matrix: readonly number[]
}

/** Throws PDF_UNREADABLE. */
export async function paintOn(draft: Draft, page: PdfPageNode, { object, matrix }: Painting): Promise<void> {
  const current = await draft.resolve(page.reference)
  const dictionary = current.kind === 'dictionary' ? current : page.dictionary
  const resources = asDictionary(await inherited(draft.document, dictionary, 'Resources'))
  const objects = asDictionary(await draft.resolve(entry(resources, 'XObject')))
  const name = freeName(objects)
  const before = draft.addStream(pdfDictionary({}), latin1('q\n'))
  const after = draft.addStream(pdfDictionary({}), latin1(`\nQ\nq ${matrix.map(plain).join(' ')} cm /${name} Do Q\n`))
  const Contents = pdfArray([before, ...(await contentsOf(draft, dictionary)), after])
  // The page's own copy: others may share the dictionary that it had.
  const Resources = withEntries(resources, { XObject: withEntries(objects, { [name]: object }) })
  draft.put(page.reference, withEntries(dictionary, { Contents, Resources }))
}

function asDictionary(value: { readonly kind: string }): PdfDictionary {
  return value.kind === 'dictionary' ? (value as PdfDictionary) : pdfDictionary({})
}

/** The streams of a page; one written directly into it is none (7.3.8). */
async function contentsOf(draft: Draft, page: PdfDictionary): Promise<readonly PdfDirect[]> {
  const place = entry(page, 'Contents')
  const contents = await draft.resolve(place)
  if (contents.kind === 'array') return contents.items
  return contents.kind === 'stream' ? [place] : []
}

function freeName({ entries }: PdfDictionary): string {
  let number = 0
  while (entries.has(`Compulsa${number}`)) number += 1
  return `Compulsa${number}`
}
