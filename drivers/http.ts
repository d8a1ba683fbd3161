// The only outgoing HTTP client. One connection per request unless the caller keeps them, nothing retried behind its back, no
// redirects, no decompression, every wait bounded. What the network can do wrong is an HttpError with a kind that drivers map
// to their outcomes.

import { lookup } from 'node:dns'
import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import type { SecureContext, SecureContextOptions } from 'node:tls'
import type { ByteStream } from '../device/ports.ts'
import { readBody, sendBody } from './http-body.ts'
import { asHttpError, HttpError, unreached } from './http-error.ts'
import { createLimits, type Limits } from './http-limits.ts'
import { keptConnections } from './kept-connections.ts'
import { pinnedIdentity } from './pins.ts'
import { tlsContext } from './tls-context.ts'

const defaultMaxBodyBytes = 1024 * 1024

/** What a client shows of itself in a TLS handshake: PEM of certificates and key, or a PKCS#12 file. */
export type ClientCertificate =
  | { readonly cert: string; readonly key: string; readonly passphrase?: string }
  | { readonly pfx: Uint8Array; readonly passphrase?: string }

/** One request and its limits. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'PATCH' | 'MKCOL' | 'MOVE'
  /** `http:` or `https:`. */
  readonly url: string | URL
  readonly headers?: Readonly<Record<string, string>>
  /** A stream goes chunked unless a `content-length` header is given, which it must then match. */
  readonly body?: ByteStream | Uint8Array
  /** PEM of the only certificate authorities to be trusted; absent: the runtime's own list. */
  readonly ca?: string | readonly string[]
  /** The only keys that the peer or its issuers may have (drivers/pins.ts), where there is a list; without TLS none fits. */
  readonly pins?: readonly string[] | undefined
  /** Shown where the peer asks for one (RFC 8446, 4.4.2). */
  readonly clientCertificate?: ClientCertificate
  /**
   * By TLS: takes a connection that an earlier request has left, and leaves its own once its answer is read to the end. A request
   * on one that the peer closes in that very moment fails as on any other. Not together with `mayConnect`.
   */
  readonly keep?: boolean
  /**
   * Whether an IP address may be connected to; absent: any. It is asked about the very addresses that are then used,
   * those a name has just resolved to, so that no second look-up can give another.
   */
  readonly mayConnect?: (address: string) => boolean
  /** Name look-up, TCP and TLS together. Default 10 s. */
  readonly connectTimeoutMs?: number
  /** Longest wait for the peer to take or send the next bytes; time the caller takes does not count. Default 60 s. */
  readonly idleTimeoutMs?: number
  /** From the call to the last byte of the answer. Default 10 min. */
  readonly deadlineMs?: number
  /** Largest answer. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** Aborting ends the request or the reading of its answer with the signal's reason. */
  readonly signal?: AbortSignal
}

/** The head of an answer, and its body as it comes. */
export interface HttpResponse {
  readonly status: number
  /** Names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** Read once; throws HttpError or the signal's reason. The connection lives until its end, its `return()` or `close()`. */
  readonly body: ByteStream
  /** Ends the exchange where the body is of no interest; harmless after its end. */
  close(): void
}

/** One exchange; resolves with any status the server sends. Throws HttpError, or the signal's reason. */
export async function request(options: HttpRequest): Promise<HttpResponse> {
  options.signal?.throwIfAborted()
  const limits = createLimits(options)
  const outgoing = opened(options, limits)
  try {
    const answer = awaitResponse(outgoing, limits)
    const [response] = await Promise.all([answer, sendBody(outgoing, options.body, limits, answer)])
    const close = () => {
      limits.end()
      outgoing.destroy()
    }
    const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
    return Object.freeze({
      status: response.statusCode ?? 0,
      headers: Object.freeze(plainHeaders(response)),
      body: { [Symbol.asyncIterator]: () => readBody(response, maxBodyBytes, limits, close) },
      close,
    })
  } catch (thrown) {
    limits.end()
    outgoing.destroy()
    const failure = limits.failure() ?? thrown
    throw limits.reached() ? failure : unreached(failure)
  }
}

