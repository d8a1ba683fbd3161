// Verifying a file whatever its format: told by its first bytes, read by that format's reader, judged alike.

import { type ErrorCode, Fault } from '../errors.ts'
import { openPdf } from '../pdf/document.ts'
import type { FileHash } from '../pdf/file-hash.ts'
import type { RandomAccess } from '../ports.ts'
import { readCertificate } from '../trust/certificate.ts'
import { type Evidence, mergeEvidence, noEvidence } from '../trust/evidence.ts'
import type { SignatureFound } from '../trust/found.ts'
import type { GatherTools } from '../trust/gather-tools.ts'
import { type JudgeOptions, judgeSignature } from '../trust/judge.ts'
import { readCades } from '../trust/read-cades.ts'
import { readPades } from '../trust/read-pades.ts'
import { readXadesDocument } from '../trust/read-xades.ts'
import { type Report, reportOf, signatureReport } from '../trust/report.ts'
import { verifyPdf } from '../trust/verify-pdf.ts'
import { formatOf } from './format.ts'
import type { SignatureFormat } from './request.ts'
import { validationData } from './validation-data.ts'
import { readXml } from './xades-layout.ts'

export interface VerifyFileOptions extends Omit<JudgeOptions, 'anchors'> {
  /** DER of the certificates that are trusted. */
  readonly anchors: readonly Uint8Array[]
  /** The signed original of a detached signature. */
  readonly content?: RandomAccess
  /** Opens an encrypted PDF. */
  readonly password?: string
  /** Of the whole of a PDF, where somebody has just made it. */
  readonly hash?: FileHash
  /** Asks for what the signatures do not hold. */
  readonly online?: GatherTools
}

export interface Verified {
  readonly format: SignatureFormat
  readonly report: Report
}

/**
 * The report on a file. Throws what the format's reader throws for a file that is none of its kind, SIGNATURE_ABSENT for one
 * of no kind that can be signed, CERTIFICATE_UNREADABLE for a bad anchor.
 */
export async function verifyFile(file: RandomAccess, options: VerifyFileOptions): Promise<Verified> {
  const format = await formatOf(file)
  if (format === 'PAdES') {
    const extra = options.online && (await fetchedFor(await foundInPdf(file, options), options.online))
    return { format, report: await verifyPdf(file, { ...options, ...(extra && { extra }) }) }
  }
  const found = format === 'CAdES' ? await readCades(file, options.content) : await foundInXml(file, options)
  const extra = options.online && (await fetchedFor(found, options.online))
  // What one signature of a file holds may help to judge another, a countersignature above all.
  const shared = mergeEvidence(...found.map(({ evidence }) => evidence), ...(extra ? [extra] : []))
  const judging: JudgeOptions = { ...options, anchors: options.anchors.map(readCertificate), extra: shared }
  const judged = found.map(async one => signatureReport(format, await judgeSignature(one, judging)))
  return { format, report: reportOf(await Promise.all(judged), []) }
}

async function foundInXml(file: RandomAccess, { content }: VerifyFileOptions): Promise<readonly SignatureFound[]> {
  return readXadesDocument(await readXml(file), content === undefined ? {} : { content })
}

async function foundInPdf(
  file: RandomAccess,
  { password, hash }: VerifyFileOptions,
): Promise<readonly SignatureFound[]> {
  const document = await openPdf(file, password === undefined ? {} : { password })
  const { entries } = await readPades(document, hash === undefined ? {} : { hash })
  return entries.flatMap(one => (one.type === 'signature' ? [one.found] : []))
}

/** What can be had of issuers and states, for each signature as much as there is; the verdict tells what is missing. */
async function fetchedFor(found: readonly SignatureFound[], tools: GatherTools): Promise<Evidence> {
  const gathered = found.map(async one => {
    try {
      const tokens = one.timestamps.map(({ token }) => token)
      return await validationData({ signatures: [one], tokens, purpose: 'judge' }, tools)
    } catch (thrown) {
      if (thrown instanceof Fault && unobtainable.has(thrown.code)) return noEvidence
      throw thrown
    }
  })
  return mergeEvidence(...(await Promise.all(gathered)))
}

const unobtainable: ReadonlySet<string> = new Set<ErrorCode>([
  'CHAIN_INCOMPLETE',
  'REVOCATION_UNAVAILABLE',
  'SIGNATURE_BROKEN',
])
