// The called side of a worker's connection: runs a handler per call, side by side, and gives it the caller's bytes, its
// secret, a signal that aborts when the caller cancels or is gone, and a way to tell items. Exactly one last word is said
// per call, the handler's result or its Fault, and nothing after it; secrets are overwritten when their handler ends.

import { asFault, Fault } from '../../device/errors.ts'
import type { ByteStream } from '../../device/ports.ts'
import { bodyFrom, type Credit, createCredit, createInbox, type Inbox, sendBytes } from './flow.ts'
import type { Frame } from './frame.ts'
import { openSession, type Session, type Streams } from './session.ts'

const maxOpenCalls = 64
/** Characters of a Fault's detail that cross. */
const maxDetailLength = 2_000

/** What a handler has of its call beside the parameters. */
export interface CallContext {
  /** What the caller sends along; empty when it sends nothing. */
  readonly input: ByteStream
  /** Overwritten when the handler settles. */
  readonly secret: Uint8Array | undefined
  /** Aborts when the caller cancels (AbortError) or the connection is lost (WORKER_LOST). */
  readonly signal: AbortSignal
  /**
   * Tells one item and sends its bytes as the caller takes them; to be awaited before the next item and the result.
   * Rejects with the signal's reason when the call is over, and with the source's own error when `bytes` fails: the
   * item cannot be finished then, and the handler must fail.
   */
  emit(value: unknown, bytes?: ByteStream): Promise<void>
}

/** Answers one call; what it throws reaches the caller as a Fault. */
export type Handler = (params: unknown, context: CallContext) => Promise<unknown>

/** By method. */
export type Handlers = ReadonlyMap<string, Handler>

/** A connection that is being served. */
export interface Service {
  /** Why the session ended; never rejects. */
  readonly closed: Promise<Fault>
  /** Resolves when no handler runs; never rejects. */
  settled(): Promise<void>
}

type CallFrame = Extract<Frame, { kind: 'call' }>

interface ServedCall {
  readonly id: number
  readonly frame: CallFrame
  readonly inbox: Inbox
  readonly credit: Credit
  readonly controller: AbortController
  /** The caller's bytes have been announced and have not ended. */
  receiving: boolean
  /** Set while an item is being told, and for good when it broke off. */
  emitting: boolean
  /** The handler runs or has run; a call waits for its secret before. */
  started: boolean
  /** The last word has been said. */
  over: boolean
}

/** Answers calls until the connection ends. `handlers` may gain methods while it runs. */
export function serveChannel(streams: Streams, handlers: Handlers): Service {
  const calls = new Map<number, ServedCall>()
  const running = new Set<Promise<void>>()
  let lastId = 0
  const begin = (call: ServedCall, secret: Uint8Array | undefined) => {
    call.started = true
    const work = answer(session, handlers, call, secret).finally(() => {
      calls.delete(call.id)
      running.delete(work)
    })
    running.add(work)
  }
  const receive = (frame: Frame) => {
    if (frame.kind === 'call') {
      if (frame.call <= lastId || calls.size >= maxOpenCalls) throw new Fault('FRAME_INVALID', 'a call out of order')
      lastId = frame.call
      const call = createCall(session, frame)
      calls.set(call.id, call)
      if (!frame.secret) begin(call, undefined)
      return
    }
    const call = calls.get(frame.call)
    if (call !== undefined) hear(call, frame, begin)
    // What was sent before the last word was heard is still on its way.
    else if (frame.call > lastId) throw new Fault('FRAME_INVALID', `${frame.kind} for a call that was never made`)
  }
  const session = openSession(streams, receive)
  const closed = session.ended.then(reason => {
    const lost = new Fault('WORKER_LOST', `the caller is gone: ${reason.detail}`, { cause: reason })
    for (const call of calls.values()) endCall(call, lost)
    return reason
  })
  const settled = async () => {
    await Promise.all(running)
  }
  return Object.freeze({ closed, settled })
}

function createCall(session: Session, frame: CallFrame): ServedCall {
  return {
    id: frame.call,
    frame,
    inbox: createInbox(amount => session.send({ kind: 'credit', call: frame.call, amount })),
    credit: createCredit(),
    controller: new AbortController(),
    receiving: frame.input,
    emitting: false,
    started: false,
    over: false,
  }
}

function hear(call: ServedCall, frame: Frame, begin: (call: ServedCall, secret: Uint8Array) => void): void {
  switch (frame.kind) {
    case 'secret':
      if (call.started) throw new Fault('FRAME_INVALID', 'a secret that was not announced')
      begin(call, frame.payload)
      break
    case 'data':
    case 'end':
      if (!call.receiving) throw new Fault('FRAME_INVALID', `${frame.kind} that was not announced`)
      call.receiving = frame.kind === 'data'
      call.inbox.push(frame)
      break
    case 'credit':
      call.credit.grant(frame.amount)
      break
    case 'cancel':
      endCall(call, new DOMException('The caller cancelled the call', 'AbortError'))
      break
    default:
      throw new Fault('FRAME_INVALID', `${frame.kind} from a caller`)
  }
}

/** Whatever the handler waits for fails with `reason`. */
function endCall(call: ServedCall, reason: unknown): void {
  call.inbox.abort(reason)
  call.credit.fail(reason)
  call.controller.abort(reason)
}

async function answer(
  session: Session,
  handlers: Handlers,
  call: ServedCall,
  secret: Uint8Array | undefined,
): Promise<void> {
  const { signal } = call.controller
  try {
    signal.throwIfAborted()
    const handler = handlers.get(call.frame.method)
    if (handler === undefined) throw new Fault('FRAME_INVALID', `unknown method ${call.frame.method}`)
    const { bytes: input } = bodyFrom(call.inbox, call.frame.input)
    const emit = (value: unknown, bytes?: ByteStream) => emitItem(session, call, value, bytes)
    const value = await handler(call.frame.params, { input, secret, signal, emit })
    if (call.emitting) throw new Fault('INTERNAL', 'the handler ended within an item')
    session.send({ kind: 'result', call: call.id, value })
  } catch (thrown) {
    const { code, detail, retryAfterMs } = asFault(thrown)
    const asked = retryAfterMs === undefined ? {} : { retryAfterMs }
    session.send({ kind: 'fault', call: call.id, code, detail: detail.slice(0, maxDetailLength), ...asked })
  } finally {
    call.over = true
    secret?.fill(0)
    const over = new Fault('INTERNAL', 'the call is over')
    call.inbox.abort(over)
    call.credit.fail(over)
  }
}

async function emitItem(session: Session, call: ServedCall, value: unknown, bytes?: ByteStream): Promise<void> {
  if (call.emitting) throw new Fault('INTERNAL', 'an item within an item')
  call.emitting = true
  const send = (frame: Frame) => {
    call.controller.signal.throwIfAborted()
    if (call.over) throw new Fault('INTERNAL', 'the call is over')
    session.send(frame)
  }
  const item = { kind: 'item', call: call.id, value, bytes: bytes !== undefined } as const
  await call.credit.take(item)
  send(item)
  if (bytes !== undefined) await sendBytes(call.id, bytes, call.credit, send)
  call.emitting = false
}
