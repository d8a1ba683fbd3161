// The person who signs what was asked for with Cl@ve Firma, from their number to the last document.
//
//   number ─begin─► starting ─► page ─finish─► finishing ─► done
//     ▲                │         │ ▲              │ │
//     └── refused, given up, too late ────────────┘ └─ more documents than one visit takes: starting

import type { BatchVisit } from '../batch/outcome.ts'
import type { Config } from '../config/config.ts'
import { asFault, type ErrorCode, Fault } from '../errors.ts'
import type { ClaveView } from '../http/view.ts'
import { identityNumber } from '../identity-number.ts'
import type { Clock, Log } from '../ports.ts'
import type { Tasks } from '../tasks.ts'
import type { ErrandEnd, ErrandProgress, PersonErrand } from './errand.ts'

export interface PersonDeskParts {
  readonly errand: PersonErrand
  readonly clave: NonNullable<Config['clave']>
  readonly clock: Clock
  readonly log: Log
  readonly tasks: Tasks
  readonly newId: () => string
  /** The screen's own address, with a slash at the end. */
  readonly screenUrl: () => string
  readonly signal: AbortSignal
  readonly tell: ErrandProgress
  readonly changed: () => void
  /** Nothing is left, or something else than the person and the service is in the way. */
  readonly over: (how: ErrandEnd) => void
}

export interface PersonDesk {
  view(): ClaveView
  /** Fetches what is signed already of a visit that was left open. */
  resume(): void
  /** Whether they are at the service's page, or the service is at it. */
  isElsewhere(): boolean
  begin(typed: string, language: string): void
  finish(): void
  cancel(): Promise<void>
  returned(token: string): void
  /** Whether work is under way, which `signal` ends. */
  isWorking(): boolean
  /** The errand is over: a page that somebody may still have open is dead then. */
  end(): Promise<void>
}

type State =
  | { readonly state: 'number'; readonly fault: ErrorCode | null }
  | { readonly state: 'starting' | 'finishing' }
  | { readonly state: 'page'; readonly visit: BatchVisit; readonly fault: ErrorCode | null }

const expiry = 'clave-expiry'

export function createPersonDesk(parts: PersonDeskParts): PersonDesk {
  const { errand, clave, clock, log, tasks, newId, screenUrl, signal, tell, changed, over } = parts
  let language = 'es'
  let state: State = opened(errand.open(), null)

  function opened(visit: BatchVisit | null, fault: ErrorCode | null): State {
    if (visit === null) return { state: 'number', fault }
    tasks.at(expiry, visit.endsAt, () => tasks.run(expiry, tooLate))
    return { state: 'page', visit, fault }
  }

  function become(next: State): void {
    state = next
    changed()
  }

  async function tooLate(): Promise<void> {
    if (state.state !== 'page' || state.visit.endsAt > clock.now()) return
    become({ state: 'number', fault: 'CLAVE_EXPIRED' })
    await errand.forget()
  }

  /** What the person or the service is the reason of can be tried again; anything else ends it. */
  function work(what: 'starting' | 'finishing', act: () => Promise<void>): void {
    become({ state: what })
    tasks.run('clave', async () => {
      try {
        await act()
      } catch (thrown) {
        const { code, detail } = asFault(thrown)
        log.warn('signing with Cl@ve came to nothing', { code, detail })
        if (signal.aborted || !(code.startsWith('CLAVE_') || code === 'WORKER_LOST'))
          over({ end: 'failed', fault: thrown })
        else become(opened(errand.open(), code))
      }
    })
  }

  async function next(subject: string): Promise<void> {
    const returnUrl = clave.page === 'phone' ? (clave.returnUrl ?? '') : `${screenUrl()}clave/returned/${newId()}`
    const visit = await errand.begin({ subject, language, returnUrl }, tell, signal)
    if (visit === null) over({ end: 'finished' })
    else become(opened(visit, null))
  }

  function finish(): void {
    if (state.state !== 'page') throw new Fault('STAGE_CONFLICT', 'nobody was sent away to sign')
    const { subject } = state.visit
    work('finishing', async () => {
      await errand.finish(tell, signal)
      await next(subject)
    })
  }

  return Object.freeze({
    view(): ClaveView {
      if (state.state === 'number') return { ...state, cardToo: false }
      if (state.state !== 'page') return { state: state.state }
      const { visit, fault } = state
      const endsAt = new Date(visit.endsAt).toISOString()
      return { state: 'page', on: clave.page, page: visit.page, endsAt, fault }
    },
    resume(): void {
      if (state.state === 'page' && state.visit.signed !== null) finish()
    },
    isElsewhere: () => state.state !== 'number',
    isWorking: () => state.state === 'starting' || state.state === 'finishing',
    begin(typed: string, spoken: string): void {
      if (state.state !== 'number') throw new Fault('STAGE_CONFLICT', 'the service is being asked already')
      const subject = identityNumber(typed)
      if (subject === undefined) throw new Fault('IDENTITY_NUMBER_INVALID', 'the letter does not fit the digits')
      language = spoken
      work('starting', () => next(subject))
    },
    finish,
    async cancel(): Promise<void> {
      if (state.state !== 'page') throw new Fault('STAGE_CONFLICT', 'nobody was sent away to sign')
      become({ state: 'number', fault: null })
      await errand.forget()
    },
    returned(token: string): void {
      if (state.state === 'page' && state.visit.returnUrl.endsWith(`/${token}`)) finish()
    },
    end: () => errand.forget(),
  })
}
