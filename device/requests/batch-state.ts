// How far a batch is, out of what is stored of it.

import type { BatchItems } from '../store/batch-items.ts'
import type { BatchEnd, StoredBatch } from './batch-ledger.ts'

export type BatchStage = 'waiting' | 'done'

export interface BatchState {
  readonly id: string
  readonly stage: BatchStage
  readonly end: BatchEnd | null
  /** INE10 of the body whose seal signs it; null: somebody at the screen does. */
  readonly seal: string | null
  readonly total: number
  readonly signed: number
  readonly failed: number
  /** ISO 8601. */
  readonly receivedAt: string
  /** When it is erased, signed or not. */
  readonly expiresAt: string | null
}

type Items = Pick<BatchItems, 'counts'>

interface Stored {
  readonly id: string
  readonly stage: string
  /** Milliseconds since 1970. */
  readonly createdAt: number
  readonly wakeAt: number | null
  readonly body: StoredBatch
}

export function stateIn(
  items: Items,
  { id, body, stage, createdAt, wakeAt }: Stored,
): BatchState & { readonly client: string } {
  const { signed, failed } = countsIn(items, id, body)
  return {
    id,
    client: body.client,
    stage: stage as BatchStage,
    end: body.end,
    seal: body.seal ?? null,
    total: body.total,
    signed,
    failed,
    receivedAt: new Date(createdAt).toISOString(),
    expiresAt: wakeAt === null ? null : new Date(wakeAt).toISOString(),
  }
}

/** As the result will tell them. */
export function countsIn(items: Items, id: string, { stopOnError, end }: StoredBatch) {
  const { signed, failed } = items.counts(id)
  return { signed: end !== null && stopOnError && failed > 0 ? 0 : signed, failed }
}
