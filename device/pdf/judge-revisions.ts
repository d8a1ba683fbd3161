// What happened to a document after each of its signatures: every later revision, change by change, held against what
// that signature permits (DocMDP, FieldMDP, /Lock; ISO 32000-1, 12.8.2). Only what is on the list of allowed changes is
// allowed, and a change that cannot be understood is not.

import { Fault } from '../errors.ts'
import type { RandomAccess } from '../ports.ts'
import { readable } from './attempt.ts'
import type { ChangeKind, FoundChange } from './comparison.ts'
import { documentAsOf, type PdfDocument } from './document.ts'
import { unreadable } from './limits.ts'
import { locks, type PdfPermissions, permissionsOf } from './permissions.ts'
import { createReferenceIndex } from './reference-index.ts'
import { type ComparisonMeans, changesOf } from './revision-changes.ts'
import { maxWalkedObjects } from './revision-walk.ts'
import { type JudgedRevision, revisionsAfter } from './revisions.ts'
import type { PdfSignature, SoundSignature } from './signatures.ts'
import { readTail } from './xref.ts'

/** Narrowest first. `lta`: evidence, time-stamps and upkeep; `form-filling` includes signing. */
export type ChangeLevel = 'none' | 'lta' | 'form-filling' | 'annotations' | 'other'

/** One change after a signature. JSON-ready. */
export interface PdfChange {
  /** Number of the object; 0 for the trailer. */
  readonly object: number
  /** The way to it from the trailer; empty where no signed object leads to it. */
  readonly path: string
  readonly kind: ChangeKind
  readonly what: string
  /** Fully qualified name of the form field concerned. */
  readonly field?: string
  readonly allowed: boolean
  /** By which rule. */
  readonly why: string
}

/** One revision after a signature, as that signature sees it. JSON-ready. */
export interface RevisionChanges {
  readonly revisionStart: number
  readonly revisionEnd: number
  readonly level: ChangeLevel
  readonly changes: readonly PdfChange[]
}

export interface RevisionFinding {
  /** Index of the signature concerned; absent where the document as a whole is. */
  readonly signature?: number
  readonly detail: string
}

export interface RevisionsJudgement {
  /** One list for each signature given, oldest revision first; empty for a broken signature. */
  readonly perSignature: readonly (readonly RevisionChanges[])[]
  /** Why the document or a signature is refused; empty where nothing suspicious happened. */
  readonly findings: readonly RevisionFinding[]
}

export interface JudgeOptions {
  /** Refuse form filling and annotations even where nobody forbade them. */
  readonly strict?: boolean
  /** Octets that may be read before the file is refused; by default four passes over it and a gibioctet. */
  readonly maxOctets?: number
}

/** Changes of one revision that are listed, the refused ones first; more would say no more. */
const maxListedChanges = 100
/** Findings for one signature and revision. */
const maxFindings = 10
/** Octets that are read besides a few passes over the file, which hostile objects could make many. */
const maxExtraOctets = 1 << 30

/** Judges all revisions behind the first sound signature. `signatures` as `listSignatures` gives them. */
export async function judgeRevisions(
  document: PdfDocument,
  signatures: readonly PdfSignature[],
  options: JudgeOptions = {},
): Promise<RevisionsJudgement> {
  const ends = signatures.flatMap(one => (one.structure === 'sound' ? [one.revisionEnd] : []))
  const nothing = signatures.map(() => [])
  if (ends.length === 0) return { perSignature: nothing, findings: [] }
  const from = Math.min(...ends)
  const { maxOctets = maxExtraOctets + 4 * document.file.size } = options
  const metered = { ...document, file: meteredFile(document.file, maxOctets) }
  const first = await viewAt(metered, from)
  const { revisions, problems } = await revisionsAfter(metered, from)
  const findings: RevisionFinding[] = problems.map(({ code, detail }) => ({ detail: `${code}: ${detail}` }))
  const compared = await compareAll(first, revisions)
  const perSignature: (readonly RevisionChanges[])[] = []
  for (const [index, signature] of signatures.entries()) {
    const view = signature.structure === 'sound' ? viewOf(signature, from, first, revisions) : undefined
    const later = view ? compared.filter(one => one.revision.start >= view.tail.end) : []
    const permissions = later.length > 0 && view ? await readable(() => permissionsOf(view)) : nothingRestricted
    const seen = later.map(one => seenBy(one, permissions, options))
    perSignature.push(seen)
    findings.push(...seen.flatMap(one => findingsOf(one, index)))
    findings.push(...later.flatMap(one => placementFindings(one.revision, index)))
  }
  return { perSignature, findings }
}

const nothingRestricted: PdfPermissions = Object.freeze({
  allowedChanges: undefined,
  locks: [],
  mayCreateFields: true,
  mayFillFields: true,
})

/** The file, which cannot be read for ever: objects that lie inside each other would have it read once for each. */
function meteredFile(file: RandomAccess, octets: number): RandomAccess {
  let left = octets
  return Object.freeze({
    size: file.size,
    read: (offset: number, length: number) => {
      left -= length
      if (left < 0) throw unreadable('comparing the revisions takes too much reading')
      return file.read(offset, length)
    },
  })
}

