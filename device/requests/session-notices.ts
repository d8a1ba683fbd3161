// Callbacks of sessions: whatever a client has to be told is sent until it is received, with the back-off of deliveries, one
// after the other of a session, and a host that is away is asked by one of them at a time.

import { asFault } from '../errors.ts'
import { dueAt, nextAttempt } from '../path/backoff.ts'
import { createBreaker } from '../path/breaker.ts'
import type { CallbackOutcome, Callbacks, Clock, Log, Random } from '../ports.ts'
import type { Notice, Session, SessionEvent } from '../session/session.ts'
import type { Tasks } from '../tasks.ts'
import type { SessionRecords } from './session-records.ts'

export interface NoticesParts {
  readonly records: Pick<SessionRecords, 'find' | 'apply'>
  readonly callbacks: Callbacks
  readonly tasks: Pick<Tasks, 'run' | 'at'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export interface Notices {
  /** Plans what is next to be told of a session. */
  look(id: string, session: Session): void
}

/** Callbacks on the wire at the same time. */
const parallelCallbacks = 4

export function createNotices(parts: NoticesParts): Notices {
  const { records, callbacks, tasks, clock, random, log } = parts
  const breaker = createBreaker({ now: clock.now, random: random.fraction })

  function look(id: string, session: Session): void {
    const notice = nextOf(session)
    if (notice !== undefined) tasks.at(`callback:${id}`, dueAt(notice, clock.now()), () => start(id))
  }

  function start(id: string): void {
    tasks.run(`callback:${id}`, signal => send(id, signal), { lane: 'callback', width: parallelCallbacks })
  }

  async function send(id: string, signal: AbortSignal): Promise<void> {
    const session = records.find(id)
    const notice = session === undefined ? undefined : nextOf(session)
    if (session === undefined || notice === undefined) return
    // One look at the clock, and a timer that rings early forgets nothing.
    const now = clock.now()
    if (dueAt(notice, now) > now) return look(id, session)
    const { host } = new URL(notice.url)
    if (notice.attempts === 0 && !breaker.admits(host)) {
      tasks.at(`callback:${id}`, breaker.pause(host)?.until ?? clock.now(), () => start(id))
      return
    }
    const outcome = await attempt(session, notice, signal)
    signal.throwIfAborted()
    if (outcome.outcome !== 'later') breaker.answered(host)
    else if (outcome.code === 'TLS_PIN_MISMATCH') breaker.shut(host)
    else breaker.failed(host)
    const event = eventOf(outcome, notice)
    log.info('callback attempted', { session: id, outcome: event.type, ...('code' in event && { code: event.code }) })
    records.apply(id, event)
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

  return Object.freeze({ look })
}

function nextOf({ notices }: Session): Notice | undefined {
  return notices.find(({ state }) => state === 'waiting')
}
