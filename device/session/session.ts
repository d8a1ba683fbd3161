// A session: what an integrator asked for, the copy that comes of it, and what is told about it. Stages as a union, and one
// pure function that moves it; time and everything random arrive inside events.
//
//                        taken              making                ready
//   created ──► waiting ───────► in-hand ───────────► making ───────────► ready ──┐
//                 │  ▲              │                    │                        │ expired, withdrawn
//                 │  └── putBack ───┘                    │ failed, withdrawn      ▼
//                 │ expired, withdrawn                   └──────────────────► (over) ──► forgotten
//                 └─────────────────────────────────────────────────────────►
//
// A session that is ready lasts as long as its copy, which is not erased before everybody has received it: `kept` says until when.
// What was asked for is gone from a session that is over; that it was, and how it ended, stays for `rememberedMs`.

import type { SignatureLevel } from '../ades/request.ts'
import type { Attempts } from '../document/document.ts'
import { type ErrorCode, Fault } from '../errors.ts'
import type { SessionRequest } from './request.ts'

/**
 * `waiting` for the person with the pick-up code; `in-hand` at the kiosk; `making`: finished for whoever stood there, it is
 * still sealed or raised; `ready` to be fetched; then over.
 */
export const sessionStages = ['waiting', 'in-hand', 'making', 'ready', 'failed', 'expired', 'withdrawn'] as const
export type SessionStage = (typeof sessionStages)[number]

export const overStages: readonly SessionStage[] = ['failed', 'expired', 'withdrawn']

/** How long a session that is over can be asked about, milliseconds. */
export const rememberedMs = 7 * 24 * 3_600_000

/** Facts of the copy that was made. */
export interface MadeCopy {
  /** Lower-case hex, of the document. */
  readonly sha256: string
  readonly bytes: number
  readonly pages: number
  /** What the person took away. */
  readonly reference: string
  readonly csv: string | null
  readonly signature: { readonly level: SignatureLevel; readonly at: string } | null
}

/** What a client is told at its callback: the same identifier and the same bytes on every attempt. */
export interface Notice extends Attempts {
  readonly id: string
  readonly url: string
  readonly body: string
  readonly state: 'waiting' | 'delivered' | 'refused'
}

export interface Session {
  readonly stage: SessionStage
  readonly client: string
  readonly idempotencyKey: string | null
  /** Of the request as it came, whatever the order of its fields. */
  readonly requestSha256: string
  /** Null once it is over. */
  readonly request: SessionRequest | null
  readonly warnings: readonly string[]
  readonly pickupCode: string
  readonly createdAt: string
  /** Until when it waits for the person. */
  readonly waitsUntil: string
  /** When its present stage ends by itself; null while somebody or something works on it, or its copy goes elsewhere too. */
  readonly endsAt: string | null
  readonly documentId: string | null
  readonly made: MadeCopy | null
  /** Why it failed. */
  readonly why: { readonly code: ErrorCode; readonly detail: string } | null
  readonly readyAt: string | null
  readonly fetchedAt: string | null
  /** Oldest first. */
  readonly notices: readonly Notice[]
}

export type SessionEvent =
  | { readonly type: 'taken'; readonly documentId: string }
  | { readonly type: 'putBack' | 'making' | 'fetched' }
  | { readonly type: 'withdrawn'; readonly by: 'client' | 'operator' }
  | { readonly type: 'ready'; readonly documentId: string; readonly made: MadeCopy; readonly endsAt: string | null }
  | { readonly type: 'kept'; readonly endsAt: string | null }
  | { readonly type: 'failed'; readonly code: ErrorCode; readonly detail: string }
  | { readonly type: 'expired' }
  | {
      readonly type: 'noticePostponed'
      readonly id: string
      readonly code: ErrorCode
      readonly detail: string
      readonly nextAttemptAt: string
    }
  | { readonly type: 'noticeDelivered'; readonly id: string }
  | { readonly type: 'noticeRefused'; readonly id: string; readonly code: ErrorCode; readonly detail: string }

