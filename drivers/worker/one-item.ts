// Calls whose answer is bytes: the only item of the call carries them, and its result is nothing. The called side has
// bounded them by then; the calling side counts nevertheless.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { ByteStream } from '../../device/ports.ts'
import type { Conversation, PortChannel } from './channel.ts'
import type { CallContext } from './serve.ts'

/** The called side: the answer, and that it was all. */
export async function tellBytes({ emit }: CallContext, bytes: Uint8Array): Promise<null> {
  await emit(null, once(bytes))
  return null
}

/**
 * The calling side: the bytes of the one item there must be. A worker that answers otherwise, or with more than `maxBytes`,
 * is ended before the caller hears of it with FRAME_INVALID.
 */
export async function bytesOf(channel: PortChannel, conversation: Conversation, maxBytes: number): Promise<Uint8Array> {
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

function cutOff(channel: PortChannel, detail: string): never {
  const fault = new Fault('FRAME_INVALID', detail)
  channel.close(fault)
  throw fault
}

/** Bytes as the input of a call, one after the other. */
export async function* once(...parts: readonly Uint8Array[]): ByteStream & AsyncGenerator<Uint8Array> {
  yield* parts
}
