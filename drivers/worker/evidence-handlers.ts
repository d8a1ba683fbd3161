// The net worker's side of time-stamps and revocation: the request is the call's input, the answer the bytes of its only
// item. A driver has bounded the answer by then.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { Revocation, Timestamper } from '../../device/ports.ts'
import { tellBytes } from './one-item.ts'
import type { CallContext, Handler, Handlers } from './serve.ts'

/** Of a TimeStampReq or an OCSPRequest, both some hundred bytes. */
const maxQueryBytes = 64 * 1024

/** `stamp`; without a configured authority TSA_ABSENT. */
export function timestamperHandlers(timestamper: Timestamper | undefined): Handlers {
  const stamp: Handler = async (_params, context) => {
    if (timestamper === undefined) throw new Fault('TSA_ABSENT', 'no time-stamping authority is configured')
    return tellBytes(context, await timestamper.stamp(await queryOf(context), context.signal))
  }
  return new Map([['stamp', stamp]])
}

/** `ocsp` and `fetch`. */
export function revocationHandlers(revocation: Revocation): Handlers {
  return new Map<string, Handler>([
    [
      'ocsp',
      async (params, context) => {
        const { url } = params as { url: string }
        return tellBytes(context, await revocation.ocsp(url, await queryOf(context), context.signal))
      },
    ],
    [
      'fetch',
      async (params, context) => {
        const { url, what } = params as { url: string; what: 'crl' | 'issuer' }
        return tellBytes(context, await revocation.fetch(url, what, context.signal))
      },
    ],
  ])
}

async function queryOf({ input }: CallContext): Promise<Uint8Array> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of input) {
    size += piece.byteLength
    if (size > maxQueryBytes) throw new Fault('FRAME_INVALID', `a query over ${maxQueryBytes} bytes`)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}
