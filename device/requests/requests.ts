// Everything about what pages and programs ask to be signed, put together: the batches that wait, the desk before the person at
// the screen, and who brings what to it.

import type { PageDesk } from '../afirma/page-desk.ts'
import { asFault } from '../errors.ts'
import type { Refused } from '../http/afirma-session.ts'
import type { Rooms } from '../rooms.ts'
import type { Store } from '../store/store.ts'
import { createScratch } from '../verbs/scratch.ts'
import type { BatchErrandParts } from './batch-errand.ts'
import { type Batches, createBatches } from './batches.ts'
import type { SigningDesk } from './errand.ts'
import { createFormSigning, type FormSigning } from './form-errand.ts'
import { createPageDesk } from './page-desk.ts'
import { shownHost, siteToken } from './page-record.ts'
import { createProgramDesk, type ProgramDesk } from './program-desk.ts'
import { createSealedBatches, type SealedBatchesParts } from './sealed-batches.ts'
import { createSigningDesk } from './signing-desk.ts'

export interface RequestsParts
  extends Omit<BatchErrandParts, 'documents' | 'references' | 'scratch'>,
    Pick<SealedBatchesParts, 'random'> {
  readonly rooms: Rooms
  readonly store: Store
  /** In memory, for what a worker has to read as a file. */
  readonly scratchFolder: string
  /** Whether a copy is in hand that somebody still works on. */
  readonly copyInHand: () => boolean
  /** The screen's own address, with a slash at the end. */
  readonly screenUrl: () => string
}

export interface Requests {
  readonly batches: Batches
  readonly signing: SigningDesk
  readonly programs: ProgramDesk
  readonly pages: PageDesk
  readonly forms: FormSigning
  /** Shows what was refused before anything of it got to the desk. */
  showRefused(refused: Refused): void
  stop(): Promise<void>
}

export async function openRequests(parts: RequestsParts): Promise<Requests> {
  const { config, rooms, store, clock, log, newId, copyInHand, screenUrl } = parts
  const scratch = await createScratch(parts.scratchFolder)
  const batches = createBatches({ config, store, clock, log, newId })
  const signing = createSigningDesk({ config, signer: rooms.signer(), clock, log, newId, copyInHand, screenUrl })
  const common = { ...parts, documents: rooms.documents(), references: rooms.references(), scratch }
  const maxFileBytes = (config.autofirma?.maxMegabytes ?? 1) * 2 ** 20
  const pages = createPageDesk({
    ...common,
    desk: signing,
    triphase: rooms.triphase(),
    audit: entry => store.audit.append(entry),
    maxFileBytes,
  })
  const sealed = createSealedBatches({ ...common, batches, seals: rooms.seals(), folder: parts.scratchFolder })
  batches.start()
  sealed.start()
  return Object.freeze({
    batches,
    signing,
    programs: createProgramDesk({ ...common, batches, desk: signing, clave: rooms.clave() }),
    pages,
    forms: createFormSigning({ ...common, desk: signing }),
    showRefused({ origin, code }: Refused): void {
      const named = origin ?? ''
      try {
        store.audit.append({ event: 'pageRefused', details: { site: siteToken(named), code } })
      } catch (thrown) {
        log.error('a refusal could not be noted', { code: asFault(thrown).code })
      }
      signing.show({ kind: 'page', name: shownHost(named) }, 'sign', code)
    },
    async stop(): Promise<void> {
      await signing.end()
      await sealed.stop()
      await batches.stop()
    },
  })
}
