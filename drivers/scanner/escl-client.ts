// The eSCL requests of one scanner over HTTP: every answer is decoded or handed over by its status, every failure of
// the network is a Fault that names what happened to the scanner. No decisions are made here, no redirect is followed.

import { Fault } from '../../device/errors.ts'
import type { ByteStream, ScanFaultCode } from '../../device/ports.ts'
import { type HttpRequest, type HttpResponse, request } from '../http.ts'
import { readAll } from '../http-body.ts'
import { HttpError, type HttpErrorKind } from '../http-error.ts'
import { decodeCapabilities, type EsclCapabilities } from './escl-capabilities.ts'
import type { EsclQuirks } from './escl-quirks.ts'
import { decodeStatus, type EsclStatus, jobPathOf } from './escl-status.ts'

/** What a scanner may ask for between two requests: never none, and never so long that somebody walks away. */
const retryAfterMs = { least: 200, most: 10_000 }

/** How long a scanner may take and how much it may send. */
export interface EsclLimits {
  readonly connectTimeoutMs: number
  /** Longest silence while a page is awaited or on its way. */
  readonly documentIdleTimeoutMs: number
  readonly documentDeadlineMs: number
  readonly metadataDeadlineMs: number
  readonly cleanUpDeadlineMs: number
  readonly maxMetadataBytes: number
  readonly maxImageBytes: number
  /** Of one scan, over all its jobs; nobody has a feeder or the patience for more. */
  readonly maxImages: number
}

export const esclLimits: EsclLimits = Object.freeze({
  connectTimeoutMs: 5_000,
  documentIdleTimeoutMs: 60_000,
  documentDeadlineMs: 10 * 60_000,
  metadataDeadlineMs: 15_000,
  cleanUpDeadlineMs: 3_000,
  maxMetadataBytes: 1024 * 1024,
  maxImageBytes: 256 * 1024 * 1024,
  maxImages: 10_000,
})

/** An answer without what was asked for; `retryAfterMs` where the scanner names a time. */
export interface Refusal {
  readonly refused: { readonly status: number; readonly retryAfterMs?: number }
}

/** What a POST to ScanJobs came to. */
export type JobAnswer = { readonly job: string } | Refusal

/** What a GET of NextDocument came to; `image` breaks with a Fault when the scanner goes away under it. */
export type DocumentAnswer = { readonly image: ByteStream } | Refusal

/** All throw Fault (SCANNER_ABSENT, _UNPLUGGED, _TIMEOUT, _FAILED, _BUSY) or the signal's reason. */
export interface EsclClient {
  /** `server` is what the scanner's web server calls itself; empty where it does not. */
  capabilities(signal?: AbortSignal): Promise<{ readonly capabilities: EsclCapabilities; readonly server: string }>
  status(signal?: AbortSignal): Promise<EsclStatus>
  /** Cannot be aborted: a job that was made and whose place nobody has heard would keep the scanner busy. */
  createJob(ticket: string, hostHeader?: EsclQuirks['hostHeader']): Promise<JobAnswer>
  nextDocument(job: string, signal: AbortSignal): Promise<DocumentAnswer>
  /** Gives the job up; whether the scanner still answers makes no difference to anyone, so this never throws. */
  deleteJob(job: string): Promise<'deleted' | 'unreachable'>
}

export interface EsclClientOptions {
  /** The eSCL root, for example `http://127.0.0.1:60000/eSCL`. */
  readonly url: string
  readonly limits?: EsclLimits
  /** Whether an address may be connected to; absent: any. */
  readonly mayConnect?: (address: string) => boolean
}

export function createEsclClient({ url, limits = esclLimits, mayConnect }: EsclClientOptions): EsclClient {
  const root = new URL(url)
  const rootPath = root.pathname.replace(/\/+$/, '')
  const { connectTimeoutMs, metadataDeadlineMs, cleanUpDeadlineMs } = limits
  const guard = mayConnect === undefined ? {} : { mayConnect }
  const call = (method: HttpRequest['method'], path: string, options: Omit<HttpRequest, 'method' | 'url'>) =>
    exchange({ connectTimeoutMs, ...guard, ...options, method, url: new URL(root.origin + path) })
  const document = async (name: string, signal?: AbortSignal) => {
    const bounds = { deadlineMs: metadataDeadlineMs, maxBodyBytes: limits.maxMetadataBytes }
    const response = await call('GET', `${rootPath}/${name}`, { ...bounds, ...optional(signal) })
    if (response.status !== 200) {
      response.close()
      const code = response.status === 503 ? 'SCANNER_BUSY' : 'SCANNER_FAILED'
      throw new Fault(code, `${name} was answered with ${response.status}`)
    }
    const body = await faulty(() => readAll(response.body), signal)
    return { body, server: response.headers['server'] ?? '' }
  }

  return Object.freeze({
    capabilities: async (signal?: AbortSignal) => {
      const { body, server } = await document('ScannerCapabilities', signal)
      return { capabilities: decodeCapabilities(body), server }
    },
    status: async (signal?: AbortSignal) => decodeStatus((await document('ScannerStatus', signal)).body),
    createJob: async (ticket: string, hostHeader: EsclQuirks['hostHeader'] = 'plain'): Promise<JobAnswer> => {
      const response = await call('POST', `${rootPath}/ScanJobs`, {
        headers: { 'content-type': 'text/xml', host: hostOf(root, hostHeader) },
        body: new TextEncoder().encode(ticket),
        deadlineMs: metadataDeadlineMs,
      })
      // Nothing of the body is read: one maker ends the connection behind the headers.
      response.close()
      if (response.status !== 201) return refusal(response)
      const job = jobPathOf(response.headers['location'] ?? '', rootPath)
      if (job === undefined) throw new Fault('SCANNER_FAILED', 'the scanner did not say where its job is')
      return { job }
    },
    nextDocument: async (job: string, signal: AbortSignal): Promise<DocumentAnswer> => {
      const response = await call('GET', `${job}/NextDocument`, {
        idleTimeoutMs: limits.documentIdleTimeoutMs,
        deadlineMs: limits.documentDeadlineMs,
        maxBodyBytes: limits.maxImageBytes,
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
    pin: 'SCANNER_FAILED',
    credentials: 'SCANNER_FAILED',
    forbidden: 'SCANNER_FAILED',
    reset: 'SCANNER_UNPLUGGED',
    'too-large': 'SCANNER_FAILED',
    malformed: 'SCANNER_FAILED',
  }
  return new Fault(codes[thrown.kind], thrown.message, { cause: thrown })
}

/** Retry-After (RFC 9110, 10.2.3); a date counts from the scanner's own Date, whose clock nobody has set. */
function refusal({ status, headers }: HttpResponse): Refusal {
  const field = (headers['retry-after'] ?? '').trim()
  const ms = /^\d{1,5}$/.test(field) ? Number(field) * 1000 : Date.parse(field) - Date.parse(headers['date'] ?? '')
  const named = Number.isFinite(ms) && ms >= 0
  return {
    refused: {
      status,
      ...(named ? { retryAfterMs: Math.min(Math.max(ms, retryAfterMs.least), retryAfterMs.most) } : {}),
    },
  }
}

/** The Host field of a request to there. */
export function hostOf({ hostname, host, port, protocol }: URL, header: EsclQuirks['hostHeader']): string {
  if (header === 'localhost') return 'localhost'
  if (header === 'plain' || port !== '') return host
  return `${hostname}:${protocol === 'https:' ? 443 : 80}`
}

function optional(signal: AbortSignal | undefined): { signal?: AbortSignal } {
  return signal === undefined ? {} : { signal }
}
