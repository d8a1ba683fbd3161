// Batches of programs that a seal signs: taken up by themselves, with nobody at the screen, and tried again until they are signed
// or expire when the service of the seal is away or refuses. What is signed of one by then is kept.

import { createHash } from 'node:crypto'
import { documentsIn } from '../batch/read-batch.ts'
import { asFault } from '../errors.ts'
import { nextAttempt } from '../path/backoff.ts'
import type { Random, SealService } from '../ports.ts'
import { createSealSigner, mostDigestsAtOnce, openSeal } from '../seal-signer.ts'
import { createTasks } from '../tasks.ts'
import { createScratch } from '../verbs/scratch.ts'
import { type BatchErrandParts, type BatchKey, signBatch } from './batch-errand.ts'
import { type Batches, batchLimits, type OpenBatch } from './batches.ts'

export interface SealedBatchesParts extends Omit<BatchErrandParts, 'scratch'> {
  readonly batches: Pick<Batches, 'toBeSealed' | 'take' | 'putBack' | 'subscribe'>
  readonly seals: SealService
  readonly random: Pick<Random, 'fraction'>
  /** In memory, for what a worker has to read as a file. */
  readonly folder: string
}

export interface SealedBatches {
  start(): void
  stop(): Promise<void>
}

/** Batches under way at once; the documents of one are enough to keep this machine busy. */
const lane = { lane: 'sealed batches', width: 1 } as const

interface Failed {
  readonly attempts: number
  readonly nextAttemptAt: number
}

export function createSealedBatches(parts: SealedBatchesParts): SealedBatches {
  const { config, batches, seals, clock, log, random, folder } = parts
  const tasks = createTasks({ clock, log })
  const failures = new Map<string, Failed>()
  let unsubscribe: (() => void) | undefined

  function look(): void {
    for (const { id, seal } of batches.toBeSealed()) {
      const failed = failures.get(id)
      if (failed === undefined || failed.nextAttemptAt <= clock.now()) {
        tasks.run(`seal:${id}`, signal => attempt(id, seal, signal), lane)
      }
    }
  }

  async function attempt(id: string, ens: string, signal: AbortSignal): Promise<void> {
    if (batches.toBeSealed().every(one => one.id !== id)) return
    const open = await batches.take(id)
    try {
      await sign(open, await keyOf(ens, signal), signal)
      open.end('finished')
      failures.delete(id)
    } catch (thrown) {
      if (!signal.aborted) postpone(id, thrown)
      batches.putBack(id)
    }
  }

  async function keyOf(ens: string, signal: AbortSignal): Promise<BatchKey> {
    const { certificate } = await openSeal(config, ens, { seals, now: clock.now(), signal })
    return {
      certificate,
      concurrency: () => mostDigestsAtOnce,
      underWay: mostDigestsAtOnce,
      pinEachTime: () => false,
      sign: createSealSigner(seals, certificate, signal),
    }
  }

  /** In a folder of its own: what a person signs meanwhile has files of the same names. */
  async function sign(open: OpenBatch, key: BatchKey, signal: AbortSignal): Promise<void> {
    const { batch, ledger } = open
    const scratch = await createScratch(folder)
    try {
      open.takenUp(createHash('sha256').update(key.certificate.certificate).digest('hex'))
      const work = { batch, ledger, documents: () => documentsIn(open.text(), batch, batchLimits(config)) }
      await signBatch(work, key, () => {}, signal, { ...parts, scratch })
    } finally {
      await scratch.remove()
    }
  }

  /** Whatever stopped it, the network or a configuration that somebody mends, the program need not send it again. */
  function postpone(id: string, thrown: unknown): void {
    const { code, detail, retryAfterMs } = asFault(thrown)
    const asked = retryAfterMs === undefined ? {} : { retryAfterMs }
    const attempts = (failures.get(id)?.attempts ?? 0) + 1
    const nextAttemptAt = nextAttempt({ attempts, now: clock.now(), random: random.fraction, ...asked })
    log.warn('a batch waits for its seal', { batch: id, code, detail, until: new Date(nextAttemptAt).toISOString() })
    failures.set(id, { attempts, nextAttemptAt })
    tasks.at(`again:${id}`, nextAttemptAt, look)
  }

  return Object.freeze({
    start(): void {
      unsubscribe = batches.subscribe(look)
      look()
    },
    async stop(): Promise<void> {
      unsubscribe?.()
      await tasks.stop()
    },
  })
}
