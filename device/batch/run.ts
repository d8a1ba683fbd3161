// Runs a batch: takes its documents in order, some of them at once where the signer allows it, and writes each outcome down
// before the next is begun. What fails is that document's affair, unless it is the card, the PIN or the disk: that ends the
// run, and what is unfinished is taken up again by another.

import { asFault, type ErrorCode, Fault } from '../errors.ts'
import type { Clock } from '../ports.ts'
import type { Batch, BatchItem } from './batch.ts'
import type { ItemIntent, ItemOutcome, Ledger, MadeSignature } from './outcome.ts'

export interface RunParts {
  readonly batch: Batch
  /** Unfinished items and their documents, null where a document is elsewhere, in order. */
  readonly documents: AsyncIterable<{ readonly item: BatchItem; readonly data: Uint8Array | null }>
  readonly ledger: Ledger
  /** One verified signature. Throws its Fault; gives up with the signal's reason. */
  sign(item: BatchItem, data: Uint8Array | null, intent: ItemIntent, signal: AbortSignal): Promise<MadeSignature>
  newIntent(item: BatchItem): ItemIntent
  /** How many signatures the signer makes at once; 1 for a card. */
  readonly concurrency: number
  /** How many documents may be under way at once: one more than `concurrency` prepares the next while a card signs. */
  readonly underWay: number
  readonly clock: Clock
  readonly signal: AbortSignal
  onOutcome(item: BatchItem, outcome: ItemOutcome): void
}

/** What ends the run and is no document's fault: with the card back, or space on the disk, the same item can be signed. */
export const endsRun: ReadonlySet<ErrorCode> = new Set([
  'TOKEN_MODULE_FAILED',
  'TOKEN_ABSENT',
  'TOKEN_REMOVED',
  'PIN_WRONG',
  'PIN_LOCKED',
  'CERTIFICATE_ABSENT',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_NOT_YET_VALID',
  'KEY_REFUSED',
  'KEY_STORE_UNREADABLE',
  'SIGNATURE_FAILED',
  'SEAL_ABSENT',
  'SEAL_UNREACHABLE',
  'SEAL_UNTRUSTED',
  'SEAL_CREDENTIALS_REFUSED',
  'SEAL_REFUSED',
  'SEAL_UNFIT',
  'CLAVE_ABSENT',
  'CLAVE_UNREACHABLE',
  'CLAVE_UNTRUSTED',
  'CLAVE_CREDENTIALS_REFUSED',
  'CLAVE_EXPIRED',
  'CLAVE_OTHER_PERSON',
  'TSA_ABSENT',
  'TSA_CREDENTIALS_REFUSED',
  'TSA_UNTRUSTED',
  'TLS_PIN_MISMATCH',
  'DISK_FULL',
  'STORAGE_FAILED',
  'BLOB_DAMAGED',
  'OUTPUT_UNWRITABLE',
  'WORKER_LOST',
  'INTERRUPTED',
])

/**
 * Resolves when every item has its outcome, or when the batch stops on error and one has failed. Throws the Fault that ended
 * the run, or the signal's reason; the ledger then holds what was finished.
 */
export async function runBatch(parts: RunParts): Promise<void> {
  const { batch, ledger, underWay } = parts
  const ending = new AbortController()
  const signal = AbortSignal.any([parts.signal, ending.signal])
  const running = new Set<Promise<void>>()
  const end = (thrown: unknown) => {
    if (!ending.signal.aborted) ending.abort(thrown)
  }
  const begin = async (item: BatchItem, data: Uint8Array | null): Promise<void> => {
    try {
      const outcome = await finish(item, data, parts, signal)
      parts.onOutcome(item, outcome)
      if (outcome.outcome === 'failed' && batch.stopOnError) end(stoppedOnError)
    } catch (thrown) {
      end(thrown)
    }
  }
  try {
    if (!hasFailed(batch, ledger)) {
      for await (const { item, data } of parts.documents) {
        if (ledger.outcome(item.number) !== undefined) continue
        const work = begin(item, data)
        running.add(work)
        void work.then(() => running.delete(work))
        while (running.size >= underWay) await Promise.race(running)
        if (signal.aborted) break
      }
    }
  } catch (thrown) {
    end(thrown)
  }
  await Promise.all(running)
  parts.signal.throwIfAborted()
  if (ending.signal.aborted && ending.signal.reason !== stoppedOnError) throw ending.signal.reason
}

const stoppedOnError = new Fault('INTERNAL', 'a signature of a batch that stops on error failed')

/** A run that is taken up again after its batch had already stopped has nothing to do. */
function hasFailed(batch: Batch, ledger: Ledger): boolean {
  return batch.stopOnError && batch.items.some(({ number }) => ledger.outcome(number)?.outcome === 'failed')
}

async function finish(
  item: BatchItem,
  data: Uint8Array | null,
  parts: RunParts,
  signal: AbortSignal,
): Promise<ItemOutcome> {
  const { ledger } = parts
  let made: MadeSignature
  try {
    const intent = await ledger.intend(item.number, parts.newIntent(item))
    made = await inTime(parts, signal, own => parts.sign(item, data, intent, own))
  } catch (thrown) {
    signal.throwIfAborted()
    const fault = asFault(thrown)
    if (endsRun.has(fault.code)) throw thrown
    return ledger.failed(item.number, fault.code, fault.detail)
  }
  return ledger.signed(item.number, made)
}

/** Several at once have only so long each; a card, one after the other, takes the time that its holder takes. */
async function inTime<T>(
  { batch, concurrency, clock }: RunParts,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limit = batch.concurrentTimeoutMs
  if (limit === null || concurrency < 2) return work(signal)
  const over = new AbortController()
  const late = new AbortController()
  const timer = clock.sleep(limit, over.signal).then(
    () => late.abort(new Fault('BATCH_ITEM_LATE', `not signed within ${limit / 1000} s`)),
    () => undefined,
  )
  try {
    return await work(AbortSignal.any([signal, late.signal]))
  } finally {
    over.abort()
    await timer
  }
}
