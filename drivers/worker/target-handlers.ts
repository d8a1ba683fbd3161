// The parse worker's side of the target imaging port: the image is the call's input, what was measured its result.

import type { TargetImaging } from '../../device/ports.ts'
import type { Handler, Handlers } from './serve.ts'

/** `measureTarget`. */
export function targetHandlers(targets: TargetImaging): Handlers {
  const measure: Handler = (_params, { input, signal }) => targets.measure(input, signal)
  return new Map([['measureTarget', measure]])
}
