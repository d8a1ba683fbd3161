// What the signatures and document time-stamps of a PDF are, ready to be judged: structure as device/pdf reads it, each CMS
// over the bytes that its /ByteRange names, digested for all of them in one pass over the file. Every document time-stamp is
// an archive time-stamp of the signatures before it (ETSI EN 319 142-1, 5.4 and 6.3; EN 319 102-1, 5.2).

import { createHash } from 'node:crypto'
import type { HashName } from '../cms/algorithm.ts'
import { oids } from '../cms/oids.ts'
import { type ParsedSignedData, parseSignedData } from '../cms/parse.ts'
import type { ParsedSigner } from '../cms/signer-info.ts'
import { Fault } from '../errors.ts'
import { documentAsOf, type PdfDocument } from '../pdf/document.ts'
import { readDss } from '../pdf/dss.ts'
import { type FileHash, hashFile, type WantedDigest } from '../pdf/file-hash.ts'
import { listSignatures, type PdfSignature, type SoundSignature } from '../pdf/signatures.ts'
import { readTail } from '../pdf/xref.ts'
import { readableCertificates } from './certificate.ts'
import { type Evidence, mergeEvidence, noEvidence } from './evidence.ts'
import type { SignatureFound, TimestampFound } from './found.ts'
import { attributeViolations, dictionaryViolations, shapeProblems } from './pades-baseline.ts'
import type { Finding, SubIndication } from './report.ts'
import { readRevocationArchive } from './revocation-archive.ts'
import { hashOf } from './signature-scheme.ts'
import { readSignerInfo } from './signed-data.ts'
import { readTimestampToken } from './timestamp-token.ts'

/** A signature of the document, or one of its time-stamps, beside what device/pdf says of its structure. */
export type PadesFound =
  | { readonly type: 'signature'; readonly pdf: PdfSignature; readonly found: SignatureFound }
  | { readonly type: 'timestamp'; readonly pdf: PdfSignature; readonly found: TimestampFound | BrokenTimestamp }

/** A document time-stamp whose structure is broken: there is no token to judge. */
export interface BrokenTimestamp {
  readonly kind: 'broken'
  readonly findings: readonly Finding[]
}

export interface PadesReading {
  /** In the order of their revisions, broken ones last. */
  readonly entries: readonly PadesFound[]
  /** Of the whole file, for whoever goes on to append to it. */
  readonly hash: FileHash
}

export interface ReadPadesOptions {
  /** Hashes that are to go on behind the end of the file. */
  readonly hashes?: readonly HashName[]
  /** Where somebody has already made the pass. */
  readonly hash?: FileHash
  readonly signal?: AbortSignal
}

/** Signatures of one document that are looked at; honest ones have few. */
const maxSignatures = 500

/** Reads every signature. Throws PDF_UNREADABLE, DOCUMENT_TOO_COMPLEX for more than `maxSignatures`. */
export async function readPades(document: PdfDocument, options: ReadPadesOptions = {}): Promise<PadesReading> {
  const listed = await listSignatures(document)
  if (listed.length > maxSignatures) throw new Fault('DOCUMENT_TOO_COMPLEX', `${listed.length} signatures`)
  const parsed = listed.map(pdf => ({ pdf, ...contentsOf(pdf) }))
  const { hashes = [], signal } = options
  const wanted = parsed.flatMap(one => one.wanted)
  const hash = options.hash ?? (await hashFile(document.file, { hashes, wanted, ...(signal && { signal }) }))
  const stamps: Stamp[] = []
  for (const { pdf } of parsed) if (isTimestamp(pdf)) stamps.push(await stampOf(document, pdf, hash))
  const store: Evidence = await readDss(document)
  const entries: PadesFound[] = []
  for (const { pdf, cms } of parsed) {
    if (pdf.type === 'DocTimeStamp') {
      const stamp = stamps.find(one => one.pdf === pdf)
      entries.push({
        type: 'timestamp',
        pdf,
        found: stamp?.found ?? { kind: 'broken', findings: structureFindings(pdf) },
      })
    } else entries.push({ type: 'signature', pdf, found: await signatureOf(pdf, cms, { hash, stamps, store }) })
  }
  return { entries, hash }
}

