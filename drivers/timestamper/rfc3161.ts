// The Timestamper port over HTTP and HTTPS (RFC 3161, 3.4): one POST per call, no redirect followed, nothing believed that
// is not announced as a time-stamp reply. What the reply says, a refusal too, is for device/trust to read.

import { Fault } from '../../device/errors.ts'
import type { Timestamper } from '../../device/ports.ts'
import { createBreakers } from '../breakers.ts'
import { type HttpResponse, request } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import { awayForMs } from '../retry-after.ts'
import { neededFields, readShown, type Shown, type TimestamperCredential } from './credential.ts'

const connectTimeoutMs = 10_000
const idleTimeoutMs = 20_000
const defaultDeadlineMs = 30_000
/** A token with a long chain and an embedded CRL has some 100 KiB. */
const maxReplyBytes = 1024 * 1024
const queryType = 'application/timestamp-query'
const replyType = 'application/timestamp-reply'
const authority = 'the time-stamping authority'

export interface Rfc3161Options extends TimestamperCredential {
  /** `http:` or `https:`, without user, password or fragment. */
  readonly url: string
  /** The only keys that it may have (drivers/pins.ts); they need `https:`. */
  readonly pins?: readonly string[]
  /** From the call to the last byte of the answer. Default 30 s. */
  readonly deadlineMs?: number
}

/** An authority that did not answer is left alone for a moment, whoever asks: each would wait for the whole deadline. */
const restMs = 5_000

/** Throws CONFIG_INVALID for an authority that cannot be meant. While it is left alone that can be seen in `breakers`. */
export function createRfc3161Timestamper(options: Rfc3161Options, breakers = createBreakers()): Timestamper {
  const { url, pins, deadlineMs = defaultDeadlineMs } = checked(options)
  const breaker = breakers.add(
    { service: 'time-stamping', id: 'timestamping', url },
    {
      now: () => performance.now(),
      pauseMs: restMs,
      longestMs: restMs,
      verdict: thrown => {
        if (!(thrown instanceof Fault)) return 'nothing'
        return thrown.code === 'TSA_UNREACHABLE' ? { waitMs: thrown.retryAfterMs ?? 0 } : 'answered'
      },
      resting: leftMs =>
        new Fault('TSA_UNREACHABLE', `${authority} did not answer a moment ago`, { retryAfterMs: leftMs }),
    },
  )
  const ask = async (query: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> => {
    const shown = await readShown(options)
    if (!shown.usable) throw new Fault(unusable[shown.because], shown.reason)
    try {
      return await replyIn(
        await post({ url, pins, query, shown, deadlineMs, ...(signal === undefined ? {} : { signal }) }),
      )
    } catch (thrown) {
      if (thrown instanceof HttpError) throw new Fault(codes[thrown.kind], thrown.message, { cause: thrown })
      throw thrown
    }
  }
  return Object.freeze({
    stamp: (query: Uint8Array, signal?: AbortSignal) => breaker.run(() => ask(query, signal), signal),
  })
}

const unusable = { untrusted: 'TSA_UNTRUSTED', refused: 'TSA_CREDENTIALS_REFUSED' } as const
const codes = {
  refused: 'TSA_UNREACHABLE',
  timeout: 'TSA_UNREACHABLE',
  reset: 'TSA_UNREACHABLE',
  forbidden: 'TSA_UNREACHABLE',
  tls: 'TSA_UNTRUSTED',
  pin: 'TLS_PIN_MISMATCH',
  credentials: 'TSA_CREDENTIALS_REFUSED',
  'too-large': 'TIMESTAMP_REFUSED',
  malformed: 'TIMESTAMP_REFUSED',
} as const satisfies Record<HttpError['kind'], string>

function checked(options: Rfc3161Options): Rfc3161Options {
  const url = URL.canParse(options.url) ? new URL(options.url) : undefined
  const plain = url?.username === '' && url.password === '' && url.hash === '' && /^https?:$/.test(url.protocol)
  // A password in a URL ends in logs; the password file is there for that.
  if (!plain) throw new Fault('CONFIG_INVALID', 'timestamping.url needs a plain http:// or https:// address')
  const missing = neededFields[options.kind].filter(field => options[field] === undefined)
  if (missing.length > 0) {
    throw new Fault('CONFIG_INVALID', `timestamping.${missing.join(', ')} is needed for kind ${options.kind}`)
  }
  if (options.kind.startsWith('CERTIFICATE') && url.protocol !== 'https:') {
    throw new Fault('CONFIG_INVALID', `timestamping.url must be https:// for kind ${options.kind}`)
  }
  return options
}

interface Exchange {
  readonly url: string
  readonly pins: readonly string[] | undefined
  readonly query: Uint8Array
  readonly shown: Extract<Shown, { usable: true }>
  readonly deadlineMs: number
  readonly signal?: AbortSignal
}

function post({ url, query, shown, ...limits }: Exchange): Promise<HttpResponse> {
  const { authorization, ca, clientCertificate } = shown
  return request({
    method: 'POST',
    url,
    headers: {
      'content-type': queryType,
      accept: replyType,
      ...(authorization === undefined ? {} : { authorization }),
    },
    body: query,
    ...(ca === undefined ? {} : { ca }),
    ...(clientCertificate === undefined ? {} : { clientCertificate }),
    connectTimeoutMs,
    idleTimeoutMs,
    maxBodyBytes: maxReplyBytes,
    ...limits,
    keep: true,
  })
}

async function replyIn(response: HttpResponse): Promise<Uint8Array> {
  const { status, headers, body } = response
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
  if (status === 200 && type === replyType) {
    const reply = await readAll(body)
    if (reply.byteLength > 0) return reply
    throw new Fault('TIMESTAMP_REFUSED', `${authority} sent an empty answer`)
  }
  response.close()
  // Nothing of the body is told: it may give back what it was sent.
  if ([401, 403, 407].includes(status)) throw new Fault('TSA_CREDENTIALS_REFUSED', `${authority} answered ${status}`)
  const away = awayForMs(response)
  if (away !== undefined) {
    throw new Fault('TSA_UNREACHABLE', `${authority} answered ${status}`, { retryAfterMs: away })
  }
  if (status !== 200) throw new Fault('TIMESTAMP_REFUSED', `${authority} answered ${status}`)
  throw new Fault('TIMESTAMP_REFUSED', `${authority} did not answer with ${replyType}`)
}
