// A batch that a person signs with Cl@ve Firma, as many of its documents as the service takes with one visit. First every digest
// is made and the transaction stored, then the person is away; what the service has signed by then is fetched, put into its
// documents and verified one by one. Taken up again after a power cut, nothing is signed two ways: an item that has its outcome
// keeps it, and one whose signature the service no longer has is signed by another visit, as if there had been none.

import type { AwaitedSignature } from '../ades/job.ts'
import { type Batch, type BatchItem, documentName } from '../batch/batch.ts'
import type { BatchVisit, ItemIntent, ItemOutcome, MadeSignature, VisitMemory } from '../batch/outcome.ts'
import { endsRun, runBatch } from '../batch/run.ts'
import { awaitedBy } from '../document/awaited-order.ts'
import { statedBy } from '../document/sign-order.ts'
import { asFault, type ErrorCode, Fault } from '../errors.ts'
import type { ClaveDocument, ClaveFirma, ClaveOrder, ClaveTransaction, Clock } from '../ports.ts'
import type { BatchWork } from './batch-errand.ts'
import { type BatchSigningParts, type ItemAtHand, madeOf, performItem, withItem } from './batch-signing.ts'

export interface ClaveBatchParts extends Omit<BatchSigningParts, 'identity' | 'sign'> {
  readonly clave: ClaveFirma
  readonly clock: Clock
  readonly newId: () => string
  readonly memory: VisitMemory
  /** Documents that the service takes at once, and how long it keeps what nobody has signed. */
  readonly limits: { readonly maxDocuments: number; readonly minutes: number }
  onOutcome(item: BatchItem, outcome: ItemOutcome): void
}

/** Documents under way at once: the next signature is fetched while one is put into its document. */
const underWay = 2
/** What passes by itself: the service may well have what is missing. */
const passing: ReadonlySet<ErrorCode> = new Set(['CLAVE_UNREACHABLE', 'WORKER_LOST', 'INTERRUPTED'])

/** Throws ALGORITHM_REFUSED for a batch that the service does not sign as it asks. */
export function checkClaveBatch({ algorithm }: Batch): void {
  if (algorithm !== 'SHA256') throw new Fault('ALGORITHM_REFUSED', `Cl@ve Firma signs by SHA-256, not by ${algorithm}`)
}

/**
 * Begins the next visit, about what is unfinished; null where nothing is left for one. A document that cannot be prepared has
 * failed. Throws the CLAVE_ faults of the port, and what ends a run.
 */
export async function beginVisit(
  work: BatchWork,
  order: ClaveOrder,
  parts: ClaveBatchParts,
  signal: AbortSignal,
): Promise<BatchVisit | null> {
  const documents = await prepared(work, parts, signal)
  if (documents.length === 0) return null
  const { clave, clock, limits, memory } = parts
  const { id, page } = await clave.startBatch(order, documents, signal)
  const visit: BatchVisit = {
    id,
    subject: order.subject,
    page,
    returnUrl: order.returnUrl,
    endsAt: clock.now() + limits.minutes * 60_000,
    items: documents.map(one => Number(one.id)),
    signed: null,
  }
  await memory.keepVisit(visit)
  return visit
}

async function prepared(work: BatchWork, parts: ClaveBatchParts, signal: AbortSignal): Promise<ClaveDocument[]> {
  const { batch, ledger } = work
  const documents: ClaveDocument[] = []
  const stops = () =>
    batch.stopOnError && batch.items.some(({ number }) => ledger.outcome(number)?.outcome === 'failed')
  for await (const { item, data } of work.documents()) {
    if (documents.length >= parts.limits.maxDocuments || stops()) break
    if (ledger.outcome(item.number) !== undefined) continue
    signal.throwIfAborted()
    try {
      const intent = await ledger.intend(item.number, {
        signingTime: parts.clock.now(),
        signatureId: parts.newId(),
      })
      documents.push(await preparedItem(item, data, intent, parts, signal))
    } catch (thrown) {
      signal.throwIfAborted()
      const { code, detail } = asFault(thrown)
      if (endsRun.has(code)) throw thrown
      parts.onOutcome(item, await ledger.failed(item.number, code, detail))
    }
  }
  return stops() ? [] : documents
}

