// Verifying a file whatever its format: told by its first bytes, read by that format's reader, judged alike.

import { openCms } from '../cms/open.ts'
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
import { readXades } from '../trust/read-xades.ts'
import { type Finding, type Report, reportOf, type SignatureReport, signatureReport } from '../trust/report.ts'
import { verifyPdf } from '../trust/verify-pdf.ts'
import { formatOf } from './format.ts'
import { notInPdf, strangeToCms, strangeToXml } from './given-content.ts'
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
  /** Of a PDF: refuse form filling and annotations after a signature, even where nobody forbade them. */
  readonly strict?: boolean
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
  if (format === 'PAdES') return { format, report: await verifiedPdf(file, options) }
  const found = format === 'CAdES' ? await foundInCms(file, options) : await foundInXml(file, options)
  const signatures = found.map(({ signature }) => signature)
  const extra = options.online && (await fetchedFor(signatures, options.online))
  // What one signature of a file holds may help to judge another, a countersignature above all.
  const shared = mergeEvidence(...signatures.map(({ evidence }) => evidence), ...(extra ? [extra] : []))
  const judging: JudgeOptions = { ...options, anchors: options.anchors.map(readCertificate), extra: shared }
  const judged = found.map(async ({ signature, place }) => {
    return { ...signatureReport(format, await judgeSignature(signature, judging)), ...place }
  })
  const strange = options.content === undefined ? [] : await strangeTo(file, options.content, { format, found })
  return { format, report: reportOf(await Promise.all(judged), strange) }
}

/** A signature, and what its report says of its place in the file. */
interface Placed {
  readonly signature: SignatureFound
  readonly place: Pick<SignatureReport, 'id' | 'countersignature' | 'scopes'>
}

async function strangeTo(
  file: RandomAccess,
  content: RandomAccess,
  { format, found }: { readonly format: SignatureFormat; readonly found: readonly Placed[] },
): Promise<Finding[]> {
  if (found.length === 0) return []
  if (format === 'CAdES') return strangeToCms(await openCms(file), content)
  return strangeToXml(found.flatMap(({ place }) => place.scopes ?? []))
}

async function foundInCms(file: RandomAccess, { content }: VerifyFileOptions): Promise<readonly Placed[]> {
  const found = await readCades(file, content)
  return found.map(signature => ({ signature, place: { countersignature: signature.position.length > 1 } }))
}

async function foundInXml(file: RandomAccess, { content }: VerifyFileOptions): Promise<readonly Placed[]> {
  const found = await readXades(await readXml(file), content === undefined ? {} : { content })
  return found.map(signature => {
    const { id, type, scopes } = signature
    const place = { ...(id !== undefined && { id }), countersignature: type === 'countersignature', scopes }
    return { signature, place }
  })
}

async function verifiedPdf(file: RandomAccess, options: VerifyFileOptions): Promise<Report> {
  const report = await judgedPdf(file, options)
  if (options.content === undefined || report.signatures.length === 0) return report
  return reportOf(report.signatures, [...report.findings, notInPdf])
}

async function judgedPdf(file: RandomAccess, options: VerifyFileOptions): Promise<Report> {
  const { online, password } = options
  if (online === undefined) return verifyPdf(file, options)
  const document = await openPdf(file, password === undefined ? {} : { password })
  const { entries, hash } = await readPades(document, options.hash === undefined ? {} : { hash: options.hash })
  const found = entries.flatMap(one => (one.type === 'signature' ? [one.found] : []))
  return verifyPdf(file, { ...options, hash, extra: await fetchedFor(found, online) })
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
