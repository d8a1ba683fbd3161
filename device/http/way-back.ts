// A door on loopback that the last page of a service leads back to, for a browser on the same machine: one address that nobody
// guesses, one visit, and nothing else is served.

import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface WayBack {
  readonly url: string
  /** Somebody came. Rejects with the signal's reason. */
  visited(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** `page` is what the visitor reads. */
export async function openWayBack(page: string): Promise<WayBack> {
  const path = `/${randomBytes(16).toString('base64url')}`
  const came = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    // Links are looked at before anybody follows them by HEAD, not by GET.
    if (request.method !== 'GET' || request.url?.split('?')[0] !== path) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      connection: 'close',
    })
    response.end(page, () => came.resolve())
  })
  await listening(server)
  const { port } = server.address() as AddressInfo
  return Object.freeze({
    url: `http://127.0.0.1:${port}${path}`,
    visited(signal: AbortSignal): Promise<void> {
      const { promise, reject } = Promise.withResolvers<void>()
      const gone = () => reject(signal.reason)
      signal.addEventListener('abort', gone, { once: true })
      if (signal.aborted) gone()
      return Promise.race([came.promise, promise]).finally(() => signal.removeEventListener('abort', gone))
    },
    async close(): Promise<void> {
      server.closeAllConnections()
      await new Promise(done => server.close(done))
    },
  })
}

function listening(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => resolve())
  })
}
