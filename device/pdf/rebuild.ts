// A cross-reference section for a document whose own are of no use: the last definition of every object number counts,
// what object streams hold included, and the newest trailer that leads to a catalog. Only for documents that nobody has
// signed: a repaired signed file means something else.

import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { encryptionOf } from './encryption.ts'
import { maxRebuiltObjects, unreadable } from './limits.ts'
import { createObjectReader, type ObjectReader } from './object-reader.ts'
import { entry, nameEntry, type PdfDictionary, pdfDictionary, pdfReference, withEntries } from './objects.ts'
import { type ScannedFile, scanObjects } from './scan.ts'
import type { XrefSection } from './xref.ts'
import type { XrefEntry } from './xref-entries.ts'

/**
 * The section; undefined where the file seems to be signed. Throws PDF_UNREADABLE where no catalog is found, PDF_ENCRYPTED
 * and PASSWORD_WRONG where object streams cannot be opened.
 */
export async function rebuiltSection(
  file: RandomAccess,
  password: string | undefined,
): Promise<XrefSection | undefined> {
  const scanned = await scanObjects(file)
  if (scanned.signed) return undefined
  const entries = new Map<number, XrefEntry>()
  for (const [number, { offset, generation }] of scanned.objects) {
    entries.set(number, { kind: 'plain', offset, generation })
  }
  const source = { file, locate: (number: number) => entries.get(number), lenient: true }
  const locked = await lockedTrailer(scanned.trailers, createObjectReader(source))
  const encryption = locked && (await encryptionOf(createObjectReader(source), locked, password))
  const reader = createObjectReader({ ...source, ...(encryption && { decryption: encryption }) })
  const packed = await enterContainers(scanned, entries, reader)
  const found = await trailerFrom(scanned, entries, reader)
  const trailer = locked ? withEntries(found, { Encrypt: entry(locked, 'Encrypt'), ID: entry(locked, 'ID') }) : found
  // Only a cross-reference stream can say what an object stream holds.
  return { kind: packed ? 'stream' : 'table', offset: file.size, end: file.size, trailer, entries }
}

/** The newest trailer with an encryption dictionary. What has none to be had was not encrypted, or is lost. */
async function lockedTrailer(
  trailers: readonly PdfDictionary[],
  reader: ObjectReader,
): Promise<PdfDictionary | undefined> {
  for (const trailer of trailers.toReversed()) {
    if ((await reader.resolve(entry(trailer, 'Encrypt'))).kind === 'dictionary') return trailer
  }
  return undefined
}

/** Adds what object streams hold, unless a later plain object or object stream has it; tells whether there was any. */
async function enterContainers(
  { objects, containers }: ScannedFile,
  entries: Map<number, XrefEntry>,
  reader: ObjectReader,
): Promise<boolean> {
  let any = false
  for (const container of new Set(containers)) {
    const at = objects.get(container)?.offset ?? 0
    const numbers = await packedNumbers(container, reader)
    numbers.forEach((number, index) => {
      if ((objects.get(number)?.offset ?? -1) > at || number === container) return
      entries.set(number, { kind: 'packed', stream: container, index })
      any = true
    })
    if (entries.size > maxRebuiltObjects) throw unreadable(`more than ${maxRebuiltObjects} objects`)
  }
  return any
}

/** Of an object stream that cannot be read, none: what it held is lost. */
async function packedNumbers(container: number, reader: ObjectReader): Promise<readonly number[]> {
  try {
    return (await reader.packed(container)).numbers
  } catch (thrown) {
    if (thrown instanceof Fault) return []
    throw thrown
  }
}

/** /Root, /Info and /ID of the newest trailer that has a catalog; without one, the newest catalog there is. */
async function trailerFrom(
  { trailers, catalogs }: ScannedFile,
  entries: ReadonlyMap<number, XrefEntry>,
  reader: ObjectReader,
): Promise<PdfDictionary> {
  for (const trailer of trailers.toReversed()) {
    if (await isCatalog(reader, trailer)) return keptOf(trailer)
  }
  const packed = [...entries].filter(([, place]) => place.kind === 'packed').map(([number]) => number)
  for (const number of [...catalogs.toReversed(), ...packed]) {
    const place = entries.get(number)
    const root = pdfReference(number, place?.kind === 'plain' ? place.generation : 0)
    const trailer = withEntries(keptOf(trailers.at(-1) ?? pdfDictionary({})), { Root: root })
    if (await isCatalog(reader, trailer, 'Catalog')) return trailer
  }
  throw unreadable('no catalog among the objects of a damaged file')
}

function keptOf(trailer: PdfDictionary): PdfDictionary {
  const kept = new Map([...trailer.entries].filter(([key]) => ['Root', 'Info', 'ID'].includes(key)))
  return { kind: 'dictionary', entries: kept, repeatedKeys: [] }
}

async function isCatalog(reader: ObjectReader, trailer: PdfDictionary, type?: string): Promise<boolean> {
  try {
    const root = entry(trailer, 'Root')
    const catalog = root.kind === 'reference' ? await reader.resolve(root) : root
    if (catalog.kind !== 'dictionary' || (type !== undefined && nameEntry(catalog, 'Type') !== type)) return false
    return (await reader.resolve(entry(catalog, 'Pages'))).kind === 'dictionary'
  } catch (thrown) {
    if (thrown instanceof Fault) return false
    throw thrown
  }
}
