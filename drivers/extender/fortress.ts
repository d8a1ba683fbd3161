// The Extender port over HTTPS to Viafirma Fortress: OAuth 2.0 client credentials with the secret in the form body and
// never in a URL, a token that is kept and renewed before it ends, one document per call. It sends whole documents and,
// for some kinds of authority, a password to somebody else: that is what configuring it means. No URL, no body and no
// description of an error is told to anybody; statuses and the names of errors are.

import { createHash } from 'node:crypto'
import { Fault } from '../../device/errors.ts'
import type { Extender, ExtensionAnswer, ExtensionOrder } from '../../device/ports.ts'
import { createBreakers } from '../breakers.ts'
import { createHeldToken } from '../held-token.ts'
import { type HttpResponse, request } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import { retryAfterMs } from '../retry-after.ts'
import { type FortressAccess, type FortressFiles, readAccess } from './fortress-access.ts'
import { answerIn, errorIn, extendRequest, type FortressToken, tokenIn, tokenRequest } from './fortress-wire.ts'

const connectTimeoutMs = 10_000
/** A service says nothing until its own authority and responders have answered. */
const idleTimeoutMs = 90_000
const defaultDeadlineMs = 120_000
const defaultMaxBytes = 32 * 1024 * 1024
/** What time-stamps, chains and revocation lists may add to a document. */
const growthBytes = 16 * 1024 * 1024
const maxTokenAnswerBytes = 64 * 1024
/** A token is renewed so long before its end, or at nine tenths of a short life. */
const renewalMarginMs = 60_000
/** A secret that was refused is not shown again for so long: that could lock the account. */
const refusedSecretMs = 600_000
/** How long a service that failed several times is left alone at first, and at most. */
const pauseMs = 15_000
const longestPauseMs = 300_000

export interface FortressOptions extends FortressFiles {
  /** `https:`, without query; where `/oauth2/v1/token` and `/api/v1/signature/extend` are. */
  readonly url: string
  /** The only keys that it may have (drivers/pins.ts). */
  readonly pins?: readonly string[]
  /** Of a document with its original. Default 32 MiB. */
  readonly maxBytes?: number
  /** Of one call, its token included. Default 2 min. */
  readonly deadlineMs?: number
  /** Milliseconds that only grow; default: those of this process. */
  readonly now?: () => number
}

/** What one call has. */
interface Call {
  readonly access: Extract<FortressAccess, { usable: true }>
  readonly endsAt: number
  readonly signal: AbortSignal | undefined
}

/** Throws CONFIG_INVALID for an address that cannot be meant. While it is left alone that can be seen in `breakers`. */
export function createFortressExtender(options: FortressOptions, breakers = createBreakers()): Extender {
  const { deadlineMs = defaultDeadlineMs, maxBytes = defaultMaxBytes, now = () => performance.now() } = options
  const base = checkedBase(options.url)
  const breaker = breakers.add(
    { service: 'extension', id: 'fortress', url: base },
    { now, pauseMs, longestMs: longestPauseMs, verdict, resting },
  )
  const held = createHeldToken<FortressToken>(renewalMarginMs, now)
  let refused: { readonly secret: string; readonly until: number } | undefined

  async function guarded<T>(signal: AbortSignal | undefined, work: (call: Call) => Promise<T>): Promise<T> {
    const access = await readAccess(options)
    if (!access.usable) throw new Fault(unusable[access.because], access.reason)
    if (refused?.secret === fingerprint(access.secret) && now() < refused.until) {
      throw new Fault('EXTENDER_CREDENTIALS_REFUSED', 'it refused this secret a short while ago')
    }
    return breaker.run(async () => {
      try {
        return await work({ access, endsAt: now() + deadlineMs, signal })
      } catch (thrown) {
        throw thrown instanceof HttpError ? faultOf(thrown) : thrown
      }
    }, signal)
  }

  function post(
    path: string,
    call: Call,
    more: Pick<Parameters<typeof request>[0], 'headers' | 'body' | 'maxBodyBytes'>,
  ) {
    const { ca } = call.access
    return request({
      method: 'POST',
      url: `${base}${path}`,
      ...more,
      headers: { accept: 'application/json', ...more.headers },
      ...(ca === undefined ? {} : { ca }),
      pins: options.pins,
      connectTimeoutMs,
      idleTimeoutMs,
      deadlineMs: Math.max(1, call.endsAt - now()),
      ...(call.signal === undefined ? {} : { signal: call.signal }),
    })
  }

  async function newToken(call: Call): Promise<FortressToken> {
    const { secret } = call.access
    const response = await post('/oauth2/v1/token', call, {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(tokenRequest({ id: options.clientId, secret, redirectUri: options.redirectUri })),
      maxBodyBytes: maxTokenAnswerBytes,
    })
    if (response.status !== 200) {
      const fault = await refusalOf(response, 'the token request')
      if (fault.code !== 'EXTENSION_REFUSED') throw fault
      // 400 too: RFC 6749, 5.2, has invalid_client and invalid_grant there.
      throw new Fault('EXTENDER_CREDENTIALS_REFUSED', fault.detail)
    }
    const token = tokenIn(await readAll(response.body))
    if (token === undefined) throw new Fault('EXTENDER_UNAVAILABLE', 'the token request was answered without a token')
    return token
  }

  async function tokenFor(call: Call): Promise<FortressToken> {
    try {
      // Without the signal of whoever asks first: others wait for the same token.
      const coming = held.valid(() => newToken({ ...call, signal: undefined }))
      const token = await orAborted(coming, call.signal)
      refused = undefined
      return token
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.code === 'EXTENDER_CREDENTIALS_REFUSED') {
        refused = { secret: fingerprint(call.access.secret), until: now() + refusedSecretMs }
      }
      throw thrown
    }
  }

  async function extendBy(call: Call, body: Uint8Array, maxBodyBytes: number): Promise<ExtensionAnswer> {
    for (const attempt of ['first', 'again'] as const) {
      const token = await tokenFor(call)
      const headers = { 'content-type': 'application/json', authorization: token.authorization }
      const response = await post('/api/v1/signature/extend', call, { headers, body, maxBodyBytes })
      if (response.status === 200) return answerIn(await readAll(response.body))
      if (response.status !== 401 || attempt === 'again') throw await refusalOf(response, 'the request to extend')
      response.close()
      held.forget(token)
    }
    throw new Fault('INTERNAL', 'a request is sent twice at most')
  }

  return Object.freeze({
    async extend(order: ExtensionOrder, signal?: AbortSignal): Promise<ExtensionAnswer> {
      const bytes = bytesIn(order)
      if (bytes > maxBytes) {
        throw new Fault('EXTENSION_REFUSED', `not sent: ${bytes} bytes, more than extension.service.maxMegabytes`)
      }
      // A document that the service fetches by itself may be as large as any that is sent.
      const growing = 'url' in order.document ? maxBytes : bytes
      const maxBodyBytes = Math.ceil(((growing + growthBytes) * 4) / 3) + 64 * 1024
      return guarded(signal, call =>
        extendBy(call, Buffer.from(extendRequest(order, call.access.manner)), maxBodyBytes),
      )
    },
    async enter(signal?: AbortSignal): Promise<void> {
      await guarded(signal, async call => {
        held.forget()
        await tokenFor(call)
      })
    },
  })
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason)
    if (signal.aborted) stop()
    signal.addEventListener('abort', stop, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })
}

