// One update while it is being put together: objects that change and objects that are new. A later change of an object
// sees the earlier ones, so that the parts of an update need not know of each other. Nothing of the document is touched.

import type { PdfDocument } from './document.ts'
import type { UpdatedObject } from './incremental.ts'
import { maxObjectNumber, unreadable } from './limits.ts'
import {
  entry,
  type PdfArray,
  type PdfDictionary,
  type PdfDirect,
  type PdfObject,
  type PdfReference,
  pdfInteger,
  pdfReference,
  withEntries,
} from './objects.ts'
import { referent } from './referent.ts'
import { serialise } from './write.ts'

export interface Draft {
  readonly document: PdfDocument
  /** An object number that nothing uses yet. */
  take(): PdfReference
  /** What a value or the reference in its place will stand for once the update is applied. */
  resolve(value: PdfObject): Promise<PdfObject>
  /** Replaces or adds an object. */
  put(reference: PdfReference, value: PdfDirect): void
  /** Adds an object whose syntax is made elsewhere, one character a byte; `resolve` does not see into it. */
  putSyntax(reference: PdfReference, body: string): void
  /** A new stream object; /Length is added. */
  addStream(dictionary: PdfDictionary, data: Uint8Array): PdfReference
  readonly catalogReference: PdfReference
  /** As the update will leave it. */
  catalog(): PdfDictionary
  changeCatalog(changes: Readonly<Record<string, PdfDirect>>): void
  objects(): readonly UpdatedObject[]
}

/** An update without any change yet. Throws PDF_UNREADABLE where the catalog is no object of its own. */
export function createDraft(document: PdfDocument): Draft {
  const root = entry(document.trailer, 'Root')
  if (root.kind !== 'reference') throw unreadable('/Root is no reference')
  const values = new Map<number, PdfDirect>()
  const bodies = new Map<number, UpdatedObject>()
  let next = document.nextNumber
  let catalog = document.catalog

  function take(): PdfReference {
    if (next > maxObjectNumber) throw unreadable('no object number is free')
    return pdfReference(next++)
  }

  const resolve = (value: PdfObject): Promise<PdfObject> =>
    referent(value, ({ number, generation }) => values.get(number) ?? document.object(number, generation))

  function put(reference: PdfReference, value: PdfDirect): void {
    values.set(reference.number, value)
    putSyntax(reference, serialise(value))
  }

  function putSyntax({ number, generation }: PdfReference, body: string): void {
    bodies.set(number, { number, generation, body })
  }

  function addStream(dictionary: PdfDictionary, data: Uint8Array): PdfReference {
    const reference = take()
    const whole = withEntries(dictionary, { Length: pdfInteger(data.length) })
    putSyntax(reference, `${serialise(whole)}\nstream\n${Buffer.from(data).toString('latin1')}\nendstream`)
    return reference
  }

  function changeCatalog(changes: Readonly<Record<string, PdfDirect>>): void {
    catalog = withEntries(catalog, changes)
    if (root.kind === 'reference') put(root, catalog)
  }

  return Object.freeze({
    document,
    take,
    resolve,
    put,
    putSyntax,
    addStream,
    catalogReference: root,
    catalog: () => catalog,
    changeCatalog,
    objects: () => [...bodies.values()],
  })
}

/** The array at `place` with `item` at its end, once: as a new direct value, or by a change to the object that it is. */
export async function appendedTo(draft: Draft, place: PdfDirect, item: PdfReference): Promise<PdfDirect> {
  const existing = await draft.resolve(place)
  const items = existing.kind === 'array' ? existing.items : []
  if (items.some(one => one.kind === 'reference' && one.number === item.number)) return place
  const array: PdfArray = { kind: 'array', items: [...items, item] }
  if (place.kind !== 'reference' || existing.kind !== 'array') return array
  draft.put(place, array)
  return place
}

/** Puts entries into the catalog's dictionary `key`, whether it is direct, an object of its own or not there yet. */
export async function changeInCatalog(
  draft: Draft,
  key: string,
  change: (existing: PdfDictionary) => PdfDictionary | Promise<PdfDictionary>,
): Promise<void> {
  const place = entry(draft.catalog(), key)
  const existing = await draft.resolve(place)
  const own = existing.kind === 'dictionary'
  const changed = await change(own ? existing : { kind: 'dictionary', entries: new Map(), repeatedKeys: [] })
  if (place.kind === 'reference' && own) draft.put(place, changed)
  else draft.changeCatalog({ [key]: changed })
}
