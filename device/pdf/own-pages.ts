// Documents whose catalog, or whose pages, are written where a reference to them should stand (ISO 32000-1, 7.5.5 and
// table 29): each becomes an object of its own, so that an update can refer to it. Only for documents nobody has signed.

import type { PdfDocument } from './document.ts'
import { maxTreeDepth, maxTreeNodes, unreadable } from './limits.ts'
import type { MendedObject } from './object-reader.ts'
import {
  entry,
  nameEntry,
  type PdfDictionary,
  type PdfDirect,
  type PdfObject,
  type PdfReference,
  pdfArray,
  pdfReference,
  withEntries,
} from './objects.ts'
import { referent } from './referent.ts'

/** The same document; what had no number has one behind all others, and is among what the next update writes. */
export async function withOwnPages(document: PdfDocument): Promise<PdfDocument> {
  const values = new Map<number, MendedObject>()
  const pages = await ownTree(document, values)
  const catalog = withEntries(document.catalog, { Pages: pages })
  const root = entry(document.trailer, 'Root')
  const reference = root.kind === 'reference' ? root : numbered(document, values, catalog)
  values.set(reference.number, { generation: reference.generation, value: catalog })

  async function object(number: number, generation: number): Promise<PdfObject> {
    const own = values.get(number)
    return own?.generation === generation ? own.value : document.object(number, generation)
  }

  const resolve = (value: PdfObject): Promise<PdfObject> =>
    referent(value, ({ number, generation }) => object(number, generation))

  return Object.freeze({
    ...document,
    object,
    resolve,
    catalog,
    trailer: withEntries(document.trailer, { Root: reference }),
    nextNumber: Math.max(document.nextNumber, ...[...values.keys()].map(number => number + 1)),
    mended: () => new Map([...document.mended(), ...values]),
  })
}

/** The page tree with a number for every node; what changed or is new goes into `values`. */
async function ownTree(document: PdfDocument, values: Map<number, MendedObject>): Promise<PdfDirect> {
  const seen = new Set<number>()
  let count = 0
  async function own(node: PdfDirect, depth: number): Promise<PdfDirect> {
    if (++count > maxTreeNodes || depth > maxTreeDepth) throw unreadable('a page tree beyond what is mended')
    const dictionary = await document.resolve(node)
    if (dictionary.kind !== 'dictionary' || (node.kind === 'reference' && seen.has(node.number))) return node
    if (node.kind === 'reference') seen.add(node.number)
    const kids = await document.resolve(entry(dictionary, 'Kids'))
    if (kids.kind !== 'array' || nameEntry(dictionary, 'Type') === 'Page') {
      return node.kind === 'reference' ? node : numbered(document, values, dictionary)
    }
    const items: PdfDirect[] = []
    for (const kid of kids.items) items.push(await own(kid, depth + 1))
    const whole = withEntries(dictionary, { Kids: pdfArray(items) })
    if (node.kind !== 'reference') return numbered(document, values, whole)
    if (items.some((item, index) => item !== kids.items[index])) {
      values.set(node.number, { generation: node.generation, value: whole })
    }
    return node
  }
  return own(entry(document.catalog, 'Pages'), 0)
}

function numbered(document: PdfDocument, values: Map<number, MendedObject>, value: PdfDictionary): PdfReference {
  let number = document.nextNumber
  while (values.has(number)) number++
  values.set(number, { generation: 0, value })
  return pdfReference(number)
}
