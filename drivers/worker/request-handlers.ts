// The net worker's side of what others ask to be signed: documents behind references, and three-phase services. A document
// or an answer is the bytes of a call's only item; what is posted is the call's input, the batch first.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, References, TriphaseServer } from '../../device/ports.ts'
import { tellBytes } from './one-item.ts'
import type { Handler, Handlers } from './serve.ts'

/** A three-phase request on the wire: DER as Base64, and how the input is divided. */
export interface WirePost {
  readonly url: string
  readonly allowedHosts: readonly string[]
  readonly certificates: readonly string[]
  readonly batchBytes: number
  /** Absent: without `tridata`. */
  readonly tridataBytes?: number
}

/** `reference`. */
export function referenceHandlers(references: References): Handlers {
  const reference: Handler = async (params, context) => {
    const { url } = params as { url: string }
    return tellBytes(context, await references.fetch(url, context.signal))
  }
  return new Map([['reference', reference]])
}

/** `triphase`. */
export function triphaseHandlers(server: TriphaseServer): Handlers {
  const triphase: Handler = async (params, context) => {
    const { url, allowedHosts, certificates, batchBytes, tridataBytes } = params as WirePost
    const sent = await collect(context.input, batchBytes + (tridataBytes ?? 0))
    const request = {
      url,
      allowedHosts,
      certificates: certificates.map(certificate => Buffer.from(certificate, 'base64')),
      batch: sent.subarray(0, batchBytes),
      ...(tridataBytes === undefined ? {} : { tridata: sent.subarray(batchBytes) }),
    }
    return tellBytes(context, Buffer.from(await server.post(request, context.signal)))
  }
  return new Map([['triphase', triphase]])
}

async function collect(input: ByteStream, size: number): Promise<Buffer> {
  const all = Buffer.allocUnsafe(size)
  let filled = 0
  for await (const piece of input) {
    if (filled + piece.byteLength > size) throw new Fault('FRAME_INVALID', `an input over its ${size} bytes`)
    all.set(piece, filled)
    filled += piece.byteLength
  }
  if (filled < size) throw new Fault('FRAME_INVALID', `an input of ${filled} of its ${size} bytes`)
  return all
}