async function viewAt(document: PdfDocument, end: number): Promise<PdfDocument> {
  const tail = await readTail(document.file, end, document.headerOffset)
  const view = tail && (await documentAsOf(document, tail))
  if (!view) throw new TypeError('a sound signature ends with a revision')
  return view
}

/** The document as it was signed; a signer may have left out the end-of-line behind %%EOF. */
function viewOf(
  { revisionEnd }: SoundSignature,
  from: number,
  first: PdfDocument,
  revisions: readonly JudgedRevision[],
): PdfDocument | undefined {
  if (revisionEnd === from) return first
  return revisions.find(({ start, end }) => start < revisionEnd && revisionEnd <= end)?.document
}

interface ComparedRevision {
  readonly revision: JudgedRevision
  readonly changes: readonly FoundChange[]
}

async function compareAll(
  first: PdfDocument,
  revisions: readonly JudgedRevision[],
): Promise<readonly ComparedRevision[]> {
  const means: ComparisonMeans = { index: createReferenceIndex(), budget: { left: maxWalkedObjects } }
  const compared: ComparedRevision[] = []
  let before = first
  for (const revision of revisions) {
    compared.push({ revision, changes: await changesOrNone(before, revision, means) })
    before = revision.document
  }
  return compared
}

/** A change that cannot be made out is one that nobody can allow. */
async function changesOrNone(
  before: PdfDocument,
  revision: JudgedRevision,
  means: ComparisonMeans,
): Promise<readonly FoundChange[]> {
  try {
    return await changesOf(before, revision, means)
  } catch (thrown) {
    if (!(thrown instanceof Fault && thrown.code === 'PDF_UNREADABLE')) throw thrown
    return [{ kind: 'other', object: 0, path: '', what: `what changed cannot be read: ${thrown.detail}` }]
  }
}

function seenBy(
  { revision, changes }: ComparedRevision,
  permissions: PdfPermissions | undefined,
  options: JudgeOptions,
): RevisionChanges {
  const refused: PdfChange[] = []
  const allowed: PdfChange[] = []
  for (const change of changes) {
    const refusal = permissions ? refusalOf(change, permissions, options) : 'what the signature permits cannot be read'
    const list = refusal === undefined ? allowed : refused
    if (list.length === maxListedChanges) continue
    const { visible: _, ...rest } = change
    list.push({ ...rest, allowed: refusal === undefined, why: refusal ?? allowance[change.kind] })
  }
  return {
    revisionStart: revision.start,
    revisionEnd: revision.end,
    level: levelOf(changes),
    changes: [...refused, ...allowed].slice(0, maxListedChanges),
  }
}

const allowance: Readonly<Record<ChangeKind, string>> = {
  none: 'nothing that anybody sees changes',
  dss: 'evidence may always be added',
  timestamp: 'a document time-stamp may always be added',
  metadata: 'programs may say when they last wrote',
  signature: 'signing is not forbidden',
  'form-filling': 'form filling is not forbidden',
  annotation: 'the certification allows annotations',
  other: '',
}

/** Why a change is not allowed; undefined where it is. */
function refusalOf(
  { kind, field, visible = false }: FoundChange,
  { allowedChanges, locks: fieldLocks }: PdfPermissions,
  { strict = false }: JudgeOptions,
): string | undefined {
  if (kind === 'other') return 'no rule allows it'
  if (kind === 'none' || kind === 'dss' || kind === 'timestamp') return undefined
  if (allowedChanges === 1) return 'the certification allows no change (DocMDP 1)'
  if (kind === 'metadata') return undefined
  if (kind === 'annotation') {
    if (strict) return 'annotations are not accepted here'
    return allowedChanges === 3 ? undefined : 'no certification allows annotations'
  }
  const lock = field === undefined ? undefined : fieldLocks.find(one => locks(one, field))
  if (lock) return `the signature ${lock.lockedBy} locks the field`
  if (kind === 'form-filling') return strict ? 'form filling is not accepted here' : undefined
  return visible && allowedChanges !== undefined ? 'it may paint over what was certified' : undefined
}

const levels: Readonly<Record<ChangeKind, ChangeLevel>> = {
  none: 'none',
  dss: 'lta',
  timestamp: 'lta',
  metadata: 'lta',
  signature: 'form-filling',
  'form-filling': 'form-filling',
  annotation: 'annotations',
  other: 'other',
}
const order: readonly ChangeLevel[] = ['none', 'lta', 'form-filling', 'annotations', 'other']

function levelOf(changes: readonly FoundChange[]): ChangeLevel {
  let reached = 0
  for (const change of changes) reached = Math.max(reached, order.indexOf(levels[change.kind]))
  return order[reached] ?? 'other'
}

function findingsOf({ revisionStart, changes }: RevisionChanges, signature: number): readonly RevisionFinding[] {
  const refused = changes.filter(change => !change.allowed).slice(0, maxFindings)
  return refused.map(({ object, path, what, why }) => {
    const place = [object > 0 && `object ${object}`, path].filter(part => part).join(', ')
    return {
      signature,
      detail: `the revision at ${revisionStart} is not allowed: ${what}${place && ` (${place})`}; ${why}`,
    }
  })
}

function placementFindings({ start, problems }: JudgedRevision, signature: number): readonly RevisionFinding[] {
  return problems.slice(0, maxFindings).map(({ code, detail }) => {
    return { signature, detail: `the revision at ${start} is malformed: ${code}: ${detail}` }
  })
}
