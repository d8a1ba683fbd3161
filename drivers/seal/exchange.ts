// One exchange with a seal service: what goes out, what came back, and how it is told when nothing usable did. Of an answer
// that is no success only the status and a short error code are told: a body may give back what it was sent.

import { Fault } from '../../device/errors.ts'
import { readCaFile, readSecretLine } from '../credential-file.ts'
import { type HttpRequest, request } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import { retryAfterMs } from '../retry-after.ts'

const connectTimeoutMs = 10_000
const idleTimeoutMs = 30_000
const defaultDeadlineMs = 60_000

/** Whom to trust for TLS and how long to wait; absent: the runtime's own authorities, 60 s. */
export interface SealPeer {
  /** PEM of the only authorities trusted for TLS. */
  readonly caFile?: string
  /** The only keys that it may have (drivers/pins.ts). */
  readonly pins?: readonly string[]
  readonly deadlineMs?: number
}

export interface SealAnswer {
  readonly status: number
  readonly body: Uint8Array
  /** How long it asks to be left alone, milliseconds. */
  readonly retryAfterMs?: number | undefined
}

export type SealAsk = Pick<HttpRequest, 'method' | 'url' | 'headers' | 'body' | 'maxBodyBytes'>

/** Resolves with any status. Throws SEAL_UNREACHABLE, SEAL_UNTRUSTED, TLS_PIN_MISMATCH, SEAL_CREDENTIALS_REFUSED, the signal's reason. */
export async function exchange(ask: SealAsk, peer: SealPeer, signal?: AbortSignal): Promise<SealAnswer> {
  const { text: ca } = await trusted(peer.caFile)
  try {
    const response = await request({
      ...ask,
      ...(ca !== undefined && { ca }),
      pins: peer.pins,
      keep: true,
      ...(signal !== undefined && { signal }),
      connectTimeoutMs,
      idleTimeoutMs,
      deadlineMs: peer.deadlineMs ?? defaultDeadlineMs,
    })
    const asked = retryAfterMs(response.headers, Date.now())
    return { status: response.status, body: await readAll(response.body), retryAfterMs: asked }
  } catch (thrown) {
    if (!(thrown instanceof HttpError)) throw thrown
    throw new Fault(codes[thrown.kind], thrown.message, { cause: thrown })
  }
}

const codes = {
  refused: 'SEAL_UNREACHABLE',
  timeout: 'SEAL_UNREACHABLE',
  reset: 'SEAL_UNREACHABLE',
  malformed: 'SEAL_UNREACHABLE',
  'too-large': 'SEAL_UNREACHABLE',
  forbidden: 'SEAL_REFUSED',
  tls: 'SEAL_UNTRUSTED',
  pin: 'TLS_PIN_MISMATCH',
  credentials: 'SEAL_CREDENTIALS_REFUSED',
} as const satisfies Record<HttpError['kind'], string>

async function trusted(caFile: string | undefined) {
  const ca = await readCaFile(caFile)
  if (!ca.usable) throw new Fault('SEAL_UNTRUSTED', ca.reason)
  return ca
}

/** One line of a file that only its owner may read. Throws SEAL_CREDENTIALS_REFUSED. */
export async function secretLine(what: string, path: string): Promise<string> {
  const line = await readSecretLine(what, path)
  if (!line.usable) throw new Fault('SEAL_CREDENTIALS_REFUSED', line.reason)
  return line.text
}

export type Json = Readonly<Record<string, unknown>>

/** The object in an answer; undefined for anything else, be it well-formed. */
export function jsonIn({ body }: SealAnswer): Json | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    return asObject(value)
  } catch {
    return undefined
  }
}

export function asObject(value: unknown): Json | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : undefined
}

/** The object of a 200. Throws what `refusal` makes of any other status, SEAL_UNREACHABLE for a page of a proxy's. */
export function objectIn(answer: SealAnswer, what: string): Json {
  if (answer.status !== 200) throw refusal(answer, what)
  const object = jsonIn(answer)
  if (object === undefined) throw new Fault('SEAL_UNREACHABLE', `${what}: the answer is no JSON object`)
  return object
}

/** Whether it can be a token: the characters of RFC 6750, 2.1, nothing that would become a header of its own. */
export function isBearer(value: unknown): value is string {
  return typeof value === 'string' && /^[A-Za-z0-9._~+/-]{1,16000}=*$/.test(value)
}

/** Why there is no success. `what` names the call. */
export function refusal(answer: SealAnswer, what: string): Fault {
  const { status, retryAfterMs } = answer
  const code = jsonIn(answer)?.['error']
  const named = typeof code === 'string' && /^[A-Za-z][A-Za-z_]{0,39}$/.test(code) ? ` (${code})` : ''
  const detail = `${what}: answered ${status}${named}`
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    return new Fault('SEAL_UNREACHABLE', detail, { retryAfterMs })
  }
  if (status === 401 || status === 403 || status === 407) return new Fault('SEAL_CREDENTIALS_REFUSED', detail)
  // A redirect is not followed: a captive portal sends them.
  if (status === 302 || status === 303 || status === 307) return new Fault('SEAL_UNREACHABLE', detail)
  return new Fault('SEAL_REFUSED', detail)
}
