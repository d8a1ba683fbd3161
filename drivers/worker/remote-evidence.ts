// The Timestamper and Revocation ports over the channel to the net worker. What comes back is bytes that device/trust
// judges; here only their number is bounded.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, Revocation, Timestamper } from '../../device/ports.ts'
import type { Conversation, PortChannel } from './channel.ts'

/** Above what the drivers let through. */
const maxReplyBytes = 2 * 1024 * 1024
const maxFetchedBytes = 128 * 1024 * 1024

/** A Timestamper in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteTimestamper(channel: PortChannel): Timestamper {
  return Object.freeze({
    stamp: (query: Uint8Array, signal?: AbortSignal) =>
      answerOf(channel, channel.call('stamp', null, { input: once(query), ...withSignal(signal) }), maxReplyBytes),
  })
}

/** A Revocation in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteRevocation(channel: PortChannel): Revocation {
  return Object.freeze({
    ocsp: (url: string, query: Uint8Array, signal?: AbortSignal) =>
      answerOf(channel, channel.call('ocsp', { url }, { input: once(query), ...withSignal(signal) }), maxReplyBytes),
    fetch: (url: string, what: 'crl' | 'issuer', signal?: AbortSignal) =>
      answerOf(channel, channel.call('fetch', { url, what }, withSignal(signal)), maxFetchedBytes),
  })
}

/** The bytes of the one item there must be. */
async function answerOf(channel: PortChannel, conversation: Conversation, maxBytes: number): Promise<Uint8Array> {
  try {
    const { done, value } = await conversation.next()
    if (done === true) return cutOff(channel, 'an answer without bytes')
    const pieces: Uint8Array[] = []
    let size = 0
    for await (const piece of value.bytes) {
      size += piece.byteLength
      if (size > maxBytes) return cutOff(channel, `an answer over ${maxBytes} bytes`)
      pieces.push(piece)
    }
    const last = await conversation.next()
    return last.done === true ? Buffer.concat(pieces) : cutOff(channel, 'more than one answer')
  } finally {
    await conversation.return(undefined)
  }
}

/** A worker that answers otherwise than agreed is ended before the caller hears of it. */
function cutOff(channel: PortChannel, detail: string): never {
  const fault = new Fault('FRAME_INVALID', detail)
  channel.close(fault)
  throw fault
}

async function* once(bytes: Uint8Array): ByteStream {
  yield bytes
}

function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
