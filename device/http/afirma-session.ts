// Runs one launch: hands what comes over its connection to the pure session, does what that decides, and keeps the time.
// The log has operations, sites and codes, never a session identifier or anything that was sent.

import { errorAnswer } from '../afirma/answers.ts'
import { afirmaErrorOf, type OperationKind } from '../afirma/errors.ts'
import type { Launch } from '../afirma/launch.ts'
import { type Message, readMessage } from '../afirma/message.ts'
import { kindOf, type Operation, operationOf } from '../afirma/operations.ts'
import type { PageDesk } from '../afirma/page-desk.ts'
import { perform } from '../afirma/perform.ts'
import { Refusal, type RefusalReason } from '../afirma/refusal.ts'
import { nextOf, type SessionEffect, type SessionEvent, type SessionState, startOf } from '../afirma/session.ts'
import { asFault, type ErrorCode, Fault } from '../errors.ts'
import type { Clock, Log } from '../ports.ts'
import { version } from '../version.ts'

/** What was refused without the desk having been asked: for the log, and for whoever stands at the screen. */
export interface Refused {
  /** Of the page; absent where it is not known. */
  readonly origin?: string
  readonly code: ErrorCode
  readonly detail: string
}

/** A page's connection. */
export interface Channel {
  readonly origin: string
  send(text: string): void
  close(): void
}

export interface AfirmaSession {
  /** Whether a page has been here. */
  readonly connected: boolean
  /** The one page of this session. */
  connect(channel: Channel): void
  message(text: string): void
  disconnected(): void
  /** Ends it whatever it does. */
  stop(): void
  /** Resolves when it has ended. */
  readonly ended: Promise<void>
}

export interface SessionParts {
  readonly launch: Launch
  readonly desk: PageDesk
  /** Of a message in characters; what is longer is answered by its error. */
  readonly maxMessageLength: number
  readonly clock: Clock
  readonly log: Log
  readonly onRefused: (refused: Refused) => void
}

const maxHistory = 200

type PlainEvent<E = SessionEvent> = E extends SessionEvent ? Omit<E, 'now'> : never

export function createAfirmaSession(parts: SessionParts): AfirmaSession {
  const { launch, desk, clock, log, onRefused } = parts
  const { promise: ended, resolve: end } = Promise.withResolvers<void>()
  const history: string[] = []
  let state: SessionState = startOf(clock.now())
  let watch = new AbortController()
  let channel: Channel | undefined
  let running: AbortController | undefined

  function note(what: string): void {
    if (history.length < maxHistory) history.push(`${new Date(clock.now()).toISOString()} ${what}`)
  }

  function dispatch(event: PlainEvent): void {
    const before = state
    const step = nextOf(launch, state, { ...event, now: clock.now() } as SessionEvent)
    state = step.state
    for (const effect of step.effects) apply(effect)
    if (state !== before) keepTime(state)
  }

  function keepTime(current: SessionState): void {
    watch.abort()
    watch = new AbortController()
    if (!('until' in current)) return
    clock.sleep(current.until - clock.now(), watch.signal).then(
      () => state === current && dispatch({ type: 'late' }),
      () => undefined,
    )
  }

  function apply(effect: SessionEffect): void {
    switch (effect.do) {
      case 'reply':
        channel?.send(effect.text)
        break
      case 'refuse':
        refuse(new Refusal(effect.reason, refusals[effect.reason]))
        break
      case 'start':
        start(effect.message.name, effect.message.parameters)
        break
      case 'abort':
        running?.abort(new Fault('INTERRUPTED', 'the page has gone'))
        break
      case 'end':
        watch.abort()
        channel?.close()
        end()
    }
  }

  function refuse(refusal: Refusal, kind: OperationKind = 'sign'): void {
    const error = afirmaErrorOf(refusal, kind)
    const { code, detail } = refusal
    note(`AF${error.af}`)
    log.warn('page refused', { origin: channel?.origin, code, detail, told: `AF${error.af}` })
    onRefused({ ...(channel !== undefined && { origin: channel.origin }), code, detail })
    channel?.send(errorAnswer(error, launch.version))
  }

  function start(name: string, parameters: ReadonlyMap<string, string>): void {
    const operation = readOperation(name, parameters)
    if (operation instanceof Refusal) {
      refuse(operation, kindOf(name))
      dispatch({ type: 'unbegun' })
      return
    }
    dispatch({ type: 'begun' })
    const origin = channel?.origin ?? ''
    note(name)
    log.info('page asks', { origin, operation: name })
    running = new AbortController()
    const { signal } = running
    const told = () => [`Compulsa ${version}`, ...history].join('\n')
    perform(operation, { desk, origin, history: told, signal }).then(
      answer => {
        note('done')
        log.info('page answered', { origin, operation: name })
        dispatch({ type: 'finished', answer })
      },
      thrown => failed(name, thrown),
    )
  }

  function failed(name: string, thrown: unknown): void {
    const fault = asFault(thrown)
    const error = afirmaErrorOf(fault, kindOf(name))
    note(`AF${error.af}`)
    const fields = { origin: channel?.origin, operation: name, code: fault.code, told: `AF${error.af}` }
    if (fault.code === 'INTERNAL') log.error('page’s operation failed', { ...fields, detail: fault.detail })
    else log.info('page’s operation ended', fields)
    dispatch({ type: 'finished', answer: errorAnswer(error, launch.version) })
  }

  keepTime(state)
  return Object.freeze({
    get connected() {
      return state.at !== 'waiting'
    },
    connect(given: Channel) {
      channel = given
      note('connected')
      dispatch({ type: 'connected' })
    },
    message(text: string) {
      const message = messageOf(text, parts.maxMessageLength)
      if (message instanceof Refusal) refuse(message)
      else dispatch({ type: 'message', message })
    },
    disconnected: () => dispatch({ type: 'disconnected' }),
    stop: () => dispatch({ type: 'disconnected' }),
    ended,
  })
}

const refusals = {
  session: 'the message carries another session identifier',
  busy: 'an operation of the page is going on',
} as const satisfies Partial<Record<RefusalReason, string>>

function messageOf(text: string, maxLength: number): Message | Refusal {
  if (text.length > maxLength) return new Refusal('tooLarge', `a message has ${text.length} characters`)
  try {
    return readMessage(text)
  } catch (thrown) {
    return asRefusal(thrown)
  }
}

function readOperation(name: string, parameters: ReadonlyMap<string, string>): Operation | Refusal {
  try {
    return operationOf(name, parameters)
  } catch (thrown) {
    return asRefusal(thrown)
  }
}

/** A page can send anything: whatever reading it throws is about that page alone. */
function asRefusal(thrown: unknown): Refusal {
  return thrown instanceof Refusal ? thrown : new Refusal('malformed', 'the message cannot be read', { cause: thrown })
}
