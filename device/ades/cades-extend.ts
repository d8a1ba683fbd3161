// Raises a CAdES file of anybody to level T, LT or LTA (ETSI EN 319 122-1, 6.3): what its signatures say is verified
// first, then time-stamps and validation data are obtained and spliced in, level after level. The content is read once, for
// all digests together; the result is the file with what was put into it, and is written by whoever asked.

import { type Splice, spliced } from '../bytes.ts'
import { hashName } from '../cms/algorithm.ts'
import { openCms } from '../cms/open.ts'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm, RandomAccess } from '../ports.ts'
import type { GatherTools } from '../trust/gather-tools.ts'
import { readOpenedCades } from '../trust/read-cades.ts'
import { integrityOf } from '../trust/report.ts'
import { obtainTimestamp, type TimestampTools } from '../trust/timestamp-request.ts'
import { type ExistingCades, existingCades } from './cades-existing.ts'
import {
  archiveStamp,
  archiveTimestampQuestion,
  checkCanReach,
  signatureTimestampImprint,
  signersToStamp,
  topSigners,
  withArchiveTimestamps,
  withSignatureTimestamps,
  withValidationData,
} from './cades-levels.ts'
import type { SignatureLevel } from './request.ts'
import { validationData } from './validation-data.ts'

export interface ExtendCadesRequest {
  readonly level: Exclude<SignatureLevel, 'B'>
  /** The signed original of a detached signature; needed for LTA, and checked at every level where it is given. */
  readonly content?: RandomAccess
  /** Of the imprints that are time-stamped; SHA-256 unless said. */
  readonly digestAlgorithm?: DigestAlgorithm
  /** Dotted identifier of the time-stamping policy asked for. */
  readonly policy?: string
}

/** SignerInfos that are extended together: each asks the time-stamping authority, all side by side. */
const maxSigners = 64

export type ExtendCadesTools = TimestampTools & GatherTools

export interface ExtendedCades {
  /** In binary form. */
  readonly file: RandomAccess
  /** Certificates whose state is only known from before the time that counts; extending once more later mends it. */
  readonly answeredEarlier: readonly string[]
}

/**
 * The extended file. Throws CMS_UNREADABLE, SIGNATURE_ABSENT, SIGNATURE_BROKEN, CONTENT_ABSENT,
 * SIGNATURE_FORMAT_REFUSED (what the signature holds already rules the level out), DOCUMENT_TOO_COMPLEX for more than
 * `maxSigners`, CERTIFICATE_UNREADABLE, and what `obtainTimestamp` and `gatherEvidence` throw.
 */
export async function extendCades(
  file: RandomAccess,
  request: ExtendCadesRequest,
  tools: ExtendCadesTools,
  signal?: AbortSignal,
): Promise<ExtendedCades> {
  const stamping = { ...request, digestAlgorithm: request.digestAlgorithm ?? 'SHA-256' }
  const existing = await existingCades(file, request.content, [hashName(stamping.digestAlgorithm)])
  if (request.level === 'LTA' && existing.digests === undefined) {
    throw new Fault('CONTENT_ABSENT', 'an archive time-stamp is over the content too')
  }
  const { length } = existing.signedData.signers
  if (length > maxSigners) throw new Fault('DOCUMENT_TOO_COMPLEX', `${length} signatures to time-stamp`)
  checkCanReach(request.level, existing.signedData)
  await checkIntact(existing)
  const atT = await stampSignatures(existing, stamping, tools, signal)
  if (request.level === 'T') return { file: atT.file, answeredEarlier: [] }
  const { atLt, answeredEarlier } = await embedValidationData(atT, {
    ...tools,
    ...(signal !== undefined && { signal }),
  })
  const extended = request.level === 'LT' ? atLt : await stampArchive(atLt, stamping, tools, signal)
  return { file: extended.file, answeredEarlier }
}

/** Extending would give a broken signature an air of having been looked after. */
async function checkIntact({ signedData, digests }: ExistingCades): Promise<void> {
  for (const { findings, position } of await readOpenedCades(signedData, digests)) {
    if (integrityOf(findings) !== 'broken') continue
    const details = findings.map(({ detail }) => detail).join('; ')
    throw new Fault('SIGNATURE_BROKEN', `signature ${position.join('.')}: ${details}`)
  }
}

type Stamping = Required<Pick<ExtendCadesRequest, 'digestAlgorithm'>> & Pick<ExtendCadesRequest, 'policy'>

async function stampSignatures(
  existing: ExistingCades,
  stamping: Stamping,
  tools: TimestampTools,
  signal?: AbortSignal,
): Promise<ExistingCades> {
  const stamped = signersToStamp(existing.signedData).map(async placed => {
    const digest = signatureTimestampImprint(placed, stamping.digestAlgorithm)
    return { placed, token: await tokenOver(digest, stamping, tools, signal) }
  })
  return withSplices(existing, withSignatureTimestamps(await Promise.all(stamped)))
}

async function stampArchive(
  existing: ExistingCades,
  stamping: Stamping,
  tools: TimestampTools,
  signal?: AbortSignal,
): Promise<ExistingCades> {
  const { signedData, digests } = existing
  if (digests === undefined) throw new Fault('CONTENT_ABSENT', 'an archive time-stamp is over the content too')
  const hash = hashName(stamping.digestAlgorithm)
  const contentDigest = await digests.of(hash)
  const stamped = topSigners(signedData).map(async placed => {
    const question = archiveTimestampQuestion(signedData, placed, { hash, contentDigest })
    return archiveStamp(question, await tokenOver(question.digest, stamping, tools, signal))
  })
  return withSplices(existing, withArchiveTimestamps(await Promise.all(stamped)))
}

async function tokenOver(
  digest: Uint8Array,
  { digestAlgorithm, policy }: Stamping,
  tools: TimestampTools,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const asked = { digestAlgorithm, digest, ...(policy !== undefined && { policy }) }
  return (await obtainTimestamp(asked, tools, signal)).der
}

/**
 * Of every signer, countersigner and time-stamping authority the chain and the state of each certificate. The
 * authorities' certificates go into the outer SignedData, so that they are in place before an archive time-stamp follows.
 */
async function embedValidationData(
  existing: ExistingCades,
  tools: GatherTools,
): Promise<{ readonly atLt: ExistingCades; readonly answeredEarlier: readonly string[] }> {
  const { signedData, digests } = existing
  const found = await readOpenedCades(signedData, digests)
  const tokens = found.flatMap(({ timestamps }) => timestamps.map(({ token }) => token))
  const { answeredEarlier, ...evidence } = await validationData({ signatures: found, tokens }, tools)
  return { atLt: await withSplices(existing, withValidationData(signedData, evidence)), answeredEarlier }
}

/** The file with the splices in it, taken apart anew; its content and the digests of that stay what they were. */
async function withSplices(existing: ExistingCades, splices: readonly Splice[]): Promise<ExistingCades> {
  return splices.length === 0 ? existing : { ...existing, ...(await openCms(spliced(existing.file, splices))) }
}