type Cms = ReturnType<typeof parseSignedData>

/** The CMS of a sound signature and the digest that it will be held against. */
function contentsOf(pdf: PdfSignature): { readonly cms?: Cms; readonly wanted: readonly WantedDigest[] } {
  if (pdf.structure === 'broken') return { wanted: [] }
  const { byteRange, contents } = pdf
  if (pdf.type === 'DocTimeStamp') {
    const token = readTimestampToken(contents)
    const hash = token.outcome === 'read' ? token.token.imprint.hash : undefined
    return { wanted: hash === undefined ? [] : [{ hash, byteRange }] }
  }
  const cms = parseSignedData(contents)
  const signer = cms.outcome === 'parsed' ? cms.signedData.signers[0] : undefined
  const hash = pdf.subFilter === sha1SubFilter ? 'sha1' : hashOf(signer?.digestAlgorithm)
  return { cms, wanted: hash === undefined ? [] : [{ hash, byteRange }] }
}

function isTimestamp(pdf: PdfSignature): pdf is SoundSignature {
  return pdf.type === 'DocTimeStamp' && pdf.structure === 'sound'
}

interface Stamp {
  readonly pdf: SoundSignature
  readonly found: TimestampFound
  readonly evidence: Evidence
}

async function stampOf(document: PdfDocument, pdf: SoundSignature, hash: FileHash): Promise<Stamp> {
  const { byteRange, contents, subFilter } = pdf
  const read = readTimestampToken(contents)
  const findings = subFilter === 'ETSI.RFC3161' ? [] : [formatFailure(`SubFilter ${subFilter || 'missing'}`)]
  return {
    pdf,
    evidence: read.outcome === 'read' ? read.token.evidence : noEvidence,
    found: {
      kind: 'archive',
      token: withoutPadding(contents),
      imprint: name => hash.rangeDigest({ hash: name, byteRange }),
      findings,
      covers: await storeAsOf(document, pdf.revisionEnd),
    },
  }
}

/** A token without the zeros that fill /Contents; whatever else may follow it stays, to be found. */
function withoutPadding(contents: Uint8Array): Uint8Array {
  const parsed = parseSignedData(contents)
  const exact = parsed.outcome === 'parsed' && !parsed.signedData.trailingData
  return exact ? contents.subarray(0, parsed.signedData.layout.end) : contents
}

/** The security store that a time-stamp's bytes hold; a later one may have grown since. */
async function storeAsOf(document: PdfDocument, revisionEnd: number): Promise<Evidence> {
  const tail = await readTail(document.file, revisionEnd, document.headerOffset)
  const then = tail && (await documentAsOf(document, tail))
  return then ? readDss(then) : noEvidence
}

interface Context {
  readonly hash: FileHash
  readonly stamps: readonly Stamp[]
  readonly store: Evidence
}

async function signatureOf(pdf: PdfSignature, cms: Cms | undefined, context: Context): Promise<SignatureFound> {
  const dictionary = dictionaryViolations(pdf)
  const claimed = pdf.signingTime === undefined ? {} : { claimedTime: pdf.signingTime }
  const broken = (findings: readonly Finding[]): SignatureFound => ({
    findings,
    baselineViolations: [...findings.map(finding => finding.detail), ...dictionary],
    ...claimed,
    evidence: context.store,
    timestamps: [],
  })
  if (pdf.structure === 'broken') return broken(structureFindings(pdf))
  if (cms === undefined || cms.outcome === 'malformed') return broken([formatFailure(cms?.detail ?? 'no CMS')])
  const { signedData } = cms
  const [signer] = signedData.signers
  if (signer === undefined) return broken([formatFailure('no SignerInfo')])
  const embedded = embeddedEvidence(signedData, signer)
  const shape = shapeProblems(signedData, pdf.subFilter).map(formatFailure)
  const content = await contentDigest(pdf, signedData, context.hash)
  const { claimedTime: _, ...checked } = await readSignerInfo(signer, {
    contentType: signedData.contentType,
    certificates: readableCertificates(mergeEvidence(embedded, context.store).certificates),
    digest: content.digest,
  })
  const timestamps = timestampsOf(pdf, signer, embedded, context)
  return {
    ...checked,
    findings: [...shape, ...content.findings, ...checked.findings],
    baselineViolations: [
      ...shape.map(finding => finding.detail),
      ...dictionary,
      ...attributeViolations(signedData, signer, pdf),
    ],
    ...claimed,
    evidence: mergeEvidence(embedded, ...timestamps.evidence, context.store),
    timestamps: timestamps.found,
  }
}

