// The CardShop port over the service's published HTTP interface (OpenAPI document "Firma Digitale" 1.0.0). Promises: one
// exchange a call, nothing repeated, no redirect followed; what leaves this file holds no PIN, no code but the one that
// `activation` asks for, and no text of the service's; an order is `later` or `refused` only where it was certainly not carried out.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { CardLater, CardOrderOutcome, CardShop } from '../../device/ports.ts'
import { createBreakers } from '../breakers.ts'
import { type HttpRequest, type HttpResponse, request as httpRequest } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import { retryAfterMs } from '../retry-after.ts'
import { activationIn, type Envelope, envelopeIn, marksIn, productsIn, requestIn, requestsIn } from './answers.ts'
import { readShown } from './credential.ts'
import { type Answered, laterOf, laterOfError, refusalOf, serviceErrors, unreachable } from './outcomes.ts'
import { breakerOptions, restedCardShop } from './rested.ts'

const connectTimeoutMs = 15_000
const idleTimeoutMs = 45_000
const defaultDeadlineMs = 2 * 60_000
const maxAnswerBytes = 16 * 1024 * 1024
const maxFormBytes = 32 * 1024 * 1024
const jsonType = 'application/json'

export interface OpenapiCardShopOptions {
  /** `https:`, or `http:` on loopback; without user, password, path or fragment. */
  readonly url: string
  readonly tokenFile: string
  readonly caFile?: string
  /** The only keys that it may have (drivers/pins.ts). */
  readonly pins?: readonly string[]
  /** For one exchange. Default 2 min. */
  readonly deadlineMs?: number
  /** Milliseconds that only grow; default: those of this process. */
  readonly now?: () => number
}

type Sent = Pick<HttpRequest, 'method'> & {
  readonly path: string
  readonly body?: Uint8Array
  readonly signal?: AbortSignal | undefined
}

/**
 * Throws CONFIG_INVALID for an address that cannot be meant, and REQUEST_INVALID for a name that fits into no path. While it is
 * left alone that can be seen in `breakers`.
 */
export function createOpenapiCardShop(options: OpenapiCardShopOptions, breakers = createBreakers()): CardShop {
  const { now = () => performance.now() } = options
  const base = checkedBase(options.url)
  const breaker = breakers.add({ service: 'cards', id: 'cards', url: base }, breakerOptions(now))
  return restedCardShop(cardShopAt(base, options), breaker)
}

function cardShopAt(base: string, options: OpenapiCardShopOptions): CardShop {
  const exchange = (sent: Sent) => exchanged(base, options, sent)
  const get = async (path: string, signal?: AbortSignal) => answered(await exchange({ method: 'GET', path, signal }))
  return Object.freeze({
    async products(signal?: AbortSignal) {
      const answer = await get('/prodotti', signal)
      const products = 'status' in answer && ok(answer) ? productsIn(answer.data) : undefined
      return products === undefined ? unusable(answer) : ({ outcome: 'listed', products } as const)
    },
    async order(productCode: string, body: Uint8Array, signal?: AbortSignal) {
      const path = `/richiesta/${segment(productCode)}`
      const response = await exchange({ method: 'POST', path, body, signal })
      return orderOutcome(response, await answered(response))
    },
    async requests(productCode: string, signal?: AbortSignal) {
      const answer = await get(`/richiesta?codice_prodotto=${segment(productCode)}`, signal)
      if (!('status' in answer)) return answer
      // The service has no empty list.
      if (answer.error === serviceErrors.noRequests) return { outcome: 'listed', requests: [] } as const
      const requests = ok(answer) ? requestsIn(answer.data) : undefined
      return requests === undefined ? unusable(answer) : ({ outcome: 'listed', requests } as const)
    },
    async request(id: string, signal?: AbortSignal) {
      const answer = await get(`/richiesta/${segment(id)}`, signal)
      if (!('status' in answer)) return answer
      const request = ok(answer) ? requestIn(answer.data) : undefined
      if (request !== undefined) return { outcome: 'found', request, marks: marksIn(answer.data) } as const
      return isMissing(answer) ? ({ outcome: 'missing' } as const) : unusable(answer)
    },
    async activation(id: string, signal?: AbortSignal) {
      const answer = await get(`/richiesta/${segment(id)}`, signal)
      if (!('status' in answer)) return answer
      const code = ok(answer) ? activationIn(answer.data) : null
      if (code !== null) return { outcome: 'code', code } as const
      return ok(answer) || isMissing(answer) ? ({ outcome: 'none' } as const) : unusable(answer)
    },
    form: async (id: string, signal?: AbortSignal) =>
      formIn(await exchange({ method: 'GET', path: `/richiesta/${segment(id)}/modulo`, signal })),
    async submit(id: string, papers: Parameters<CardShop['submit']>[1], signal?: AbortSignal) {
      const body = Buffer.from(JSON.stringify(patchOf(papers)))
      const answer = await answered(
        await exchange({ method: 'PATCH', path: `/richiesta/${segment(id)}`, body, signal }),
      )
      if (!('status' in answer)) return answer
      const request = ok(answer) ? requestIn(answer.data) : undefined
      if (request !== undefined) return { outcome: 'taken', request } as const
      if (isAlready(answer.error)) return { outcome: 'already' } as const
      return laterOf(answer) ?? refusalOf(answer) ?? unreachable(answer)
    },
  })
}

