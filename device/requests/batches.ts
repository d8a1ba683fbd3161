// Batches that programs have left to be signed at this kiosk: taken in whole and checked before anybody is told that they
// are, kept encrypted with whatever of them is signed, taken up by a person, fetched by the program that sent them, erased
// some hours later. A power cut at any moment loses nothing that was acknowledged and has nothing signed twice.

import type { ApplianceEntry } from '../audit/events.ts'
import type { Batch, BatchLimits } from '../batch/batch.ts'
import type { Ledger } from '../batch/outcome.ts'
import { readBatch } from '../batch/read-batch.ts'
import { itemResults, type ResultMode, resultText } from '../batch/result.ts'
import type { Config } from '../config/config.ts'
import { sealOf } from '../config/seal.ts'
import { Fault } from '../errors.ts'
import type { ByteStream, Clock, Log } from '../ports.ts'
import type { Store } from '../store/store.ts'
import { createTasks } from '../tasks.ts'
import { type BatchEnd, ledgerOf, type StoredBatch } from './batch-ledger.ts'
import { type BatchStage, type BatchState, countsIn, stateIn } from './batch-state.ts'

/** A batch that somebody has taken up. */
export interface OpenBatch {
  readonly id: string
  readonly client: string
  readonly batch: Batch
  readonly ledger: Ledger
  text(): ByteStream
  /** Notes by which certificate it goes on; lower-case hex. */
  takenUp(certificateSha256: string): void
  /** Nothing more is signed of it; the result can be fetched. */
  end(end: BatchEnd): void
}

export interface Batches {
  /**
   * Takes in a batch; the one of before where the client repeats its idempotency key. Throws BATCH_INVALID,
   * BATCH_TOO_LARGE, ALGORITHM_REFUSED, REQUEST_INVALID (this seal signs no batches), IDEMPOTENCY_KEY_REUSED,
   * KIOSK_BUSY, DISK_FULL, STORAGE_FAILED.
   */
  accept(request: {
    readonly client: string
    readonly idempotencyKey: string | null
    readonly seal?: string
    readonly text: ByteStream
  }): Promise<{ readonly state: BatchState; readonly created: boolean }>
  /** Throws NOT_FOUND, also for another client's. */
  state(id: string, client: string): BatchState
  /** Throws NOT_FOUND, STAGE_CONFLICT before it is done. */
  result(id: string, client: string, mode: ResultMode): Promise<ByteStream>
  /** The signature of the item of this id. Throws NOT_FOUND, STAGE_CONFLICT before the batch is done. */
  signature(id: string, client: string, itemId: string): Promise<{ readonly bytes: number; readonly body: ByteStream }>
  /** Withdraws and erases it. Throws NOT_FOUND, STAGE_CONFLICT while it is being signed. */
  withdraw(id: string, client: string): Promise<void>
  /** Those that wait for a person, oldest first. */
  waiting(): readonly (BatchState & { readonly client: string })[]
  /** Those that wait for a seal, oldest first. */
  toBeSealed(): readonly { readonly id: string; readonly seal: string }[]
  /** Throws NOT_FOUND, STAGE_CONFLICT for one that is done or taken up already. */
  take(id: string): Promise<OpenBatch>
  /** Gives up what was taken without ending it: it waits again. */
  putBack(id: string): void
  subscribe(listener: () => void): () => void
  start(): void
  stop(): Promise<void>
}

export interface BatchesParts {
  readonly config: Config
  readonly store: Pick<Store, 'batches' | 'blobs'>
  readonly clock: Clock
  readonly log: Log
  readonly newId: () => string
}

export function batchLimits({ batches }: Config): BatchLimits {
  return {
    maxDocuments: batches.maxDocuments,
    maxBytes: batches.maxMegabytes * 2 ** 20,
    maxDocumentBytes: batches.maxDocumentMegabytes * 2 ** 20,
    allowSha1: batches.allowSha1,
    places: true,
  }
}

