// Where the objects of one appended revision stand, and that nothing else stands between them. An object that its section
// places elsewhere, in an earlier revision for instance, gets a meaning that nobody signed; bytes that no object covers
// wait for somebody to place them.

import { readable } from './attempt.ts'
import type { PdfDocument } from './document.ts'
import { unreadable } from './limits.ts'
import { entry, integerEntry } from './objects.ts'
import { isKeyword, parseAt, parseIndirectObject } from './parse.ts'
import type { XrefSection } from './xref.ts'
import type { XrefEntry } from './xref-entries.ts'

/** Half-open range of the file with the section that describes it. */
export interface PdfRevision {
  readonly start: number
  /** Behind its %%EOF and one end-of-line. */
  readonly end: number
  readonly section: XrefSection
  /** The document as this revision left it. */
  readonly document: PdfDocument
}

export type RevisionProblemCode =
  /** More revisions than are judged. */
  | 'too-many'
  /** No catalog can be read once the revision is there. */
  | 'no-catalog'
  /** Bytes that no cross-reference section describes follow the signed ones: nobody can say what they are for. */
  | 'no-cross-reference'
  /** The section is not followed by its own startxref and %%EOF. */
  | 'no-end'
  /** Two sections stand in the wrong order or in one revision. */
  | 'sections-disordered'
  /** The section places an object in bytes of an earlier or later revision. */
  | 'object-elsewhere'
  /** Where an object should stand there is another one or none. */
  | 'object-missing'
  /** Objects overlap each other or the section. */
  | 'objects-overlap'
  /** Bytes between the objects that are neither white space nor a comment. */
  | 'stray-bytes'

export interface RevisionProblem {
  readonly code: RevisionProblemCode
  readonly detail: string
}

/** Longest run of white space and comments between two objects; bytes. */
const maxGapBytes = 4096

interface Extent {
  readonly what: string
  readonly start: number
  readonly end: number
}

/** What is wrong with the places of the revision's objects, and with the bytes between them. */
export async function placementProblems(revision: PdfRevision): Promise<readonly RevisionProblem[]> {
  const { section } = revision
  const problems: RevisionProblem[] = []
  const extents: Extent[] = []
  const starts = new Map<number, number | undefined>()
  for (const [number, place] of section.entries) {
    const elsewhere = elsewhereProblem(revision, number, place)
    if (elsewhere) problems.push(elsewhere)
    else if (place.kind === 'plain') {
      if (starts.has(place.offset))
        problems.push(problem('objects-overlap', `two objects are placed at ${place.offset}`))
      starts.set(place.offset, number)
    } else if (place.kind === 'packed') problems.push(...(await packedProblems(revision, number)))
  }
  // A cross-reference stream is an object too, whether or not it places itself.
  const stream = section.kind === 'stream' ? section.offset : integerEntry(section.trailer, 'XRefStm')
  if (stream !== undefined && !starts.has(stream)) starts.set(stream, undefined)
  for (const [start, number] of starts) {
    const end = await readable(() => endOfObject(revision, start, number))
    const what = number === undefined ? 'the cross-reference stream' : `object ${number}`
    if (end === undefined) problems.push(problem('object-missing', `${what} does not stand whole at ${start}`))
    else extents.push({ what, start, end })
  }
  if (section.kind === 'table') {
    extents.push({ what: 'the cross-reference table', start: section.offset, end: section.end })
  }
  return [...problems, ...(await gapProblems(revision, extents))]
}

function elsewhereProblem(
  { start, end, section }: PdfRevision,
  number: number,
  place: XrefEntry,
): RevisionProblem | undefined {
  if (place.kind === 'plain' && (place.offset < start || place.offset >= end)) {
    return problem('object-elsewhere', `object ${number} is placed at ${place.offset}, outside ${start} to ${end}`)
  }
  if (place.kind === 'packed' && section.entries.get(place.stream)?.kind !== 'plain') {
    return problem(
      'object-elsewhere',
      `object ${number} is placed in object stream ${place.stream} of another revision`,
    )
  }
  return undefined
}

async function packedProblems({ document }: PdfRevision, number: number): Promise<readonly RevisionProblem[]> {
  if ((await readable(() => document.object(number, 0))) !== undefined) return []
  return [problem('object-missing', `object ${number} is not where its object stream should have it`)]
}

/** Behind the `endobj` of the object that starts at `start`. Throws PDF_UNREADABLE where it is another object or none. */
async function endOfObject({ document, section }: PdfRevision, start: number, number?: number): Promise<number> {
  const found = await parseAt(document.file, start, lexer => ({
    ...parseIndirectObject(lexer),
    position: lexer.position(),
  }))
  const place = number === undefined ? undefined : section.entries.get(number)
  const generation = place?.kind === 'plain' ? place.generation : 0
  if (found.generation !== generation || (number !== undefined && found.number !== number)) {
    throw unreadable(`object ${found.number} ${found.generation} stands at ${start}`)
  }
  if (found.object.kind !== 'stream') return found.position
  const length = await document.resolve(entry(found.object.dictionary, 'Length'))
  if (length.kind !== 'integer' || length.value < 0) throw unreadable(`the stream at ${start} has no /Length`)
  return behindEndstream(document, found.object.dataStart + length.value)
}

/** Behind `endstream endobj`, which have to follow the data at once. Throws PDF_UNREADABLE. */
export async function behindEndstream(document: PdfDocument, dataEnd: number): Promise<number> {
  return parseAt(document.file, dataEnd, lexer => {
    if (isKeyword(lexer.next(), 'endstream') && isKeyword(lexer.next(), 'endobj')) return lexer.position()
    throw unreadable(`no endstream at ${dataEnd}`)
  })
}

async function gapProblems(
  { start, document }: PdfRevision,
  extents: readonly Extent[],
): Promise<readonly RevisionProblem[]> {
  const problems: RevisionProblem[] = []
  let at = start
  for (const extent of extents.toSorted((a, b) => a.start - b.start)) {
    if (extent.start < at) problems.push(problem('objects-overlap', `${extent.what} begins before ${at}`))
    else if (!(await isBlank(document, at, extent.start))) {
      problems.push(problem('stray-bytes', `bytes ${at} to ${extent.start} belong to no object`))
    }
    at = Math.max(at, extent.end)
  }
  return problems
}

const blankShape = /^(?:[\0\t\n\f\r ]|%(?!%EOF)[^\r\n]*(?:[\r\n]|$))*$/

async function isBlank({ file }: PdfDocument, start: number, end: number): Promise<boolean> {
  if (end - start > maxGapBytes) return false
  return blankShape.test(Buffer.from(await file.read(start, end - start)).toString('latin1'))
}

function problem(code: RevisionProblemCode, detail: string): RevisionProblem {
  return { code, detail }
}
