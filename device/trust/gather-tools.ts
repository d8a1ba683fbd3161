// What gathering validation data works with: one budget of requests, each address asked once, and the names by which a
// failure tells which certificate and which address it is about.

import { Fault } from '../errors.ts'
import type { Clock, Revocation } from '../ports.ts'
import type { Certificate } from './certificate.ts'
import type { EvidenceCache } from './evidence-cache.ts'

/** What evidence is for: to be embedded, where it has to be whole and good, or to be judged, whatever it says. */
export type GatherPurpose = 'embed' | 'judge'

export interface GatherTools {
  readonly anchors: readonly Certificate[]
  readonly revocation: Revocation
  readonly clock: Pick<Clock, 'now'>
  /** Kept from one gathering to the next. */
  readonly cache?: EvidenceCache
  readonly signal?: AbortSignal
}

/** Requests of one gathering. */
const maxRequests = 64

export type Fetched =
  | { readonly fetch: 'done'; readonly octets: Uint8Array }
  | { readonly fetch: 'failed'; readonly detail: string }

export interface Fetcher {
  ocsp(url: string, query: Uint8Array): Promise<Fetched>
  get(url: string, what: 'crl' | 'issuer'): Promise<Fetched>
}

/** Requests of one gathering: bounded, and none made twice. A failure is a value that names the address. */
export function createFetcher({ revocation, signal }: GatherTools): Fetcher {
  const asked = new Map<string, Promise<Fetched>>()

  function once(key: string, url: string, ask: () => Promise<Uint8Array>): Promise<Fetched> {
    const known = asked.get(key)
    if (known !== undefined) return known
    const fetched = asked.size < maxRequests ? attempt(url, ask) : tooMany(url)
    asked.set(key, fetched)
    return fetched
  }

  async function attempt(url: string, ask: () => Promise<Uint8Array>): Promise<Fetched> {
    try {
      return { fetch: 'done', octets: await ask() }
    } catch (thrown) {
      signal?.throwIfAborted()
      if (thrown instanceof Fault && thrown.code === 'REVOCATION_UNAVAILABLE') return failed(url, thrown.detail)
      throw thrown
    }
  }

  return Object.freeze({
    ocsp: (url: string, query: Uint8Array) =>
      once(`ocsp ${url} ${Buffer.from(query).toString('base64')}`, url, () => revocation.ocsp(url, query, signal)),
    get: (url: string, what: 'crl' | 'issuer') =>
      once(`${what} ${url}`, url, () => revocation.fetch(url, what, signal)),
  })
}

async function tooMany(url: string): Promise<Fetched> {
  return failed(url, `not asked, ${maxRequests} requests were made already`)
}

function failed(url: string, detail: string): Fetched {
  return { fetch: 'failed', detail: detail.includes(url) ? detail : `${url}: ${detail}` }
}

/** An authority by its name, anybody else, who may be a person, by the serial number. */
export function nameOf({ facts }: Certificate): string {
  return facts.authority ? facts.subject : `certificate ${facts.serialNumber} of ${facts.issuer}`
}
