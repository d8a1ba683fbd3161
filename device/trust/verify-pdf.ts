// Verifies the signatures of a PDF: what read-pades.ts finds of each, judged by judge.ts. The cost of memory does not
// depend on the file. A file passes only when every signature passes and no later revision changed what it does not permit.

import { openPdf } from '../pdf/document.ts'
import type { FileHash } from '../pdf/file-hash.ts'
import { judgeRevisions, type RevisionChanges } from '../pdf/judge-revisions.ts'
import type { PdfSignature } from '../pdf/signatures.ts'
import type { RandomAccess } from '../ports.ts'
import { readCertificate } from './certificate.ts'
import { type Evidence, mergeEvidence, noEvidence } from './evidence.ts'
import type { TimestampFound } from './found.ts'
import { type JudgeOptions, judgeSignature, judgeTimestampsAlone } from './judge.ts'
import { type PadesFound, readPades } from './read-pades.ts'
import {
  conclude,
  type Finding,
  integrityOf,
  type Report,
  reportOf,
  type SignatureReport,
  signatureReport,
  type TimestampReport,
} from './report.ts'

export interface VerifyOptions extends Omit<JudgeOptions, 'anchors'> {
  /** DER of the certificates that are trusted. */
  readonly anchors: readonly Uint8Array[]
  /** Refuse form filling and annotations after a signature even where nobody forbade them. */
  readonly strict?: boolean
  /** Opens an encrypted document. */
  readonly password?: string
  /** Of the whole file, where somebody has just made it: the file is then not read through again. */
  readonly hash?: FileHash
}

/** The report on a PDF. Throws what openPdf throws for a file that is no PDF, CERTIFICATE_UNREADABLE for a bad anchor. */
export async function verifyPdf(source: RandomAccess, options: VerifyOptions): Promise<Report> {
  const judging: JudgeOptions = { ...options, anchors: options.anchors.map(readCertificate) }
  const { password, hash } = options
  const document = await openPdf(source, password === undefined ? {} : { password })
  const { entries } = await readPades(document, hash ? { hash } : {})
  const pdfs = entries.map(({ pdf }) => pdf)
  const { perSignature, findings } = await judgeRevisions(document, pdfs, options)
  const stamps = await documentTimestamps(entries, judging)
  const reports: SignatureReport[] = []
  for (const [index, entry] of entries.entries()) {
    const report = entry.type === 'signature' ? await signatureEntry(entry, judging) : timestampEntry(entry, stamps)
    const later = findings.filter(one => one.signature === index).map(({ detail }) => formatFailure(detail))
    reports.push(withChanges(report, perSignature[index] ?? [], later))
  }
  const ofDocument = findings.filter(one => one.signature === undefined)
  return reportOf(
    reports,
    ofDocument.map(({ detail }) => formatFailure(detail)),
  )
}

function formatFailure(detail: string): Finding {
  return { subIndication: 'FORMAT_FAILURE', detail }
}

/** What came later is no matter of the signature's own integrity, yet what it shows is not what was signed. */
function withChanges(
  report: SignatureReport,
  changes: readonly RevisionChanges[],
  findings: readonly Finding[],
): SignatureReport {
  return { ...report, ...conclude([...report.findings, ...findings]), changes }
}

async function signatureEntry(
  { pdf, found }: Extract<PadesFound, { type: 'signature' }>,
  judging: JudgeOptions,
): Promise<SignatureReport> {
  return { ...signatureReport('PAdES', await judgeSignature(found, judging)), ...placeOf(pdf) }
}

type DocumentTimestamp = Extract<PadesFound, { type: 'timestamp' }>

/** All document time-stamps in a row, so that later ones prove the age of earlier ones. */
async function documentTimestamps(
  entries: readonly PadesFound[],
  judging: JudgeOptions,
): Promise<ReadonlyMap<DocumentTimestamp['found'], TimestampReport>> {
  const found = entries.flatMap(({ type, found: one }): TimestampFound[] =>
    type === 'timestamp' && one.kind !== 'broken' ? [one] : [],
  )
  const evidence = entries.flatMap(({ type, found: one }): Evidence[] => {
    if (type === 'signature') return [one.evidence]
    return one.kind === 'broken' ? [] : [one.covers ?? noEvidence]
  })
  const reports = await judgeTimestampsAlone(found, mergeEvidence(...evidence), judging)
  return new Map(found.flatMap((one, index) => (reports[index] === undefined ? [] : [[one, reports[index]]])))
}

/** A document time-stamp as an entry of its own: it is its own signer, and its time is its own claim. */
function timestampEntry(
  { pdf, found }: DocumentTimestamp,
  reports: Awaited<ReturnType<typeof documentTimestamps>>,
): SignatureReport {
  const report = reports.get(found)
  const findings = report?.findings ?? found.findings
  return {
    ...conclude(findings),
    format: 'PAdES',
    level: 'none',
    baselineViolations: findings.map(({ detail }) => detail),
    integrity: integrityOf(findings),
    bestSignatureTime: { time: report?.time ?? 0, source: 'archive-time-stamp' },
    ...(report?.signer !== undefined && { signer: report.signer }),
    chain: report?.chain ?? [],
    certificates: report?.certificates ?? [],
    timestamps: [],
    ...placeOf(pdf),
  }
}

function placeOf(pdf: PdfSignature): Pick<SignatureReport, 'fieldName' | 'type' | 'subFilter' | 'coversWholeFile'> {
  const { fieldName, type, subFilter } = pdf
  return { fieldName, type, subFilter, coversWholeFile: pdf.structure === 'sound' && pdf.coversWholeFile }
}
