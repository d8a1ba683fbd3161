// The References and TriphaseServer ports over the channel to the net worker. What comes back is bytes that whoever signs
// or reads them judges; here only their number is bounded.

import { Buffer } from 'node:buffer'
import type { References, TriphaseServer } from '../../device/ports.ts'
import type { PortChannel } from './channel.ts'
import { bytesOf, once } from './one-item.ts'
import { withSignal } from './remote.ts'
import type { WirePost } from './request-handlers.ts'

/** What the configuration lets through at most, and the driver of three-phase services. */
const maxDocumentBytes = 256 * 1024 * 1024
/** Bytes that are no UTF-8 become three each. */
const maxAnswerBytes = 3 * 256 * 1024 * 1024

/** A References in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteReferences(channel: PortChannel): References {
  return Object.freeze({
    fetch: (url: string, signal?: AbortSignal) =>
      bytesOf(channel, channel.call('reference', { url }, withSignal(signal)), maxDocumentBytes),
  })
}

/** A TriphaseServer in the net worker. Beside what the port says, it throws WORKER_LOST and FRAME_INVALID. */
export function remoteTriphase(channel: PortChannel): TriphaseServer {
  const post: TriphaseServer['post'] = async ({ url, allowedHosts, batch, certificates, tridata }, signal) => {
    const params: WirePost = {
      url,
      allowedHosts,
      certificates: certificates.map(certificate => Buffer.from(certificate).toString('base64')),
      batchBytes: batch.byteLength,
      ...(tridata === undefined ? {} : { tridataBytes: tridata.byteLength }),
    }
    const input = tridata === undefined ? once(batch) : once(batch, tridata)
    const asked = channel.call('triphase', params, { ...withSignal(signal), input })
    return Buffer.from(await bytesOf(channel, asked, maxAnswerBytes)).toString('utf8')
  }
  return Object.freeze({ post })
}
