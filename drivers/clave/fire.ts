// The ClaveFirma port over the published HTTP interface of FIRe (@firma): one form by POST for each operation, so that nobody's
// number stands in an address. Nothing is repeated, no redirect is followed, a service that does not answer is left alone
// for a moment, and of its answers no word is told.

import { type ErrorCode, Fault } from '../../device/errors.ts'
import type { ClaveDocument, ClaveFirma, ClaveOrder, ClaveTransaction } from '../../device/ports.ts'
import { createBreakers } from '../breakers.ts'
import { readCaFile, readClientCertificate, readSecretLine, readTokenFile } from '../credential-file.ts'
import { request } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError } from '../http-error.ts'
import { retryAfterMs } from '../retry-after.ts'
import { codeOf, errorNumberIn, type FireAnswer, failureIn } from './fire-errors.ts'
import {
  about,
  addDocumentForm,
  batchIn,
  batchResultIn,
  checkDone,
  checkRecovered,
  createBatchForm,
  type FireApplication,
  type Form,
  operations,
  progressIn,
  signatureIn,
  signBatchForm,
  signForm,
  startedIn,
} from './fire-wire.ts'

export interface FireOptions extends FireApplication {
  /** `https:`, FIRe's own address; `/fireService` follows. */
  readonly url: string
  readonly applicationId: string
  /** PEM or PKCS#12 of the certificate that FIRe knows the kiosk by. */
  readonly certificateFile?: string
  readonly keyFile?: string
  /** Opens the key, or the PKCS#12 file. */
  readonly passwordFile?: string
  /** Of a gateway in front of FIRe that asks for a bearer token. */
  readonly tokenFile?: string
  /** PEM of the only authorities trusted for TLS. */
  readonly caFile?: string
  /** The only keys that it may have (drivers/pins.ts). */
  readonly pins?: readonly string[]
  /** For one exchange. Default 30 s. */
  readonly deadlineMs?: number
}

const connectTimeoutMs = 10_000
const idleTimeoutMs = 30_000
const defaultDeadlineMs = 30_000
/** A CMS with its certificates, or the list of a batch, many times over. */
const maxAnswerBytes = 1024 * 1024
/** A service that did not answer is left alone for a moment, whoever asks. */
const restMs = 5_000
/** No transaction has this name. */
const nobody: ClaveTransaction = { id: 'compulsa-check', subject: '00000000T' }

/** While it is left alone that can be seen in `breakers`. */
export function createFire(options: FireOptions, breakers = createBreakers()): ClaveFirma {
  const { url } = options
  const breaker = breakers.add(
    { service: 'clave', id: 'fire', url },
    {
      now: () => performance.now(),
      pauseMs: restMs,
      longestMs: restMs,
      verdict: thrown => {
        if (!(thrown instanceof Fault)) return 'nothing'
        return thrown.code === 'CLAVE_UNREACHABLE' ? { waitMs: thrown.retryAfterMs ?? 0 } : 'answered'
      },
      resting: leftMs => new Fault('CLAVE_UNREACHABLE', 'FIRe did not answer a moment ago', { retryAfterMs: leftMs }),
    },
  )
  /** Transactions that the service has completed, and whose signature it still has: it completes each once. */
  const completed = new Set<string>()
  /** What stands in an answer is judged inside the breaker: a page of a proxy's is no answer. */
  const asked = <T>(form: Form, read: (answer: FireAnswer) => T, signal?: AbortSignal): Promise<T> =>
    breaker.run(async () => read(await exchange(options, form, signal)), signal)

  async function recover(transaction: ClaveTransaction, signal?: AbortSignal): Promise<Uint8Array> {
    const { id } = transaction
    if (!completed.has(id)) await asked(about(operations.recoverSign, transaction), checkRecovered, signal)
    completed.add(id)
    try {
      const signature = await asked(about(operations.recoverSignResult, transaction), signatureIn, signal)
      completed.delete(id)
      return signature
    } catch (thrown) {
      if (!(thrown instanceof Fault && thrown.code === 'CLAVE_UNREACHABLE')) completed.delete(id)
      throw thrown
    }
  }

  return Object.freeze({
    start: (order: ClaveOrder, document: ClaveDocument, signal?: AbortSignal) =>
      asked(signForm(order, document, options), startedIn, signal),
    recover: (transaction: ClaveTransaction, signal?: AbortSignal) => recover(transaction, signal),
    failure: (transaction: ClaveTransaction, signal?: AbortSignal) =>
      asked(about(operations.recoverError, transaction), toldFailure, signal),
    async startBatch(order: ClaveOrder, documents: readonly ClaveDocument[], signal?: AbortSignal) {
      const id = await asked(createBatchForm(order, options), batchIn, signal)
      const transaction = { id, subject: order.subject }
      for (const document of documents) await asked(addDocumentForm(transaction, document), checkDone, signal)
      return asked(signBatchForm(transaction), startedIn, signal)
    },
    recoverBatch: (transaction: ClaveTransaction, signal?: AbortSignal) =>
      asked(about(operations.recoverBatch, transaction), batchResultIn, signal),
    batchProgress: (transaction: ClaveTransaction, signal?: AbortSignal) =>
      asked(about(operations.recoverBatchState, transaction), progressIn, signal),
    recoverBatchSignature: (transaction: ClaveTransaction, docid: string, signal?: AbortSignal) =>
      asked({ ...about(operations.recoverSignBatch, transaction), docid }, signatureIn, signal),
    async check(signal?: AbortSignal) {
      const { code, detail } = await asked(about(operations.recoverError, nobody), toldFailure, signal)
      if (code !== 'CLAVE_EXPIRED') throw new Fault(code, detail)
    },
  })
}

