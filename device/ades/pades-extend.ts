// Raising the signatures of a PDF, whoever made them, to T, LT or LTA by appending (ETSI EN 319 142-1, 5.4, 5.5 and 6.3):
// a document time-stamp proves that they existed, the security store keeps what validates them, and another document
// time-stamp seals both. Done again on an LTA document, it renews it. The document as it was is an exact prefix.

import { appended } from '../bytes.ts'
import { hashName } from '../cms/algorithm.ts'
import { concat } from '../cms/der.ts'
import { Fault } from '../errors.ts'
import { type OpenOptions, openPdf, type PdfDocument } from '../pdf/document.ts'
import { createDraft } from '../pdf/draft.ts'
import { addToDss } from '../pdf/dss.ts'
import type { FileHash } from '../pdf/file-hash.ts'
import { writeRevision } from '../pdf/incremental.ts'
import { judgeRevisions } from '../pdf/judge-revisions.ts'
import { refuseTooLarge } from '../pdf/pdfa.ts'
import { fillContents, maxReservedBytes, signedParts } from '../pdf/signature-dictionary.ts'
import { prepareSignature } from '../pdf/signature-field.ts'
import type { DigestAlgorithm, RandomAccess } from '../ports.ts'
import { type Evidence, mergeEvidence, noEvidence } from '../trust/evidence.ts'
import type { SignatureFound, TimestampFound } from '../trust/found.ts'
import type { GatherTools } from '../trust/gather-tools.ts'
import { type PadesFound, readPades } from '../trust/read-pades.ts'
import { integrityOf } from '../trust/report.ts'
import { obtainTimestamp, type TimestampTools } from '../trust/timestamp-request.ts'
import { readTimestampToken, type TimestampToken } from '../trust/timestamp-token.ts'
import { usualTimestampOctets } from './pades.ts'
import type { SignatureLevel } from './request.ts'
import { validationData } from './validation-data.ts'

/** By how much the next token of an authority may be longer than its last; octets. */
const tokenGrowth = 512

export interface ExtendPadesRequest {
  readonly level: Exclude<SignatureLevel, 'B'>
  /** For document time-stamps; SHA-256 unless said. */
  readonly digestAlgorithm?: DigestAlgorithm
  /** Policy asked of the time-stamping authority, dotted. */
  readonly policy?: string
  /** Rather throw REVOCATION_UNAVAILABLE than take answers older than the use they are about. */
  readonly freshOnly?: boolean
}

/** Authorities, and what validation data are gathered with; level T needs the first only. */
export type ExtendPadesTools = TimestampTools & GatherTools

export interface ExtendedPades {
  /** To append to the file; empty where it had the level already. */
  readonly update: Uint8Array
  /** Of the file with the update, made without reading it again. */
  readonly hash: FileHash
  /** Certificates whose state is known only from before they were used; extending again later mends it. */
  readonly answeredEarlier: readonly string[]
}

export interface ExtendPadesOptions {
  /** Of the whole file, where somebody has just made it. */
  readonly hash?: FileHash
  /** Opens an encrypted document. */
  readonly password?: string
  readonly signal?: AbortSignal
}

/**
 * Extends every signature of the document. Throws SIGNATURE_ABSENT, SIGNATURE_BROKEN (one that does not verify, or a
 * change that it forbids: extending would dress it up), what opening and updating a PDF throw, what `obtainTimestamp` and `gatherEvidence` throw.
 */
export async function extendPades(
  file: RandomAccess,
  request: ExtendPadesRequest,
  tools: ExtendPadesTools,
  { hash, password, signal }: ExtendPadesOptions = {},
): Promise<ExtendedPades> {
  const { level, digestAlgorithm = 'SHA-256' } = request
  const opening = { ...(password !== undefined && { password }) }
  const document = await openPdf(file, opening)
  const hashes = [hashName(digestAlgorithm)]
  const reading = await readPades(document, { hashes, ...(hash && { hash }), ...(signal && { signal }) })
  await refuseManipulated(document, reading.entries)
  const work = createWork(document, reading.hash, opening)
  const state = await stateOf(reading.entries)
  const stamp = (evidence: Evidence) => stampDocument(work, evidence, { ...request, digestAlgorithm }, tools, signal)
  const stamps = state.unstamped ? [...state.stamps, await stamp(noEvidence)] : state.stamps
  if (level === 'T') return work.result()
  const wanted = { signatures: state.signatures, tokens: stamps.map(({ der }) => der), known: state.evidence }
  const evidence = await validationData(wanted, signal ? { ...tools, signal } : tools)
  const [earlier] = evidence.answeredEarlier
  if (request.freshOnly && earlier !== undefined) {
    throw new Fault('REVOCATION_UNAVAILABLE', `${earlier}: its state is known only from before it was used`)
  }
  if (level === 'LTA') await stamp(evidence)
  else await storeEvidence(work, evidence)
  return work.result(evidence.answeredEarlier)
}

