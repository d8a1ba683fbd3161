// The extend step: raises a signed copy to the level that was ordered, by appending. A time-stamp comes first (level T) and
// is stored before what validates signer and authority is asked for (LT, with a time-stamp over all of it LTA): an outage
// of responders then costs no time-stamp, and the time it proves stays the earliest that could be had.
//
// It is a document time-stamp, never a signature-time-stamp made along with the signature: EN 319 142-1, 6.3 takes either
// for level T, and nobody stands at the kiosk with a card in the reader while an authority does not answer.
//
// Where a remote service is configured, that is asked first, for all that is ordered at once; what it gives back is verified
// elsewhere before it is seen here. Whoever began to raise a copy goes on with it.
//
// Whether a certificate was revoked before it was used is known only from answers younger than the time-stamp (EN 319
// 102-1, 5.2.5). They are waited for, but not for ever: see `freshnessWaitMs`.

import { createHash } from 'node:crypto'
import type { ExtensionService, Raised } from '../ades/extension-order.ts'
import { type ExtendedPades, type ExtendPadesRequest, extendPades } from '../ades/pades-extend.ts'
import type { Document, DocumentEvent, Stage } from '../document/document.ts'
import { asFault, Fault } from '../errors.ts'
import type { Clock, Random, Revocation, Timestamper } from '../ports.ts'
import { readCertificate } from '../trust/certificate.ts'
import type { EvidenceCache } from '../trust/evidence-cache.ts'
import type { Report } from '../trust/report.ts'
import { verifyPdf } from '../trust/verify-pdf.ts'
import { nextAttempt } from './backoff.ts'
import { type Blobs, concatenated, streamOf } from './step.ts'

export interface ExtendTools {
  readonly timestamper: Timestamper
  readonly revocation: Revocation
  /** DER of the trusted certificates, signers' and time-stamping authorities'. */
  readonly anchors: readonly Uint8Array[]
  /** Kept from one copy to the next. */
  readonly cache: EvidenceCache
  /** Policy asked of the time-stamping authority, dotted. */
  readonly timestampPolicy?: string
  readonly blobs: Blobs
  readonly clock: Clock
  readonly random: Random
  /** Absent: copies are raised here. */
  readonly service?: ExtensionService
}

/**
 * How long answers younger than the time-stamp are waited for, milliseconds. Enough for clocks that differ and responders
 * that answer from a cache of minutes. A list of the day is then taken as it is, and the audit trail says so: EN 319 142-1
 * allows it and renewing mends it, while a copy that stayed here until tomorrow would fail whoever asked for it.
 */
export const freshnessWaitMs = 10 * 60_000

/** How far a clock that was set since may lie before the signature, milliseconds. */
const clockSlackMs = 5 * 60_000

type Extending = Extract<Stage, { readonly name: 'extending' }>
type ExtendedEvent = Extract<DocumentEvent, { type: 'extended' }>
type Level = ExtendPadesRequest['level']

/**
 * `extended` by one level of what is missing, or `extensionPostponed` for a passing reason; the copy stays as it was then.
 * Throws when `signal` aborts, and the Fault of a reason that does not pass by itself.
 */
