// The Callbacks port over the channel to the net worker.

import Type from 'typebox'
import type { CallbackRequest, Callbacks } from '../../device/ports.ts'
import type { PortChannel } from './channel.ts'
import { answerOf, withSignal } from './remote.ts'
import { checked } from './shapes.ts'

const closed = { additionalProperties: false }
const detail = Type.String({ maxLength: 2_000 })

const callbackOutcome = Type.Union([
  Type.Object({ outcome: Type.Literal('delivered') }, closed),
  Type.Object(
    {
      outcome: Type.Literal('later'),
      code: Type.Enum([
        'DESTINATION_UNREACHABLE',
        'DESTINATION_BUSY',
        'DESTINATION_UNTRUSTED',
        'TLS_PIN_MISMATCH',
        'CREDENTIALS_REFUSED',
        'ADDRESS_REFUSED',
      ]),
      detail,
      retryAfterMs: Type.Optional(Type.Number({ minimum: 0 })),
    },
    closed,
  ),
  Type.Object({ outcome: Type.Literal('refused'), code: Type.Literal('DESTINATION_REFUSED'), detail }, closed),
])

/** A Callbacks in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteCallbacks(channel: PortChannel): Callbacks {
  return Object.freeze({
    call: (request: CallbackRequest, signal?: AbortSignal) =>
      answerOf(channel, channel.call('callback', request, withSignal(signal)), answer =>
        checked(callbackOutcome, answer, 'callback'),
      ),
  })
}
