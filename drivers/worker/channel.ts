// The calling side of a worker's connection: any number of conversations side by side, each with parameters, a stream of
// bytes in, items with bytes out, and one result. Nothing the peer sends is trusted: the first frame that does not fit
// ends the session, and every conversation that was open fails with WORKER_LOST once what had arrived is taken.

import { Fault, isErrorCode } from '../../device/errors.ts'
import type { ByteStream } from '../../device/ports.ts'
import { bodyFrom, type Credit, createCredit, createInbox, type Inbox, sendBytes } from './flow.ts'
import { type Frame, maxSecretBytes } from './frame.ts'
import { openSession, type Session, type Streams } from './session.ts'

/** How long a peer may take to answer a cancel before it counts as hung. */
const defaultCancelGraceMs = 10_000
const maxOpenCalls = 64

/** One thing the callee tells while it works. What is left unread of `bytes` is skipped when the next item is asked for. */
export interface Item {
  readonly value: unknown
  readonly bytes: ByteStream
}

/**
 * The call begins when the first item is asked for. The generator returns the result and throws the callee's Fault,
 * WORKER_LOST, or the signal's reason; returning early cancels the call.
 */
export type Conversation = AsyncGenerator<Item, unknown, void>

/** What goes along with a call beside its parameters. */
export interface CallOptions {
  readonly input?: ByteStream
  /** Copied when the call begins; the copies are overwritten, the caller overwrites the original. At most 1,024 bytes. */
  readonly secret?: Uint8Array
  readonly signal?: AbortSignal
}

/** A connection to one worker, for any number of calls at a time. */
export interface Channel {
  call(method: string, params: unknown, options?: CallOptions): Conversation
  /** Ends the session; open calls fail with WORKER_LOST. */
  close(reason: Fault): void
  /** Why the session ended; never rejects. */
  readonly closed: Promise<Fault>
}

/** What the ports over a channel use of it. */
export type PortChannel = Pick<Channel, 'call' | 'close'>

/** A channel that is opened with its first call. */
export function openedWithFirstCall(open: () => Channel): PortChannel {
  return Object.freeze({
    call: (method, params, options) => open().call(method, params, options),
    close: reason => open().close(reason),
  } satisfies PortChannel)
}

/** Runs a check of what a worker sent; where it fails, the worker's session ends before the caller hears of it. */
export function distrust<T>(channel: PortChannel, check: () => T): T {
  try {
    return check()
  } catch (thrown) {
    if (thrown instanceof Fault) channel.close(thrown)
    throw thrown
  }
}

interface OpenCall {
  readonly id: number
  readonly inbox: Inbox
  readonly credit: Credit
  /** Between an item that announced bytes and their end. */
  receiving: boolean
  /** Runs from the cancel to the callee's last word; while it does, what comes is dropped. */
  cancelled: NodeJS.Timeout | undefined
}

interface Calls {
  open(method: string, params: unknown, options: CallOptions): OpenCall
  /** Leaves a call: one that has not had its last word is cancelled. Harmless when repeated. */
  leave(call: OpenCall): void
}

/** Speaks to a peer that runs `serveChannel`. */
export function openChannel(streams: Streams, { cancelGraceMs = defaultCancelGraceMs } = {}): Channel {
  const open = new Map<number, OpenCall>()
  let lastId = 0
  let lost: Fault | undefined
  const session = openSession(streams, frame => receive(open, frame))
  const closed = session.ended.then(reason => {
    lost = new Fault('WORKER_LOST', `the call was cut off: ${reason.detail}`, { cause: reason })
    for (const call of open.values()) {
      clearTimeout(call.cancelled)
      call.inbox.finish(lost)
      call.credit.fail(lost)
    }
    open.clear()
    return reason
  })
  const begin = (method: string, params: unknown, options: CallOptions) => {
    if (lost !== undefined) throw lost
    if (open.size >= maxOpenCalls) throw new Fault('INTERNAL', `more than ${maxOpenCalls} calls to one worker`)
    const id = lastId + 1
    const call = startCall(session, id, method, params, options)
    lastId = id
    open.set(id, call)
    if (options.input !== undefined) void feed(session, call, options.input)
    return call
  }
  const hung = () => session.end(new Fault('WORKER_LOST', `a cancel was not answered within ${cancelGraceMs} ms`))
  const leave = (call: OpenCall) => {
    call.credit.fail(new Fault('WORKER_LOST', 'the call is over'))
    if (!open.has(call.id) || call.cancelled !== undefined) return
    session.send({ kind: 'cancel', call: call.id })
    call.cancelled = setTimeout(hung, cancelGraceMs).unref()
  }
  const calls: Calls = { open: begin, leave }
  return Object.freeze({
    call: (method: string, params: unknown, options: CallOptions = {}) => converse(calls, method, params, options),
    close: (reason: Fault) => session.end(reason),
    closed,
  })
}

