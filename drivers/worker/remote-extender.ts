// The Extender port over the channel to the net worker. What comes back is bytes that device/ades judges; here their number
// is bounded, and the name that the service gave is printable and short.

import { Buffer } from 'node:buffer'
import Type from 'typebox'
import { Fault } from '../../device/errors.ts'
import type { Extender, ExtensionAnswer, ExtensionDocument, ExtensionOrder } from '../../device/ports.ts'
import { distrust, type PortChannel, resultOf } from './channel.ts'
import type { WireDocument, WireOrder } from './extender-handlers.ts'
import { once } from './one-item.ts'
import { withSignal } from './remote.ts'
import { checked } from './shapes.ts'

/** Above what the configuration lets through and what raising may add. */
const maxDocumentBytes = 128 * 1024 * 1024

const answerItem = Type.Object(
  { reference: Type.String({ pattern: '^[\\x21-\\x7e]*$', maxLength: 200 }) },
  { additionalProperties: false },
)

/** An Extender in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteExtender(channel: PortChannel): Extender {
  async function extend(order: ExtensionOrder, signal?: AbortSignal): Promise<ExtensionAnswer> {
    const { document, original, ...rest } = order
    const params: WireOrder = {
      ...rest,
      document: announced(document),
      ...(original === undefined ? {} : { original: announced(original) }),
    }
    const parts = [document, original].flatMap(one => (one !== undefined && 'bytes' in one ? [one.bytes] : []))
    const conversation = channel.call('extend', params, { ...withSignal(signal), input: once(...parts) })
    try {
      const { done, value } = await conversation.next()
      const item = distrust(channel, () => checked(answerItem, done === true ? undefined : value.value, 'answer'))
      const made = await bounded(channel, done === true ? [] : value.bytes)
      const last = await conversation.next()
      if (last.done !== true) distrust(channel, () => wrong('more than one answer'))
      return { reference: item.reference, document: made }
    } finally {
      await conversation.return(undefined)
    }
  }
  return Object.freeze({
    extend,
    enter: async (signal?: AbortSignal) => {
      await resultOf(channel.call('enter', null, withSignal(signal)))
    },
  })
}

function announced(document: ExtensionDocument): WireDocument {
  return 'url' in document ? document : { name: document.name, size: document.bytes.byteLength }
}

async function bounded(channel: PortChannel, bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of bytes) {
    size += piece.byteLength
    if (size > maxDocumentBytes) distrust(channel, () => wrong(`an answer over ${maxDocumentBytes} bytes`))
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function wrong(detail: string): never {
  throw new Fault('FRAME_INVALID', detail)
}
