// Whether what somebody else has made of a signed file is that file raised, and nothing more: the same signed content, every
// signature and time-stamp that was there as it was, the level asked for, and no change beside what raises it. A PDF begins
// with the file as it was; of a CMS or an XML what is signed and what was added to it earlier is compared piece by piece,
// because whoever adds to one may write it anew.

import { rangeOf } from '../bytes.ts'
import { Fault } from '../errors.ts'
import type { ChangeKind } from '../pdf/comparison.ts'
import type { RandomAccess } from '../ports.ts'
import type { Report, SignatureReport } from '../trust/report.ts'
import { sameCms } from './extended-cms.ts'
import { sameXml } from './extended-xml.ts'
import { formatOf } from './format.ts'
import type { SignatureFormat, SignatureLevel } from './request.ts'
import { signatureLevels } from './request.ts'
import { type Verified, type VerifyFileOptions, verifyFile } from './verify.ts'

export interface VerifyExtendedOptions extends Omit<VerifyFileOptions, 'hash' | 'strict' | 'online'> {
  readonly level: Exclude<SignatureLevel, 'B'>
}

/**
 * The report on `after`, which is `before` raised to the level or above where it was above. Throws EXTENSION_INVALID with
 * what is wrong, and what reading `before` throws.
 */
export async function verifyExtended(
  before: RandomAccess,
  after: RandomAccess,
  { level, ...options }: VerifyExtendedOptions,
): Promise<Verified> {
  const format = await formatOf(before)
  const found = await asAnswer(() => formatOf(after))
  if (found !== format) throw invalid(`it is a ${found} file where a ${format} was sent`)
  const changed = await asAnswer(() => changeOf(format, before, after))
  if (changed !== undefined) throw invalid(changed)
  // Who adds to a PDF may stamp it and give evidence; form fields and annotations are nobody's business here.
  const { report } = await asAnswer(() => verifyFile(after, { ...options, strict: true }))
  const earlier = (await verifyFile(before, options)).report
  const wrong =
    ownFault(report) ??
    countFault(earlier, report) ??
    revisionFault(report, before.size) ??
    levelFault(earlier, report, level)
  if (wrong !== undefined) throw invalid(wrong)
  return { format, report }
}

/** What cannot be read of an answer is wrong with the answer. */
async function asAnswer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    if (!(thrown instanceof Fault)) throw thrown
    throw new Fault('EXTENSION_INVALID', `${thrown.code}: ${thrown.detail}`, { cause: thrown })
  }
}

function invalid(detail: string): Fault {
  return new Fault('EXTENSION_INVALID', detail)
}

/** What was changed that raising a signature does not change; undefined where nothing was. */
async function changeOf(
  format: SignatureFormat,
  before: RandomAccess,
  after: RandomAccess,
): Promise<string | undefined> {
  switch (format) {
    case 'PAdES':
      return (await beginsWith(after, before)) ? undefined : 'it does not begin with the document that was sent'
    case 'CAdES':
      return sameCms(before, after)
    case 'XAdES':
      return sameXml(before, after)
  }
}

async function beginsWith(file: RandomAccess, start: RandomAccess): Promise<boolean> {
  if (file.size < start.size) return false
  let offset = 0
  for await (const chunk of rangeOf(start)) {
    if (Buffer.compare(chunk, await file.read(offset, chunk.length)) !== 0) return false
    offset += chunk.length
  }
  return true
}

/** A signature that is broken, or that forbids what came after it. */
function ownFault({ indication, findings, signatures }: Report): string | undefined {
  const broken = signatures.find(one => one.integrity !== 'intact')
  if (broken !== undefined) return broken.findings[0]?.detail ?? 'a signature in it cannot be verified'
  if (indication !== 'TOTAL-FAILED' && indication !== 'NO-SIGNATURE') return undefined
  const first = [...findings, ...signatures.flatMap(one => one.findings)][0]
  return first?.detail ?? 'it holds no signature'
}

/** A document time-stamp is what raises a PDF; another signature is not. */
function countFault(before: Report, after: Report): string | undefined {
  const [was, is] = [before, after].map(report => report.signatures.filter(isSignature).length)
  return was === is ? undefined : `it holds ${is} signatures where there were ${was}`
}

const raising: ReadonlySet<string> = new Set<ChangeKind>(['none', 'dss', 'timestamp', 'metadata'])

/** Of a PDF: what was appended holds something else than evidence, time-stamps and upkeep, such as a field for a signature. */
function revisionFault({ signatures }: Report, size: number): string | undefined {
  const later = signatures.flatMap(({ changes = [] }) => changes.filter(({ revisionEnd }) => revisionEnd > size))
  const other = later.flatMap(({ changes }) => changes).find(({ kind }) => !raising.has(kind))
  return other === undefined ? undefined : `what was appended does more than raise it: ${other.what}`
}

function isSignature({ type }: SignatureReport): boolean {
  return type !== 'DocTimeStamp'
}

/** Countersignatures have no level of their own to reach. */
function levelFault(before: Report, after: Report, level: SignatureLevel): string | undefined {
  const [was, is] = [before, after].map(report => report.signatures.filter(isSignature))
  for (const [index, one] of (is ?? []).entries()) {
    if (one.countersignature === true) continue
    const earlier = rankOf(was?.[index])
    const reached = rankOf(one)
    const wanted = signatureLevels.indexOf(level)
    if (reached === Math.max(earlier, wanted)) continue
    const [finding] = one.timestamps.flatMap(({ findings }) => findings)
    return `a signature is at ${one.level} where level ${level} was asked for${finding ? `: ${finding.detail}` : ''}`
  }
  return undefined
}

function rankOf(report: SignatureReport | undefined): number {
  return signatureLevels.findIndex(level => report?.level.endsWith(`-BASELINE-${level}`) === true)
}
