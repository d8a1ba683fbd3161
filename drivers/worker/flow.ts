// Credit-based flow control of one direction of one call: the sender may have a window of bytes unread at the receiver,
// the receiver hands the room back as its consumer takes them. So a slow consumer holds up its own call only, and what
// a peer can make this process hold in memory is one window per call.

import { Fault } from '../../device/errors.ts'
import type { ByteStream } from '../../device/ports.ts'
import { type Frame, maxDataBytes, maxItemBytes } from './frame.ts'

/** Bytes that may be on their way or unread in one direction of one call. */
export const windowBytes = 1024 * 1024
/** Room is handed back in portions, so that small pieces do not cost a frame each. */
const grantBytes = windowBytes / 4
/** What keeping one piece costs beside its bytes. */
const pieceOverheadBytes = 64

type Metered = Extract<Frame, { kind: 'item' | 'data' | 'end' | 'result' }>

/** What a frame takes of the window; `end` and `result` come at most once after something that was paid for. */
function costOf(frame: Metered): number {
  if (frame.kind === 'item') return maxItemBytes
  return frame.kind === 'data' ? frame.payload.byteLength + pieceOverheadBytes : 0
}

/** The sender's side of a window. */
export interface Credit {
  /** Waits for room for `frame`; rejects with the reason given to `fail`. */
  take(frame: Metered): Promise<void>
  /** The peer handed room back; throws FRAME_INVALID when it is more than was taken. */
  grant(amount: number): void
  fail(reason: unknown): void
}

/** A full window to send into. */
export function createCredit(): Credit {
  let available = windowBytes
  let failure: { readonly reason: unknown } | undefined
  const change = createBell()
  const take = async (frame: Metered) => {
    while (available <= 0 && failure === undefined) await change.heard()
    if (failure !== undefined) throw failure.reason
    available -= costOf(frame)
  }
  const grant = (amount: number) => {
    available += amount
    if (available > windowBytes) throw new Fault('FRAME_INVALID', 'credit for more than was sent')
    change.ring()
  }
  const fail = (reason: unknown) => {
    failure ??= { reason }
    change.ring()
  }
  return Object.freeze({ take, grant, fail })
}

/** The receiver's side of a window. */
export interface Inbox {
  /** Throws FRAME_INVALID when the peer had no room left for it. */
  push(frame: Metered): void
  /** The oldest frame not yet taken; rejects with the reason of `finish` or `abort`. */
  next(): Promise<Metered>
  /** Nothing more will come: `next` rejects once what has arrived is taken. */
  finish(reason: unknown): void
  /** As `finish`, but what has arrived is thrown away. */
  abort(reason: unknown): void
}

/** `grant` is called with the bytes of room to hand back. */
export function createInbox(grant: (amount: number) => void): Inbox {
  let waiting: Metered[] = []
  let outstanding = 0
  let consumed = 0
  let failure: { readonly reason: unknown } | undefined
  let dropping = false
  const change = createBell()
  const push = (frame: Metered) => {
    if (dropping) return
    if (outstanding >= windowBytes && costOf(frame) > 0)
      throw new Fault('FRAME_INVALID', 'more was sent than there is room for')
    outstanding += costOf(frame)
    waiting.push(frame)
    change.ring()
  }
  const next = async () => {
    for (;;) {
      const frame = waiting.shift()
      if (frame !== undefined) {
        consumed += costOf(frame)
        if (consumed >= grantBytes) {
          outstanding -= consumed
          grant(consumed)
          consumed = 0
        }
        return frame
      }
      if (failure !== undefined) throw failure.reason
      await change.heard()
    }
  }
  const finish = (reason: unknown) => {
    failure ??= { reason }
    change.ring()
  }
  const abort = (reason: unknown) => {
    waiting = []
    dropping = true
    finish(reason)
  }
  return Object.freeze({ push, next, finish, abort })
}

/** Wakes all who wait; nothing is remembered for those who come later. */
function createBell() {
  let waiting: (() => void)[] = []
  const ring = () => {
    const woken = waiting
    waiting = []
    for (const wake of woken) wake()
  }
  return { heard: () => new Promise<void>(resolve => waiting.push(resolve)), ring }
}

/** The bytes between an announcement and its `end`. */
export interface Body {
  readonly bytes: ByteStream
  /** Reads past whatever the consumer left unread. */
  skip(): Promise<void>
}

/** `announced` is false where the peer said that no bytes follow: the body is empty then. */
export function bodyFrom(inbox: Inbox, announced: boolean): Body {
  let open = announced
  const read = async (): Promise<Uint8Array | undefined> => {
    if (!open) return undefined
    const frame = await inbox.next()
    if (frame.kind === 'data') return frame.payload
    open = false
    return undefined
  }
  async function* bytes(): AsyncGenerator<Uint8Array, void, void> {
    for (let piece = await read(); piece !== undefined; piece = await read()) yield piece
  }
  const skip = async () => {
    while ((await read()) !== undefined);
  }
  return Object.freeze({ bytes: bytes(), skip })
}

/** Sends a stream in pieces as the peer makes room, then its `end`. `send` throws when the call is over. */
export async function sendBytes(
  call: number,
  bytes: ByteStream,
  credit: Credit,
  send: (frame: Frame) => void,
): Promise<void> {
  for await (const chunk of bytes) {
    for (let offset = 0; offset < chunk.byteLength; offset += maxDataBytes) {
      const frame = { kind: 'data', call, payload: chunk.subarray(offset, offset + maxDataBytes) } as const
      await credit.take(frame)
      send(frame)
    }
  }
  send({ kind: 'end', call })
}
