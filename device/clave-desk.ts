// What people ask for while they sign with Cl@ve Firma: begin with their number, say that they are done at the service's page,
// or give it up. Every phase is committed before the next, one transaction at a time; what nothing came of is dropped, and the
// service is told. A transaction that nobody finishes ends by itself.

import type { Config } from './config/config.ts'
import type { Document, DocumentEvent } from './document/document.ts'
import { asFault, type ErrorCode, Fault } from './errors.ts'
import type { ClaveView } from './http/view.ts'
import { identityNumber } from './identity-number.ts'
import { type ClaveTools, intendClave, recoverClave, startClave } from './path/clave.ts'
import type { Log } from './ports.ts'
import type { Queue } from './queue.ts'
import { createTasks } from './tasks.ts'

export interface ClaveDeskParts extends ClaveTools {
  readonly config: Config
  readonly queue: Queue
  readonly log: Log
  /** The screen's own address, with a slash at the end. */
  readonly screenUrl: () => string
}

export interface ClaveDesk {
  /** What the screen shows of a copy that waits for a signature by Cl@ve Firma; undefined for any other. */
  view(document: Document): ClaveView | undefined
  /** Whether the service, or the person at its page, is at it now. */
  isUnderWay(document: Document): boolean
  /** Throws IDENTITY_NUMBER_INVALID, STAGE_CONFLICT; what the service says is told by the view. */
  begin(id: string, typed: string): void
  /** The person is done at the page. Throws STAGE_CONFLICT. */
  finish(id: string): void
  /** The page has led back to this screen; unknown tokens are nothing. */
  returned(token: string): void
  /** Gives up what is under way, if anything is; the copy can be signed anew. */
  cancel(id: string): Promise<void>
  /** Takes up what a restart has interrupted. */
  takeUp(document: Document): void
  subscribe(listener: () => void): () => void
  stop(): Promise<void>
}

/** What passes by itself: the transaction may well be alive. */
const passing: ReadonlySet<ErrorCode> = new Set(['CLAVE_UNREACHABLE', 'WORKER_LOST'])

