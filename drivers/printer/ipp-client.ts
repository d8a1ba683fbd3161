// The IPP requests of one printer over HTTP (RFC 8010, 4): a message out, a message back, whatever its status. No decisions
// are made here but one: whether what went wrong can have left something at the printer.

import type { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { ByteStream, PrintFaultCode } from '../../device/ports.ts'
import { request } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError, type HttpErrorKind } from '../http-error.ts'
import { oneLine } from '../local-devices.ts'
import { decodeIpp, IppMalformed } from './ipp-decode.ts'
import { encodeIpp } from './ipp-encode.ts'
import {
  groupTags,
  type IppAttributes,
  type IppGroup,
  type IppMessage,
  type IppValue,
  stringsIn,
} from './ipp-message.ts'

/** How long a printer may take and how much it may send. */
export interface IppLimits {
  readonly connectTimeoutMs: number
  readonly deadlineMs: number
  /** Longest silence while a document is taken; a printer that is out of paper may take no more of it. */
  readonly documentIdleTimeoutMs: number
  readonly documentDeadlineMs: number
  readonly maxAnswerBytes: number
}

export const ippLimits: IppLimits = Object.freeze({
  connectTimeoutMs: 5_000,
  deadlineMs: 15_000,
  documentIdleTimeoutMs: 60_000,
  documentDeadlineMs: 10 * 60_000,
  maxAnswerBytes: 2 * 1024 * 1024,
})

export interface IppDocument {
  readonly body: ByteStream
  readonly bytes?: number
}

/** An answer: `attributes` are those of the operation, `groups` the others. */
export interface IppAnswer {
  readonly status: number
  readonly attributes: IppAttributes
  readonly groups: readonly IppGroup[]
  /** What the printer says about the status, fit to be shown; empty where it says nothing. */
  readonly words: string
}

/** There is no answer to a request, or none that can be read. */
export class Unanswered extends Fault {
  /** Whether the printer may have done what was asked. */
  readonly maybeDone: boolean

  constructor(code: PrintFaultCode, detail: string, maybeDone: boolean, options?: ErrorOptions) {
    super(code, detail, options)
    this.maybeDone = maybeDone
  }
}

export interface IppClientOptions {
  /** `ipp:`, `ipps:`, `http:` or `https:`. */
  readonly url: string
  readonly limits?: IppLimits
  /** PEM of the only authorities to be trusted. */
  readonly ca?: string
  readonly pins?: readonly string[]
  /** Whether an address may be connected to; absent: any. */
  readonly mayConnect?: (address: string) => boolean
}

export interface IppClient {
  /** Of the printer, as it goes into requests. */
  readonly uri: string
  /**
   * The attributes follow charset, language and printer, which are added. Throws Unanswered (PRINTER_ABSENT, _TIMEOUT,
   * _UNTRUSTED, _REFUSED, _BUSY, _FAILED) or the signal's reason.
   */
  ask(
    operation: number,
    asked: Readonly<Record<string, IppValue | readonly IppValue[]>>,
    more?: { readonly job?: IppAttributes; readonly document?: IppDocument; readonly signal?: AbortSignal | undefined },
  ): Promise<IppAnswer>
}

export function createIppClient({ url, limits = ippLimits, ca, pins, mayConnect }: IppClientOptions): IppClient {
  const { uri, http } = addressesOf(url)
  const peer = {
    url: http,
    connectTimeoutMs: limits.connectTimeoutMs,
    maxBodyBytes: limits.maxAnswerBytes,
    ...(ca !== undefined && { ca }),
    ...(pins !== undefined && { pins }),
    ...(mayConnect !== undefined && { mayConnect }),
  }
  const ofDocument = { deadlineMs: limits.documentDeadlineMs, idleTimeoutMs: limits.documentIdleTimeoutMs }
  let lastId = 0
  const ask: IppClient['ask'] = async (operation, asked, { job, document, signal } = {}) => {
    lastId += 1
    const requestId = lastId
    const message = encodeIpp(requestOf({ operation, requestId, uri, asked, job }))
    const bounds = document === undefined ? { deadlineMs: limits.deadlineMs } : ofDocument
    const body = document === undefined ? message : joined(message, document.body)
    const headers = { 'content-type': 'application/ipp', ...lengthOf(message, document) }
    try {
      const common = { ...peer, ...bounds, ...(signal !== undefined && { signal }) }
      const response = await request({ ...common, method: 'POST', headers, body })
      if (response.status === 200) return answerIn(await readAll(response.body), requestId)
      response.close()
      throw refusedBy(response.status)
    } catch (thrown) {
      throw unanswered(thrown, signal)
    }
  }
  return Object.freeze({ uri, ask })
}

