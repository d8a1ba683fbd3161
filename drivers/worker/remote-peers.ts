// The Peers port over the channel to the net worker.

import Type from 'typebox'
import type { Peer, Peers } from '../../device/ports.ts'
import type { PortChannel } from './channel.ts'
import { answerOf, withSignal } from './remote.ts'
import { checked } from './shapes.ts'

const keys = Type.Array(Type.String({ pattern: '^sha256/[A-Za-z0-9+/]{43}=$' }), { minItems: 1, maxItems: 16 })

/** Peers behind the net worker. Beside what the port says, they throw WORKER_LOST and FRAME_INVALID. */
export function remotePeers(channel: PortChannel): Peers {
  return Object.freeze({
    keys: (peer: Peer, signal?: AbortSignal) =>
      answerOf(channel, channel.call('peer-keys', peer, withSignal(signal)), answer => checked(keys, answer, 'keys')),
  })
}
