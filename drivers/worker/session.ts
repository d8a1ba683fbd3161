// One framed session over a pair of byte streams, whatever they are: a child's socket, a unix socket, pipes. It promises
// that frames arrive whole and in order, that the first malformed one or the end of either stream ends the session for
// good, and that a buffer which carried a secret is overwritten as soon as the kernel has taken it.

import type { Readable, Writable } from 'node:stream'
import { Fault } from '../../device/errors.ts'
import { createFrameDecoder, encodeFrame, type Frame } from './frame.ts'

/** The two directions of a connection; both may be the same duplex stream. */
export interface Streams {
  readonly input: Readable
  readonly output: Writable
}

/** Frames out, and the end. */
export interface Session {
  /**
   * Queues one frame; dropped once the session has ended. Throws FRAME_INVALID where the frame is too large. What can
   * pile up here is bounded by the windows of the calls (flow.ts), not by the stream.
   */
  send(frame: Frame): void
  /** Ends the session and both streams; `reason` is what `ended` tells. */
  end(reason: Fault): void
  /** Why the session ended: WORKER_LOST, or FRAME_INVALID where the peer broke the protocol. Never rejects. */
  readonly ended: Promise<Fault>
}

/** Starts to read at once; what `receive` throws ends the session as a malformed frame does. */
export function openSession({ input, output }: Streams, receive: (frame: Frame) => void): Session {
  const decoder = createFrameDecoder()
  const { promise: ended, resolve: settle } = Promise.withResolvers<Fault>()
  let open = true
  const end = (reason: Fault) => {
    if (!open) return
    open = false
    settle(reason)
    input.off('data', read).destroy()
    output.destroy()
  }
  const read = (chunk: Uint8Array) => {
    try {
      for (const frame of decoder.push(chunk)) if (open) receive(frame)
    } catch (thrown) {
      end(thrown instanceof Fault ? thrown : new Fault('INTERNAL', 'a frame could not be handled', { cause: thrown }))
    }
  }
  const lose = (why: string) => (cause?: unknown) => end(new Fault('WORKER_LOST', why, { cause }))
  // The listeners for errors stay: a destroyed stream may still report why.
  for (const stream of new Set([input, output])) {
    stream.on('error', lose('the connection broke')).on('close', lose('the connection closed'))
  }
  input.once('end', lose('the connection ended'))
  input.on('data', read)
  const send = (frame: Frame) => {
    const bytes = encodeFrame(frame)
    if (open) output.write(bytes, frame.kind === 'secret' ? () => bytes.fill(0) : undefined)
    else if (frame.kind === 'secret') bytes.fill(0)
  }
  return Object.freeze({ send, end, ended })
}
