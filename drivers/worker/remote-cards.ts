// The CardShop port over the channel to the net worker. Whatever the worker says is held against closed shapes: what it was
// to leave behind, such as a PIN, cannot come along.

import { Buffer } from 'node:buffer'
import type { CardShop } from '../../device/ports.ts'
import type { WirePapers } from './card-handlers.ts'
import {
  activationOutcome,
  formOutcome,
  listed,
  orderOutcome,
  productRows,
  requestOutcome,
  requestRows,
  submitOutcome,
} from './card-shapes.ts'
import { type Conversation, distrust, type PortChannel } from './channel.ts'
import { once } from './one-item.ts'
import { answerOf, refuse, withSignal } from './remote.ts'
import { checked } from './shapes.ts'

/** Above what the driver lets through. */
const maxItemBytes = 64 * 1024 * 1024

/** A CardShop in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteCardShop(channel: PortChannel): CardShop {
  return Object.freeze({
    async products(signal?: AbortSignal) {
      const { bytes, result } = await told(channel, channel.call('card-products', null, withSignal(signal)))
      return distrust(channel, () => {
        const answer = checked(listed, result, 'products')
        if (answer.outcome !== 'listed') return answer
        return { outcome: 'listed', products: checked(productRows, rows(bytes), 'products') } as const
      })
    },
    order: (code: string, body: Uint8Array, signal?: AbortSignal) => {
      const asked = channel.call('card-order', { code }, { ...withSignal(signal), input: once(body) })
      return answerOf(channel, asked, answer => checked(orderOutcome, answer, 'order'))
    },
    async requests(code: string, signal?: AbortSignal) {
      const { bytes, result } = await told(channel, channel.call('card-requests', { code }, withSignal(signal)))
      return distrust(channel, () => {
        const answer = checked(listed, result, 'requests')
        if (answer.outcome !== 'listed') return answer
        return { outcome: 'listed', requests: checked(requestRows, rows(bytes), 'requests') } as const
      })
    },
    request: (id: string, signal?: AbortSignal) => {
      const asked = channel.call('card-request', { id }, withSignal(signal))
      return answerOf(channel, asked, answer => checked(requestOutcome, answer, 'request'))
    },
    async form(id: string, signal?: AbortSignal) {
      const { bytes, result } = await told(channel, channel.call('card-form', { id }, withSignal(signal)))
      return distrust(channel, () => {
        const answer = checked(formOutcome, result, 'form')
        if (answer.outcome !== 'form') return answer
        return bytes === undefined ? refuse('a form without its bytes') : ({ outcome: 'form', bytes } as const)
      })
    },
    activation: (id: string, signal?: AbortSignal) => {
      const asked = channel.call('card-activation', { id }, withSignal(signal))
      return answerOf(channel, asked, answer => checked(activationOutcome, answer, 'activation'))
    },
    submit: (id: string, { form, document }: Parameters<CardShop['submit']>[1], signal?: AbortSignal) => {
      const params: WirePapers = {
        id,
        form: { fileName: form.fileName, bytes: form.bytes.byteLength },
        document: { fileName: document.fileName, bytes: document.bytes.byteLength },
      }
      const input = once(form.bytes, document.bytes)
      const asked = channel.call('card-submit', params, { ...withSignal(signal), input })
      return answerOf(channel, asked, answer => checked(submitOutcome, answer, 'papers'))
    },
  })
}

/** The result of a call, and the bytes of its only item where it has one. */
async function told(channel: PortChannel, conversation: Conversation) {
  let bytes: Buffer | undefined
  try {
    for (;;) {
      const { done, value } = await conversation.next()
      if (done === true) return { bytes, result: value }
      if (bytes !== undefined) return distrust(channel, () => refuse('more than one item'))
      const pieces: Uint8Array[] = []
      let size = 0
      for await (const piece of value.bytes) {
        size += piece.byteLength
        if (size > maxItemBytes) return distrust(channel, () => refuse(`an item over ${maxItemBytes} bytes`))
        pieces.push(piece)
      }
      bytes = Buffer.concat(pieces, size)
    }
  } finally {
    await conversation.return(undefined)
  }
}

function rows(bytes: Buffer | undefined): unknown {
  try {
    return JSON.parse(bytes?.toString('utf8') ?? '')
  } catch {
    return refuse('a list that is not JSON')
  }
}
