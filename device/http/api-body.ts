// What programs send and are sent, by all routes of their interface: bodies as they come, streams, idempotency keys.

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '../errors.ts'
import type { ByteStream } from '../ports.ts'

/** The body of a request as it comes; empty where there is none. */
export function bodyOf({ body }: FastifyRequest): ByteStream {
  return (body ?? nothing()) as ByteStream
}

/** What a request without a body has sent. */
async function* nothing(): ByteStream {
  // Refused where it is read.
}

export function streamed(reply: FastifyReply, type: string, body: ByteStream): FastifyReply {
  return reply.type(type).send(Readable.from(body))
}

const keyPattern = /^[\x21-\x7e]{1,200}$/

/** Null where the request has none. Throws REQUEST_INVALID. */
export function idempotencyKeyOf({ headers }: FastifyRequest): string | null {
  const key = headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key === 'string' && keyPattern.test(key)) return key
  throw new Fault('REQUEST_INVALID', 'Idempotency-Key has 1 to 200 visible characters')
}
