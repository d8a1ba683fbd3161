// HTTP requests to URLs out of foreign hands: certificates that nobody has judged yet, documents that others ask to be
// signed. http and https only, no host and no address that must not be asked, few redirects, each judged like the first,
// and one end in time for all of them. What goes wrong is an HttpError: `forbidden` what must not be asked.

import { hostAndPort } from '../device/hosts.ts'
import { readCaFile } from './credential-file.ts'
import type { HostBreakers } from './host-breakers.ts'
import { type HttpRequest, type HttpResponse, request } from './http.ts'
import { HttpError } from './http-error.ts'
import { isPublicAddress } from './public-address.ts'

const maxRedirects = 3
const maxUrlLength = 2048
/** Of a name in the DNS (RFC 1035, 2.3.4). */
const maxHostLength = 253
/** A URL is a foreign text: as much of it is told as names it. */
const maxToldLength = 200

export interface GuardedRequest
  extends Pick<
    HttpRequest,
    'method' | 'headers' | 'ca' | 'connectTimeoutMs' | 'idleTimeoutMs' | 'maxBodyBytes' | 'signal'
  > {
  readonly url: string
  /** Made anew for every redirect that is followed. */
  readonly body?: () => NonNullable<HttpRequest['body']>
  /** Whether a URL may be asked at all, the target of a redirect too; absent: any. */
  readonly mayAsk?: (url: URL) => boolean
  /** The only keys that a URL's host may have (drivers/pins.ts), where there is a list. */
  readonly pinsFor?: (url: URL) => readonly string[] | undefined
  /** Whether the addresses of a URL's host need not be public. */
  readonly mayBePrivate: (url: URL) => boolean
  /** Authorities, PEM, of the only ones trusted for a URL's host, where it has its own; else those of `ca`. */
  readonly caFor?: (url: URL) => Promise<string | undefined>
  /** Each host that is asked, those behind redirects too, by a breaker of its own. */
  readonly hosts?: HostBreakers
  /** From the call to the last byte of the answer, redirects included. */
  readonly deadlineMs: number
  /** `refused`: a redirect is HttpError `malformed`, as more than three are otherwise. */
  readonly redirects: 'followed' | 'refused'
}

/**
 * What `read` makes of the first answer that is no redirect, whatever its status. Throws HttpError, what `read` throws, what
 * breakers throw of a host that is left alone, or the signal's reason.
 */
export async function guardedFetch<T>(
  order: GuardedRequest,
  read: (response: HttpResponse) => Promise<T> | T,
): Promise<T> {
  const endsAt = performance.now() + order.deadlineMs
  let url = judged(order.url, order)
  for (let redirects = 0; redirects <= maxRedirects; redirects += 1) {
    const came = await throughBreaker(order, url, async () => {
      const response = await request(await requestFor(order, url, endsAt))
      if (!isRedirect(response.status, order)) return { read: await read(response) }
      response.close()
      return { redirect: response }
    })
    if ('read' in came) return came.read
    const { status } = came.redirect
    if (order.redirects === 'refused') throw new HttpError('malformed', `answered ${status}, a redirect`)
    url = judged(redirectTarget(came.redirect, url), order)
  }
  throw new HttpError('malformed', `more than ${maxRedirects} redirects`)
}

function throughBreaker<T>({ hosts, signal }: GuardedRequest, url: URL, work: () => Promise<T>): Promise<T> {
  return hosts === undefined ? work() : hosts.run(url, work, signal)
}

/** What is configured for a URL's host, as `name:port` or `name`. */
export function byHost<T>(configured: Readonly<Record<string, T>>): (url: URL) => T | undefined {
  const values = new Map(Object.entries(configured).map(([host, value]) => [host.toLowerCase(), value]))
  return url => values.get(hostAndPort(url)) ?? values.get(url.hostname)
}

/** The PEM of the files configured so, read anew each time. */
export function authoritiesByHost(caFiles: Readonly<Record<string, string>>): NonNullable<GuardedRequest['caFor']> {
  const fileFor = byHost(caFiles)
  return async url => {
    const ca = await readCaFile(fileFor(url))
    if (!ca.usable) throw new HttpError('tls', ca.reason)
    return ca.text
  }
}

/**
 * A URL as messages may tell it: without user and password, and without its query, which may hold a token. The parser has
 * percent-encoded it, so that it has no control characters either.
 */
export function toldUrl(text: string): string {
  if (!URL.canParse(text)) return 'an address that is no URL'
  const url = new URL(text)
  url.username = ''
  url.password = ''
  url.search = ''
  url.hash = ''
  return url.href.slice(0, maxToldLength)
}

async function requestFor(order: GuardedRequest, url: URL, endsAt: number): Promise<HttpRequest> {
  const { method, headers, body, mayBePrivate, pinsFor, caFor, connectTimeoutMs, idleTimeoutMs, maxBodyBytes } = order
  const ca = (await caFor?.(url)) ?? order.ca
  return {
    method,
    ...(headers === undefined ? {} : { headers }),
    ...(body === undefined ? {} : { body: body() }),
    ...(ca === undefined ? {} : { ca }),
    ...(order.signal === undefined ? {} : { signal: order.signal }),
    ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    url,
    pins: pinsFor?.(url),
    ...(mayBePrivate(url) ? {} : { mayConnect: isPublicAddress }),
    deadlineMs: Math.max(1, endsAt - performance.now()),
  }
}

/** A POST is repeated as it was where the server has moved; 303 would make another request of it (RFC 9110, 15.4). */
function isRedirect(status: number, { method }: GuardedRequest): boolean {
  return [301, 302, 307, 308].includes(status) || (status === 303 && method === 'GET')
}

function redirectTarget({ headers }: HttpResponse, from: URL): string {
  const { location } = headers
  if (location === undefined || !URL.canParse(location, from)) throw new HttpError('malformed', 'a redirect to nowhere')
  return new URL(location, from).href
}

function judged(text: string, { mayAsk = () => true }: GuardedRequest): URL {
  const forbidden = (reason: string) => new HttpError('forbidden', reason)
  const url = text.length <= maxUrlLength && URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined) throw forbidden('no usable URL')
  if (url.hostname.length > maxHostLength) throw forbidden('no usable URL')
  if (!/^https?:$/.test(url.protocol)) throw forbidden(`${url.protocol} is not followed`)
  if (url.username !== '' || url.password !== '') throw forbidden('a URL with a password is not followed')
  if (!mayAsk(url)) throw forbidden(`${url.protocol}//${url.host} is not among the hosts that may be asked`)
  return url
}
