// What a value or the reference in its place stands for, in whatever view of a document's objects is asked.

import { maxReferenceHops, unreadable } from './limits.ts'
import type { PdfObject, PdfReference } from './objects.ts'

/** Follows references until something else is found. Throws PDF_UNREADABLE where they lead to each other. */
export async function referent(
  value: PdfObject,
  object: (reference: PdfReference) => PdfObject | Promise<PdfObject>,
): Promise<PdfObject> {
  let current = value
  for (let hops = 0; current.kind === 'reference'; hops++) {
    if (hops === maxReferenceHops) throw unreadable(`object ${current.number} is a chain of references`)
    current = await object(current)
  }
  return current
}
