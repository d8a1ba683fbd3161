// The References port over HTTP: documents that others ask to be signed, from configured hosts only. Where a reference
// leads is told by whoever sent it, so that it is treated as an attacker's: a redirect leads to a configured host or
// nowhere, no address is asked that is not public unless the configuration names the host, no cookies, no passwords.

import { Fault } from '../../device/errors.ts'
import { amongHosts } from '../../device/hosts.ts'
import type { References } from '../../device/ports.ts'
import { amongPins, guardedFetch, toldUrl } from '../guarded-fetch.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'

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
  /** From the call to the last byte, redirects included. Default 2 min. */
  readonly deadlineMs?: number
  /** PEM of the only certificate authorities to be trusted; absent: the runtime's own list. */
  readonly ca?: string
}

/** Messages name a reference without its query and its fragment, which may hold a token. */
export function createHttpReferences(options: HttpReferencesOptions): References {
  const { maxBytes, deadlineMs = defaultDeadlineMs, ca } = options
  const configured = amongHosts(options.hosts)
  const mayBePrivate = amongHosts(options.allowPrivate)
  const pinsFor = amongPins(options.pins ?? {})

  async function fetch(url: string, signal?: AbortSignal): Promise<Uint8Array> {
    const secure = /^https:/i.test(url)
    const response = await guardedFetch({
      method: 'GET',
      url,
      // Who asked for TLS is not led away from it.
      mayAsk: next => configured(next) && (next.protocol === 'https:' || !secure),
      mayBePrivate,
      pinsFor,
      redirects: 'followed',
      connectTimeoutMs,
      idleTimeoutMs,
      deadlineMs,
      maxBodyBytes: maxBytes,
      ...(ca === undefined ? {} : { ca }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (response.status !== 200) {
      response.close()
      throw unavailable(url, `answered ${response.status}`)
    }
    const body = await readAll(response.body)
    if (body.byteLength === 0) throw unavailable(url, 'the answer is empty')
    return body
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

function faultOf(error: HttpError, url: string, maxBytes: number): Fault {
  if (error.kind === 'forbidden') {
    return new Fault('REFERENCE_REFUSED', `${toldUrl(url)}: ${error.message}`, { cause: error })
  }
  if (error.kind !== 'too-large') return unavailable(url, error.message, error)
  const limit = `over ${maxBytes} bytes, batches.maxDocumentMegabytes`
  return new Fault('BATCH_TOO_LARGE', `${toldUrl(url)}: ${limit}`, { cause: error })
}

function unavailable(url: string, reason: string, cause?: unknown): Fault {
  return new Fault('REFERENCE_UNAVAILABLE', `${toldUrl(url)}: ${reason}`, { cause })
}
