// The net worker's side of the callbacks of sessions: one call, whose body is small enough for its frame.

import type { CallbackRequest, Callbacks } from '../../device/ports.ts'
import type { Handler, Handlers } from './serve.ts'

/** `callback`, `check-callback`. */
export function callbackHandlers(callbacks: Callbacks): Handlers {
  return new Map<string, Handler>([
    ['callback', (params, { signal }) => callbacks.call(params as CallbackRequest, signal)],
    ['check-callback', (params, { signal }) => callbacks.check(params as string, signal)],
  ])
}
