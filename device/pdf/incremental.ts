// One incremental update (ISO 32000-1, 7.5.6): objects, a cross-reference section of the kind that the last one had, and
// a trailer that points back to it. It is appended; the original bytes are never touched.

import { createHash } from 'node:crypto'
import { Fault } from '../errors.ts'
import type { PdfDocument } from './document.ts'
import { encryptedSyntax } from './encrypted-syntax.ts'
import { entry, type PdfDirect } from './objects.ts'
import { carriedTrailer, indirectObject, latin1, serialise } from './write.ts'
import type { XrefEntry } from './xref-entries.ts'

/** An object that the update adds or replaces. `body` is its syntax, one character a byte. */
export interface UpdatedObject {
  readonly number: number
  readonly generation: number
  readonly body: string
}

export interface Revision {
  /** Everything to append, the leading end-of-line included where the file lacks one. */
  readonly bytes: Uint8Array
  /** Index in `bytes` of each object's body, by object number. */
  readonly bodyOffsets: ReadonlyMap<number, number>
}

/** Largest offset that a cross-reference table and a /ByteRange slot can hold (ten digits). */
export const maxOffset = 9_999_999_999

/** The update that puts `objects` into `document`. Its offsets count from the header. Deterministic; throws PDF_TOO_LARGE beyond `maxOffset`. */
export async function writeRevision(document: PdfDocument, objects: readonly UpdatedObject[]): Promise<Revision> {
  const { file, headerOffset } = document
  const start = file.size - headerOffset
  const ordered = withMended(document, objects).sort((a, b) => a.number - b.number)
  const parts: string[] = [await leadingEndOfLine(document)]
  let length = parts.join('').length
  const places: Place[] = []
  const bodyOffsets = new Map<number, number>()
  for (const { number, generation, body } of ordered) {
    const { encryption } = document
    const syntax = encryption ? encryptedSyntax(body, number, generation, encryption) : body
    const text = indirectObject(number, generation, syntax)
    places.push({ kind: 'plain', number, generation, offset: start + length })
    bodyOffsets.set(number, length + text.indexOf('\n') + 1)
    parts.push(text)
    length += text.length
  }
  const id = await fileIdentifier(document, parts.join(''))
  const offset = start + length
  const size = Math.max(document.nextNumber, ...ordered.map(object => object.number + 1))
  const rebuilt = document.repaired.length > 0
  const section = {
    places: rebuilt ? allPlaces(document, places) : places,
    offset,
    size,
    id,
    previous: rebuilt ? '' : `/Prev ${document.tail.startXref - headerOffset}`,
    carried: carriedTrailer(document.trailer),
  }
  parts.push(document.sections[0].kind === 'table' ? tableSection(section) : streamSection(section))
  parts.push(`startxref\n${offset}\n%%EOF\n`)
  const bytes = latin1(parts.join(''))
  if (file.size + bytes.length > maxOffset)
    throw new Fault('PDF_TOO_LARGE', `updated, the file would have more than ${maxOffset} bytes`)
  return { bytes, bodyOffsets }
}

/** Where an object is, or that its number is free. */
type Place = { readonly number: number } & XrefEntry

interface Section {
  readonly places: readonly Place[]
  readonly offset: number
  readonly size: number
  readonly id: string
  /** /Prev and its value; empty for a section that stands for itself. */
  readonly previous: string
  readonly carried: string
}

/** The objects of an update, and those whose syntax had to be mended to be read: strict readers are to read the same. */
function withMended(document: PdfDocument, objects: readonly UpdatedObject[]): UpdatedObject[] {
  const changed = new Set(objects.map(object => object.number))
  const mended = [...document.mended()].filter(([number]) => !changed.has(number))
  return [
    ...objects,
    ...mended.map(([number, { generation, value }]) => ({ number, generation, body: serialise(value) })),
  ]
}

/** Every object of a rebuilt document, the update's own first of all. */
function allPlaces(document: PdfDocument, own: readonly Place[]): readonly Place[] {
  const all = new Map<number, Place>([[0, { number: 0, kind: 'free' }]])
  for (const [number, place] of document.sections[0].entries) {
    all.set(
      number,
      place.kind === 'plain'
        ? { ...place, number, offset: place.offset - document.headerOffset }
        : { ...place, number },
    )
  }
  for (const place of own) all.set(place.number, place)
  return [...all.values()].sort((a, b) => a.number - b.number)
}

async function leadingEndOfLine(document: PdfDocument): Promise<string> {
  const [last] = await document.file.read(document.file.size - 1, 1)
  return last === 10 || last === 13 ? '' : '\n'
}

/** /ID: the first half stays, the second names this revision by its content (ISO 32000-1, 14.4). */
async function fileIdentifier(document: PdfDocument, content: string): Promise<string> {
  const digest = createHash('sha256')
    .update(`${document.file.size} ${document.tail.startXref}\n`)
    .update(latin1(content))
  const fresh = digest.digest('hex').slice(0, 32).toUpperCase()
  const existing = await document.resolve(entry(document.trailer, 'ID'))
  const first: PdfDirect | undefined = existing.kind === 'array' ? existing.items[0] : undefined
  // The key of an encrypted document depends on the first half, also where there is none.
  const missing = document.encryption ? '<>' : `<${fresh}>`
  return `[${first?.kind === 'string' ? serialise(first) : missing} <${fresh}>]`
}

function tableSection({ places, size, id, previous, carried }: Section): string {
  const lines = ['xref\n']
  for (const run of runsOf(places)) {
    lines.push(`${run[0].number} ${run.length}\n`)
    for (const place of run) {
      lines.push(tableRow(place))
    }
  }
  return `${lines.join('')}trailer\n<< /Size ${size} ${carried} /ID ${id} ${previous} >>\n`
}

/** Twenty bytes (ISO 32000-1, 7.5.4). */
function tableRow(place: Place): string {
  if (place.kind !== 'plain') return `0000000000 65535 f \n`
  return `${String(place.offset).padStart(10, '0')} ${String(place.generation).padStart(5, '0')} n \n`
}

function streamSection({ places, offset, size, id, previous, carried }: Section): string {
  const own: Place = { kind: 'plain', number: size, generation: 0, offset }
  const all = [...places, own]
  const index = runsOf(all).map(run => `${run[0].number} ${run.length}`)
  const data = Buffer.alloc(all.length * 8)
  all.forEach((place, row) => {
    const [type, second, third] = streamRow(place)
    data.writeUInt8(type, row * 8)
    data.writeUIntBE(second, row * 8 + 1, 5)
    data.writeUInt16BE(third, row * 8 + 6)
  })
  const dictionary =
    `<< /Type /XRef /Size ${size + 1} /W [1 5 2] /Index [${index.join(' ')}] /Length ${data.length} ` +
    `${carried} /ID ${id} ${previous} >>`
  return indirectObject(size, 0, `${dictionary}\nstream\n${data.toString('latin1')}\nendstream`)
}

/** ISO 32000-1, table 18. */
function streamRow(place: Place): readonly [type: number, second: number, third: number] {
  if (place.kind === 'plain') return [1, place.offset, place.generation]
  if (place.kind === 'packed') return [2, place.stream, place.index]
  return [0, 0, 65_535]
}

/** Consecutive object numbers together, as cross-reference subsections hold them. */
function runsOf(places: readonly Place[]): readonly (readonly [Place, ...Place[]])[] {
  const runs: [Place, ...Place[]][] = []
  for (const place of places) {
    const run = runs.at(-1)
    if (run && run[0].number + run.length === place.number) run.push(place)
    else runs.push([place])
  }
  return runs
}
