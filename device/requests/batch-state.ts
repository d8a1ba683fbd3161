// How far a batch is, out of what is stored of it.

import type { BatchAnswer, batchStages } from '../batch/answer.ts'
import type { BatchItems } from '../store/batch-items.ts'
import type { StoredBatch } from './batch-ledger.ts'

export type BatchStage = (typeof batchStages)[number]
export type BatchState = Omit<BatchAnswer, 'url'>

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