/** The document as it grows; each update is hashed once, in memory. */
interface Work {
  document(): PdfDocument
  hash(): FileHash
  append(update: Uint8Array, next?: FileHash): Promise<void>
  result(answeredEarlier?: readonly string[]): ExtendedPades
}

function createWork(original: PdfDocument, originalHash: FileHash, opening: OpenOptions): Work {
  const updates: Uint8Array[] = []
  let document = original
  let hash = originalHash
  return Object.freeze({
    document: () => document,
    hash: () => hash,
    async append(update: Uint8Array, next = hash.append(update)) {
      updates.push(update)
      hash = next
      document = await openPdf(appended(original.file, concat(updates)), opening)
    },
    result: (answeredEarlier = []) => ({ update: concat(updates), hash, answeredEarlier }),
  })
}

interface State {
  readonly signatures: readonly SignatureFound[]
  readonly stamps: readonly TimestampToken[]
  readonly evidence: Evidence
  /** Whether some signature has no time-stamp yet. */
  readonly unstamped: boolean
}

/** What is there to extend; throws SIGNATURE_ABSENT or SIGNATURE_BROKEN. */
async function stateOf(entries: readonly PadesFound[]): Promise<State> {
  if (entries.length === 0) throw new Fault('SIGNATURE_ABSENT', 'the document holds no signature')
  const stamps: TimestampToken[] = []
  const signatures: SignatureFound[] = []
  for (const { pdf, found } of entries) {
    if (integrityOf(found.findings) !== 'intact') throw broken(pdf.fieldName, found.findings[0]?.detail)
    if ('signer' in found || 'timestamps' in found) {
      signatures.push(found)
      for (const one of found.timestamps) if (one.kind !== 'archive') stamps.push(await intactToken(pdf.fieldName, one))
    } else if (found.kind !== 'broken') stamps.push(await intactToken(pdf.fieldName, found))
  }
  return {
    signatures,
    stamps,
    evidence: mergeEvidence(...signatures.map(one => one.evidence), ...stamps.map(one => one.evidence)),
    unstamped: signatures.some(one => !one.timestamps.some(stamp => stamp.kind !== 'content')),
  }
}

/** What came after a signature against its will, or as an attack, must not be sealed with it. */
async function refuseManipulated(document: PdfDocument, entries: readonly PadesFound[]): Promise<void> {
  const { findings } = await judgeRevisions(
    document,
    entries.map(({ pdf }) => pdf),
  )
  const [first] = findings
  if (first) throw broken(entries[first.signature ?? -1]?.pdf.fieldName ?? 'the document', first.detail)
}

async function intactToken(fieldName: string, found: TimestampFound): Promise<TimestampToken> {
  const read = readTimestampToken(found.token)
  if (read.outcome === 'malformed') throw broken(fieldName, read.detail)
  const { imprint, findings } = read.token
  if (integrityOf(findings) === 'broken') throw broken(fieldName, findings[0]?.detail)
  const actual = imprint.hash && (await found.imprint(imprint.hash))
  if (!actual || Buffer.compare(actual, imprint.digest) !== 0)
    throw broken(fieldName, 'its time-stamp is over other bytes')
  return read.token
}

function broken(fieldName: string, detail = 'it cannot be verified'): Fault {
  return new Fault('SIGNATURE_BROKEN', `${fieldName}: ${detail}`)
}

async function storeEvidence(work: Work, evidence: Evidence): Promise<void> {
  const draft = createDraft(work.document())
  if (!(await addToDss(draft, evidence))) return
  const { bytes } = await writeRevision(draft.document, draft.objects())
  await refuseTooLarge(draft.document, bytes.length)
  await work.append(bytes)
}

/** A document time-stamp over the document as it will be with `evidence` in its store, in one revision with that. */
async function stampDocument(
  work: Work,
  evidence: Evidence,
  { digestAlgorithm, policy }: ExtendPadesRequest & { readonly digestAlgorithm: DigestAlgorithm },
  tools: TimestampTools,
  signal?: AbortSignal,
): Promise<TimestampToken> {
  for (let reservedBytes = usualTimestampOctets; ; ) {
    const draft = createDraft(work.document())
    await addToDss(draft, evidence)
    const prepared = await prepareSignature(draft, { kind: 'timestamp', fieldName: 'Timestamp', reservedBytes })
    const digest = work.hash().digest(hashName(digestAlgorithm), signedParts(prepared))
    const query = { digestAlgorithm, digest, ...(policy !== undefined && { policy }) }
    const token = await obtainTimestamp(query, tools, signal)
    const filled = fillContents(prepared, token.der)
    if (filled.outcome === 'filled') {
      await work.append(filled.update, work.hash().append(filled.update, prepared))
      return token
    }
    const roomier = filled.neededBytes + tokenGrowth
    if (reservedBytes > usualTimestampOctets || roomier > maxReservedBytes) {
      throw new Fault('TIMESTAMP_INVALID', `a time-stamp token of ${filled.neededBytes} octets`)
    }
    reservedBytes = roomier
  }
}
