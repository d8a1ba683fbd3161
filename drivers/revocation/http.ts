// The Revocation port over HTTP (RFC 6960, A.1; RFC 5280, 4.2.1.13 and 4.2.2.1). The URLs come out of certificates that
// nobody has judged yet, so they are treated as an attacker's: no address that is not public unless the configuration names
// the host, and an end to everything in size and time.

import { Fault } from '../../device/errors.ts'
import { amongHosts } from '../../device/hosts.ts'
import type { Revocation } from '../../device/ports.ts'
import { type GuardedRequest, guardedFetch, toldUrl } from '../guarded-fetch.ts'
import type { HttpResponse } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
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
  /** Default 64 MiB. */
  readonly maxCrlBytes?: number
  /** From the call to the last byte, redirects included. Default 60 s. */
  readonly deadlineMs?: number
}

/** Fetches of the same URL that overlap are one. */
export function createHttpRevocation(options: HttpRevocationOptions = {}): Revocation {
  const { allowPrivate = [], maxCrlBytes = defaultMaxCrlBytes, deadlineMs = defaultDeadlineMs } = options
  const mayBePrivate = amongHosts(allowPrivate)
  const fetches = createShared<Uint8Array>()
  const exchange = (url: string, query: Uint8Array | undefined, maxBodyBytes: number, signal?: AbortSignal) =>
    bodyFrom({
      url,
      ...(query === undefined ? { method: 'GET' } : { method: 'POST', body: () => query, headers: ocspHeaders }),
      mayBePrivate,
      redirects: 'followed',
      connectTimeoutMs,
      idleTimeoutMs,
      deadlineMs,
      maxBodyBytes,
      ...(signal === undefined ? {} : { signal }),
    })
  return Object.freeze({
    ocsp: (url: string, query: Uint8Array, signal?: AbortSignal) => exchange(url, query, maxOcspBytes, signal),
    fetch: (url: string, what: 'crl' | 'issuer', signal?: AbortSignal) => {
      const maxBytes = what === 'crl' ? maxCrlBytes : maxIssuerBytes
      return fetches(`${what} ${url}`, shared => exchange(url, undefined, maxBytes, shared), signal)
    },
  })
}

const ocspHeaders = { 'content-type': 'application/ocsp-request', accept: 'application/ocsp-response' }

async function bodyFrom(order: GuardedRequest): Promise<Uint8Array> {
  try {
    const response = await guardedFetch(order)
    if (response.status === 200) return await bodyOf(response, order.url)
    response.close()
    throw unavailable(order.url, `answered ${response.status}`)
  } catch (thrown) {
    if (thrown instanceof HttpError) throw unavailable(order.url, thrown.message, thrown)
    throw thrown
  }
}

async function bodyOf(response: HttpResponse, url: string): Promise<Uint8Array> {
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
  return new Fault('REVOCATION_UNAVAILABLE', `${toldUrl(url)}: ${reason}`, { cause })
}
