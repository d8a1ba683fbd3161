// The TriphaseServer port over HTTP: the batch services of a page's own server as AutoFirma's client speaks to them, each
// one POST of form fields in URL-safe Base64. The page says where they are, so that its URLs are an attacker's: only hosts
// that the caller allows, nothing of this machine, TLS, and no address that is not public unless the configuration names
// the host. Of what a service answers in place of a result, only the status is told.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import { amongHosts } from '../../device/hosts.ts'
import type { ByteStream, TriphaseServer } from '../../device/ports.ts'
import { createBreakers } from '../breakers.ts'
import { authoritiesByHost, byHost, guardedFetch, toldUrl } from '../guarded-fetch.ts'
import type { HttpResponse } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import { awayForMs } from '../retry-after.ts'

const connectTimeoutMs = 10_000
/** A service says nothing before the whole batch is prepared or saved, and AutoFirma waits for so long. */
const idleTimeoutMs = 240_000
const defaultDeadlineMs = 10 * 60_000
const defaultMaxAnswerBytes = 256 * 1024 * 1024
/** Whole groups of three bytes, so that pieces of Base64 join without padding in between. */
const pieceBytes = 192 * 1024

export interface HttpTriphaseOptions {
  /** Hosts, `name` or `name:port`, that may be asked without TLS and although their addresses are not public. */
  readonly allowPrivate: readonly string[]
  /** The only keys that a host, `name` or `name:port`, may have (drivers/pins.ts). */
  readonly pins?: Readonly<Record<string, readonly string[]>>
  /** PEM of the only authorities trusted for such a host; absent: the runtime's own list. */
  readonly caFiles?: Readonly<Record<string, string>>
  /** Default 256 MiB. */
  readonly maxAnswerBytes?: number
  /** From the call to the last byte. Default 10 min. */
  readonly deadlineMs?: number
}

type Post = Parameters<TriphaseServer['post']>[0]

/** Hosts that are left alone for a moment can be seen in `breakers`. */
export function createHttpTriphase(options: HttpTriphaseOptions, breakers = createBreakers()): TriphaseServer {
  const { maxAnswerBytes = defaultMaxAnswerBytes, deadlineMs = defaultDeadlineMs } = options
  const hosts = breakers.addHosts({ service: 'three-phase', id: 'autofirma', code: 'BATCH_SERVICE_FAILED' })
  const mayBePrivate = amongHosts(options.allowPrivate)
  const pinsFor = byHost(options.pins ?? {})
  const caFor = authoritiesByHost(options.caFiles ?? {})

  async function post(request: Post, signal?: AbortSignal): Promise<string> {
    const { url } = request
    refuseOddUrl(url)
    const allowed = amongHosts(request.allowedHosts)
    const fields = fieldsOf(request)
    const order = {
      method: 'POST',
      url,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': String(fields.reduce((sum, { name, values }) => sum + lengthOf(name, values), -1)),
      },
      body: () => formOf(fields),
      mayAsk: (next: URL) =>
        allowed(next) && !isThisMachine(next) && (next.protocol === 'https:' || mayBePrivate(next)),
      mayBePrivate,
      pinsFor,
      caFor,
      hosts,
      redirects: 'refused',
      connectTimeoutMs,
      idleTimeoutMs,
      deadlineMs,
      maxBodyBytes: maxAnswerBytes,
      ...(signal === undefined ? {} : { signal }),
    } as const
    return guardedFetch(order, response => textIn(response, url))
  }

  return Object.freeze({
    post: async (request: Post, signal?: AbortSignal) => {
      try {
        return await post(request, signal)
      } catch (thrown) {
        if (!(thrown instanceof HttpError)) throw thrown
        const code = thrown.kind === 'forbidden' ? 'REFERENCE_REFUSED' : 'BATCH_SERVICE_FAILED'
        throw new Fault(code, `${toldUrl(request.url)}: ${thrown.message}`, { cause: thrown })
      }
    },
  })
}

async function textIn(response: HttpResponse, url: string): Promise<string> {
  const { status } = response
  if (status !== 200) {
    response.close()
    const asked = { retryAfterMs: awayForMs(response) }
    throw new Fault('BATCH_SERVICE_FAILED', `${toldUrl(url)}: answered ${status}`, asked)
  }
  // What is no UTF-8 becomes U+FFFD, as it does at AutoFirma: a description is not worth the signatures beside it.
  return Buffer.from(await readAll(response.body)).toString('utf8')
}

/** AutoFirma turns such URLs down (600414, 600416): a parameter in one would become a field of the form. */
function refuseOddUrl(url: string): void {
  if (/[?=]/.test(url)) throw new HttpError('forbidden', 'the URL of a service has neither ? nor =')
}

/** As AutoFirma counts it; other addresses of this machine are not public. */
function isThisMachine({ hostname }: URL): boolean {
  return hostname === 'localhost' || hostname === '127.0.0.1'
}

interface Field {
  readonly name: string
  readonly values: readonly Uint8Array[]
}

function fieldsOf({ batch, certificates, tridata }: Post): readonly Field[] {
  return [
    { name: 'json', values: [batch] },
    { name: 'certs', values: certificates },
    ...(tridata === undefined ? [] : [{ name: 'tridata', values: [tridata] }]),
  ]
}

/** With its `&` or, between values, `;`. */
function lengthOf(name: string, values: readonly Uint8Array[]): number {
  const encoded = values.reduce((sum, value) => sum + Math.ceil(value.byteLength / 3) * 4 + 1, -1)
  return name.length + 1 + Math.max(0, encoded) + 1
}

/** In pieces, for a batch may be large. Padded, as AutoFirma's client does it. */
async function* formOf(fields: readonly Field[]): ByteStream & AsyncGenerator<Uint8Array> {
  for (const [index, { name, values }] of fields.entries()) {
    yield Buffer.from(`${index === 0 ? '' : '&'}${name}=`)
    for (const [at, value] of values.entries()) {
      if (at > 0) yield Buffer.from(';')
      for (let from = 0; from < value.byteLength; from += pieceBytes) {
        yield Buffer.from(urlSafeBase64(value.subarray(from, from + pieceBytes)))
      }
    }
  }
}

function urlSafeBase64(bytes: Uint8Array): string {
  const encoded = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64url')
  return encoded.padEnd(Math.ceil(encoded.length / 4) * 4, '=')
}
