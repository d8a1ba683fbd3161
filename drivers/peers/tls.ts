// The servers of the configuration as a TLS handshake shows them. Nothing but the handshake goes out: a list of pins that no
// key is in ends it before a request is sent.

import { Fault } from '../../device/errors.ts'
import type { Peer } from '../../device/ports.ts'
import { readCaFile } from '../credential-file.ts'
import { request } from '../http.ts'
import { HttpError } from '../http-error.ts'
import { PinMismatch } from '../pins.ts'

const connectTimeoutMs = 10_000

/** Pins of the server's key and of its issuers', its own first. Throws DESTINATION_UNREACHABLE, DESTINATION_UNTRUSTED. */
export async function keysOf({ url, caFile }: Peer, signal?: AbortSignal): Promise<readonly string[]> {
  const ca = await readCaFile(caFile)
  if (!ca.usable) throw new Fault('DESTINATION_UNTRUSTED', ca.reason)
  const trusted = ca.text === undefined ? {} : { ca: ca.text }
  const within = signal === undefined ? {} : { signal }
  try {
    const response = await request({ method: 'HEAD', url, pins: [], ...trusted, ...within, connectTimeoutMs })
    response.close()
  } catch (thrown) {
    if (thrown instanceof PinMismatch) return thrown.keys
    if (!(thrown instanceof HttpError)) throw thrown
    const code = thrown.kind === 'tls' ? 'DESTINATION_UNTRUSTED' : 'DESTINATION_UNREACHABLE'
    throw new Fault(code, thrown.message, { cause: thrown })
  }
  throw new Fault('INTERNAL', 'a server was let in that nobody pinned')
}
