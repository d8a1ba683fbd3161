// The receiving side of the delivery contract (stated in drivers/delivery/https.ts), read strictly and written apart from
// the driver's own encoders, so that both would have to be wrong in the same way. Pure: header fields in, claim out.

import { Buffer } from 'node:buffer'
import type { IncomingHttpHeaders } from 'node:http'

const maxBodyBytes = 256 * 1024 * 1024
const maxMetadataBytes = 4096

/** What a request says about its body, before the body is seen. */
export interface Claim {
  readonly idempotencyKey: string
  readonly sha256: string
  readonly bytes: number
  readonly fileName: string
  readonly metadata: Readonly<Record<string, string>>
}

/** RFC 9457 problem details, as far as the contract uses them. */
export class Problem extends Error {
  override readonly name = 'Problem'
  readonly status: number
  readonly title: string
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, title: string, headers: Readonly<Record<string, string>> = {}) {
    super(`${status} ${title}`)
    this.status = status
    this.title = title
    this.headers = headers
  }
}

export interface RequestHead {
  readonly method: string
  readonly path: string
  readonly headers: IncomingHttpHeaders
}

/** The claim of a request that keeps the contract; throws the Problem to be answered otherwise. */
export function readClaim({ method, path, headers }: RequestHead, own: { path: string; token?: string }): Claim {
  if (path !== own.path) throw new Problem(404, 'No such resource')
  if (method !== 'POST') throw new Problem(405, 'Only POST', { allow: 'POST' })
  if (own.token !== undefined && headers.authorization !== `Bearer ${own.token}`) {
    throw new Problem(401, 'Bearer token missing or unknown', { 'www-authenticate': 'Bearer' })
  }
  const idempotencyKey = structuredString(field(headers, 'idempotency-key'))
  if (idempotencyKey === undefined) throw new Problem(400, 'Idempotency-Key missing or malformed')
  if (headers['content-type'] !== 'application/pdf') throw new Problem(415, 'Only application/pdf')
  const bytes = Number(headers['content-length'] ?? Number.NaN)
  if (!Number.isSafeInteger(bytes)) throw new Problem(411, 'Content-Length missing')
  if (bytes > maxBodyBytes) throw new Problem(413, 'Too large')
  const digest = /^sha-256=(:[^:]+:)$/.exec(field(headers, 'content-digest') ?? '')?.[1]
  const sha256 = byteSequence(digest)
  if (sha256?.length !== 32) throw new Problem(400, 'Content-Digest missing or malformed')
  const fileName = dispositionName(field(headers, 'content-disposition'))
  if (fileName === undefined) throw new Problem(400, 'Content-Disposition missing or malformed')
  const metadata = readMetadata(field(headers, 'compulsa-metadata'))
  return { idempotencyKey, sha256: sha256.toString('hex'), bytes, fileName, metadata }
}

/** One string; a field that came twice is none (node joins repetitions with a comma, which no pattern here lets pass). */
function field(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = headers[name]
  return typeof value === 'string' ? value : undefined
}

/** RFC 9651, 4.2.5. */
function structuredString(text: string | undefined): string | undefined {
  const inner = /^"((?:[\x20-\x21\x23-\x5b\x5d-\x7e]|\\["\\])+)"$/.exec(text ?? '')?.[1]
  return inner?.replace(/\\(["\\])/g, '$1')
}

/** RFC 9651, 4.2.7; canonical base64 only. */
function byteSequence(text: string | undefined): Buffer | undefined {
  const base64 = /^:([A-Za-z0-9+/]*={0,2}):$/.exec(text ?? '')?.[1]
  if (base64 === undefined) return undefined
  const bytes = Buffer.from(base64, 'base64')
  return bytes.toString('base64') === base64 ? bytes : undefined
}

/** RFC 6266, 4.1: `filename*` wins over `filename`. No path may pass. */
function dispositionName(text: string | undefined): string | undefined {
  const parts = /^attachment; filename="((?:[^"\\\r\n])*)"(?:; filename\*=UTF-8''([A-Za-z0-9!#$&+.^_`|~%-]+))?$/.exec(
    text ?? '',
  )
  if (parts === null) return undefined
  const name = parts[2] === undefined ? parts[1] : decodeURIComponent(parts[2])
  return name === undefined || name === '' || /[/\\\p{Cc}]/u.test(name) ? undefined : name
}

function readMetadata(text: string | undefined): Readonly<Record<string, string>> {
  const bytes = byteSequence(text)
  if (bytes === undefined || bytes.length > maxMetadataBytes) {
    throw new Problem(400, 'Compulsa-Metadata missing, malformed or too large')
  }
  const value: unknown = parse(bytes)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Problem(400, 'Compulsa-Metadata is not a JSON object')
  }
  const entries = Object.entries(value).map(([name, member]): [string, string] => {
    if (typeof member !== 'string') throw new Problem(400, 'Compulsa-Metadata holds more than strings')
    return [name, member]
  })
  return Object.freeze(Object.fromEntries(entries))
}

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes))
  } catch (thrown) {
    throw new Problem(400, `Compulsa-Metadata is not UTF-8 JSON (${thrown instanceof Error ? thrown.name : 'unknown'})`)
  }
}
