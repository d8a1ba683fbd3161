// One launch from its start to its end, as one pure function. Its messages go one after the other over one connection.
//
//              connected                 operation                 finished (before 4.1: answered at once)
//   waiting ────────────► idle ─────────────────────────► working ─────────────────────► answered
//      │                   ▲ └─ echo: OK                     │  └─ echo: OK, getresult: #wait   │
//      │                   └─────────────────────────────────┼──────────── getresult: the answer┘
//      │ late              │ late, disconnected              │ disconnected: aborted            │ late, disconnected
//      └───────────────────┴─────────────► over ◄────────────┴──────────────────────────────────┘
//
// From 4.1 on the page is told to wait and asks for the result; before, it is answered when there is one. A message with
// another session identifier is answered by its error and changes nothing.

import { echoAnswer, waitAnswer } from './answers.ts'
import type { Launch } from './launch.ts'
import type { Message } from './message.ts'

export type SessionState =
  | { readonly at: 'waiting'; readonly until: number }
  | { readonly at: 'idle'; readonly until: number }
  | { readonly at: 'working' }
  | { readonly at: 'answered'; readonly answer: string; readonly until: number }
  | { readonly at: 'over' }

/** `now` in milliseconds since 1970. */
export type SessionEvent = { readonly now: number } & (
  | { readonly type: 'connected' }
  | { readonly type: 'message'; readonly message: Message }
  /** The operation that was started is understood, and goes on. */
  | { readonly type: 'begun' }
  /** It was not, and has its answer already. */
  | { readonly type: 'unbegun' }
  | { readonly type: 'finished'; readonly answer: string }
  | { readonly type: 'disconnected' }
  | { readonly type: 'late' }
)

export type SessionEffect =
  | { readonly do: 'reply'; readonly text: string }
  | { readonly do: 'refuse'; readonly reason: 'session' | 'busy' }
  | { readonly do: 'start'; readonly message: Extract<Message, { kind: 'operation' }> }
  | { readonly do: 'abort' }
  | { readonly do: 'end' }

export interface SessionStep {
  readonly state: SessionState
  readonly effects: readonly SessionEffect[]
}

/** Pages try for 33 s. */
export const connectionTimeoutMs = 60_000
/** Between operations: a person reads the page meanwhile. The page starts anew afterwards. */
export const idleTimeoutMs = 10 * 60_000

export function startOf(now: number): SessionState {
  return { at: 'waiting', until: now + connectionTimeoutMs }
}

export function nextOf(launch: Launch, state: SessionState, event: SessionEvent): SessionStep {
  if (state.at === 'over') return { state, effects: [] }
  switch (event.type) {
    case 'connected':
      return state.at === 'waiting' ? { state: idleAt(event.now), effects: [] } : { state, effects: [] }
    case 'message':
      return messageStep(launch, state, event.message, event.now)
    case 'begun':
      return { state, effects: launch.version === '4.1' ? [reply(waitAnswer)] : [] }
    case 'unbegun':
      return { state: idleAt(event.now), effects: [] }
    case 'finished':
      return finishedStep(launch, state, event)
    case 'late':
      return 'until' in state && event.now >= state.until ? over() : { state, effects: [] }
    case 'disconnected':
      return state.at === 'working' ? over({ do: 'abort' }) : over()
  }
}

function messageStep(launch: Launch, state: SessionState, message: Message, now: number): SessionStep {
  if (launch.sessionId !== undefined && message.sessionId !== launch.sessionId)
    return { state, effects: [{ do: 'refuse', reason: 'session' }] }
  if (message.kind === 'echo') return { state, effects: [reply(echoAnswer)] }
  if (message.kind === 'result')
    return state.at === 'answered'
      ? { state: idleAt(now), effects: [reply(state.answer)] }
      : { state, effects: [reply(waitAnswer)] }
  if (state.at === 'working') return { state, effects: [{ do: 'refuse', reason: 'busy' }] }
  return { state: { at: 'working' }, effects: [{ do: 'start', message }] }
}

function finishedStep(
  launch: Launch,
  state: SessionState,
  { answer, now }: Extract<SessionEvent, { type: 'finished' }>,
): SessionStep {
  if (state.at !== 'working') return { state, effects: [] }
  if (launch.version !== '4.1') return { state: idleAt(now), effects: [reply(answer)] }
  return { state: { at: 'answered', answer, until: now + idleTimeoutMs }, effects: [] }
}

function idleAt(now: number): SessionState {
  return { at: 'idle', until: now + idleTimeoutMs }
}

function over(...before: readonly SessionEffect[]): SessionStep {
  return { state: { at: 'over' }, effects: [...before, { do: 'end' }] }
}

function reply(text: string): SessionEffect {
  return { do: 'reply', text }
}