export async function attemptExtension(
  document: Document,
  tools: ExtendTools,
  signal: AbortSignal,
): Promise<DocumentEvent> {
  const { stage } = document
  if (stage.name !== 'extending') throw new Fault('STAGE_CONFLICT', `nothing is extended at ${stage.name}`)
  const early = wrongClock(stage.signature, tools.clock)
  if (early !== undefined) return postponed(stage, early, tools)
  try {
    if (!asksService(stage, tools)) return await raise(document, stage, tools, signal)
    return await raiseElsewhere(document, stage, tools, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    const fault = asFault(thrown)
    if (fault.retry !== 'later') throw thrown
    return postponed(stage, fault, tools)
  }
}

/**
 * A board without a battery clock starts in the past, where every certificate and every time-stamp looks wrong. That is no
 * reason to call for an operator: the clock is right in a moment.
 */
function wrongClock({ at }: Extending['signature'], clock: Clock): Fault | undefined {
  const now = clock.now()
  if (now >= Date.parse(at) - clockSlackMs) return undefined
  const detail = `the clock says ${new Date(now).toISOString()}, the copy was signed at ${at}`
  return new Fault('CERTIFICATE_NOT_YET_VALID', detail)
}

function postponed(
  { extension }: Extending,
  { code, detail, retryAfterMs }: Fault,
  { clock, random }: ExtendTools,
): DocumentEvent {
  const asked = retryAfterMs === undefined ? {} : { retryAfterMs }
  const at = nextAttempt({ attempts: extension.attempts + 1, now: clock.now(), random: random.fraction, ...asked })
  return { type: 'extensionPostponed', code, detail, nextAttemptAt: new Date(at).toISOString() }
}

function asksService({ signature }: Extending, { service }: ExtendTools): boolean {
  if (service === undefined) return false
  return service.fallback === 'none' || signature.extendedBy !== 'local'
}

/** By the service; where that does not, here, if that is configured. What of both passes by itself is waited for. */
async function raiseElsewhere(
  document: Document,
  stage: Extending,
  tools: ExtendTools,
  signal: AbortSignal,
): Promise<DocumentEvent> {
  const raised = await askService(document, stage, tools, signal)
  if (!(raised instanceof Fault)) {
    const { level } = document.order.signature
    if (level === 'B') throw new Fault('INTERNAL', 'level B is nothing to raise to')
    return { type: 'extended', copy: await keep(document.id, raised, tools), level, answeredEarlier: 0, by: 'service' }
  }
  if (tools.service?.fallback !== 'local') throw raised
  try {
    const { code, detail } = raised
    return { ...(await raise(document, stage, tools, signal)), declined: { code, detail } }
  } catch (thrown) {
    signal.throwIfAborted()
    throw raised.retry === 'later' && asFault(thrown).retry !== 'later' ? raised : thrown
  }
}

/** What the service made, verified, or why there is nothing. */
async function askService(
  { id, order }: Document,
  { copy }: Extending,
  { service, blobs }: ExtendTools,
  signal: AbortSignal,
): Promise<Raised | Fault> {
  const { level } = order.signature
  if (service === undefined || level === 'B') return new Fault('INTERNAL', 'there is nobody or nothing to ask')
  const file = await blobs.open(id, copy.name)
  try {
    return await service.raise({ name: 'copy.pdf', level, document: file }, signal)
  } catch (thrown) {
    signal.throwIfAborted()
    return asFault(thrown)
  } finally {
    await file.close()
  }
}

/** What is stored is what was verified, by its digest. */
async function keep(id: string, { document }: Raised, { blobs }: ExtendTools) {
  const stored = await blobs.write(id, streamOf(document))
  const verified = createHash('sha256').update(document).digest('hex')
  if (stored.sha256 !== verified) throw new Fault('INTERNAL', 'the extended copy is not the one that was verified')
  return stored
}

async function raise(
  { id, order }: Document,
  { copy, signature }: Extending,
  tools: ExtendTools,
  signal: AbortSignal,
): Promise<ExtendedEvent> {
  const ordered = order.signature.level
  const level = signature.level === 'B' || ordered === 'B' ? 'T' : ordered
  const { timestampPolicy: policy, anchors, random, blobs } = tools
  const file = await blobs.open(id, copy.name)
  try {
    const extended = await extendPades(
      file,
      { level, freshOnly: waitsForFresh(signature, tools), ...(policy !== undefined && { policy }) },
      { ...tools, anchors: anchors.map(readCertificate), random: random.bytes },
      { signal },
    )
    const provenAt = await believe(extended, { level, isLast: level === ordered }, tools)
    const stored = await store(id, copy.name, extended, blobs)
    const { answeredEarlier } = extended
    const facts = { answeredEarlier: answeredEarlier.length, by: 'local', ...provenAt } as const
    return { type: 'extended', copy: stored, level, ...facts }
  } finally {
    await file.close()
  }
}

/** Counted from when the time-stamp was stored; a clock that was set meanwhile ends the waiting. */
function waitsForFresh({ extendedAt }: Extending['signature'], { clock }: ExtendTools): boolean {
  return extendedAt !== undefined && Math.abs(clock.now() - Date.parse(extendedAt)) < freshnessWaitMs
}

/**
 * The result is verified before anything of it is stored. After the first of two levels nobody vouches for the authority
 * yet, whose chain comes with the second; the last one must pass altogether. Tells the earliest time that it proves.
 */
async function believe(
  { hash }: ExtendedPades,
  { level, isLast }: { readonly level: Level; readonly isLast: boolean },
  { anchors, clock }: ExtendTools,
): Promise<{ readonly provenAt?: string }> {
  const revocation = level === 'T' ? 'if-present' : 'required'
  const report = await verifyPdf(hash.file, { anchors, now: clock.now(), revocation, hash, strict: true })
  if (isLast ? reaches(report, level) : isIntact(report)) return earliestStamp(report)
  const [finding] = [...report.findings, ...report.signatures.flatMap(one => one.findings)]
  const timestamps = report.signatures.flatMap(one => one.timestamps.flatMap(stamp => stamp.findings))
  const { subIndication, detail } = finding ?? timestamps[0] ?? { detail: `level ${level} was not reached` }
  const code = subIndication === 'NO_CERTIFICATE_CHAIN_FOUND' ? 'CHAIN_INCOMPLETE' : 'SIGNATURE_INVALID'
  throw new Fault(code, `the extended copy does not verify and was not kept: ${detail}`)
}

function earliestStamp({ signatures }: Report): { readonly provenAt?: string } {
  const times = signatures.flatMap(({ timestamps }) => timestamps.flatMap(({ time }) => time ?? []))
  return times.length === 0 ? {} : { provenAt: new Date(Math.min(...times)).toISOString() }
}

function reaches({ indication, signatures }: Report, level: Level): boolean {
  const levels = signatures.flatMap(one => (one.type === 'Sig' ? [one.level] : []))
  return indication === 'TOTAL-PASSED' && levels.every(one => one === `PAdES-BASELINE-${level}`)
}

function isIntact({ indication, signatures }: Report): boolean {
  return indication !== 'TOTAL-FAILED' && signatures.every(one => one.integrity === 'intact')
}

/** The copy as it was and the update behind it; what is stored is what was verified, by its digest. */
async function store(id: string, name: string, { update, hash }: ExtendedPades, blobs: Blobs) {
  const stored = await blobs.write(id, concatenated(blobs.read(id, name), streamOf(update)))
  const verified = Buffer.from(hash.digest('sha256')).toString('hex')
  if (stored.sha256 !== verified) throw new Fault('INTERNAL', 'the extended copy is not the one that was verified')
  return stored
}
