// Delivery to a CÒPIA service, or one that works as it is described: a session for the copy, the signed PDF with its ENI
// document and its evidence beside it, the end of the session, and the receipt, which is believed when the copy was read back.
// Every call may be repeated: the key of the copy gives the same session again, whatever became of the answer. The names on
// the wire are all in copia-wire.ts.

import { setTimeout as delay } from 'node:timers/promises'
import { Fault } from '../../device/errors.ts'
import type { Delivery, DeliveryRequest, Receipt } from '../../device/ports.ts'
import { type HttpRequest, type HttpResponse, request as httpRequest } from '../http.ts'
import { passOver, readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import { maxAnswerBytes } from './answer.ts'
import { createAttempts, type Opening, type Taker, type TargetOptions } from './attempts.ts'
import type { CheckedBody } from './body.ts'
import {
  answerIn,
  authentication,
  type CopiaAnswer,
  type CopiaAsker,
  type CopiaDocument,
  type CopiaSession,
  codeOf,
  copiaPaths,
  partTypes,
  sessionRequest,
} from './copia-wire.ts'
import { readSecrets } from './secrets.ts'
import { isSame, measured } from './target.ts'
import { asTargetFailure, failureOf, operatorPauseMs, TargetFailure } from './target-failure.ts'

const connectTimeoutMs = 15_000
const defaultIdleTimeoutMs = 60_000
/** How often and how long apart a session that is being worked on is looked at. */
const looks = 10
const defaultLookMs = 1_000

export interface CopiaDestination extends CopiaAsker {
  readonly id: string
  /** `https:`, where its interface begins. */
  readonly url: string
  /** One line, the key of the domain; readable by its owner only. */
  readonly keyFile: string
  /** PEM of the only authorities trusted for this destination; absent: the runtime's own list. */
  readonly caFile?: string
  /** The only keys that it may have (drivers/pins.ts). */
  readonly pins?: readonly string[]
  /** For a whole attempt. Default 15 min. */
  readonly deadlineMs?: number
  /** Longest wait for the destination to take or send the next bytes. Default 60 s. */
  readonly idleTimeoutMs?: number
  /** Between two looks at a session that is being worked on. Default 1 s. */
  readonly lookMs?: number
}

/** Deliveries as attempts.ts has them. */
export function createCopiaDelivery(options: TargetOptions<CopiaDestination>): Delivery {
  return createAttempts(options, openService)
}

type Exchange = (
  method: HttpRequest['method'],
  path: string,
  change?: Pick<HttpRequest, 'headers' | 'body' | 'maxBodyBytes'>,
) => Promise<HttpResponse>

/** Whether the service lets the kiosk in, by asking for a session that is nobody's. Throws the Fault of a delivery that fails so. */
export async function enterCopia(opening: Opening<CopiaDestination>): Promise<void> {
  try {
    const { exchange } = await openAccess(opening)
    const response = await exchange('GET', copiaPaths.session('nobodys'), { maxBodyBytes: maxAnswerBytes })
    const answer = answerIn(await readAll(response.body))
    if (response.status !== 404) throw refusal(response, 'the service', answer, opening.now())
  } catch (thrown) {
    const { code, message } = asTargetFailure(thrown)
    throw new Fault(code, message, { cause: thrown })
  }
}

async function openService(opening: Opening<CopiaDestination>): Promise<Taker> {
  const { destination, signal, now } = opening
  const { exchange, secrets } = await openAccess(opening)
  const service = createService(exchange, { now, signal, lookMs: destination.lookMs ?? defaultLookMs })
  return {
    hand: (request, body) => service.hand(request, body, destination),
    close: async () => undefined,
    secrets,
  }
}

async function openAccess({ destination, signal, now }: Opening<CopiaDestination>) {
  const { url, domain, keyFile, caFile, pins, deadlineMs, idleTimeoutMs = defaultIdleTimeoutMs } = destination
  const { ca, secret: key } = await readSecrets({ caFile, secretFile: keyFile, what: 'key' })
  if (key === undefined) throw new TargetFailure('DESTINATION_UNTRUSTED', 'there is no key')
  const base = url.endsWith('/') ? url : `${url}/`
  const shown = authentication(domain, key, now())
  const exchange: Exchange = (method, path, { headers, ...rest } = {}) =>
    httpRequest({
      method,
      url: `${base}${path}`,
      headers: { accept: 'application/json', ...shown, ...headers },
      ...rest,
      ...(ca !== undefined && { ca }),
      pins,
      keep: true,
      connectTimeoutMs,
      idleTimeoutMs,
      ...(deadlineMs !== undefined && { deadlineMs }),
      signal,
    })
  return { exchange, secrets: [key, shown.authorization.slice('SC '.length)] }
}

function refusal(response: HttpResponse, what: string, answer: CopiaAnswer, now: number): TargetFailure {
  const codi = answer.ok ? undefined : answer.codi
  const code = codi === undefined ? undefined : codeOf[codi]
  if (code === undefined) return failureOf({ status: response.status, headers: response.headers, what, now })
  const detail = `${what} answered ${response.status}: ${codi}`
  return new TargetFailure(code, detail, code === 'CREDENTIALS_REFUSED' ? operatorPauseMs : undefined)
}

interface Waiting {
  readonly now: () => number
  readonly signal: AbortSignal
  readonly lookMs: number
}

function createService(exchange: Exchange, { now, signal, lookMs }: Waiting) {
  const failed = ({ status, headers }: HttpResponse, what: string) => failureOf({ status, headers, what, now: now() })

  async function session(what: string, response: HttpResponse): Promise<CopiaSession> {
    const answer = answerIn(await readAll(response.body))
    if (answer.ok) return answer.session
    throw refusal(response, what, answer, now())
  }

  async function ask(what: string, path: string, body?: object): Promise<CopiaSession> {
    const sent =
      body === undefined
        ? ({} as const)
        : { body: Buffer.from(JSON.stringify(body)), headers: { 'content-type': 'application/json' } }
    const response = await exchange(body === undefined ? 'GET' : 'POST', path, {
      ...sent,
      maxBodyBytes: maxAnswerBytes,
    })
    return session(what, response)
  }

  async function put(sessionId: string, part: keyof typeof partTypes, body: HttpRequest['body'], bytes: number) {
    const headers = { 'content-type': partTypes[part], 'content-length': String(bytes) }
    const path = copiaPaths.part(sessionId, part)
    const change = { headers, ...(body !== undefined && { body }), maxBodyBytes: maxAnswerBytes }
    const response = await exchange('PUT', path, change)
    if (response.status < 200 || response.status >= 300) {
      throw refusal(response, `the ${part}`, answerIn(await readAll(response.body)), now())
    }
    await passOver(response)
  }

  /** Until it is finished, or longer than somebody would wait. */
  async function settled(first: CopiaSession): Promise<CopiaDocument> {
    let current = first
    for (let look = 0; current.state === 'working' && look < looks; look += 1) {
      await delay(lookMs, undefined, { signal })
      current = await ask('the state of the session', copiaPaths.session(first.sessionId))
    }
    if (current.state === 'finished' && current.document !== undefined) return current.document
    if (current.state === 'failed') throw new TargetFailure('DESTINATION_REFUSED', 'the session came to a failure')
    throw new TargetFailure('DESTINATION_BUSY', `the session is ${current.state}`)
  }

  /** The copy as the service keeps it; a receipt in words is none. */
  async function readBack({ id }: CopiaDocument, { bytes, sha256 }: DeliveryRequest): Promise<void> {
    const response = await exchange('GET', copiaPaths.kept(id), { maxBodyBytes: bytes + 1 })
    if (response.status !== 200) {
      response.close()
      // Finished sessions are kept for hours only: whether it arrived is for somebody to say.
      if (response.status === 410)
        throw new TargetFailure('DESTINATION_REFUSED', 'it was finished, and is kept no more')
      throw failed(response, 'the copy as it is kept')
    }
    const kept = await measured(response.body, { bytes, sha256 }).catch(tooLarge)
    if (!isSame(kept, { bytes, sha256 }))
      throw new TargetFailure('RECEIPT_INVALID', 'other bytes are kept than were sent')
  }

  async function hand(request: DeliveryRequest, body: CheckedBody, asker: CopiaAsker): Promise<Receipt> {
    const opened = await ask('the session request', copiaPaths.sessions, sessionRequest(request, asker))
    let at = opened
    if (opened.state === 'open') {
      for (const { kind, bytes } of request.attachments ?? []) {
        await put(opened.sessionId, kind, bytes, bytes.byteLength)
      }
      await put(opened.sessionId, 'pdf', body.stream, request.bytes)
      at = await ask('the end of the session', copiaPaths.finish(opened.sessionId), {})
    }
    const document = await settled(at)
    if (document.sha256 !== request.sha256 || document.bytes !== request.bytes) {
      throw new TargetFailure('RECEIPT_INVALID', 'the receipt is about other bytes than were sent')
    }
    await readBack(document, request)
    const { id, csv, sha256, receivedAt } = document
    return { reference: csv === null ? id : `${id} CSV ${csv}`, sha256, receivedAt }
  }

  return Object.freeze({ hand })
}

function tooLarge(thrown: unknown) {
  if (thrown instanceof HttpError && thrown.kind === 'too-large') return undefined
  throw thrown
}
