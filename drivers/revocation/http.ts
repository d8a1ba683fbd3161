// The Revocation port over HTTP (RFC 6960, A.1; RFC 5280, 4.2.1.13 and 4.2.2.1). The URLs come out of certificates that
// nobody has judged yet, so they are treated as an attacker's: no address that is not public unless the configuration names
// the host, and an end to everything in size and time.

import { Fault } from '../../device/errors.ts'
import { amongHosts } from '../../device/hosts.ts'
import type { Revocation } from '../../device/ports.ts'
import { createBreakers } from '../breakers.ts'
import { authoritiesByHost, byHost, type GuardedRequest, guardedFetch, toldUrl } from '../guarded-fetch.ts'
import type { HttpResponse } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import { awayForMs } from '../retry-after.ts'
import { createShared } from './shared.ts'

const connectTimeoutMs = 10_000
const idleTimeoutMs = 15_000
const defaultDeadlineMs = 60_000
const maxOcspBytes = 1024 * 1024
/** A PKCS#7 bundle of cross-certificates is the largest that is met there. */
const maxIssuerBytes = 1024 * 1024
const defaultMaxCrlBytes = 64 * 1024 * 1024

export interface HttpRevocationOptions {
  /** Hosts, `name` or `name:port`, that may be asked although their addresses are not public: a body's own network. */
  readonly allowPrivate?: readonly string[]
  /** The only keys that a host, `name` or `name:port`, may have where it is asked by TLS (drivers/pins.ts). */
  readonly pins?: Readonly<Record<string, readonly string[]>>
  /** PEM of the only authorities trusted for such a host; absent: the runtime's own list. */
  readonly caFiles?: Readonly<Record<string, string>>
  /** Default 64 MiB. */
  readonly maxCrlBytes?: number
  /** From the call to the last byte, redirects included. Default 60 s. */
  readonly deadlineMs?: number
}

/**
 * Fetches of the same URL that overlap are one. A host is left alone for responders, for lists or for issuers, not for all of
 * them: a responder that is dead must not take away the list at the same host. It can be seen in `breakers`.
 */
export function createHttpRevocation(options: HttpRevocationOptions = {}, breakers = createBreakers()): Revocation {
  const { allowPrivate = [], maxCrlBytes = defaultMaxCrlBytes, deadlineMs = defaultDeadlineMs } = options
  const common = {
    mayBePrivate: amongHosts(allowPrivate),
    pinsFor: byHost(options.pins ?? {}),
    caFor: authoritiesByHost(options.caFiles ?? {}),
    redirects: 'followed',
    connectTimeoutMs,
    idleTimeoutMs,
    deadlineMs,
  } as const
  const hostsFor = (id: string) => breakers.addHosts({ service: 'revocation', id, code: 'REVOCATION_UNAVAILABLE' })
  const hosts = { ocsp: hostsFor('ocsp'), crl: hostsFor('crl'), issuer: hostsFor('issuer') }
  const maxBytes = { crl: maxCrlBytes, issuer: maxIssuerBytes }
  const fetches = createShared<Uint8Array>()
  const within = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal })
  return Object.freeze({
    ocsp: (url: string, query: Uint8Array, signal?: AbortSignal) => {
      const asked = { method: 'POST', body: () => query, headers: ocspHeaders, maxBodyBytes: maxOcspBytes } as const
      return bodyFrom({ ...common, ...asked, url, hosts: hosts.ocsp, ...within(signal) })
    },
    fetch: (url: string, what: 'crl' | 'issuer', signal?: AbortSignal) => {
      const asked = { method: 'GET', maxBodyBytes: maxBytes[what] } as const
      const work = (all: AbortSignal) => bodyFrom({ ...common, ...asked, url, hosts: hosts[what], signal: all })
      return fetches(`${what} ${url}`, work, signal)
    },
  })
}

const ocspHeaders = { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' }

async function bodyFrom(order: GuardedRequest): Promise<Uint8Array> {
  try {
    return await guardedFetch(order, response => bodyOf(response, order.url))
  } catch (thrown) {
    if (thrown instanceof HttpError) throw unavailable(order.url, thrown.message, { cause: thrown })
    throw thrown
  }
}

async function bodyOf(response: HttpResponse, url: string): Promise<Uint8Array> {
  if (response.status !== 200) {
    response.close()
    throw unavailable(url, `answered ${response.status}`, { retryAfterMs: awayForMs(response) })
  }
  // Authorities announce CRLs and certificates as anything; a page is what a captive portal or a proxy sends.
  if (/^\s*text\/html\b/i.test(response.headers['content-type'] ?? '')) {
    response.close()
    throw unavailable(url, 'answered with a page of HTML')
  }
  const body = await readAll(response.body)
  if (body.byteLength === 0) throw unavailable(url, 'the answer is empty')
  return body
}

function unavailable(url: string, reason: string, why: ConstructorParameters<typeof Fault>[2] = {}): Fault {
  return new Fault('REVOCATION_UNAVAILABLE', `${toldUrl(url)}: ${reason}`, why)
}
