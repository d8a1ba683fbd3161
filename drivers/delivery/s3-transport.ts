// The AWS SDK's HTTP by way of the one door out: TLS with our own trust, the same deadlines and limits as everywhere, nothing
// tried again behind the caller's back. The SDK signs; it opens no socket of its own.

import { Readable } from 'node:stream'
import type { S3ClientConfig } from '@aws-sdk/client-s3'
import type { ByteStream } from '../../device/ports.ts'
import { type HttpRequest, request as httpRequest } from '../http.ts'
import { passOver } from '../http-body.ts'

/** A request as the SDK has signed it; everything in it is encoded as it was signed. */
interface SdkRequest {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[] | null>>
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

export type TransportLimits = Pick<
  HttpRequest,
  'ca' | 'pins' | 'connectTimeoutMs' | 'idleTimeoutMs' | 'deadlineMs' | 'maxBodyBytes' | 'signal'
>

const methods = ['GET', 'HEAD', 'PUT'] as const

/** What the SDK calls its request handler. Throws HttpError and the signal's reason through the SDK. */
export function s3Transport(limits: TransportLimits): NonNullable<S3ClientConfig['requestHandler']> {
  async function handle(request: SdkRequest) {
    const method = methods.find(one => one === request.method)
    if (method === undefined) throw new RangeError(`no ${request.method} is sent`)
    const response = await httpRequest({
      method,
      url: urlOf(request),
      headers: request.headers,
      ...bodyOf(request),
      ...limits,
      keep: true,
    })
    const { status: statusCode, headers } = response
    if (method === 'HEAD') await passOver(response)
    // A Readable is all that the SDK takes for a body in Node.
    const body = Readable.from(method === 'HEAD' ? [] : response.body, { objectMode: false })
    return { response: { statusCode, headers: { ...headers }, body } }
  }
  const handler = { handle, metadata: { handlerProtocol: 'http/1.1' }, destroy: () => undefined }
  return handler as NonNullable<S3ClientConfig['requestHandler']>
}

function urlOf({ protocol, hostname, port, path, query }: SdkRequest): string {
  const fields = Object.entries(query ?? {}).flatMap(([name, value]) =>
    [value].flat().map(one => (one === null ? encoded(name) : `${encoded(name)}=${encoded(one)}`)),
  )
  const search = fields.length === 0 ? '' : `?${fields.join('&')}`
  return `${protocol}//${hostname}${port === undefined ? '' : `:${port}`}${path}${search}`
}

/** RFC 3986, 2.3: all but the unreserved, as it was signed. */
function encoded(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

function bodyOf({ body }: SdkRequest): { readonly body?: ByteStream | Uint8Array } {
  if (body === undefined || body === null) return {}
  if (typeof body === 'string') return { body: Buffer.from(body) }
  if (body instanceof Uint8Array || body instanceof Readable) return { body }
  throw new RangeError('a body that is neither bytes nor a stream')
}
