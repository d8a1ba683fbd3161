// The eSCL requests of one scanner over HTTP: every answer is decoded or handed over by its status, every failure of
// the network is a Fault that names what happened to the scanner. No decisions are made here.

import { Fault } from '../../device/errors.ts'
import type { ByteStream, ScanFaultCode } from '../../device/ports.ts'
import { type HttpRequest, type HttpResponse, request } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError, type HttpErrorKind } from '../http-error.ts'
import { decodeCapabilities, decodeStatus, type EsclCapabilities, type EsclStatus, jobPathOf } from './escl-protocol.ts'

const connectTimeoutMs = 5_000
const documentIdleTimeoutMs = 60_000
const documentDeadlineMs = 10 * 60_000
const metadataDeadlineMs = 15_000
const cleanUpDeadlineMs = 3_000
const maxMetadataBytes = 1024 * 1024
const maxImageBytes = 256 * 1024 * 1024
const maxRetryAfterMs = 10_000

/** What a POST to ScanJobs came to. */
export type JobAnswer =
  | { readonly job: string }
  | { readonly refused: { readonly status: number; readonly retryAfterMs?: number } }

/** What a GET of NextDocument came to; `image` breaks with a Fault when the scanner goes away under it. */
export type DocumentAnswer =
  | { readonly image: ByteStream }
  | { readonly refused: { readonly status: number; readonly retryAfterMs?: number } }

/** All throw Fault (SCANNER_ABSENT, _UNPLUGGED, _TIMEOUT, _FAILED) or the signal's reason. */
export interface EsclClient {
  capabilities(signal?: AbortSignal): Promise<EsclCapabilities>
  status(signal?: AbortSignal): Promise<EsclStatus>
  /** Cannot be aborted: a job that was made and whose place nobody has heard would keep the scanner busy. */
  createJob(ticket: string): Promise<JobAnswer>
  nextDocument(job: string, signal: AbortSignal): Promise<DocumentAnswer>
  /** Gives the job up; whether the scanner still answers makes no difference to anyone, so this never throws. */
  deleteJob(job: string): Promise<'deleted' | 'unreachable'>
}

/** `url` is the eSCL root, for example `http://127.0.0.1:60000/eSCL`. */
export function createEsclClient(url: string): EsclClient {
  const root = new URL(url)
  const rootPath = root.pathname.replace(/\/+$/, '')
  const call = (method: HttpRequest['method'], path: string, options: Omit<HttpRequest, 'method' | 'url'>) =>
    exchange({ connectTimeoutMs, ...options, method, url: new URL(root.origin + path) })
  const document = async (name: string, signal?: AbortSignal) => {
    const limits = { deadlineMs: metadataDeadlineMs, maxBodyBytes: maxMetadataBytes, ...optional(signal) }
    const response = await call('GET', `${rootPath}/${name}`, limits)
    const body = await faulty(() => readAll(response.body), signal)
    if (response.status !== 200) throw new Fault('SCANNER_FAILED', `${name} was answered with ${response.status}`)
    return body
  }

  return Object.freeze({
    capabilities: async (signal?: AbortSignal) => decodeCapabilities(await document('ScannerCapabilities', signal)),
    status: async (signal?: AbortSignal) => decodeStatus(await document('ScannerStatus', signal)),
    createJob: async (ticket: string): Promise<JobAnswer> => {
      const response = await call('POST', `${rootPath}/ScanJobs`, {
        headers: { 'content-type': 'text/xml' },
        body: new TextEncoder().encode(ticket),
        deadlineMs: metadataDeadlineMs,
      })
      response.close()
      if (response.status !== 201) return refusal(response)
      const job = jobPathOf(response.headers['location'] ?? '', rootPath)
      if (job === undefined) throw new Fault('SCANNER_FAILED', 'the scanner did not say where its job is')
      return { job }
    },
    nextDocument: async (job: string, signal: AbortSignal): Promise<DocumentAnswer> => {
      const response = await call('GET', `${job}/NextDocument`, {
        idleTimeoutMs: documentIdleTimeoutMs,
        deadlineMs: documentDeadlineMs,
        maxBodyBytes: maxImageBytes,
        signal,
      })
      if (response.status === 200) return { image: faultyStream(response.body, signal) }
      response.close()
      return refusal(response)
    },
    deleteJob: async (job: string) => {
      try {
        const response = await call('DELETE', job, {
          deadlineMs: cleanUpDeadlineMs,
          connectTimeoutMs: cleanUpDeadlineMs,
        })
        response.close()
        return 'deleted' as const
      } catch (thrown) {
        if (thrown instanceof Fault) return 'unreachable' as const
        throw thrown
      }
    },
  })
}

function exchange(options: HttpRequest): Promise<HttpResponse> {
  return faulty(() => request(options), options.signal)
}

async function faulty<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await work()
  } catch (thrown) {
    throw asScannerFault(thrown, signal)
  }
}

async function* faultyStream(body: ByteStream, signal: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* body
  } catch (thrown) {
    throw asScannerFault(thrown, signal)
  }
}

function asScannerFault(thrown: unknown, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted === true || !(thrown instanceof HttpError)) return thrown
  const codes: Record<HttpErrorKind, ScanFaultCode> = {
    refused: 'SCANNER_ABSENT',
    timeout: 'SCANNER_TIMEOUT',
    tls: 'SCANNER_FAILED',
    credentials: 'SCANNER_FAILED',
    forbidden: 'SCANNER_FAILED',
    reset: 'SCANNER_UNPLUGGED',
    'too-large': 'SCANNER_FAILED',
    malformed: 'SCANNER_FAILED',
  }
  return new Fault(codes[thrown.kind], thrown.message, { cause: thrown })
}

/** Retry-After in seconds (RFC 9110, 10.2.3); its date form is of no use on a clock that the scanner sets. */
function refusal({ status, headers }: HttpResponse) {
  const seconds = /^\s*(\d{1,5})\s*$/.exec(headers['retry-after'] ?? '')?.[1]
  const retryAfterMs = seconds === undefined ? undefined : Math.min(Number(seconds) * 1000, maxRetryAfterMs)
  return { refused: { status, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) } }
}

function optional(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
