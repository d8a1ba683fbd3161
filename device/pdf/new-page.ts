// A blank page behind the last one (ISO 32000-1, 7.7.3), of the size that the first is shown in.

import type { Draft } from './draft.ts'
import { unreadable } from './limits.ts'
import { numbers } from './numbers.ts'
import { entry, pdfArray, pdfDictionary, pdfInteger, pdfName, withEntries } from './objects.ts'
import { pageSpace } from './page-space.ts'
import { type PdfPageNode, pagesOf } from './tree.ts'

/** Adds the page. Throws PDF_UNREADABLE where the page tree has no root that is an object of its own. */
export async function addBlankPage(draft: Draft): Promise<PdfPageNode> {
  const { document } = draft
  const first = (await pagesOf(document).next()).value
  const root = entry(document.catalog, 'Pages')
  const tree = await draft.resolve(root)
  const kids = tree.kind === 'dictionary' ? await draft.resolve(entry(tree, 'Kids')) : tree
  if (!first || root.kind !== 'reference' || tree.kind !== 'dictionary' || kids.kind !== 'array') {
    throw unreadable('the page tree has no root to add a page to')
  }
  const { width, height } = await pageSpace(document, first.dictionary)
  const box = numbers([0, 0, width, height])
  const reference = draft.take()
  // What is inherited along the tree is said anew: the page is no turned one, and no part of a larger sheet.
  const dictionary = pdfDictionary({
    Type: pdfName('Page'),
    Parent: root,
    MediaBox: box,
    CropBox: box,
    Rotate: pdfInteger(0),
    Resources: pdfDictionary({}),
  })
  draft.put(reference, dictionary)
  const count = await draft.resolve(entry(tree, 'Count'))
  const Count = pdfInteger((count.kind === 'integer' ? count.value : kids.items.length) + 1)
  draft.put(root, withEntries(tree, { Kids: pdfArray([...kids.items, reference]), Count }))
  return { reference, dictionary }
}