export function createClaveDesk(parts: ClaveDeskParts): ClaveDesk {
  const { config, queue, clock, log, clave } = parts
  const tasks = createTasks({ clock, log })
  const listeners = new Set<() => void>()
  const work = new Map<string, 'starting' | 'finishing'>()
  /** What is told of the copy besides: before anything was stored of it, and while its transaction may well be alive. */
  const faults = new Map<string, ErrorCode>()

  function tell(): void {
    for (const listener of listeners) listener()
  }

  function busy(id: string, what: 'starting' | 'finishing', act: (signal: AbortSignal) => Promise<void>): void {
    if (work.has(id)) throw new Fault('STAGE_CONFLICT', 'the service is being asked already')
    work.set(id, what)
    faults.delete(id)
    tasks.run(`clave:${id}`, async signal => {
      try {
        await act(signal)
      } catch (thrown) {
        if (!signal.aborted) cameToNothing(id, asFault(thrown), what)
      } finally {
        work.delete(id)
        tell()
      }
    })
    tell()
  }

  function cameToNothing(id: string, { code, detail }: Fault, what: 'starting' | 'finishing'): void {
    log.warn('signing with Cl@ve came to nothing', { document: id, code, detail })
    const isAlive = what === 'finishing' && passing.has(code)
    if (isAlive || queue.get(id).stage.name !== 'authorising') faults.set(id, code)
    else queue.commit(id, { type: 'claveDropped', code, told: true })
  }

  function commit(id: string, event: DocumentEvent): Document {
    const document = queue.commit(id, event)
    if (document.stage.name === 'authorising') expireInTime(document)
    return document
  }

  function expireInTime({ id, stage }: Document): void {
    const endsAt = stage.name === 'authorising' ? endOf(stage.pending.transaction) : null
    if (endsAt !== null) tasks.at(`expire:${id}`, endsAt, () => expire(id, endsAt))
  }

  function endOf(transaction: { readonly at: string } | null): number | null {
    if (transaction === null || config.clave === undefined) return null
    return Date.parse(transaction.at) + config.clave.minutes * 60_000
  }

  function expire(id: string, endsAt: number): void {
    const { stage } = queue.get(id)
    if (stage.name !== 'authorising' || endOf(stage.pending.transaction) !== endsAt || work.has(id)) return
    drop(id, { code: 'CLAVE_EXPIRED', told: true })
    tell()
  }

  /** Forgets the transaction and, so that its page can no longer be used, has the service forget it too. */
  function drop(id: string, why: { readonly code: ErrorCode; readonly told: boolean }): void {
    const { stage } = queue.get(id)
    if (stage.name !== 'authorising') return
    const { transaction, subject } = stage.pending
    queue.commit(id, { type: 'claveDropped', ...why })
    if (transaction === null) return
    tasks.run(`forget:${transaction.id}`, async signal => {
      await clave.failure({ id: transaction.id, subject }, signal).catch((thrown: unknown) => {
        log.info('the service was not told that nobody will sign', { document: id, code: asFault(thrown).code })
      })
    })
  }

  async function begun(id: string, subject: string, signal: AbortSignal): Promise<void> {
    const intended = commit(id, await intendClave(queue.get(id), subject, parts))
    commit(id, await startClave(intended, returnUrlOf(intended), parts, signal))
  }

  function returnUrlOf({ stage }: Document): string {
    const { clave: service } = config
    if (service?.page === 'phone') return service.returnUrl ?? ''
    return `${parts.screenUrl()}clave/returned/${stage.name === 'authorising' ? stage.pending.token : ''}`
  }

  function finish(id: string): void {
    const { stage } = queue.get(id)
    if (stage.name !== 'authorising' || stage.pending.transaction === null) {
      throw new Fault('STAGE_CONFLICT', 'nobody was sent away to sign')
    }
    busy(id, 'finishing', async signal => {
      commit(id, await recoverClave(queue.get(id), parts, signal))
    })
  }

  return Object.freeze({
    view: (document: Document) => viewOf(document, config, { work, faults, endOf }),
    isUnderWay: ({ id, stage }: Document) => stage.name === 'authorising' || work.has(id),
    begin(id: string, typed: string): void {
      const subject = identityNumber(typed)
      if (subject === undefined) throw new Fault('IDENTITY_NUMBER_INVALID', 'the letter does not fit the digits')
      const { stage, order } = queue.get(id)
      if (stage.name !== 'signing' || order.signature.mode !== 'clave') {
        throw new Fault('STAGE_CONFLICT', 'the copy is not to be signed with Cl@ve now')
      }
      busy(id, 'starting', signal => begun(id, subject, signal))
    },
    finish,
    returned(token: string): void {
      for (const { id } of queue.list({ stages: ['authorising'] })) {
        const { stage } = queue.get(id)
        if (stage.name === 'authorising' && stage.pending.token === token && !work.has(id)) finish(id)
      }
    },
    async cancel(id: string): Promise<void> {
      await tasks.end(`clave:${id}`)
      drop(id, { code: 'CLAVE_CANCELLED', told: false })
      faults.delete(id)
      tell()
    },
    takeUp(document: Document): void {
      if (document.stage.name !== 'authorising') return
      if (document.stage.pending.transaction === null) drop(document.id, { code: 'INTERRUPTED', told: false })
      else expireInTime(document)
    },
    subscribe(listener: () => void): () => void {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    stop: () => tasks.stop(),
  })
}

interface Told {
  readonly work: ReadonlyMap<string, 'starting' | 'finishing'>
  readonly faults: ReadonlyMap<string, ErrorCode>
  endOf(transaction: { readonly at: string } | null): number | null
}

function viewOf({ id, stage, order }: Document, config: Config, told: Told): ClaveView | undefined {
  const { clave, devices } = config
  if (order.signature.mode !== 'clave' || clave === undefined) return undefined
  if (stage.name !== 'signing' && stage.name !== 'authorising') return undefined
  const fault = told.faults.get(id) ?? (stage.name === 'signing' ? stage.refused : undefined) ?? null
  const state = told.work.get(id)
  if (state !== undefined) return { state }
  const transaction = stage.name === 'authorising' ? stage.pending.transaction : null
  const endsAt = told.endOf(transaction)
  if (transaction === null || endsAt === null) {
    const cardToo = devices.tokenModules.length > 0 || devices.keyStores.length > 0
    return { state: 'number', fault, cardToo }
  }
  return { state: 'page', on: clave.page, page: transaction.page, endsAt: new Date(endsAt).toISOString(), fault }
}