/** The result of a call that has no items to tell; items that come nevertheless are FRAME_INVALID. */
export async function resultOf(conversation: Conversation): Promise<unknown> {
  const first = await conversation.next()
  if (first.done === true) return first.value
  await conversation.return(undefined)
  throw new Fault('FRAME_INVALID', 'an item where only a result was due')
}

/** Throws, before the callee hears of the call, where parameters or secret are larger than a frame may be. */
function startCall(
  session: Session,
  id: number,
  method: string,
  params: unknown,
  { input, secret }: CallOptions,
): OpenCall {
  if (secret !== undefined && secret.byteLength > maxSecretBytes) throw new RangeError('the secret is too long')
  const inbox = createInbox(amount => session.send({ kind: 'credit', call: id, amount }))
  const announced = { input: input !== undefined, secret: secret !== undefined }
  session.send({ kind: 'call', call: id, method, params, ...announced })
  if (secret !== undefined) session.send({ kind: 'secret', call: id, payload: secret })
  return { id, inbox, credit: createCredit(), receiving: false, cancelled: undefined }
}

async function* converse(calls: Calls, method: string, params: unknown, options: CallOptions): Conversation {
  const { signal } = options
  signal?.throwIfAborted()
  const call = calls.open(method, params, options)
  const onAbort = () => {
    call.inbox.abort(signal?.reason)
    calls.leave(call)
  }
  signal?.addEventListener('abort', onAbort, { once: true })
  try {
    for (;;) {
      const heard = await call.inbox.next()
      if (heard.kind === 'result') return heard.value
      if (heard.kind !== 'item') throw new Fault('INTERNAL', `${heard.kind} outside an item`)
      const { bytes, skip } = bodyFrom(call.inbox, heard.bytes)
      yield { value: heard.value, bytes }
      await skip()
    }
  } finally {
    signal?.removeEventListener('abort', onAbort)
    calls.leave(call)
  }
}

/** Sends the input beside the conversation; a source that fails makes the conversation fail with the same error. */
async function feed(session: Session, call: OpenCall, input: ByteStream): Promise<void> {
  try {
    await sendBytes(call.id, input, call.credit, session.send)
  } catch (thrown) {
    // After the callee's last word this is only the news that nobody wants the rest.
    call.inbox.finish(thrown)
  }
}

function receive(open: Map<number, OpenCall>, frame: Frame): void {
  const call = open.get(frame.call)
  if (call === undefined) throw new Fault('FRAME_INVALID', `${frame.kind} for a call that is not open`)
  switch (frame.kind) {
    case 'result':
    case 'fault':
      open.delete(call.id)
      clearTimeout(call.cancelled)
      lastWord(call, frame)
      break
    case 'credit':
      if (call.cancelled === undefined) call.credit.grant(frame.amount)
      break
    case 'item':
    case 'data':
    case 'end':
      if (call.cancelled !== undefined) break
      if (call.receiving !== (frame.kind !== 'item')) throw new Fault('FRAME_INVALID', `${frame.kind} out of turn`)
      if (frame.kind !== 'data') call.receiving = frame.kind === 'item' && frame.bytes
      call.inbox.push(frame)
      break
    default:
      throw new Fault('FRAME_INVALID', `${frame.kind} from a callee`)
  }
}

function lastWord(call: OpenCall, frame: Extract<Frame, { kind: 'result' | 'fault' }>): void {
  if (frame.kind === 'fault') {
    const code = isErrorCode(frame.code) ? frame.code : 'INTERNAL'
    call.inbox.finish(new Fault(code, frame.detail, { retryAfterMs: frame.retryAfterMs }))
  } else {
    if (call.receiving && call.cancelled === undefined) throw new Fault('FRAME_INVALID', 'a result within an item')
    call.inbox.push(frame)
  }
}
