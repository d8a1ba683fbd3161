// The only outgoing HTTP client. One connection per request (nothing is retried behind the caller's back, and a stale
// kept-alive connection cannot make a request fail), no redirects, no decompression, every wait bounded. What the
// network can do wrong is an HttpError with a kind that drivers map to their outcomes.

import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { ByteStream } from '../device/ports.ts'

const defaultConnectTimeoutMs = 10_000
const defaultIdleTimeoutMs = 60_000
const defaultDeadlineMs = 10 * 60_000
const defaultMaxBodyBytes = 1024 * 1024

/**
 * `refused`: no connection could be made (also: unknown name, no route). `timeout`: one of the three limits passed.
 * `tls`: the peer's certificate or the handshake is not acceptable. `reset`: the connection broke after it was made.
 * `too-large`: the answer is larger than asked for. `malformed`: the answer is not HTTP.
 */
export type HttpErrorKind = 'refused' | 'timeout' | 'tls' | 'reset' | 'too-large' | 'malformed'

/** A request that got no usable answer; `message` names host and reason, never headers or bodies. */
export class HttpError extends Error {
  override readonly name = 'HttpError'
  readonly kind: HttpErrorKind

  constructor(kind: HttpErrorKind, message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

/** One request and its limits. */
export interface HttpRequest {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE' | 'PATCH'
  /** `http:` or `https:`. */
  readonly url: string | URL
  readonly headers?: Readonly<Record<string, string>>
  /** A stream goes chunked unless a `content-length` header is given, which it must then match. */
  readonly body?: ByteStream | Uint8Array
  /** PEM of the only certificate authorities to be trusted; absent: the runtime's own list. */
  readonly ca?: string | readonly string[]
  /** Name look-up, TCP and TLS together. Default 10 s. */
  readonly connectTimeoutMs?: number
  /** Longest wait for the peer to take or send the next bytes; time the caller takes does not count. Default 60 s. */
  readonly idleTimeoutMs?: number
  /** From the call to the last byte of the answer. Default 10 min. */
  readonly deadlineMs?: number
  /** Largest answer. Default 1 MiB. */
  readonly maxBodyBytes?: number
  /** Aborting ends the request or the reading of its answer with the signal's reason. */
  readonly signal?: AbortSignal
}

/** The head of an answer, and its body as it comes. */
export interface HttpResponse {
  readonly status: number
  /** Names in lower case; repeated ones joined by `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** Read once; throws HttpError or the signal's reason. The connection lives until its end, its `return()` or `close()`. */
  readonly body: ByteStream
  /** Ends the exchange where the body is of no interest; harmless after its end. */
  close(): void
}

/** One exchange; resolves with any status the server sends. Throws HttpError, or the signal's reason. */
export async function request(options: HttpRequest): Promise<HttpResponse> {
  options.signal?.throwIfAborted()
  const limits = createLimits(options)
  const outgoing = open(options, limits)
  try {
    const answer = awaitResponse(outgoing, limits)
    const [response] = await Promise.all([answer, sendBody(outgoing, options.body, limits, answer)])
    const close = () => {
      limits.end()
      outgoing.destroy()
    }
    const maxBodyBytes = options.maxBodyBytes ?? defaultMaxBodyBytes
    return Object.freeze({
      status: response.statusCode ?? 0,
      headers: Object.freeze(plainHeaders(response)),
      body: { [Symbol.asyncIterator]: () => readBody(response, maxBodyBytes, limits, close) },
      close,
    })
  } catch (thrown) {
    limits.end()
    outgoing.destroy()
    throw limits.failure() ?? thrown
  }
}

/** The whole answer in memory; throws as the body does. */
export async function readAll(body: ByteStream): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of body) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** The clocks of one exchange: whichever limit passes first aborts `signal` with what the caller shall be told. */
interface Limits {
  readonly host: string
  readonly signal: AbortSignal
  readonly connected: () => void
  /** Runs the idle clock while the peer is to act. */
  readonly waiting: <T>(turn: Promise<T>) => Promise<T>
  readonly failure: () => unknown
  readonly end: () => void
}

function createLimits(options: HttpRequest): Limits {
  const host = new URL(options.url).host
  const controller = new AbortController()
  const limit = (ms: number, what: string) => {
    const stop = () => controller.abort(new HttpError('timeout', `${host}: ${what} within ${ms} ms`))
    return setTimeout(stop, ms)
  }
  const idleTimeoutMs = options.idleTimeoutMs ?? defaultIdleTimeoutMs
  const connecting = limit(options.connectTimeoutMs ?? defaultConnectTimeoutMs, 'no connection')
  const deadline = limit(options.deadlineMs ?? defaultDeadlineMs, 'not finished')
  const onAbort = () => controller.abort(options.signal?.reason)
  options.signal?.addEventListener('abort', onAbort, { once: true })
  return {
    host,
    signal: controller.signal,
    connected: () => clearTimeout(connecting),
    waiting: async turn => {
      const idle = limit(idleTimeoutMs, 'nothing received or taken')
      try {
        return await turn
      } finally {
        clearTimeout(idle)
      }
    },
    failure: () => (controller.signal.aborted ? controller.signal.reason : undefined),
    end: () => {
      clearTimeout(connecting)
      clearTimeout(deadline)
      options.signal?.removeEventListener('abort', onAbort)
    },
  }
}

function open(options: HttpRequest, limits: Limits): ClientRequest {
  const url = new URL(options.url)
  const secure = url.protocol === 'https:'
  const headers: Record<string, string> = { 'accept-encoding': 'identity', connection: 'close', ...options.headers }
  if (options.body instanceof Uint8Array) headers['content-length'] = String(options.body.byteLength)
  const common = {
    method: options.method,
    headers,
    agent: false as const,
    signal: limits.signal,
  }
  return secure
    ? httpsRequest(url, { ...common, ...(options.ca === undefined ? {} : { ca: [options.ca].flat() }) })
    : httpRequest(url, common)
}

/** Settles once: the head of the answer, or why there is none. */
function awaitResponse(outgoing: ClientRequest, limits: Limits): Promise<IncomingMessage> {
  const secure = outgoing.protocol === 'https:'
  let connected = false
  outgoing.once('socket', socket =>
    socket.once(secure ? 'secureConnect' : 'connect', () => {
      connected = true
      limits.connected()
    }),
  )
  return new Promise((resolve, reject) => {
    // Also heard after the answer has begun: the reading of its body then tells of the same failure.
    outgoing.on('error', thrown => reject(asHttpError(thrown, limits, secure && !connected)))
    outgoing.once('response', response => {
      response.on('error', () => outgoing.destroy())
      resolve(response)
    })
  })
}

/** Sends at the peer's pace; stops early when the answer is there already and is not a success, or will never come. */
async function sendBody(
  outgoing: ClientRequest,
  body: HttpRequest['body'],
  limits: Limits,
  answer: Promise<IncomingMessage>,
): Promise<void> {
  if (body === undefined || body instanceof Uint8Array) {
    outgoing.end(body)
  } else {
    if (!(await pump(outgoing, body, limits, untilUnwanted(answer)))) return
    outgoing.end()
  }
  await limits.waiting(answer)
}

type OrStop = <T>(turn: Promise<T>) => Promise<T | 'stop'>

/**
 * One turn at a time, or `stop` as soon as the answer makes the rest of the body unwanted. Not Promise.race: what is
 * raced against a promise that outlives the loop stays in memory until that promise settles, each chunk of the body.
 */
function untilUnwanted(answer: Promise<IncomingMessage>): OrStop {
  let stopped = false
  let wake = () => {}
  const stop = () => {
    stopped = true
    wake()
  }
  answer.then(({ statusCode }) => (statusCode !== undefined && statusCode < 300 ? undefined : stop()), stop)
  return turn =>
    new Promise((resolve, reject) => {
      wake = () => resolve('stop')
      turn.then(resolve, reject)
      if (stopped) wake()
    })
}

async function pump(outgoing: ClientRequest, body: ByteStream, limits: Limits, orStop: OrStop): Promise<boolean> {
  const source = body[Symbol.asyncIterator]()
  let next: IteratorResult<Uint8Array> | 'stop' = 'stop'
  let sent = 0
  try {
    for (;;) {
      next = await orStop(source.next())
      if (next === 'stop') return false
      if (next.done === true) {
        const announced = Number(outgoing.getHeader('content-length') ?? sent)
        if (announced !== sent) throw new RangeError(`content-length is ${announced}, the body has ${sent} bytes`)
        return true
      }
      sent += next.value.byteLength
      if (outgoing.destroyed) return false
      if (outgoing.write(next.value)) continue
      if ((await limits.waiting(orStop(drained(outgoing)))) === 'stop') return false
    }
  } catch (thrown) {
    // The caller's own source failed: the peer must see a broken request, never a short whole one.
    outgoing.destroy()
    throw thrown
  } finally {
    // Not awaited: a source that still waits for its own next bytes would hold up the failure that is to be told.
    if (next === 'stop' || next.done !== true) source.return?.().then(undefined, () => undefined)
  }
}

function drained(outgoing: ClientRequest): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      outgoing.off('drain', done).off('close', done)
      resolve()
    }
    outgoing.on('drain', done).on('close', done)
  })
}