/** Told with status 200 and with others. */
function toldFailure(answer: FireAnswer): { readonly code: ErrorCode; readonly detail: string } {
  const number = errorNumberIn(answer.body)
  if (number === undefined) throw failureIn(answer)
  const code = codeOf(number)
  if (code === 'CLAVE_CREDENTIALS_REFUSED') throw failureIn(answer)
  return { code, detail: `FIRe tells error ${number}` }
}

async function exchange(options: FireOptions, form: Form, signal?: AbortSignal): Promise<FireAnswer> {
  const shown = await credentials(options)
  const body = new URLSearchParams({ ...form, appid: options.applicationId }).toString()
  try {
    const response = await request({
      method: 'POST',
      url: `${options.url.replace(/\/$/, '')}/fireService`,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        ...(shown.token !== undefined && { authorization: `Bearer ${shown.token}` }),
      },
      body: Buffer.from(body, 'latin1'),
      ...(shown.ca !== undefined && { ca: shown.ca }),
      pins: options.pins,
      keep: true,
      ...(shown.client !== undefined && { clientCertificate: shown.client }),
      connectTimeoutMs,
      idleTimeoutMs,
      deadlineMs: options.deadlineMs ?? defaultDeadlineMs,
      maxBodyBytes: maxAnswerBytes,
      ...(signal !== undefined && { signal }),
    })
    const asked = retryAfterMs(response.headers, Date.now())
    return { status: response.status, body: await readAll(response.body), retryAfterMs: asked }
  } catch (thrown) {
    if (!(thrown instanceof HttpError)) throw thrown
    throw new Fault(codes[thrown.kind], thrown.message, { cause: thrown })
  }
}

const codes = {
  refused: 'CLAVE_UNREACHABLE',
  timeout: 'CLAVE_UNREACHABLE',
  reset: 'CLAVE_UNREACHABLE',
  malformed: 'CLAVE_UNREACHABLE',
  'too-large': 'CLAVE_UNREACHABLE',
  forbidden: 'CLAVE_REFUSED',
  tls: 'CLAVE_UNTRUSTED',
  pin: 'TLS_PIN_MISMATCH',
  credentials: 'CLAVE_CREDENTIALS_REFUSED',
} as const satisfies Record<HttpError['kind'], ErrorCode>

/** Read anew each time, so that replacing a file is all that a renewal takes. */
async function credentials({ caFile, certificateFile, keyFile, passwordFile, tokenFile }: FireOptions) {
  const ca = await readCaFile(caFile)
  if (!ca.usable) throw new Fault('CLAVE_UNTRUSTED', ca.reason)
  const refused = (reason: string) => new Fault('CLAVE_CREDENTIALS_REFUSED', reason)
  const password = passwordFile === undefined ? undefined : await readSecretLine('password', passwordFile)
  if (password?.usable === false) throw refused(password.reason)
  const files = { ...(certificateFile !== undefined && { certificateFile }), ...(keyFile !== undefined && { keyFile }) }
  const certificate = await readClientCertificate(files, password?.text)
  if (!certificate.usable) throw refused(certificate.reason)
  const token = tokenFile === undefined ? undefined : await readTokenFile(tokenFile)
  if (token?.usable === false) throw refused(token.reason)
  return { ca: ca.text, client: certificate.client, token: token?.text }
}
