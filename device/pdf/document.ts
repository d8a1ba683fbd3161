// A PDF opened for reading: its cross-reference sections and its objects on demand. Whole files are never read. A file
// that cannot be read as it says it is, is PDF_UNREADABLE; only where the caller asks for it, and only where nobody has
// signed the document, it is read as most readers would mend it, and says so in `repaired`.

import { prefixOf } from '../bytes.ts'
import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { type Encryption, encryptionOf } from './encryption.ts'
import { maxHeaderOffset, maxObjectNumber, unreadable } from './limits.ts'
import { createObjectReader, type MendedObject, type ObjectReader } from './object-reader.ts'
import { entry, integerEntry, type PdfDictionary } from './objects.ts'
import { withOwnPages } from './own-pages.ts'
import { rebuiltSection } from './rebuild.ts'
import { fieldsOf, pagesOf } from './tree.ts'
import { type RevisionTail, readSections, readTail, type XrefSection } from './xref.ts'
import { createEntryList, type XrefEntry } from './xref-entries.ts'

export interface PdfDocument extends Pick<ObjectReader, 'object' | 'resolve' | 'data'> {
  readonly file: RandomAccess
  /** The header's version, such as `1.7`; the catalog may raise it. */
  readonly headerVersion: string
  /**
   * Bytes in front of the header, usually none. The offsets that a file holds count from its header (ISO 32000-2, 7.5.1),
   * /ByteRange and everything here from its first byte.
   */
  readonly headerOffset: number
  /** The end of the newest revision. Bytes behind `tail.end` belong to no revision. */
  readonly tail: RevisionTail
  /** Newest first; never empty. Of a rebuilt document the one section that its objects were put into. */
  readonly sections: readonly [XrefSection, ...XrefSection[]]
  /** The newest section's. */
  readonly trailer: PdfDictionary
  readonly catalog: PdfDictionary
  /** The lowest object number that no section uses. */
  readonly nextNumber: number
  /**
   * Empty where the cross-reference sections of the file go on being used. Otherwise why they cannot: an update then
   * lists every object in a section that stands for itself.
   */
  readonly repaired: readonly string[]
  /** How the document is encrypted, and the key to it; absent where it is not. */
  readonly encryption?: Encryption
  /** Where an object is; undefined when no section names it. */
  locate(number: number): XrefEntry | undefined
  /** Objects read so far whose syntax was mended; an update writes them anew, so that strict readers agree. */
  mended(): ReadonlyMap<number, MendedObject>
}

export interface OpenOptions {
  /** Mend an unsigned document where it cannot be read strictly; without it everything is read strictly. */
  readonly repair?: boolean
  /** The owner's or the user's; without one only what the empty user password opens is opened. */
  readonly password?: string
}

/** Opens the newest revision. Throws PDF_UNREADABLE, PDF_ENCRYPTED (a password is needed) or PASSWORD_WRONG. */
export async function openPdf(file: RandomAccess, options: OpenOptions = {}): Promise<PdfDocument> {
  const source: Source = { file, ...(await readHeader(file)), password: options.password }
  if (!options.repair) return openStrictly(source, false)
  try {
    const strict = await openStrictly(source, false)
    if (await isSigned(strict)) return strict
    const document = await openStrictly(source, true)
    return document.sections.some(isHybrid) ? await unified(document, source) : document
  } catch (thrown) {
    if (!(thrown instanceof Fault && thrown.code === 'PDF_UNREADABLE')) throw thrown
    return openMended(source, thrown)
  }
}

const isHybrid = (section: XrefSection) => section.trailer.entries.has('XRefStm')

/**
 * A hybrid document shows old readers other objects than new ones (ISO 32000-1, 7.5.8.4). Before somebody signs what only
 * some see, its sections become one; once it is signed that would be a change, and updates follow the table.
 */
async function unified(document: PdfDocument, source: Source): Promise<PdfDocument> {
  const entries = createEntryList()
  for (const section of document.sections) for (const [number, place] of section.entries) entries.add(number, place)
  const { tail, trailer } = document
  const section: XrefSection = {
    kind: 'stream',
    offset: tail.startXref,
    end: tail.end,
    trailer,
    entries: entries.finish(),
  }
  const repaired = ['the cross-references are hybrid: not every reader sees the same objects']
  return documentOf({ ...source, tail, sections: [section], repaired, lenient: true })
}

interface Source {
  readonly file: RandomAccess
  readonly headerVersion: string
  readonly headerOffset: number
  readonly password: string | undefined
}

async function openStrictly(source: Source, lenient: boolean): Promise<PdfDocument> {
  const { file, headerOffset } = source
  const tail = await readTail(file, file.size, headerOffset)
  if (!tail) throw unreadable('no startxref at the end of the file')
  const [newest, ...older] = await readSections(file, tail.startXref, headerOffset)
  if (!newest) throw unreadable('no cross-reference section')
  return documentOf({ ...source, tail, sections: [newest, ...older], repaired: [], lenient })
}

