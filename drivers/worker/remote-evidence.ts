// The Timestamper and Revocation ports over the channel to the net worker. What comes back is bytes that device/trust
// judges; here only their number is bounded.

import type { Revocation, Timestamper } from '../../device/ports.ts'
import type { PortChannel } from './channel.ts'
import { bytesOf, once } from './one-item.ts'
import { withSignal } from './remote.ts'

/** Above what the drivers let through. */
const maxReplyBytes = 2 * 1024 * 1024
const maxFetchedBytes = 128 * 1024 * 1024

/** A Timestamper in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteTimestamper(channel: PortChannel): Timestamper {
  return Object.freeze({
    stamp: (query: Uint8Array, signal?: AbortSignal) =>
      bytesOf(channel, channel.call('stamp', null, { input: once(query), ...withSignal(signal) }), maxReplyBytes),
  })
}

/** A Revocation in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteRevocation(channel: PortChannel): Revocation {
  return Object.freeze({
    ocsp: (url: string, query: Uint8Array, signal?: AbortSignal) =>
      bytesOf(channel, channel.call('ocsp', { url }, { input: once(query), ...withSignal(signal) }), maxReplyBytes),
    fetch: (url: string, what: 'crl' | 'issuer', signal?: AbortSignal) =>
      bytesOf(channel, channel.call('fetch', { url, what }, withSignal(signal)), maxFetchedBytes),
  })
}
