// A batch as an errand of the signing desk: what the person is shown of it, and its signing with a key that is open. The same
// for a page's single document, a page's batch and a program's.

import type { DocumentJobs } from '../ades/job.ts'
import { type Batch, type BatchItem, documentName } from '../batch/batch.ts'
import type { ItemOutcome, Ledger } from '../batch/outcome.ts'
import { runBatch } from '../batch/run.ts'
import { algorithmNamed } from '../cms/algorithm.ts'
import type { Config } from '../config/config.ts'
import { Fault } from '../errors.ts'
import type { RequestedDocumentView } from '../http/view.ts'
import type { Clock, Log, References, SigningCertificate } from '../ports.ts'
import { selectSigningCertificate } from '../trust/signing-certificate.ts'
import type { Scratch } from '../verbs/scratch.ts'
import { readReferencedFile } from './batch-files.ts'
import { namesToken } from './batch-ledger.ts'
import { signItem } from './batch-signing.ts'
import type { DocumentState, ErrandProgress } from './errand.ts'
import type { KeyHolder } from './key-holder.ts'

export interface BatchErrandParts {
  readonly config: Config
  readonly documents: DocumentJobs
  readonly references: References
  readonly anchors: readonly Uint8Array[]
  readonly scratch: Scratch
  readonly clock: Clock
  readonly log: Log
  readonly newId: () => string
}

/** Who signs a batch: the key of the person at the screen, or a seal. */
export interface BatchKey extends Pick<KeyHolder, 'certificate' | 'concurrency' | 'pinEachTime' | 'sign'> {
  /** Documents under way at once where signatures are waited for and cost this machine nothing. */
  readonly underWay?: number
}

export interface BatchWork {
  readonly batch: Batch
  readonly ledger: Ledger
  /** Unfinished items and their documents, in order. */
  documents(): AsyncIterable<{ readonly item: BatchItem; readonly data: Uint8Array | null }>
}

/** Documents under way at once where the signer does several: enough to keep two processors busy. */
const mostUnderWay = 4

/**
 * Signs what is unfinished. Throws what ended the run, or the signal's reason; KEY_REFUSED and the certificate's faults before
 * anything is signed.
 */
export async function signBatch(
  { batch, ledger, documents }: BatchWork,
  key: BatchKey,
  tell: ErrandProgress,
  signal: AbortSignal,
  parts: BatchErrandParts,
): Promise<void> {
  const { certificate, chain, onlyPss } = usable(key.certificate, parts.clock.now())
  const algorithm = algorithmNamed(certificate, batch.algorithm, onlyPss)
  if (algorithm === undefined) throw new Fault('KEY_REFUSED', `the key does not sign by ${batch.algorithm}`)
  const { folders, maxDocumentMegabytes } = parts.config.batches
  const maxBytes = maxDocumentMegabytes * 2 ** 20
  const signing = {
    ...parts,
    readFile: (path: string) => readReferencedFile(path, folders, maxBytes),
    identity: { algorithm, certificate, chain },
    sign: key.sign,
  }
  const concurrency = key.concurrency()
  await runBatch({
    batch,
    ledger,
    documents: documents(),
    sign: (item, data, intent, own) => signItem(item, data, intent, signing, own),
    newIntent: () => ({ signingTime: parts.clock.now(), signatureId: parts.newId() }),
    concurrency,
    // The next document is prepared while a card signs, unless the person enters the PIN for each.
    underWay: key.underWay ?? (key.pinEachTime() ? 1 : Math.min(concurrency + 1, mostUnderWay)),
    clock: parts.clock,
    signal,
    onOutcome: (item, outcome) => {
      note(item, outcome, parts.log)
      tell(item.number, outcome.outcome === 'failed' ? outcome.code : null)
    },
  })
}

function usable(candidate: SigningCertificate, now: number): SigningCertificate {
  const choice = selectSigningCertificate({ candidates: [candidate], now })
  if (choice.choice === 'refused') throw new Fault(choice.code, choice.detail)
  return choice.candidate
}

/** For the log: no name of a document, which may say who somebody is. */
export function note({ number }: BatchItem, outcome: ItemOutcome, log: Log): void {
  if (outcome.outcome === 'failed') log.warn('a signature failed', { item: number, code: outcome.code })
  else if (outcome.ignored.length > 0)
    log.warn('extra parameters without effect', { item: number, names: namesToken(outcome.ignored) })
}

/** What the person is shown of it. */
export function documentsOf({ items }: Batch): readonly Omit<RequestedDocumentView, 'state' | 'fault'>[] {
  return items.map(item => ({
    name: documentName(item),
    format: item.format === 'auto' ? null : item.format,
    operation: item.operation,
    bytes: item.source.kind === 'data' ? item.source.bytes : null,
  }))
}

export function stateIn(ledger: Pick<Ledger, 'outcome'>): (number: number) => DocumentState | undefined {
  return number => {
    const outcome = ledger.outcome(number)
    if (outcome === undefined) return undefined
    if (outcome.outcome === 'signed') return { state: 'signed', fault: null }
    return { state: 'failed', fault: outcome.code }
  }
}