function structureFindings(pdf: PdfSignature): readonly Finding[] {
  return pdf.structure === 'broken' ? pdf.problems.map(({ code, detail }) => formatFailure(`${code}: ${detail}`)) : []
}

function embeddedEvidence(signedData: ParsedSignedData, signer: ParsedSigner): Evidence {
  const { certificates, ocsps, crls } = signedData
  return mergeEvidence({ certificates, ocsps, crls }, readRevocationArchive(signer))
}

const sha1SubFilter = 'adbe.pkcs7.sha1'

interface ContentDigest {
  readonly findings: readonly Finding[]
  readonly digest: (hash: HashName) => Promise<Uint8Array>
}

/** In the oldest kind of CMS signature the content is itself a SHA-1 digest of the signed bytes (ISO 32000-1, 12.8.3.3). */
async function contentDigest(
  pdf: SoundSignature,
  { content }: ParsedSignedData,
  hash: FileHash,
): Promise<ContentDigest> {
  const { byteRange } = pdf
  if (pdf.subFilter !== sha1SubFilter || content === undefined) {
    return { findings: [], digest: name => hash.rangeDigest({ hash: name, byteRange }) }
  }
  const actual = await hash.rangeDigest({ hash: 'sha1', byteRange })
  const differs = Buffer.compare(actual, content) !== 0
  const detail = 'the signed bytes are not the ones that were signed'
  return {
    findings: differs ? [{ subIndication: 'HASH_FAILURE', detail }] : [],
    digest: async name => createHash(name).update(content).digest(),
  }
}

/** Oldest first: those over the content, those over the value, then the document's own that came after the signature. */
function timestampsOf(
  pdf: SoundSignature,
  signer: ParsedSigner,
  embedded: Evidence,
  { hash, stamps }: Context,
): { readonly found: readonly TimestampFound[]; readonly evidence: readonly Evidence[] } {
  const { byteRange } = pdf
  const tokens = (values: ParsedSigner['attributes'], oid: string) =>
    (values.get(oid) ?? []).flatMap(occurrence => occurrence.map(value => value.raw))
  const content = tokens(signer.attributes, oids.contentTimestamp).map(
    (token): TimestampFound => ({
      kind: 'content',
      token,
      imprint: name => hash.rangeDigest({ hash: name, byteRange }),
      findings: [],
    }),
  )
  const value = tokens(signer.unsigned, oids.signatureTimestamp).map(
    (token): TimestampFound => ({
      kind: 'signature',
      token,
      imprint: async name => createHash(name).update(signer.signature).digest(),
      findings: [],
    }),
  )
  const inside = [...content, ...value]
  const evidence = inside.map(({ token }) => evidenceIn(token))
  let seen = mergeEvidence(embedded, ...evidence)
  const archive = stamps.flatMap(stamp => {
    if (stamp.pdf.revisionEnd <= pdf.revisionEnd) return []
    const covers = mergeEvidence(seen, stamp.found.covers ?? noEvidence)
    seen = mergeEvidence(seen, stamp.evidence)
    evidence.push(stamp.evidence)
    return [{ ...stamp.found, covers }]
  })
  return { found: [...inside, ...archive], evidence }
}

function evidenceIn(token: Uint8Array): Evidence {
  const read = readTimestampToken(token)
  return read.outcome === 'read' ? read.token.evidence : noEvidence
}

function formatFailure(detail: string): { readonly subIndication: SubIndication; readonly detail: string } {
  return { subIndication: 'FORMAT_FAILURE', detail }
}