async function preparedItem(
  item: BatchItem,
  data: Uint8Array | null,
  intent: ItemIntent,
  parts: ClaveBatchParts,
  signal: AbortSignal,
): Promise<ClaveDocument> {
  return withItem({ item, data }, parts, signal, async at => {
    const { awaited } = awaitedItem(at, intent, parts)
    const outcome = await performItem({ job: 'prepare', ...awaited }, at, parts, signal)
    if (outcome.outcome !== 'prepared') throw new Fault('INTERNAL', `preparing ended with ${outcome.outcome}`)
    const place = at.format === 'PAdES' ? 'pdf' : 'file'
    return { id: String(item.number), digest: outcome.digest, title: documentName(item), place }
  })
}

function awaitedItem(
  { format, operation, packaging, extra }: ItemAtHand,
  { signingTime }: ItemIntent,
  { anchors }: ClaveBatchParts,
): { readonly awaited: AwaitedSignature; readonly ignored: readonly string[] } {
  return awaitedBy({ format, operation, packaging, extra, anchors, properties: statedBy(extra, signingTime) })
}

/**
 * The person is done: fetches what was signed. The visit is over then, and also where it came to nothing; not where the service
 * does not answer or the work is interrupted, so that this can be asked again. Throws what the port and the run throw.
 */
export async function finishVisit(work: BatchWork, parts: ClaveBatchParts, signal: AbortSignal): Promise<void> {
  const { memory } = parts
  const visit = memory.visit()
  if (visit === null) throw new Fault('STAGE_CONFLICT', 'nobody was sent away to sign')
  try {
    const known = visit.signed === null ? await recovered(visit, parts, signal) : visit
    await completed(work, known, parts, signal)
  } catch (thrown) {
    if (!signal.aborted && !passing.has(asFault(thrown).code)) await memory.keepVisit(null)
    throw thrown
  }
  await memory.keepVisit(null)
}

async function recovered(
  visit: BatchVisit,
  { clave, memory }: ClaveBatchParts,
  signal: AbortSignal,
): Promise<BatchVisit> {
  const { documents } = await clave.recoverBatch(transactionOf(visit), signal)
  const signed = documents.flatMap(one => (one.signed ? [Number(one.id)] : []))
  const known = { ...visit, signed }
  await memory.keepVisit(known)
  return known
}

async function completed(
  { batch, ledger, documents }: BatchWork,
  visit: BatchVisit,
  parts: ClaveBatchParts,
  signal: AbortSignal,
): Promise<void> {
  const { clock, newId, onOutcome } = parts
  await runBatch({
    batch,
    ledger,
    documents: ofVisit(documents(), visit),
    sign: (item, data, intent, own) => completedItem({ item, data, intent }, visit, parts, own),
    newIntent: () => ({ signingTime: clock.now(), signatureId: newId() }),
    concurrency: 1,
    underWay,
    clock,
    signal,
    onOutcome,
  })
}

async function* ofVisit(documents: ReturnType<BatchWork['documents']>, { items }: BatchVisit) {
  for await (const one of documents) if (items.includes(one.item.number)) yield one
}

async function completedItem(
  { item, data, intent }: { readonly item: BatchItem; readonly data: Uint8Array | null; readonly intent: ItemIntent },
  visit: BatchVisit,
  parts: ClaveBatchParts,
  signal: AbortSignal,
): Promise<MadeSignature> {
  const { subject, signed } = visit
  if (signed?.includes(item.number) !== true) throw new Fault('CLAVE_FAILED', 'the service did not sign this document')
  return withItem({ item, data }, parts, signal, async at => {
    const { awaited, ignored } = awaitedItem(at, intent, parts)
    const cms = await parts.clave.recoverBatchSignature(transactionOf(visit), String(item.number), signal)
    const job = { job: 'complete', ...awaited, level: 'B', cms, subject } as const
    // What the service gives once is not thrown away because somebody stops now.
    const whole = AbortSignal.timeout(completeMs)
    return madeOf(at, ignored, await performItem(job, at, parts, whole))
  })
}

/** What the service knows of the visit. */
export function transactionOf({ id, subject }: BatchVisit): ClaveTransaction {
  return { id, subject }
}

/** The document worker ends what takes too long by itself, before this. */
const completeMs = 600_000
