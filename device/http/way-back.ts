// A door on loopback that the last page of a service leads back to, for a browser on the same machine: an address that nobody
// guesses for each way there, and nothing else is served.

import { randomBytes } from 'node:crypto'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface WayBack {
  /** An address for the next one who is sent away; the one of before leads nowhere from now on. */
  next(): string
  /** Whoever was sent away is back. Rejects with the signal's reason. */
  visited(signal: AbortSignal): Promise<void>
  close(): Promise<void>
}

/** `page` is what the visitor reads. */
export async function openWayBack(page: string): Promise<WayBack> {
  let path = ''
  let came = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    // A link may be looked at by HEAD before anybody follows it.
    if (request.method !== 'GET' || path === '' || request.url?.split('?')[0] !== path) {
      response.writeHead(404).end()
      return
    }
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'",
      connection: 'close',
    })
    const { resolve } = came
    response.end(page, resolve)
  })
  await listening(server)
  const { port } = server.address() as AddressInfo
  return Object.freeze({
    next(): string {
      path = `/${randomBytes(16).toString('base64url')}`
      came = Promise.withResolvers()
      return `http://127.0.0.1:${port}${path}`
    },
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
