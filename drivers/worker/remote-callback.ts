// The Callbacks port over the channel to the net worker.

import Type from 'typebox'
import type { CallbackRequest, Callbacks } from '../../device/ports.ts'
import type { PortChannel } from './channel.ts'
import { answerOf, withSignal } from './remote.ts'
import { checked, later, refused } from './shapes.ts'

const callbackOutcome = Type.Union([
  Type.Object({ outcome: Type.Literal('delivered') }, { additionalProperties: false }),
  later('ADDRESS_REFUSED'),
  refused,
])

const callbackCheck = Type.Object({ random: Type.Boolean() }, { additionalProperties: false })

/** A Callbacks in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteCallbacks(channel: PortChannel): Callbacks {
  return Object.freeze({
    call: (request: CallbackRequest, signal?: AbortSignal) =>
      answerOf(channel, channel.call('callback', request, withSignal(signal)), answer =>
        checked(callbackOutcome, answer, 'callback'),
      ),
    check: (client: string, signal?: AbortSignal) =>
      answerOf(channel, channel.call('check-callback', client, withSignal(signal)), answer =>
        checked(callbackCheck, answer, 'callback'),
      ),
  })
}