/** From where each event may come. */
const from = {
  taken: ['waiting'],
  putBack: ['in-hand'],
  making: ['waiting', 'in-hand'],
  ready: ['waiting', 'in-hand', 'making'],
  kept: ['ready'],
  failed: ['in-hand', 'making'],
  fetched: ['ready'],
} as const satisfies Partial<Record<SessionEvent['type'], readonly SessionStage[]>>

/** What is random about a notice, should the event call for one. */
export interface Chance {
  readonly noticeId: string
  readonly sessionID: string
}

/** The session after an event that happened at `at`, ISO 8601. Throws STAGE_CONFLICT where the two do not fit. */
export function nextSession(session: Session, event: SessionEvent, at: string, chance: Chance): Session {
  const allowed: readonly SessionStage[] | undefined =
    event.type in from ? from[event.type as keyof typeof from] : undefined
  if (allowed?.includes(session.stage) === false) throw conflict(session, event)
  switch (event.type) {
    case 'taken':
      return { ...session, stage: 'in-hand', documentId: event.documentId, endsAt: null }
    case 'putBack':
      return { ...session, stage: 'waiting', documentId: null, endsAt: session.waitsUntil }
    case 'making':
      return { ...session, stage: 'making', endsAt: null }
    case 'ready': {
      const { documentId, made, endsAt } = event
      return noticed({ ...session, stage: 'ready', documentId, made, endsAt, readyAt: at }, at, chance)
    }
    case 'kept':
      return { ...session, endsAt: event.endsAt }
    case 'fetched':
      return { ...session, fetchedAt: session.fetchedAt ?? at }
    case 'failed': {
      const { code, detail } = event
      return noticed({ ...session, stage: 'failed', why: { code, detail } }, at, chance)
    }
    case 'expired':
      if (session.stage !== 'waiting' && session.stage !== 'ready') throw conflict(session, event)
      // Who has fetched it has no use for being told that it is gone.
      if (session.fetchedAt !== null) return over({ ...session, stage: 'expired' }, at)
      return noticed({ ...session, stage: 'expired' }, at, chance)
    case 'withdrawn':
      if (session.stage === 'in-hand' || overStages.includes(session.stage)) throw conflict(session, event)
      if (event.by === 'client') return over({ ...session, stage: 'withdrawn' }, at)
      return noticed({ ...session, stage: 'withdrawn' }, at, chance)
    default:
      return { ...session, notices: session.notices.map(one => (one.id === event.id ? after(one, event, at) : one)) }
  }
}

type NoticeEvent = Extract<SessionEvent, { readonly id: string }>

function after(notice: Notice, event: NoticeEvent, at: string): Notice {
  const attempts = notice.attempts + 1
  if (event.type === 'noticeDelivered') {
    return { ...notice, state: 'delivered', attempts, nextAttemptAt: null, lastFault: null }
  }
  const lastFault = { code: event.code, detail: event.detail, at }
  if (event.type === 'noticeRefused') return { ...notice, state: 'refused', attempts, nextAttemptAt: null, lastFault }
  return { ...notice, attempts, nextAttemptAt: event.nextAttemptAt, lastFault }
}

/** With what its client is told of it, where it wants to be. */
function noticed(session: Session, at: string, { noticeId, sessionID }: Chance): Session {
  const url = session.request?.result.callbackUrl
  const told = overStages.includes(session.stage) ? over(session, at) : session
  if (url === undefined) return told
  const { stage, made, why } = session
  const body = JSON.stringify({ sessionID, state: stage, at, document: made, why })
  const notice: Notice = {
    id: noticeId,
    url,
    body,
    state: 'waiting',
    attempts: 0,
    nextAttemptAt: null,
    lastFault: null,
  }
  return { ...told, notices: [...told.notices, notice] }
}

function over(session: Session, at: string): Session {
  return { ...session, request: null, endsAt: new Date(Date.parse(at) + rememberedMs).toISOString() }
}

function conflict({ stage }: Session, { type }: SessionEvent): Fault {
  return new Fault('STAGE_CONFLICT', `${type} does not belong to a session that is ${stage}`)
}