/** IPP's own schemes stand for HTTP at port 631 (RFC 8010, 4; RFC 7472). */
function addressesOf(url: string): { readonly uri: string; readonly http: URL } {
  const secure = /^(ipps|https):/i.test(url)
  const http = new URL(url.replace(/^[a-z]+:/i, secure ? 'https:' : 'http:'))
  const own = /^ipps?:/i.test(url)
  if (own && http.port === '') http.port = explicitPort(url) ?? '631'
  const port = http.port === '' ? (secure ? '443' : '80') : http.port
  return { uri: `${secure ? 'ipps' : 'ipp'}://${http.hostname}:${port}${http.pathname}`, http }
}

/** A port that URL leaves out, because it is that of HTTP. */
function explicitPort(url: string): string | undefined {
  return /^[a-z]+:\/\/[^/]*:(\d+)(?:\/|$)/i.exec(url)?.[1]
}

function lengthOf(message: Buffer, document: IppDocument | undefined): Readonly<Record<string, string>> {
  if (document?.bytes === undefined) return {}
  return { 'content-length': String(message.length + document.bytes) }
}

async function* joined(message: Buffer, document: ByteStream): ByteStream {
  yield message
  yield* document
}

interface Asked {
  readonly operation: number
  readonly requestId: number
  readonly uri: string
  readonly asked: Readonly<Record<string, IppValue | readonly IppValue[]>>
  readonly job: IppAttributes | undefined
}

function requestOf({ operation, requestId, uri, asked, job }: Asked): IppMessage {
  const attributes = new Map<string, readonly IppValue[]>([
    ['attributes-charset', [{ kind: 'charset', value: 'utf-8' }]],
    ['attributes-natural-language', [{ kind: 'naturalLanguage', value: 'en' }]],
    ['printer-uri', [{ kind: 'uri', value: uri }]],
  ])
  for (const [name, value] of Object.entries(asked)) attributes.set(name, 'kind' in value ? [value] : value)
  const groups: IppGroup[] = [{ tag: groupTags.operation, attributes }]
  if (job !== undefined && job.size > 0) groups.push({ tag: groupTags.job, attributes: job })
  // All printers in use take 1.1 (RFC 8011, 4.1.8); nothing here needs more.
  return { version: { major: 1, minor: 1 }, code: operation, requestId, groups }
}

/** Throws IppMalformed for what answers no request of ours. */
function answerIn(bytes: Uint8Array, requestId: number): IppAnswer {
  const { message } = decodeIpp(bytes)
  const [first, ...groups] = message.groups
  if (first?.tag !== groupTags.operation) throw new IppMalformed('an answer that does not begin as one')
  if (message.requestId !== requestId) throw new IppMalformed('an answer to another request')
  if (message.version.major < 1 || message.version.major > 2) throw new IppMalformed('an answer of another version')
  const [words = ''] = stringsIn(first.attributes, 'status-message')
  return { status: message.code, attributes: first.attributes, groups, words: oneLine(words) }
}

function refusedBy(status: number): Unanswered {
  const said = `the printer answered with HTTP ${status}`
  if (status === 401 || status === 403) return new Unanswered('PRINTER_REFUSED', `${said}: it wants a password`, false)
  if (status === 426) return new Unanswered('PRINTER_REFUSED', `${said}: it wants TLS, an ipps: address`, false)
  if (status === 404) return new Unanswered('PRINTER_ABSENT', `${said}: nothing prints at that path`, false)
  if (status === 503) return new Unanswered('PRINTER_BUSY', said, true)
  return new Unanswered('PRINTER_FAILED', said, status >= 500 || status < 300)
}

const codes: Readonly<Record<HttpErrorKind, PrintFaultCode>> = {
  refused: 'PRINTER_ABSENT',
  timeout: 'PRINTER_TIMEOUT',
  tls: 'PRINTER_UNTRUSTED',
  pin: 'PRINTER_UNTRUSTED',
  credentials: 'PRINTER_UNTRUSTED',
  forbidden: 'PRINTER_ABSENT',
  reset: 'PRINTER_TIMEOUT',
  'too-large': 'PRINTER_FAILED',
  malformed: 'PRINTER_FAILED',
}

function unanswered(thrown: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true || thrown instanceof Unanswered) return thrown
  if (thrown instanceof HttpError) {
    const absent = thrown.kind === 'timeout' && !thrown.reached
    const code = absent ? 'PRINTER_ABSENT' : codes[thrown.kind]
    return new Unanswered(code, thrown.message, thrown.reached, { cause: thrown })
  }
  if (thrown instanceof IppMalformed) {
    return new Unanswered('PRINTER_FAILED', `no IPP answer: ${thrown.message}`, true, { cause: thrown })
  }
  return thrown
}
