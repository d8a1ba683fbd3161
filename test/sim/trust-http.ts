// A small HTTP or HTTPS server on 127.0.0.1 for the simulated trust services, and the ways in which a server fails below
// what it has to say.

import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { TlsIdentity } from './tls.ts'

export const httpFaults = [
  'http-401',
  'http-403',
  'http-404',
  'http-500',
  /** To the same address with `?moved` behind it, which answers rightly. */
  'redirect',
  /** To itself, for ever. */
  'redirect-loop',
  /** To the cloud's metadata service. */
  'redirect-to-metadata',
  'hangs',
  /** The head and half of a body, then silence. */
  'stalls',
  'truncated',
  'reset',
  'wrong-type',
  'html',
  'http-empty',
  'huge',
] as const
export type HttpFault = (typeof httpFaults)[number]

export interface ServedAnswer {
  readonly status: number
  readonly type?: string
  readonly body?: Uint8Array
  /** In place of the answer. */
  readonly fault?: HttpFault
}

export interface ListenRequest {
  readonly port: number
  readonly serve: (incoming: IncomingMessage, body: Buffer) => ServedAnswer
  /** HTTPS that wants a client certificate by this authority. */
  readonly tls?: TlsIdentity & { readonly ca: string }
}

export interface Listener {
  /** With a slash at the end. */
  readonly url: string
  stop(): Promise<void>
}

/** More than anybody should read. */
const hugeBytes = 200 * 1024 * 1024

export async function listen({ port, serve, tls }: ListenRequest): Promise<Listener> {
  const answer: RequestListener = async (incoming, response) => {
    const body = await buffer(incoming)
    try {
      give(response, incoming, serve(incoming, body))
    } catch (thrown) {
      // What the makers of answers cannot read is a bad request; whoever sent it sees why.
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(thrown))
    }
  }
  const wanting = { requestCert: true, rejectUnauthorized: true }
  const server = tls === undefined ? createServer(answer) : createSecureServer({ ...tls, ...wanting }, answer)
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  const scheme = tls === undefined ? 'http' : 'https'
  return Object.freeze({
    url: `${scheme}://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    stop: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  })
}

function give(response: ServerResponse, incoming: IncomingMessage, { status, type, body, fault }: ServedAnswer): void {
  if (fault !== undefined) failBy[fault]({ response, incoming, type: type ?? 'application/octet-stream' })
  else response.writeHead(status, type === undefined ? {} : { 'content-type': type }).end(body)
}

interface Exchange {
  readonly response: ServerResponse
  readonly incoming: IncomingMessage
  /** What a right answer would be announced as. */
  readonly type: string
}

const plain =
  (status: number, headers = {}) =>
  ({ response }: Exchange) => {
    response.writeHead(status, headers).end()
  }

const moved =
  (location: (path: string) => string) =>
  ({ response, incoming }: Exchange) => {
    response.writeHead(302, { location: location(incoming.url ?? '/') }).end()
  }

/** Announces more than it sends. */
const half =
  (contentLength: number) =>
  ({ response, type }: Exchange) => {
    response.writeHead(200, { 'content-type': type, 'content-length': contentLength }).write(Buffer.alloc(500))
  }

const failBy: Readonly<Record<HttpFault, (exchange: Exchange) => void>> = {
  'http-401': plain(401, { 'www-authenticate': 'Basic realm="tsa"' }),
  'http-403': plain(403),
  'http-404': plain(404),
  'http-500': plain(500),
  redirect: moved(path => `${path}?moved`),
  'redirect-loop': moved(path => path),
  'redirect-to-metadata': moved(() => 'http://169.254.169.254/latest/meta-data/'),
  hangs: () => undefined,
  stalls: half(1000),
  truncated: exchange => {
    half(1000)(exchange)
    setTimeout(() => exchange.response.destroy(), 20)
  },
  reset: ({ response }) => {
    response.socket?.resetAndDestroy()
  },
  'wrong-type': ({ response }) => {
    response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(Buffer.alloc(100))
  },
  html: ({ response }) => {
    const page = '<html>Welcome to the guest network</html>'
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(page)
  },
  'http-empty': ({ response, type }) => {
    response.writeHead(200, { 'content-type': type }).end()
  },
  huge: half(hugeBytes),
}