function checkedBase(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const plain =
    url?.username === '' && url.password === '' && url.hash === '' && url.search === '' && url.pathname === '/'
  const guarded =
    url?.protocol === 'https:' || (url?.protocol === 'http:' && /^(127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname))
  if (!plain || !guarded) throw new Fault('CONFIG_INVALID', 'cards.url needs a plain https:// address')
  return url.origin
}

/** A product code or a request id in a path. */
function segment(text: string): string {
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(text))
    throw new Fault('REQUEST_INVALID', 'a product code or request id is malformed')
  return text
}

function patchOf({ form, document }: Parameters<CardShop['submit']>[1]) {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
  return {
    modulo: base64(form.bytes),
    nome_modulo: form.fileName,
    documento: base64(document.bytes),
    nome_documento: document.fileName,
  }
}

/** `sent`: whether the failure came when somebody may have understood the request. */
type Exchanged = { readonly response: HttpResponse } | { readonly sent: boolean; readonly later: CardLater }

async function exchanged(
  base: string,
  options: OpenapiCardShopOptions,
  { path, signal, ...sent }: Sent,
): Promise<Exchanged> {
  const shown = await readShown(options)
  if (!shown.usable) {
    const code = shown.because === 'untrusted' ? 'DESTINATION_UNTRUSTED' : 'CREDENTIALS_REFUSED'
    return { sent: false, later: { outcome: 'later', code, detail: shown.reason } }
  }
  try {
    const response = await httpRequest({
      ...sent,
      url: `${base}${path}`,
      headers: {
        authorization: `Bearer ${shown.token}`,
        accept: path.endsWith('/modulo') ? 'application/pdf' : jsonType,
        ...(sent.body !== undefined && { 'content-type': jsonType }),
      },
      ...(shown.ca !== undefined && { ca: shown.ca }),
      pins: options.pins,
      connectTimeoutMs,
      idleTimeoutMs,
      deadlineMs: options.deadlineMs ?? defaultDeadlineMs,
      maxBodyBytes: path.endsWith('/modulo') ? maxFormBytes : maxAnswerBytes,
      ...(signal !== undefined && { signal }),
    })
    return { response }
  } catch (thrown) {
    if (!(thrown instanceof HttpError)) throw thrown
    return { sent: thrown.reached, later: laterOfError(thrown.kind, thrown.message) }
  }
}

/** A whole answer: `data` is undefined where its body was none of the service's, or did not arrive whole. */
type Whole = Answered & Pick<Envelope, 'data' | 'success'>

async function answered(exchange: Exchanged): Promise<Whole | CardLater> {
  if (!('response' in exchange)) return exchange.later
  const { status, headers, body } = exchange.response
  const asked = retryAfterMs(headers, Date.now())
  try {
    const envelope = envelopeIn(await readAll(body))
    return {
      status,
      retryAfterMs: asked,
      data: envelope?.data,
      success: envelope?.success ?? false,
      error: envelope?.error ?? null,
    }
  } catch (thrown) {
    if (thrown instanceof HttpError)
      return { status, retryAfterMs: asked, data: undefined, success: false, error: null }
    throw thrown
  }
}

function ok({ status, success }: Whole): boolean {
  return status === 200 && success
}

function unusable(answer: Whole | CardLater): CardLater {
  return 'status' in answer ? (laterOf(answer) ?? unreachable(answer)) : answer
}

function orderOutcome(exchange: Exchanged, answer: Whole | CardLater): CardOrderOutcome {
  if (!('status' in answer)) {
    const sent = 'response' in exchange || exchange.sent
    return sent ? { outcome: 'unknown', detail: answer.detail } : answer
  }
  const request = ok(answer) ? requestIn(answer.data) : undefined
  if (request !== undefined) return { outcome: 'placed', request }
  if (answer.error === serviceErrors.recognitionNotNeeded) return { outcome: 'already' }
  // A success that cannot be read has been carried out all the same, or not: its status says nothing.
  const detail = `the card service answered ${answer.status}, and not as agreed`
  return laterOf(answer) ?? refusalOf(answer) ?? { outcome: 'unknown', detail }
}

function isMissing({ error }: Whole): boolean {
  return error === serviceErrors.unknownId || error === serviceErrors.invalidId
}

function isAlready(error: number | null): boolean {
  return error === serviceErrors.alreadyProcessed || error === serviceErrors.recognitionNotNeeded
}

async function formIn(exchange: Exchanged): ReturnType<CardShop['form']> {
  if (!('response' in exchange)) return exchange.later
  const { status, headers, body } = exchange.response
  const answer = { status, error: null, retryAfterMs: retryAfterMs(headers, Date.now()) }
  try {
    const bytes = await readAll(body)
    if (status === 200 && Buffer.from(bytes.subarray(0, 1024)).includes('%PDF-')) return { outcome: 'form', bytes }
    // Told in plain text, which is not for reading.
    if (status === 404 || status === 400) return { outcome: 'none' }
  } catch (thrown) {
    if (!(thrown instanceof HttpError)) throw thrown
    return laterOfError(thrown.kind, thrown.message)
  }
  return laterOf(answer) ?? unreachable(answer)
}
