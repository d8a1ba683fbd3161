// Sessions in the store: loaded, moved on by an event with its audit entry in the same transaction, forgotten. Keeps in memory
// which pick-up code and which idempotency key is whose.

import type { ApplianceEntry } from '../audit/events.ts'
import { Fault } from '../errors.ts'
import type { Clock } from '../ports.ts'
import { suppliedCsv } from '../session/request.ts'
import {
  type Chance,
  nextSession,
  overStages,
  type Session,
  type SessionEvent,
  type SessionStage,
} from '../session/session.ts'
import type { DocumentSummary } from '../store/documents.ts'
import type { Store } from '../store/store.ts'

export interface SessionRecords {
  /** Throws NOT_FOUND, also for one that is forgotten. */
  load(id: string): Session
  find(id: string): Session | undefined
  /** Oldest first. */
  ids(stages?: readonly SessionStage[]): readonly { readonly id: string; readonly wakeAt: number | null }[]
  create(id: string, session: Session): void
  /** Throws STAGE_CONFLICT where the event does not belong to where the session stands. */
  apply(id: string, event: SessionEvent): Session
  forget(id: string): Promise<void>
  /** The session that waits for whoever has this code. */
  waitingFor(pickupCode: string): string | undefined
  /** The session that a client has asked for with this key before. */
  askedBefore(client: string, idempotencyKey: string): string | undefined
  /** Whether a session that is not over brought this verification code along: it leads to one document (RD 203/2021, art. 21). */
  hasCsv(csv: string): boolean
  /** How many of a client wait for somebody. */
  waitingOf(client: string): number
  /** Called after each commit; returns the way to stop. */
  subscribe(listener: (id: string, session: Session) => void): () => void
}

/** The session in a row; undefined for one that is forgotten. */
export function sessionIn(stored: (DocumentSummary & { readonly body?: unknown }) | undefined): Session | undefined {
  return stored === undefined || stored.erased ? undefined : (stored.body as Session)
}

export function openSessionRecords({
  store,
  clock,
  newId,
}: {
  readonly store: Pick<Store, 'sessions'>
  readonly clock: Clock
  readonly newId: () => string
}): SessionRecords {
  const { sessions } = store
  const listeners = new Set<(id: string, session: Session) => void>()
  const codes = new Map<string, string>()
  const keys = new Map<string, string>()
  const waiting = new Map<string, Set<string>>()
  /** Verification codes by session. */
  const csvs = new Map<string, string>()
  const keyOf = (client: string, key: string) => `${client} ${key}`

  function remember(id: string, { stage, client, pickupCode, idempotencyKey, request }: Session): void {
    const csv = request === null ? undefined : suppliedCsv(request)
    if (csv === undefined) csvs.delete(id)
    else csvs.set(id, csv)
    const ofClient = waiting.get(client) ?? new Set()
    waiting.set(client, ofClient)
    if (stage === 'waiting') {
      codes.set(pickupCode, id)
      ofClient.add(id)
    } else {
      if (codes.get(pickupCode) === id) codes.delete(pickupCode)
      ofClient.delete(id)
    }
    if (idempotencyKey !== null) keys.set(keyOf(client, idempotencyKey), id)
  }

  const find = (id: string) => sessionIn(sessions.load(id))
  const load = (id: string): Session => {
    const session = find(id)
    if (session === undefined) throw new Fault('NOT_FOUND', `no session ${id}`)
    return session
  }
  const commit = (id: string, session: Session, entry: ApplianceEntry) => {
    const version = (sessions.load(id)?.version ?? 0) + 1
    const wakeAt = session.endsAt === null ? null : Date.parse(session.endsAt)
    sessions.commit({ id, version, stage: session.stage, wakeAt, body: session }, entry)
    remember(id, session)
    for (const listener of listeners) listener(id, session)
  }
  for (const { id } of sessions.list()) {
    const session = find(id)
    if (session !== undefined) remember(id, session)
  }

  return Object.freeze({
    load,
    find,
    ids: (stages?: readonly SessionStage[]) => sessions.list(stages === undefined ? {} : { stages }).toReversed(),
    create(id: string, session: Session) {
      sessions.create(id)
      const { client, requestSha256: sha256 } = session
      commit(id, session, { event: 'sessionCreated', details: { session: id, client, sha256 } })
    },
    apply(id: string, event: SessionEvent) {
      const chance: Chance = { noticeId: newId(), sessionID: id }
      const after = nextSession(load(id), event, new Date(clock.now()).toISOString(), chance)
      commit(id, after, entryOf(id, event, after))
      return after
    },
    async forget(id: string) {
      const session = find(id)
      await sessions.erase(id, { event: 'sessionErased', details: { session: id } })
      if (session?.idempotencyKey != null) keys.delete(keyOf(session.client, session.idempotencyKey))
    },
    waitingFor: (pickupCode: string) => codes.get(pickupCode),
    askedBefore: (client: string, key: string) => keys.get(keyOf(client, key)),
    hasCsv: (csv: string) => [...csvs.values()].includes(csv),
    waitingOf: (client: string) => waiting.get(client)?.size ?? 0,
    subscribe(listener: (id: string, session: Session) => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
}

/** Whether nothing more comes of it. */
export function isOver({ stage }: Session): boolean {
  return overStages.includes(stage)
}

function entryOf(session: string, event: SessionEvent, after: Session): ApplianceEntry {
  switch (event.type) {
    case 'taken':
      return { event: 'sessionTaken', details: { session, document: event.documentId } }
    case 'putBack':
      return { event: 'sessionPutBack', details: { session } }
    case 'making':
      return { event: 'sessionMaking', details: { session } }
    case 'ready':
      return { event: 'sessionReady', details: { session, sha256: event.made.sha256 } }
    case 'kept':
      return { event: 'sessionKept', details: { session } }
    case 'fetched':
      return { event: 'sessionFetched', details: { session } }
    case 'failed':
      return { event: 'sessionEnded', details: { session, end: 'failed', code: event.code } }
    case 'expired':
      return { event: 'sessionEnded', details: { session, end: 'expired' } }
    case 'withdrawn':
      return { event: 'sessionEnded', details: { session, end: 'withdrawn', by: event.by } }
    case 'noticeDelivered':
    case 'noticePostponed':
    case 'noticeRefused': {
      const { id: notice } = event
      const attempt = after.notices.find(one => one.id === notice)?.attempts
      const code = 'code' in event ? event.code : undefined
      return { event: 'sessionCallback', details: { session, notice, outcome: event.type, code, attempt } }
    }
  }
}
