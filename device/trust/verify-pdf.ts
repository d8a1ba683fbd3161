// Verifies the signatures of a PDF: structure as device/pdf reads it, then the CMS over the signed bytes, streamed, so
// that the cost of memory does not depend on the file. A file passes only when every signature passes and nothing
// unsigned follows the last one.

import { createHash } from 'node:crypto'
import { signedBytes } from '../bytes.ts'
import { openPdf } from '../pdf/document.ts'
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
}

interface Trust {
  readonly anchors: readonly Certificate[]
  readonly now: number
}

/** The report on a PDF. Throws what openPdf throws for a file that is no PDF, CERTIFICATE_UNREADABLE for a bad anchor. */
export async function verifyPdf(source: RandomAccess, options: VerifyOptions): Promise<Report> {
  const trust: Trust = { anchors: options.anchors.map(readCertificate), now: options.now }
  const found = await listSignatures(await openPdf(source))
  const reports: SignatureReport[] = []
  for (const signature of found) reports.push(await reportOn(source, signature, trust))
  return reportOf(reports, unsignedEnd(found, source.size))
}

/** An update after the last signature may change what the reader sees, so the file as a whole does not pass. */
function unsignedEnd(found: readonly PdfSignature[], size: number): Finding[] {
  const ends = found.flatMap(one => (one.structure === 'sound' ? [one.revisionEnd] : []))
  const covered = found.some(one => one.structure === 'sound' && one.coversWholeFile)
  if (ends.length === 0 || covered) return []
  const detail = `${size - Math.max(...ends)} bytes follow the last signature and no signature covers them`
  return [{ subIndication: 'FORMAT_FAILURE', detail }]
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
