// The clocks of one HTTP exchange: connection, silence and the whole, and the caller's own signal.

import type { HttpRequest } from './http.ts'
import { HttpError } from './http-error.ts'

const defaultConnectTimeoutMs = 10_000
const defaultIdleTimeoutMs = 60_000
const defaultDeadlineMs = 10 * 60_000

/** The clocks of one exchange: whichever limit passes first aborts `signal` with what the caller shall be told. */
export interface Limits {
  readonly host: string
  readonly signal: AbortSignal
  readonly connected: () => void
  /** Whether there ever was a connection. */
  readonly reached: () => boolean
  /** Runs the idle clock while the peer is to act. */
  readonly waiting: <T>(turn: Promise<T>) => Promise<T>
  readonly failure: () => unknown
  readonly end: () => void
}

/** Starts the clocks of an exchange; `end` stops them. */
export function createLimits(options: HttpRequest): Limits {
  const host = new URL(options.url).host
  const controller = new AbortController()
  let reached = false
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
    connected: () => {
      reached = true
      clearTimeout(connecting)
    },
    reached: () => reached,
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
