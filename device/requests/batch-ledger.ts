// The memory of a batch in the store: the signatures as encrypted files, and a sealed row for each of its items, each with its
// entry in the audit trail.

import type { batchEnds } from '../batch/answer.ts'
import type { ItemIntent, ItemOutcome, Ledger, MadeSignature } from '../batch/outcome.ts'
import type { StoredBlob } from '../document/page.ts'
import { type ErrorCode, Fault } from '../errors.ts'
import type { Store } from '../store/store.ts'

/** Why nothing more will be signed of it: all that could be is, or somebody stopped or refused it. */
export type BatchEnd = (typeof batchEnds)[number]

/** What is stored of a batch, beside its text and its items. */
export interface StoredBatch {
  readonly client: string
  readonly idempotencyKey: string | null
  readonly text: StoredBlob
  readonly total: number
  /** The first failure undoes what was signed. */
  readonly stopOnError: boolean
  /** INE10 of the body whose seal signs it; absent: somebody at the screen does. */
  readonly seal?: string
  readonly end: BatchEnd | null
}

/** Files of a batch that something still refers to; everything else in its folder may go. */
export function batchBlobNames(store: Pick<Store, 'batches'>, id: string): ReadonlySet<string> | undefined {
  const stored = store.batches.load(id)
  if (stored === undefined) return undefined
  if (stored.erased) return new Set()
  const signatures = store.batches.items.list(id).flatMap(({ state, body }) => {
    return state === 'signed' ? [(body as SignedItem).blob.name] : []
  })
  return new Set([(stored.body as StoredBatch).text.name, ...signatures])
}

interface SignedItem {
  readonly outcome: Extract<ItemOutcome, { readonly outcome: 'signed' }>
  readonly blob: StoredBlob
}

/** What has become of the batch's items, as the store remembers it. */
export function ledgerOf(id: string, { batches, blobs }: Pick<Store, 'batches' | 'blobs'>): Ledger {
  const intents = new Map<number, ItemIntent>()
  const outcomes = new Map<number, ItemOutcome>()
  const signatures = new Map<number, StoredBlob>()
  for (const { number, state, body } of batches.items.list(id)) {
    if (state === 'intended') intents.set(number, body as ItemIntent)
    else if (state === 'failed') outcomes.set(number, body as ItemOutcome)
    else {
      const { outcome, blob } = body as SignedItem
      outcomes.set(number, outcome)
      signatures.set(number, blob)
    }
  }
  return Object.freeze({
    outcome: (number: number) => outcomes.get(number),
    async intend(number: number, fresh: ItemIntent) {
      const intent = intents.get(number) ?? fresh
      if (!intents.has(number)) batches.items.put(id, { number, state: 'intended', body: intent })
      intents.set(number, intent)
      return intent
    },
    async signed(number: number, { bytes, ...said }: MadeSignature) {
      const blob = await blobs.write(id, bytes)
      const outcome = { outcome: 'signed', ...said, bytes: blob.bytes, sha256: blob.sha256 } as const
      const told = said.ignored.length === 0 ? {} : { ignored: namesToken(said.ignored) }
      const details = { batch: id, item: number, format: said.format, sha256: blob.sha256, ...told }
      batches.items.put(id, { number, state: 'signed', body: { outcome, blob } }, { event: 'batchItemSigned', details })
      outcomes.set(number, outcome)
      signatures.set(number, blob)
      return outcome
    },
    async failed(number: number, code: ErrorCode, detail: string) {
      const outcome = { outcome: 'failed', code, detail } as const
      const details = { batch: id, item: number, code }
      batches.items.put(id, { number, state: 'failed', body: outcome }, { event: 'batchItemFailed', details })
      outcomes.set(number, outcome)
      return outcome
    },
    signature(number: number) {
      const blob = signatures.get(number)
      if (blob === undefined) throw new Fault('NOT_FOUND', `item ${number} is not signed`)
      return blobs.read(id, blob.name)
    },
  })
}

/** Names of parameters as one token of the audit trail: foreign text, of which only what is a name goes in. */
export function namesToken(names: readonly string[]): string {
  const known = names.map(name => name.replace(/[^A-Za-z0-9._-]+/g, '_').replace(/^[^A-Za-z0-9]+/, '') || 'x')
  return known.join('+').slice(0, 64)
}