/** The Authorization field of RFC 7617, in UTF-8. Throws RangeError for a user that the scheme cannot carry. */
export function basicAuthorization(user: string, password: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[:\x00-\x1f\x7f]/.test(user)) throw new RangeError('a user of Basic authentication has no colon and no control')
  return `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}`
}

function opened(options: HttpRequest, limits: Limits): ClientRequest {
  try {
    return open(options, limits)
  } catch (thrown) {
    limits.end()
    throw unreached(thrown)
  }
}

function open(options: HttpRequest, limits: Limits): ClientRequest {
  const url = new URL(options.url)
  const { mayConnect } = options
  const address = url.hostname.replace(/^\[|\]$/g, '')
  // An address is connected to without a look-up. Other spellings of one, 0x7f.1 or 2130706433, are none by now.
  if (mayConnect !== undefined && isIP(address) !== 0 && !mayConnect(address)) throw forbidden(limits.host)
  const isKept = options.keep === true && mayConnect === undefined && url.protocol === 'https:'
  const connection: Record<string, string> = isKept ? {} : { connection: 'close' }
  const headers: Record<string, string> = { 'accept-encoding': 'identity', ...connection, ...options.headers }
  if (options.body instanceof Uint8Array) headers['content-length'] = String(options.body.byteLength)
  const common = {
    method: options.method,
    headers,
    signal: limits.signal,
    ...(mayConnect === undefined ? {} : { lookup: guardedLookup(mayConnect) }),
  }
  const { pins } = options
  if (url.protocol === 'https:') {
    const identity = pins === undefined ? {} : { checkServerIdentity: pinnedIdentity(limits.host, pins) }
    const secureContext = contextOf(options, limits)
    const tls = { ...identity, secureContext }
    return httpsRequest(url, { ...common, ...tls, agent: isKept && keptConnections(secureContext, pins) })
  }
  if (pins !== undefined) throw new HttpError('pin', `${limits.host}: it is pinned, and asked without TLS`)
  return httpRequest(url, { ...common, agent: false })
}

function contextOf({ ca, clientCertificate }: HttpRequest, { host }: Limits): SecureContext {
  const trusted = ca === undefined ? {} : { ca: [ca].flat() }
  if (clientCertificate === undefined) return tlsContext(trusted)
  try {
    return tlsContext({ ...trusted, ...shown(clientCertificate) })
  } catch (thrown) {
    // Without the text, which may quote what could not be read.
    const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : 'unreadable'
    throw new HttpError('credentials', `${host}: the client certificate cannot be used (${code})`)
  }
}

function shown(certificate: ClientCertificate): SecureContextOptions {
  return 'pfx' in certificate ? { ...certificate, pfx: Buffer.from(certificate.pfx) } : certificate
}

function guardedLookup(mayConnect: (address: string) => boolean): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, [])
      const allowed = found.filter(({ address }) => mayConnect(address))
      const [first] = allowed
      if (first === undefined) callback(forbidden(hostname), [])
      else if (options.all === true) callback(null, allowed)
      else callback(null, first.address, first.family)
    })
  }
}

function forbidden(host: string): HttpError {
  return new HttpError('forbidden', `${host}: not a public address`)
}

/** Settles once: the head of the answer, or why there is none. */
function awaitResponse(outgoing: ClientRequest, limits: Limits): Promise<IncomingMessage> {
  const secure = outgoing.protocol === 'https:'
  let connected = false
  outgoing.once('socket', socket => {
    const whenConnected = () => {
      connected = true
      limits.connected()
    }
    if (outgoing.reusedSocket) whenConnected()
    else socket.once(secure ? 'secureConnect' : 'connect', whenConnected)
  })
  return new Promise((resolve, reject) => {
    // Also heard after the answer has begun: the reading of its body then tells of the same failure.
    outgoing.on('error', thrown => reject(asHttpError(thrown, limits.host, secure && !connected)))
    outgoing.once('response', response => {
      response.on('error', () => outgoing.destroy())
      resolve(response)
    })
  })
}

function plainHeaders(response: IncomingMessage): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return plain
}
