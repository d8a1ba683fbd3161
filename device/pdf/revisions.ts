// The revisions of a signed PDF (ISO 32000-1, 7.5.6): what each appended part consists of, byte for byte. Every appended
// byte has to belong to an object that its own cross-reference section places, to that section, to the trailer or to
// white space and comments between them; what does not is a problem that names its offset. Nothing is repaired.

import { readable } from './attempt.ts'
import { documentAsOf, type PdfDocument } from './document.ts'
import { behindEndstream, type PdfRevision, placementProblems, type RevisionProblem } from './revision-extents.ts'
import type { XrefSection } from './xref.ts'

export interface JudgedRevision extends PdfRevision {
  readonly problems: readonly RevisionProblem[]
}

/** What was appended, oldest first, up to the first revision whose place in the file cannot be made out. */
export interface RevisionChain {
  readonly revisions: readonly JudgedRevision[]
  /** Of bytes that belong to no revision. */
  readonly problems: readonly RevisionProblem[]
}

/** Revisions behind the first signature that are judged; more make the file suspect. */
const maxRevisions = 200
/** Longest run between a section and its %%EOF; bytes. */
const maxEndBytes = 1024

/**
 * The revisions appended behind `from`, the end of a revision that somebody signed. Every section there has its own.
 */
export async function revisionsAfter(document: PdfDocument, from: number): Promise<RevisionChain> {
  const revisions: JudgedRevision[] = []
  const appended = document.sections.filter(section => section.offset >= from).reverse()
  if (appended.length > maxRevisions) return { revisions, problems: [tooMany(appended.length)] }
  let start = from
  for (const section of appended) {
    if (section.offset < start) return { revisions, problems: [disordered(section)] }
    const end = await endOf(document, section)
    if (end === undefined) return { revisions, problems: [noEnd(section)] }
    const asOf = await readable(() => documentAsOf(document, { startXref: section.offset, end }))
    if (!asOf) return { revisions, problems: [noCatalog(section)] }
    const revision = { start, end, section, document: asOf }
    revisions.push({ ...revision, problems: await placementProblems(revision) })
    start = end
  }
  return { revisions, problems: await restProblems(document, start) }
}

function tooMany(count: number): RevisionProblem {
  return problem('too-many', `${count} revisions follow the first signature`)
}

function noCatalog({ offset }: XrefSection): RevisionProblem {
  return problem('no-catalog', `the section at ${offset} leaves no catalog`)
}

function disordered({ offset }: XrefSection): RevisionProblem {
  return problem('sections-disordered', `the section at ${offset} does not follow the one before it`)
}

function noEnd({ offset }: XrefSection): RevisionProblem {
  return problem('no-end', `the section at ${offset} is not followed by its startxref and %%EOF`)
}

const endShape =
  /^(?:(?:[\0\t\n\f\r ]|%(?!%EOF)[^\r\n]*[\r\n])*)startxref[\0\t\n\f\r ]+(\d{1,16})[\0\t\n\f\r ]+%%EOF(?:\r\n|\n|\r)?/

/** Behind the %%EOF that belongs to the section. */
async function endOf(document: PdfDocument, section: XrefSection): Promise<number | undefined> {
  const from = section.kind === 'stream' ? await readable(() => behindEndstream(document, section.end)) : section.end
  if (from === undefined) return undefined
  const length = Math.min(maxEndBytes, document.file.size - from)
  const found = endShape.exec(Buffer.from(await document.file.read(from, length)).toString('latin1'))
  return found && Number(found[1]) === section.offset ? from + found[0].length : undefined
}

/** An end-of-line alone may follow the %%EOF that ends the signed bytes: the signer left it out. */
async function restProblems({ file, tail }: PdfDocument, from: number): Promise<readonly RevisionProblem[]> {
  const length = file.size - from
  if (length === 0) return []
  const rest = length <= 2 ? Buffer.from(await file.read(from, length)).toString('latin1') : ''
  if (/^(\r\n|\n|\r)$/.test(rest) && tail.end === file.size) return []
  return [problem('no-cross-reference', `${length} bytes at ${from} belong to no cross-reference section`)]
}

function problem(code: RevisionProblem['code'], detail: string): RevisionProblem {
  return { code, detail }
}
