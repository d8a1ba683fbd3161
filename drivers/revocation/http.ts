// The Revocation port over HTTP (RFC 6960, A.1; RFC 5280, 4.2.1.13 and 4.2.2.1). The URLs come out of certificates that
// nobody has judged yet, so they are treated as an attacker's: http and https only, no address that is not public unless
// the configuration names the host, few redirects, each judged like the first, and an end to everything in size and time.

import { Fault } from '../../device/errors.ts'
import type { Revocation } from '../../device/ports.ts'
import { type HttpRequest, type HttpResponse, request } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import { isPublicAddress } from './public-address.ts'
import { createShared } from './shared.ts'

const connectTimeoutMs = 10_000
const idleTimeoutMs = 15_000
const defaultDeadlineMs = 60_000
const maxOcspBytes = 1024 * 1024
/** A PKCS#7 bundle of cross-certificates is the largest that is met there. */
const maxIssuerBytes = 1024 * 1024
const defaultMaxCrlBytes = 64 * 1024 * 1024
const maxRedirects = 3
const maxUrlLength = 2048
/** A URL is a foreign text: as much of it is told as names it. */
const maxToldLength = 200

export interface HttpRevocationOptions {
  /** Hosts, `name` or `name:port`, that may be asked although their addresses are not public: a body's own network. */
  readonly allowPrivate?: readonly string[]
  /** Default 64 MiB. */
  readonly maxCrlBytes?: number
  /** From the call to the last byte, redirects included. Default 60 s. */
  readonly deadlineMs?: number
}

/** Fetches of the same URL that overlap are one. */
export function createHttpRevocation(options: HttpRevocationOptions = {}): Revocation {
  const { allowPrivate = [], maxCrlBytes = defaultMaxCrlBytes, deadlineMs = defaultDeadlineMs } = options
  const allowed = new Set(allowPrivate.map(host => host.toLowerCase()))
  const fetches = createShared<Uint8Array>()
  const exchange = (order: Omit<Order, 'allowed' | 'deadlineMs'>) => follow({ ...order, allowed, deadlineMs })
  return Object.freeze({
    ocsp: (url: string, query: Uint8Array, signal?: AbortSignal) =>
      exchange({ url, query, maxBytes: maxOcspBytes, ...withSignal(signal) }),
    fetch: (url: string, what: 'crl' | 'issuer', signal?: AbortSignal) => {
      const maxBytes = what === 'crl' ? maxCrlBytes : maxIssuerBytes
      return fetches(`${what} ${url}`, shared => exchange({ url, maxBytes, signal: shared }), signal)
    },
  })
}

interface Order {
  readonly url: string
  /** An OCSPRequest to be posted; absent: GET. */
  readonly query?: Uint8Array
  readonly maxBytes: number
  readonly allowed: ReadonlySet<string>
  readonly deadlineMs: number
  readonly signal?: AbortSignal
}

async function follow(order: Order): Promise<Uint8Array> {
  const endsAt = performance.now() + order.deadlineMs
  let url = httpUrl(order.url, order.url)
  try {
    for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
      const response = await request(requestFor(order, url, endsAt))
      if (response.status === 200) return await bodyOf(response, order)
      response.close()
      if (!isRedirect(response.status, order)) throw unavailable(order.url, `answered ${response.status}`)
      url = httpUrl(redirectTarget(response, url, order), order.url)
    }
  } catch (thrown) {
    if (thrown instanceof HttpError) throw unavailable(order.url, thrown.message, thrown)
    throw thrown
  }
  throw unavailable(order.url, `more than ${maxRedirects} redirects`)
}

function requestFor({ query, maxBytes, allowed, signal }: Order, url: URL, endsAt: number): HttpRequest {
  const mayBePrivate = allowed.has(url.hostname) || allowed.has(`${url.hostname}:${portOf(url)}`)
  return {
    ...(query === undefined ? { method: 'GET' } : { method: 'POST', body: query }),
    headers:
      query === undefined ? {} : { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' },
    url,
    ...(mayBePrivate ? {} : { mayConnect: isPublicAddress }),
    connectTimeoutMs,
    idleTimeoutMs,
    deadlineMs: Math.max(1, endsAt - performance.now()),
    maxBodyBytes: maxBytes,
    ...withSignal(signal),
  }
}

function portOf({ port, protocol }: URL): string {
  if (port !== '') return port
  return protocol === 'https:' ? '443' : '80'
}

/** A POST is repeated as it was where the responder has moved; 303 would make another request of it (RFC 9110, 15.4). */
function isRedirect(status: number, { query }: Order): boolean {
  return [301, 302, 307, 308].includes(status) || (status === 303 && query === undefined)
}

function redirectTarget({ headers }: HttpResponse, from: URL, { url }: Order): string {
  const { location } = headers
  if (location === undefined || !URL.canParse(location, from)) throw unavailable(url, 'a redirect to nowhere')
  return new URL(location, from).href
}

/** Throws REVOCATION_UNAVAILABLE; ldap: and others are refused by name. */
function httpUrl(text: string, asked: string): URL {
  const url = text.length <= maxUrlLength && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw unavailable(asked, 'no usable URL')
  if (!/^https?:$/.test(url.protocol)) throw unavailable(asked, `${url.protocol} is not followed`)
  if (url.username !== '' || url.password !== '') throw unavailable(asked, 'a URL with a password is not followed')
  return url
}

async function bodyOf(response: HttpResponse, { url }: Order): Promise<Uint8Array> {
  // Authorities announce CRLs and certificates as anything; a page is what a captive portal or a proxy sends.
  if (/^\s*text\/html\b/i.test(response.headers['content-type'] ?? '')) {
    response.close()
    throw unavailable(url, 'answered with a page of HTML')
  }
  const body = await readAll(response.body)
  if (body.byteLength === 0) throw unavailable(url, 'the answer is empty')
  return body
}

function unavailable(url: string, reason: string, cause?: unknown): Fault {
  const told = URL.canParse(url) ? withoutUserInfo(new URL(url)) : 'an address that is no URL'
  return new Fault('REVOCATION_UNAVAILABLE', `${told.slice(0, maxToldLength)}: ${reason}`, { cause })
}

/** Percent-encoded by the parser, so that it has no control characters either. */
function withoutUserInfo(url: URL): string {
  url.username = ''
  url.password = ''
  return url.href
}

function withSignal(signal: AbortSignal | undefined): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
