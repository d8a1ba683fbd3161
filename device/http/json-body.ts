// JSON bodies: read from a stream where the application hands bodies on as they come, and held against their schemas.

import { Buffer } from 'node:buffer'
import type { Static, TSchema } from 'typebox'
import Value from 'typebox/value'
import { Fault } from '../errors.ts'
import type { ByteStream } from '../ports.ts'

/** Throws MESSAGE_TOO_LARGE, and REQUEST_INVALID for what is no JSON; neither tells what was in it. `what`: e.g. "the order". */
export async function jsonOf(body: unknown, maxBytes: number, what: string): Promise<unknown> {
  const pieces: Uint8Array[] = []
  let size = 0
  for await (const piece of (body ?? []) as ByteStream) {
    size += piece.byteLength
    if (size > maxBytes) throw new Fault('MESSAGE_TOO_LARGE', `${what} is over ${maxBytes} bytes`)
    pieces.push(piece)
  }
  try {
    // RFC 8259, 8.1. What came in another encoding would otherwise be taken with other letters than were sent.
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(pieces)))
  } catch {
    throw new Fault('REQUEST_INVALID', `${what} is no JSON in UTF-8`)
  }
}

/** The body where it is as agreed. Throws REQUEST_INVALID naming the first place that is not, never what stands there. */
export function shaped<S extends TSchema>(schema: S, body: unknown): Static<S> {
  if (Value.Check(schema, body)) return body
  const [first] = Value.Errors(schema, body)
  throw new Fault('REQUEST_INVALID', `${first?.instancePath ?? ''} ${first?.message ?? 'not as agreed'}`.trim())
}
