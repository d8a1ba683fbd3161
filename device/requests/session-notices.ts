// Callbacks of sessions: whatever a client has to be told is sent until it is received, with the back-off of deliveries, one
// after the other of a session, and a host that is away is asked by one of them at a time.

import { asFault, type ErrorCode } from '../errors.ts'
import type { PausedHost } from '../host-pauses.ts'
import { hostAndPort } from '../hosts.ts'
import { dueAt, nextAttempt } from '../path/backoff.ts'
import { createBreaker } from '../path/breaker.ts'
import type { CallbackOutcome, Callbacks, Clock, Log, Random } from '../ports.ts'
import type { Notice, Session, SessionEvent } from '../session/session.ts'
import type { Tasks } from '../tasks.ts'
import type { SessionRecords } from './session-records.ts'

export interface NoticesParts {
  readonly records: Pick<SessionRecords, 'find' | 'apply' | 'ids'>
  readonly callbacks: Callbacks
  readonly tasks: Pick<Tasks, 'run' | 'at'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface Notices extends CallbackHosts {
  /** Plans what is next to be told of a session. */
  look(id: string, session: Session): void
}

/** The hosts of clients that are left alone. */
export interface CallbackHosts {
  paused(): readonly PausedHost[]
  /** Has the host called at once by one session; if it is back, all sessions for it go. False where it is not paused. */
  askNow(host: string): boolean
  /** Called when `paused` has changed; returns the way to stop. */
  subscribe(listener: () => void): () => void
}

/** Callbacks on the wire at the same time. */
const parallelCallbacks = 4

export function createNotices(parts: NoticesParts): Notices {
  const { records, callbacks, tasks, clock, random, log } = parts
  const breaker = createBreaker({ now: clock.now, random: random.fraction })
  /** Hosts that failed, why at last, and the clients whose they are. */
  const failing = new Map<string, { readonly code: ErrorCode; readonly clients: ReadonlySet<string> }>()
  /** Hosts that somebody looks at: once they are back, no session waits for its own plan. */
  const askedFor = new Set<string>()
  const listeners = new Set<() => void>()

  function look(id: string, session: Session): void {
    const notice = nextOf(session)
    if (notice !== undefined) tasks.at(`callback:${id}`, dueAt(notice, clock.now()), () => start(id))
  }

  /** `planned`: not before its time. */
  function start(id: string, planned = true): void {
    const work = (signal: AbortSignal) => send(id, planned, signal)
    tasks.run(`callback:${id}`, work, { lane: 'callback', width: parallelCallbacks })
  }

  async function send(id: string, planned: boolean, signal: AbortSignal): Promise<void> {
    const session = records.find(id)
    const notice = session === undefined ? undefined : nextOf(session)
    if (session === undefined || notice === undefined) return
    // One look at the clock, and a timer that rings early forgets nothing.
    const now = clock.now()
    if (planned && dueAt(notice, now) > now) return look(id, session)
    const host = hostAndPort(notice.url)
    if (notice.attempts === 0 && !breaker.admits(host)) {
      tasks.at(`callback:${id}`, breaker.pause(host)?.until ?? clock.now(), () => start(id))
      return
    }
    const outcome = await attempt(session, notice, signal)
    signal.throwIfAborted()
    tell(host, session.client, outcome)
    for (const listener of listeners) listener()
    const event = eventOf(outcome, notice)
    log.info('callback attempted', { session: id, outcome: event.type, ...('code' in event && { code: event.code }) })
    records.apply(id, event)
  }

  function tell(host: string, client: string, outcome: CallbackOutcome): void {
    if (outcome.outcome !== 'later') {
      breaker.answered(host)
      failing.delete(host)
      if (askedFor.delete(host)) for (const id of waitingFor(host)) start(id, false)
      return
    }
    if (outcome.code === 'TLS_PIN_MISMATCH') breaker.shut(host)
    else breaker.failed(host)
    const clients = new Set(failing.get(host)?.clients).add(client)
    failing.set(host, { code: outcome.code, clients })
  }

  function waitingFor(host: string): readonly string[] {
    return records.ids().flatMap(({ id }) => {
      const session = records.find(id)
      const notice = session === undefined ? undefined : nextOf(session)
      return notice !== undefined && hostAndPort(notice.url) === host ? [id] : []
    })
  }

  function pausedAt([host, { code, clients }]: [string, { code: ErrorCode; clients: ReadonlySet<string> }]) {
    const pause = breaker.pause(host)
    if (pause === null) return []
    const [since, until] = [pause.since, pause.until].map(ms => new Date(ms).toISOString()) as [string, string]
    return [{ service: 'callback', host, ids: [...clients], since, until, code, copies: null } as const]
  }

  /** Whatever keeps it from being sent, such as a lost worker, is a passing reason like a lost network. */
  async function attempt(
    { client }: Session,
    { id, url, body }: Notice,
    signal: AbortSignal,
  ): Promise<CallbackOutcome> {
    try {
      return await callbacks.call({ client, url, id, at: clock.now(), body }, signal)
    } catch (thrown) {
      signal.throwIfAborted()
      const fault = asFault(thrown)
      return { outcome: 'later', code: 'DESTINATION_UNREACHABLE', detail: fault.detail }
    }
  }

  function eventOf(outcome: CallbackOutcome, { id, attempts }: Notice): SessionEvent {
    if (outcome.outcome === 'delivered') return { type: 'noticeDelivered', id }
    const { code, detail } = outcome
    if (outcome.outcome === 'refused') return { type: 'noticeRefused', id, code, detail }
    const { retryAfterMs } = outcome
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs }
    const at = nextAttempt({ attempts: attempts + 1, now: clock.now(), random: random.fraction, ...wait })
    return { type: 'noticePostponed', id, code, detail, nextAttemptAt: new Date(at).toISOString() }
  }

  return Object.freeze({
    look,
    paused: () => [...failing].flatMap(pausedAt),
    askNow(host: string): boolean {
      if (breaker.pause(host) === null) return false
      breaker.endPause(host)
      askedFor.add(host)
      const [first] = waitingFor(host)
      if (first !== undefined) start(first, false)
      return true
    },
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
}

function nextOf({ notices }: Session): Notice | undefined {
  return notices.find(({ state }) => state === 'waiting')
}
