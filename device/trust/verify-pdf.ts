// Verifies the signatures of a PDF: structure as device/pdf reads it, then the CMS over the signed bytes, streamed, so
// that the cost of memory does not depend on the file. A file passes only when every signature passes and no later
// revision changed what it does not permit.

import { createHash } from 'node:crypto'
import { signedBytes } from '../bytes.ts'
import { openPdf } from '../pdf/document.ts'
import { judgeRevisions, type RevisionChanges } from '../pdf/judge-revisions.ts'
import { listSignatures, type PdfSignature, type SoundSignature } from '../pdf/signatures.ts'
import type { RandomAccess } from '../ports.ts'
import { type Certificate, readCertificate } from './certificate.ts'
import { conclude, type Finding, integrityOf, type Report, reportOf, type SignatureReport } from './report.ts'
import { type SignedDataVerdict, verifySignedData } from './verify-signed-data.ts'

export interface VerifyOptions {
  /** DER of the certificates that are trusted. */
  readonly anchors: readonly Uint8Array[]
  /** Milliseconds since 1970. */
  readonly now: number
  /** Refuse form filling and annotations after a signature even where nobody forbade them. */
  readonly strict?: boolean
}

interface Trust {
  readonly anchors: readonly Certificate[]
  readonly now: number
}

/** The report on a PDF. Throws what openPdf throws for a file that is no PDF, CERTIFICATE_UNREADABLE for a bad anchor. */
export async function verifyPdf(source: RandomAccess, options: VerifyOptions): Promise<Report> {
  const trust: Trust = { anchors: options.anchors.map(readCertificate), now: options.now }
  const document = await openPdf(source)
  const found = await listSignatures(document)
  const { perSignature, findings } = await judgeRevisions(document, found, options)
  const reports: SignatureReport[] = []
  for (const [index, signature] of found.entries()) {
    const later = findings.filter(one => one.signature === index).map(({ detail }) => formatFailure(detail))
    const changes = perSignature[index] ?? []
    reports.push(withChanges(await reportOn(source, signature, trust), changes, later))
  }
  const ofDocument = findings.filter(one => one.signature === undefined)
  return reportOf(
    reports,
    ofDocument.map(({ detail }) => formatFailure(detail)),
  )
}

/** What came later is no matter of the signature's own integrity, yet what it shows is not what was signed. */
function withChanges(
  report: SignatureReport,
  changes: readonly RevisionChanges[],
  findings: readonly Finding[],
): SignatureReport {
  return { ...report, ...conclude([...report.findings, ...findings]), changes }
}

async function reportOn(source: RandomAccess, signature: PdfSignature, trust: Trust): Promise<SignatureReport> {
  if (signature.structure === 'broken') {
    const findings = signature.problems.map(({ code, detail }) => formatFailure(`${code}: ${detail}`))
    return describe(signature, { findings, baselineViolations: findings.map(finding => finding.detail), chain: [] })
  }
  if (signature.type === 'DocTimeStamp') {
    const detail = 'document time-stamps are not verified'
    return describe(signature, {
      findings: [{ subIndication: 'GENERIC', detail }],
      baselineViolations: [detail],
      chain: [],
    })
  }
  const { contents, byteRange } = signature
  const digest = (hash: string) => digestRanges(source, byteRange, hash)
  return describe(signature, await verifySignedData({ contents, digest, ...trust }))
}

function formatFailure(detail: string): Finding {
  return { subIndication: 'FORMAT_FAILURE', detail }
}

/** One pass over the file, a chunk at a time. */
async function digestRanges(
  source: RandomAccess,
  byteRange: SoundSignature['byteRange'],
  hash: string,
): Promise<Uint8Array> {
  const digest = createHash(hash)
  for await (const chunk of signedBytes(source, byteRange)) digest.update(chunk)
  return digest.digest()
}

function describe(signature: PdfSignature, verdict: SignedDataVerdict): SignatureReport {
  const baselineViolations = [...dictionaryViolations(signature), ...verdict.baselineViolations]
  const { digestAlgorithm, signatureAlgorithm, signer } = verdict
  return {
    ...conclude(verdict.findings),
    integrity: integrityOf(verdict.findings),
    fieldName: signature.fieldName,
    type: signature.type,
    subFilter: signature.subFilter,
    level: baselineViolations.length === 0 ? 'PAdES-BASELINE-B' : 'none',
    baselineViolations,
    ...(signature.signingTime !== undefined && { claimedTime: signature.signingTime }),
    ...(digestAlgorithm !== undefined && { digestAlgorithm }),
    ...(signatureAlgorithm !== undefined && { signatureAlgorithm }),
    ...(signer !== undefined && { signer: signer.facts }),
    chain: verdict.chain.map(certificate => certificate.facts),
    revocation: 'not-checked',
    coversWholeFile: signature.structure === 'sound' && signature.coversWholeFile,
    changes: [],
  }
}

/** EN 319 142-1, 6.3: what baseline B asks of the signature dictionary. */
function dictionaryViolations(signature: PdfSignature): string[] {
  const violations = [
    signature.subFilter !== 'ETSI.CAdES.detached' && `SubFilter ${signature.subFilter || 'missing'}`,
    signature.filter === '' && 'Filter missing',
    signature.signingTime === undefined && 'M missing',
    signature.hasCert && 'Cert present',
  ]
  return violations.filter(violation => violation !== false)
}