/** First with the sections that the file has, then with those that its objects make. */
async function openMended(source: Source, because: Fault): Promise<PdfDocument> {
  try {
    const document = await openStrictly(source, true)
    if (await isSigned(document)) throw because
    return document
  } catch (thrown) {
    if (thrown === because || !(thrown instanceof Fault && thrown.code === 'PDF_UNREADABLE')) throw thrown
  }
  const section = await rebuiltSection(source.file, source.password)
  if (!section) throw unreadable(`${because.detail}; a signed document is not repaired`)
  const tail = { startXref: section.offset, end: source.file.size }
  const repaired = [because.detail ?? because.code]
  const rebuilt = await documentOf({ ...source, tail, sections: [section], repaired, lenient: true })
  const document = await withOwnPages(rebuilt)
  if (await isSigned(document)) throw because
  return document
}

/** Whether a signature field has a value; reads on the way what a signature needs: fields, a page, a catalog. */
export async function isSigned(document: PdfDocument): Promise<boolean> {
  let signed = false
  for await (const { type, value } of fieldsOf(document)) {
    signed ||= type === 'Sig' && (await document.resolve(value)).kind !== 'null'
  }
  const { value: page } = await pagesOf(document).next()
  if (!page) throw unreadable('the document has no page')
  if (entry(document.trailer, 'Root').kind !== 'reference') throw unreadable('/Root is no reference')
  return signed
}

/**
 * The document as its first `end` bytes were, while the section at `startXref` was the newest: nothing that was appended
 * since can be seen. Undefined where the document has no such section. Throws PDF_UNREADABLE.
 */
export async function documentAsOf(document: PdfDocument, tail: RevisionTail): Promise<PdfDocument | undefined> {
  const [newest, ...older] = document.sections.slice(
    document.sections.findIndex(section => section.offset === tail.startXref),
  )
  if (newest?.offset !== tail.startXref) return undefined
  const { headerVersion, headerOffset, encryption } = document
  const file = prefixOf(document.file, tail.end)
  const opened = {
    file,
    headerVersion,
    headerOffset,
    tail,
    sections: [newest, ...older],
    repaired: [],
    lenient: false,
  } as const
  return documentOf({ ...opened, ...(encryption && { encryption }) })
}

interface Opened
  extends Pick<
    PdfDocument,
    'file' | 'headerVersion' | 'headerOffset' | 'tail' | 'sections' | 'repaired' | 'encryption'
  > {
  readonly password?: string | undefined
  readonly lenient: boolean
}

async function documentOf({ lenient, password, ...opened }: Opened): Promise<PdfDocument> {
  const { file, sections } = opened
  const { trailer } = sections[0]
  if (sections.some(section => section.trailer.entries.has('Encrypt') && !trailer.entries.has('Encrypt'))) {
    throw unreadable('only an older trailer has /Encrypt')
  }
  const source = { file, locate: (number: number) => locateIn(sections, number), lenient }
  const encryption = opened.encryption ?? (await encryptionOf(createObjectReader(source), trailer, password))
  const reader = createObjectReader({ ...source, ...(encryption && { decryption: encryption }) })
  const catalog = await reader.resolve(entry(trailer, 'Root'))
  if (catalog.kind !== 'dictionary') throw unreadable('the catalog is no dictionary')
  const facts = { trailer, catalog, nextNumber: nextNumber(sections), locate: source.locate }
  return Object.freeze({ ...opened, ...reader, ...facts, ...(encryption && { encryption }) })
}

function locateIn(sections: readonly XrefSection[], number: number): XrefEntry | undefined {
  for (const section of sections) {
    const place = section.entries.get(number)
    if (place) return place
  }
  return undefined
}

/** Other readers look for the header in the first kilobyte too. */
async function readHeader(file: RandomAccess): Promise<Pick<PdfDocument, 'headerVersion' | 'headerOffset'>> {
  const start = Buffer.from(await file.read(0, Math.min(maxHeaderOffset, file.size))).toString('latin1')
  const found = /%PDF-(\d\.\d)?/.exec(start)
  if (!found) throw unreadable('the file does not start with %PDF-')
  return { headerVersion: found[1] ?? '1.4', headerOffset: found.index }
}

function nextNumber(sections: readonly XrefSection[]): number {
  let next = 1
  for (const section of sections) {
    next = Math.max(next, integerEntry(section.trailer, 'Size') ?? 0)
    for (const number of section.entries.keys()) next = Math.max(next, number + 1)
  }
  if (next > maxObjectNumber) throw unreadable(`/Size is ${next}`)
  return next
}
