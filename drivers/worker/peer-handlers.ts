// The net worker's side of the servers of the configuration.

import type { Peer, Peers } from '../../device/ports.ts'
import type { Handler, Handlers } from './serve.ts'

/** `peer-keys`, `enter-destination`, `resting`, `wake`. */
export function peerHandlers(peers: Peers): Handlers {
  return new Map<string, Handler>([
    ['peer-keys', (params, { signal }) => peers.keys(params as Peer, signal)],
    ['enter-destination', (params, { signal }) => peers.enter(params as string, signal)],
    ['resting', (_params, { signal }) => peers.resting(signal)],
    [
      'wake',
      async (params, { signal }) => {
        await peers.wake(params as string, signal)
        return null
      },
    ],
  ])
}