export function createBatches(parts: BatchesParts): Batches {
  const { config, store, clock, log, newId } = parts
  const { batches, blobs } = store
  const limits = batchLimits(config)
  const retentionMs = config.batches.retentionHours * 3_600_000
  const waitingMs = config.batches.waitingHours * 3_600_000
  const tasks = createTasks({ clock, log })
  const listeners = new Set<() => void>()
  const taken = new Set<string>()
  let lastOpened: ({ readonly id: string } & Pick<OpenBatch, 'batch' | 'ledger'>) | undefined

  const tell = () => {
    for (const listener of listeners) listener()
  }
  const bodyOf = (id: string) => {
    const stored = batches.load(id)
    if (stored === undefined || stored.erased) throw new Fault('NOT_FOUND', `no batch ${id}`)
    return { ...stored, body: stored.body as StoredBatch }
  }
  const ofClient = (id: string, client: string) => {
    const found = bodyOf(id)
    if (found.body.client !== client) throw new Fault('NOT_FOUND', `no batch ${id}`)
    return found
  }
  const stateOf = (id: string) => stateIn(batches.items, bodyOf(id))
  const text = (id: string) => blobs.read(id, bodyOf(id).body.text.name)
  const read = (id: string) => readBatch(text(id), limits)
  const commit = (id: string, body: StoredBatch, entry: ApplianceEntry) => {
    const stored = batches.load(id)
    const version = (stored?.version ?? 0) + 1
    const stage: BatchStage = body.end === null ? 'waiting' : 'done'
    const waitingUntil = (stored?.createdAt ?? clock.now()) + waitingMs
    const wakeAt = body.end === null ? waitingUntil : clock.now() + retentionMs
    batches.commit({ id, version, stage, wakeAt, body }, entry)
    tell()
  }

  async function takeIn(
    id: string,
    { client, idempotencyKey, seal, text: given }: Parameters<Batches['accept']>[0],
  ): Promise<string> {
    batches.create(id)
    try {
      const stored = await blobs.write(id, atMost(given, limits.maxBytes))
      const { items, sha256, stopOnError } = await readBatch(blobs.read(id, stored.name), limits)
      // From here to the commit nothing is awaited: two requests of one key must not both find nothing.
      const earlier = idempotencyKey === null ? undefined : earlierOf(client, idempotencyKey)
      if (earlier !== undefined) {
        if (earlier.sha256 !== sha256 || earlier.seal !== seal)
          throw new Fault('IDEMPOTENCY_KEY_REUSED', `the key came with another request, of the batch ${earlier.id}`)
        await batches.erase(id, { event: 'batchErased', details: { batch: id, reason: 'repeated' } })
        return earlier.id
      }
      if (waitingOf(client) >= config.batches.maxWaiting) {
        throw new Fault('KIOSK_BUSY', `${config.batches.maxWaiting} batches of yours wait already (batches.maxWaiting)`)
      }
      const details = { batch: id, client, documents: items.length, sha256 }
      const total = items.length
      const sealed = seal === undefined ? {} : { seal }
      const body = { client, idempotencyKey, text: stored, total, stopOnError, ...sealed, end: null }
      commit(id, body, { event: 'batchAccepted', details })
      expireLater()
      return id
    } catch (thrown) {
      await batches.erase(id, { event: 'batchErased', details: { batch: id, reason: 'refused' } })
      throw thrown
    }
  }

  /** Oldest first. */
  const untaken = () =>
    batches
      .list({ stages: ['waiting'] })
      .filter(({ id }) => !taken.has(id))
      .map(({ id }) => stateOf(id))
      .reverse()

  const waitingOf = (client: string) =>
    batches.list({ stages: ['waiting'] }).filter(({ id }) => bodyOf(id).body.client === client).length

  function earlierOf(
    client: string,
    key: string,
  ): { id: string; sha256: string; seal: string | undefined } | undefined {
    for (const { id } of batches.list()) {
      const { body } = bodyOf(id)
      if (body.client === client && body.idempotencyKey === key) {
        return { id, sha256: body.text.sha256, seal: body.seal }
      }
    }
    return undefined
  }

  const end = (id: string, how: BatchEnd) => {
    const body = { ...bodyOf(id).body, end: how }
    commit(id, body, { event: 'batchEnded', details: { batch: id, end: how, ...countsIn(batches.items, id, body) } })
    taken.delete(id)
    expireLater()
  }

  async function expire(): Promise<void> {
    for (const { id, wakeAt } of batches.list()) {
      if (wakeAt !== null && wakeAt <= clock.now() && !taken.has(id))
        await batches.erase(id, { event: 'batchErased', details: { batch: id, reason: 'expired' } })
    }
    tell()
    expireLater()
  }

  function expireLater(): void {
    const times = batches.list().flatMap(({ id, wakeAt }) => (wakeAt === null || taken.has(id) ? [] : [wakeAt]))
    if (times.length > 0) tasks.at('expire', Math.min(...times), () => tasks.run('expire', expire))
  }

  /** One that is done and changes no more; the last one is kept, since its signatures are fetched one by one. */
  async function opened(id: string): Promise<Pick<OpenBatch, 'batch' | 'ledger'>> {
    if (lastOpened?.id !== id) lastOpened = { id, batch: await read(id), ledger: ledgerOf(id, store) }
    return lastOpened
  }

  const doneOnly = (id: string, client: string) => {
    const { stage } = ofClient(id, client)
    if (stage !== 'done') throw new Fault('STAGE_CONFLICT', 'the batch is not signed yet')
  }

  return Object.freeze({
    async accept(request: Parameters<Batches['accept']>[0]) {
      if (request.seal !== undefined && sealOf(config.seal, request.seal)?.takes !== 'digest')
        throw new Fault('REQUEST_INVALID', `seal: the one of ${request.seal} signs whole copies alone, no batches`)
      const id = newId()
      const accepted = await takeIn(id, request)
      return { state: stateOf(accepted), created: accepted === id }
    },
    state: (id: string, client: string) => {
      ofClient(id, client)
      return stateOf(id)
    },
    async result(id: string, client: string, mode: ResultMode) {
      doneOnly(id, client)
      const { batch, ledger } = await opened(id)
      return resultText(batch, ledger, mode)
    },
    async signature(id: string, client: string, itemId: string) {
      doneOnly(id, client)
      const { batch, ledger } = await opened(id)
      const item = batch.items.find(one => one.id === itemId)
      const outcome = item === undefined ? undefined : ledger.outcome(item.number)
      if (item === undefined || outcome?.outcome !== 'signed') throw new Fault('NOT_FOUND', `no signature ${itemId}`)
      if (itemResults(batch, ledger)[item.number]?.result !== 'DONE_AND_SAVED')
        throw new Fault('NOT_FOUND', `the batch stopped on an error, and ${itemId} was undone`)
      return { bytes: outcome.bytes, body: ledger.signature(item.number) }
    },
    async withdraw(id: string, client: string) {
      ofClient(id, client)
      if (taken.has(id)) throw new Fault('STAGE_CONFLICT', 'the batch is being signed')
      await batches.erase(id, { event: 'batchErased', details: { batch: id, reason: 'withdrawn' } })
      tell()
    },
    waiting: () => untaken().filter(({ seal }) => seal === null),
    toBeSealed: () => untaken().flatMap(({ id, seal }) => (seal === null ? [] : [{ id, seal }])),
    async take(id: string): Promise<OpenBatch> {
      const { stage, body } = bodyOf(id)
      if (stage !== 'waiting' || taken.has(id)) throw new Fault('STAGE_CONFLICT', 'the batch waits for nobody')
      taken.add(id)
      tell()
      try {
        return {
          id,
          client: body.client,
          batch: await read(id),
          ledger: ledgerOf(id, store),
          text: () => text(id),
          takenUp: certificateSha256 =>
            commit(id, bodyOf(id).body, { event: 'batchTakenUp', details: { batch: id, certificateSha256 } }),
          end: how => end(id, how),
        }
      } catch (thrown) {
        taken.delete(id)
        throw thrown
      }
    },
    putBack(id: string): void {
      taken.delete(id)
      expireLater()
      tell()
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    start: () => tasks.run('expire', expire),
    stop: () => tasks.stop(),
  })
}

async function* atMost(text: ByteStream, maxBytes: number): ByteStream {
  let total = 0
  for await (const piece of text) {
    total += piece.length
    if (total > maxBytes) throw new Fault('BATCH_TOO_LARGE', `$: more than ${maxBytes} bytes (batches.maxMegabytes)`)
    yield piece
  }
}
