// The net worker's side of the servers of the configuration.

import type { Peer, Peers } from '../../device/ports.ts'
import type { Handlers } from './serve.ts'

/** `peer-keys`. */
export function peerHandlers(peers: Peers): Handlers {
  return new Map([['peer-keys', (params, { signal }) => peers.keys(params as Peer, signal)]])
}