async function* readBody(
  response: IncomingMessage,
  maxBodyBytes: number,
  limits: Limits,
  close: () => void,
): AsyncGenerator<Uint8Array, void, void> {
  const tooLarge = () => new HttpError('too-large', `${limits.host}: answer over ${maxBodyBytes} bytes`)
  try {
    if (Number(response.headers['content-length'] ?? 0) > maxBodyBytes) throw tooLarge()
    let size = 0
    const chunks = response.iterator({ destroyOnReturn: true })
    for (;;) {
      const { done, value } = await limits.waiting(chunks.next())
      if (done === true) break
      size += value.byteLength
      if (size > maxBodyBytes) throw tooLarge()
      yield value
    }
  } catch (thrown) {
    throw limits.failure() ?? asHttpError(thrown, limits, false)
  } finally {
    close()
  }
}

const unreachableCodes =
  /^(ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ENETDOWN|EHOSTDOWN|ENOTFOUND|EAI_AGAIN|EAI_NODATA|EADDRNOTAVAIL)$/
const brokenCodes = /^(ECONNRESET|EPIPE|ECONNABORTED|ERR_STREAM_PREMATURE_CLOSE|ERR_STREAM_DESTROYED)$/

function asHttpError(thrown: unknown, { host }: Limits, inHandshake: boolean): HttpError {
  if (thrown instanceof HttpError) return thrown
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : ''
  const because = (kind: HttpErrorKind) => new HttpError(kind, `${host}: ${code || String(thrown)}`, { cause: thrown })
  if (unreachableCodes.test(code)) return because('refused')
  if (code === 'ETIMEDOUT') return because('timeout')
  if (brokenCodes.test(code)) return because('reset')
  if (code.startsWith('HPE_')) return because('malformed')
  return because(inHandshake ? 'tls' : 'reset')
}

function plainHeaders(response: IncomingMessage): Record<string, string> {
  const plain: Record<string, string> = {}
  for (const [name, value] of Object.entries(response.headers)) {
    if (value !== undefined) plain[name] = Array.isArray(value) ? value.join(', ') : value
  }
  return plain
}