const unusable = { untrusted: 'EXTENDER_UNTRUSTED', refused: 'EXTENDER_CREDENTIALS_REFUSED' } as const

function checkedBase(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain = url?.protocol === 'https:' && `${url.username}${url.password}${url.search}${url.hash}` === ''
  if (!plain) throw new Fault('CONFIG_INVALID', 'extension.service.url needs a plain https:// address')
  return text.replace(/\/+$/, '')
}

function bytesIn({ document, original }: ExtensionOrder): number {
  const sizes = [document, original].map(one => (one !== undefined && 'bytes' in one ? one.bytes.byteLength : 0))
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Names a secret without holding it. */
function fingerprint(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}

const codes = {
  refused: 'EXTENDER_UNAVAILABLE',
  timeout: 'EXTENDER_UNAVAILABLE',
  reset: 'EXTENDER_UNAVAILABLE',
  malformed: 'EXTENDER_UNAVAILABLE',
  forbidden: 'EXTENDER_UNAVAILABLE',
  tls: 'EXTENDER_UNTRUSTED',
  pin: 'TLS_PIN_MISMATCH',
  credentials: 'EXTENDER_CREDENTIALS_REFUSED',
  'too-large': 'EXTENSION_INVALID',
} as const satisfies Record<HttpError['kind'], string>

function faultOf(error: HttpError): Fault {
  return new Fault(codes[error.kind], error.message, { cause: error })
}

const verdict = (thrown: unknown) => {
  if (!(thrown instanceof Fault)) return 'nothing'
  if (thrown.code !== 'EXTENDER_UNAVAILABLE') return 'answered'
  return { waitMs: thrown.retryAfterMs ?? 0 }
}

const resting = (leftMs: number) =>
  new Fault('EXTENDER_UNAVAILABLE', `it is left alone for ${Math.max(1, Math.ceil(leftMs / 1000))} s more`, {
    retryAfterMs: leftMs,
  })

/** Why it was not done; of a service that cannot now with the time for which it asks. */
async function refusalOf(response: HttpResponse, what: string): Promise<Fault> {
  const { status, headers } = response
  if (status === 429 || status >= 500) {
    response.close()
    const asked = { retryAfterMs: retryAfterMs(headers, Date.now()) }
    return new Fault('EXTENDER_UNAVAILABLE', `${what} was answered with ${status}`, asked)
  }
  const named = status >= 400 ? errorIn(await readAll(response.body)) : 'a redirect'
  response.close()
  const unknown = [401, 402, 403, 407].includes(status) || named === 'invalid_token'
  const code = unknown ? 'EXTENDER_CREDENTIALS_REFUSED' : 'EXTENSION_REFUSED'
  return new Fault(code, `${what} was answered with ${status}, ${named}`)
}
