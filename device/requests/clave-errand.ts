// A batch of an errand as what a person signs with Cl@ve Firma: the visits of it, and what is noted of each document.

import type { VisitMemory } from '../batch/outcome.ts'
import { asFault } from '../errors.ts'
import type { ClaveFirma, ClaveOrder } from '../ports.ts'
import { type BatchErrandParts, type BatchWork, note } from './batch-errand.ts'
import { readReferencedFile } from './batch-files.ts'
import { beginVisit, type ClaveBatchParts, finishVisit, transactionOf } from './clave-batch.ts'
import type { ErrandProgress, PersonErrand } from './errand.ts'

export interface ClaveErrandParts extends BatchErrandParts {
  readonly clave: ClaveFirma
}

/** For how long the service is asked to forget a visit. */
const forgetMs = 5_000

/** Undefined where the service does not sign such a batch, or there is none. */
export function personErrand(work: BatchWork, memory: VisitMemory, parts: ClaveErrandParts): PersonErrand | undefined {
  const { config, clave, clock, log } = parts
  if (config.clave === undefined || work.batch.algorithm !== 'SHA256') return undefined
  const limits = config.clave
  const { folders, maxDocumentMegabytes } = config.batches
  const telling = (tell: ErrandProgress): ClaveBatchParts => ({
    ...parts,
    memory,
    limits,
    readFile: path => readReferencedFile(path, folders, maxDocumentMegabytes * 2 ** 20),
    onOutcome: (item, outcome) => {
      note(item, outcome, log)
      tell(item.number, outcome.outcome === 'failed' ? outcome.code : null)
    },
  })
  return Object.freeze({
    cardToo: config.devices.tokenModules.length > 0 || config.devices.keyStores.length > 0,
    open() {
      const visit = memory.visit()
      return visit !== null && visit.endsAt > clock.now() ? visit : null
    },
    begin: (order: ClaveOrder, tell: ErrandProgress, signal: AbortSignal) =>
      beginVisit(work, order, telling(tell), signal),
    finish: (tell: ErrandProgress, signal: AbortSignal) => finishVisit(work, telling(tell), signal),
    async forget(): Promise<void> {
      const visit = memory.visit()
      if (visit === null) return
      await memory.keepVisit(null)
      await clave.failure(transactionOf(visit), AbortSignal.timeout(forgetMs)).catch((thrown: unknown) => {
        log.info('the service was not told that nobody will sign', { code: asFault(thrown).code })
      })
    },
  })
}
