// The document security store (ISO 32000-2, 12.8.4.3; EN 319 142-1, 5.4.2): certificates, OCSP responses and CRLs as
// streams under /DSS in the catalog. Nothing is ever taken out of it and nothing is put in twice. /VRI, which the baseline
// does without, is not written, and kept where others wrote it.

import { createHash } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import type { PdfDocument } from './document.ts'
import { changeInCatalog, type Draft } from './draft.ts'
import { addExtension } from './extension.ts'
import { maxDssStreams, maxStreamBytes, unreadable } from './limits.ts'
import {
  entry,
  type PdfDictionary,
  type PdfDirect,
  type PdfReference,
  pdfArray,
  pdfName,
  withEntries,
} from './objects.ts'

/** DER of each value; the same shape as trust's Evidence. */
export interface DssContent {
  readonly certificates: readonly Uint8Array[]
  readonly ocsps: readonly Uint8Array[]
  readonly crls: readonly Uint8Array[]
}

const keys = { certificates: 'Certs', ocsps: 'OCSPs', crls: 'CRLs' } as const
type Kind = keyof typeof keys

/** What the newest revision's store holds, also what only its /VRI names. Throws PDF_UNREADABLE. */
export async function readDss(document: PdfDocument): Promise<DssContent> {
  const store = await document.resolve(entry(document.catalog, 'DSS'))
  const dictionaries = store.kind === 'dictionary' ? [store, ...(await validationRelated(document, store))] : []
  const read = valueReader(document)
  const all = async (...names: readonly string[]) => {
    const values: Uint8Array[] = []
    for (const dictionary of dictionaries) for (const name of names) values.push(...(await read(dictionary, name)))
    return without(values, [])
  }
  return { certificates: await all('Certs', 'Cert'), ocsps: await all('OCSPs', 'OCSP'), crls: await all('CRLs', 'CRL') }
}

/** Adds to the store what it does not have yet; false where there was nothing to add. */
export async function addToDss(draft: Draft, content: DssContent): Promise<boolean> {
  const known = await readDss(draft.document)
  const fresh = {
    certificates: without(content.certificates, known.certificates),
    ocsps: without(content.ocsps, known.ocsps),
    crls: without(content.crls, known.crls),
  }
  if (Object.values(fresh).every(values => values.length === 0)) return false
  await changeInCatalog(draft, 'DSS', async existing => {
    const changes: Record<string, PdfDirect> = { Type: pdfName('DSS') }
    for (const kind of ['certificates', 'ocsps', 'crls'] as const) {
      if (fresh[kind].length > 0) changes[keys[kind]] = await grown(draft, existing, kind, fresh[kind])
    }
    return withEntries(existing, changes)
  })
  await addExtension(draft)
  return true
}

async function grown(
  draft: Draft,
  store: PdfDictionary,
  kind: Kind,
  values: readonly Uint8Array[],
): Promise<PdfDirect> {
  const place = entry(store, keys[kind])
  const existing = await draft.resolve(place)
  const added = values.map(value => addDer(draft, value))
  const array = pdfArray([...(existing.kind === 'array' ? existing.items : []), ...added])
  if (place.kind !== 'reference' || existing.kind !== 'array') return array
  draft.put(place, array)
  return place
}

function addDer(draft: Draft, der: Uint8Array): PdfReference {
  const Filter = pdfName('FlateDecode')
  return draft.addStream(
    { kind: 'dictionary', entries: new Map([['Filter', Filter]]), repeatedKeys: [] },
    deflateSync(der),
  )
}

/** The dictionaries of /VRI, whose arrays are called /Cert, /OCSP and /CRL. */
async function validationRelated(document: PdfDocument, store: PdfDictionary): Promise<readonly PdfDictionary[]> {
  const related = await document.resolve(entry(store, 'VRI'))
  const places = related.kind === 'dictionary' ? [...related.entries.values()] : []
  const found: PdfDictionary[] = []
  for (const place of places.slice(0, maxDssStreams)) {
    const one = await document.resolve(place)
    if (one.kind === 'dictionary') found.push(one)
  }
  return found
}

/** Reads the streams of an array, each object once; all of them together are bounded. */
function valueReader(document: PdfDocument): (dictionary: PdfDictionary, key: string) => Promise<Uint8Array[]> {
  const seen = new Set<number>()
  let bytes = 0
  return async (dictionary, key) => {
    const array = await document.resolve(entry(dictionary, key))
    const values: Uint8Array[] = []
    for (const place of array.kind === 'array' ? array.items : []) {
      if (place.kind !== 'reference' || seen.has(place.number)) continue
      if (seen.add(place.number).size > maxDssStreams) throw unreadable(`a DSS of more than ${maxDssStreams} streams`)
      const stream = await document.resolve(place)
      if (stream.kind !== 'stream') continue
      const value = await document.data(stream)
      bytes += value.length
      if (bytes > maxStreamBytes) throw unreadable(`a DSS of more than ${maxStreamBytes} bytes`)
      values.push(value)
    }
    return values
  }
}

/** By digest, each value once. */
function without(values: readonly Uint8Array[], known: readonly Uint8Array[]): Uint8Array[] {
  const seen = new Set(known.map(digestOf))
  return values.filter(value => {
    const digest = digestOf(value)
    return !seen.has(digest) && seen.add(digest)
  })
}

function digestOf(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('base64')
}
