// Batches of programs before the person at the screen: taken up from those that wait, signed, and ended; or put back, with what
// is signed of them kept, when nobody is there any more.

import { createHash } from 'node:crypto'
import { documentsIn } from '../batch/read-batch.ts'
import { clientName } from '../config/requests.ts'
import { asFault } from '../errors.ts'
import type { AskerView, WaitingView } from '../http/view.ts'
import { readCertificateFilters } from '../trust/certificate-filter.ts'
import { documentsOf, signBatch, stateIn } from './batch-errand.ts'
import { type Batches, batchLimits, type OpenBatch } from './batches.ts'
import { type ClaveErrandParts, personErrand } from './clave-errand.ts'
import type { Errand, ErrandEnd, SigningDesk } from './errand.ts'

export interface ProgramDesk {
  waiting(): readonly WaitingView[]
  /** Throws NOT_FOUND, STAGE_CONFLICT, KIOSK_BUSY. */
  take(id: string): Promise<void>
}

export interface ProgramDeskParts extends ClaveErrandParts {
  readonly batches: Batches
  readonly desk: SigningDesk
}

export function createProgramDesk(parts: ProgramDeskParts): ProgramDesk {
  const { batches, desk } = parts
  return Object.freeze({
    waiting: () =>
      batches.waiting().map(({ id, client, total, signed }) => ({
        id,
        asker: askerFor(client, parts),
        total,
        done: signed,
      })),
    async take(id: string): Promise<void> {
      // Before a batch of many megabytes is read in vain.
      desk.free()
      const open = await batches.take(id)
      try {
        desk.begin(errandOf(open, parts))
      } catch (thrown) {
        batches.putBack(id)
        throw thrown
      }
    },
  })
}

function askerFor(client: string, { config }: ProgramDeskParts): AskerView {
  return { kind: 'program', name: clientName(config.api, client) }
}

function errandOf(open: OpenBatch, parts: ProgramDeskParts): Errand {
  const { batch, ledger, client, memory } = open
  const filters = readCertificateFilters(batch.extraParams)
  const work = { batch, ledger, documents: () => documentsIn(open.text(), batch, batchLimits(parts.config)) }
  const person = personErrand(work, memory, parts)
  return {
    asker: askerFor(client, parts),
    operation: 'batch',
    documents: documentsOf(batch),
    before: stateIn(ledger),
    total: batch.items.length,
    preparedElsewhere: false,
    files: [],
    several: false,
    work: {
      kind: 'sign',
      fitting: certificates => filters.choose(certificates, parts.clock.now()).fitting,
      sign: async (key, tell, signal) => {
        open.takenUp(createHash('sha256').update(key.certificate.certificate).digest('hex'))
        await signBatch(work, key, tell, signal, parts)
      },
      ...(person !== undefined && { person }),
    },
    ended: end => settle(open, end, parts),
  }
}

/** What was ended by a person's word is ended; for whatever else the batch waits, with what is signed of it. */
function settle(open: OpenBatch, how: ErrandEnd, { batches, log }: ProgramDeskParts): void {
  if (how.end === 'finished' || how.end === 'stopped' || how.end === 'refused') {
    try {
      open.end(how.end)
    } catch (thrown) {
      // What is not written down has not happened.
      batches.putBack(open.id)
      throw thrown
    }
    return
  }
  if (how.end === 'failed') log.error('a batch was interrupted', { batch: open.id, code: asFault(how.fault).code })
  batches.putBack(open.id)
}
