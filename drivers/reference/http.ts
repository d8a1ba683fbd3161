// The References port over HTTP: documents that others ask to be signed, from configured hosts only. Where a reference
// leads is told by whoever sent it, so that it is treated as an attacker's: a redirect leads to a configured host or
// nowhere, no address is asked that is not public unless the configuration names the host, no cookies, no passwords.

import { Fault } from '../../device/errors.ts'
import { amongHosts } from '../../device/hosts.ts'
import type { References } from '../../device/ports.ts'
import { createBreakers } from '../breakers.ts'
import { authoritiesByHost, byHost, guardedFetch, toldUrl } from '../guarded-fetch.ts'
import type { HttpResponse } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import { awayForMs } from '../retry-after.ts'

const connectTimeoutMs = 10_000
const idleTimeoutMs = 30_000
const defaultDeadlineMs = 120_000

export interface HttpReferencesOptions {
  /** `name` or `name:port`: the only hosts that are asked. */
  readonly hosts: readonly string[]
  /** Those whose addresses need not be public. */
  readonly allowPrivate: readonly string[]
  /** Of one document. */
  readonly maxBytes: number
  /** The only keys that a host, `name` or `name:port`, may have (drivers/pins.ts). */
  readonly pins?: Readonly<Record<string, readonly string[]>>
  /** PEM of the only authorities trusted for such a host; absent: the runtime's own list. */
  readonly caFiles?: Readonly<Record<string, string>>
  /** From the call to the last byte, redirects included. Default 2 min. */
  readonly deadlineMs?: number
}

/**
 * Messages name a reference without its query and its fragment, which may hold a token. Hosts that are left alone for a moment
 * can be seen in `breakers`.
 */
export function createHttpReferences(options: HttpReferencesOptions, breakers = createBreakers()): References {
  const { maxBytes, deadlineMs = defaultDeadlineMs } = options
  const hosts = breakers.addHosts({ service: 'references', id: 'batches', code: 'REFERENCE_UNAVAILABLE' })
  const configured = amongHosts(options.hosts)
  const mayBePrivate = amongHosts(options.allowPrivate)
  const pinsFor = byHost(options.pins ?? {})
  const caFor = authoritiesByHost(options.caFiles ?? {})

  function fetch(url: string, signal?: AbortSignal): Promise<Uint8Array> {
    const secure = /^https:/i.test(url)
    const order = {
      method: 'GET',
      url,
      // Who asked for TLS is not led away from it.
      mayAsk: (next: URL) => configured(next) && (next.protocol === 'https:' || !secure),
      mayBePrivate,
      pinsFor,
      caFor,
      hosts,
      redirects: 'followed',
      connectTimeoutMs,
      idleTimeoutMs,
      deadlineMs,
      maxBodyBytes: maxBytes,
      ...(signal === undefined ? {} : { signal }),
    } as const
    return guardedFetch(order, response => documentIn(response, url))
  }

  return Object.freeze({
    fetch: async (url: string, signal?: AbortSignal) => {
      try {
        return await fetch(url, signal)
      } catch (thrown) {
        throw thrown instanceof HttpError ? faultOf(thrown, url, maxBytes) : thrown
      }
    },
  })
}

async function documentIn(response: HttpResponse, url: string): Promise<Uint8Array> {
  if (response.status !== 200) {
    response.close()
    throw unavailable(url, `answered ${response.status}`, { retryAfterMs: awayForMs(response) })
  }
  const body = await readAll(response.body)
  if (body.byteLength === 0) throw unavailable(url, 'the answer is empty')
  return body
}

function faultOf(error: HttpError, url: string, maxBytes: number): Fault {
  if (error.kind === 'forbidden') {
    return new Fault('REFERENCE_REFUSED', `${toldUrl(url)}: ${error.message}`, { cause: error })
  }
  if (error.kind !== 'too-large') return unavailable(url, error.message, { cause: error })
  const limit = `over ${maxBytes} bytes, batches.maxDocumentMegabytes`
  return new Fault('BATCH_TOO_LARGE', `${toldUrl(url)}: ${limit}`, { cause: error })
}

function unavailable(url: string, reason: string, why: ConstructorParameters<typeof Fault>[2] = {}): Fault {
  return new Fault('REFERENCE_UNAVAILABLE', `${toldUrl(url)}: ${reason}`, why)
}
