// The Peers port over the channel to the net worker.

import Type from 'typebox'
import { type ErrorCode, errorCodes } from '../../device/errors.ts'
import type { Peer, Peers } from '../../device/ports.ts'
import { type PortChannel, resultOf } from './channel.ts'
import { answerOf, withSignal } from './remote.ts'
import { checked } from './shapes.ts'

const keys = Type.Array(Type.String({ pattern: '^sha256/[A-Za-z0-9+/]{43}=$' }), { minItems: 1, maxItems: 16 })
const text = Type.String({ pattern: '^[\\x21-\\x7e]{1,300}$' })
const milliseconds = Type.Number({ minimum: 0 })
const resting = Type.Array(
  Type.Object(
    {
      service: Type.Enum([
        'seal',
        'extension',
        'clave',
        'time-stamping',
        'cards',
        'revocation',
        'references',
        'three-phase',
      ]),
      id: text,
      host: text,
      sinceMs: milliseconds,
      leftMs: milliseconds,
      code: Type.Unsafe<ErrorCode>(Type.Enum([...errorCodes])),
    },
    { additionalProperties: false },
  ),
  { maxItems: 1000 },
)

/** Peers behind the net worker. Beside what the port says, they throw WORKER_LOST and FRAME_INVALID. */
export function remotePeers(channel: PortChannel): Peers {
  return Object.freeze({
    keys: (peer: Peer, signal?: AbortSignal) =>
      answerOf(channel, channel.call('peer-keys', peer, withSignal(signal)), answer => checked(keys, answer, 'keys')),
    enter: (destinationId: string, signal?: AbortSignal) =>
      answerOf(channel, channel.call('enter-destination', destinationId, withSignal(signal)), answer =>
        checked(Type.Boolean(), answer, 'an entry'),
      ),
    resting: (signal?: AbortSignal) =>
      answerOf(channel, channel.call('resting', null, withSignal(signal)), answer =>
        checked(resting, answer, 'resting services'),
      ),
    wake: async (host: string, signal?: AbortSignal) => {
      await resultOf(channel.call('wake', host, withSignal(signal)))
    },
  })
}
