// What programs send and are sent, by all routes of their interface: bodies as they come, streams, idempotency keys.

import { Readable } from 'node:stream'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Fault } from '../errors.ts'
import { nearestName } from '../nearest.ts'
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

/** The parameters of the query, each at most once. Throws REQUEST_INVALID for one that there is not: a misspelled one would be passed over. */
export function queryOf<Name extends string>(
  request: FastifyRequest,
  names: readonly Name[],
): Readonly<Partial<Record<Name, string>>> {
  const given = Object.entries(request.query as Readonly<Record<string, unknown>>)
  for (const [name, value] of given) {
    if (!names.some(one => one === name)) throw unknownParameter(name, names)
    if (typeof value !== 'string') throw new Fault('REQUEST_INVALID', `${name}: wanted once`)
  }
  return Object.fromEntries(given) as Partial<Record<Name, string>>
}

function unknownParameter(name: string, names: readonly string[]): Fault {
  const nearest = nearestName(name, names)
  const meant = nearest === undefined ? '' : `; did you mean ${nearest}?`
  return new Fault('REQUEST_INVALID', `${name}: there is no such parameter${meant}`)
}

/** Throws MEDIA_TYPE_REFUSED for JSON that says it is not in UTF-8, the only encoding that JSON has (RFC 8259, 8.1). */
export function refuseOtherEncodings({ headers }: FastifyRequest): void {
  const charset = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(headers['content-type'] ?? '')?.[1]
  if (charset !== undefined && !/^(utf-?8|us-ascii)$/i.test(charset))
    throw new Fault('MEDIA_TYPE_REFUSED', `JSON is in UTF-8, not in ${charset}`)
}
