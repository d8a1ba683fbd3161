// JSON bodies held against their schemas.

import type { Static, TSchema } from 'typebox'
import Value from 'typebox/value'
import { Fault } from '../errors.ts'

/** The body where it is as agreed. Throws REQUEST_INVALID naming the first place that is not, never what stands there. */
export function shaped<S extends TSchema>(schema: S, body: unknown): Static<S> {
  if (Value.Check(schema, body)) return body
  const [first] = Value.Errors(schema, body)
  throw new Fault('REQUEST_INVALID', `${first?.instancePath ?? ''} ${first?.message ?? 'not as agreed'}`.trim())
}
