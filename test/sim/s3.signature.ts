// AWS Signature Version 4 as a server checks it, with arithmetic of its own (Amazon S3 API Reference, "Authenticating
// Requests: Using the Authorization Header"). Says what is wrong by the error codes of S3.

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'

const longestSkewMs = 15 * 60_000

export interface Signed {
  readonly method: string
  /** Path and query as they were on the wire. */
  readonly target: string
  readonly headers: IncomingHttpHeaders
}

export interface Credentials {
  readonly accessKeyId: string
  readonly secretKey: string
  readonly region: string
}

const hex = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string) => createHmac('sha256', key).update(text).digest()

const authorizationPattern =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/

/** The code of what is wrong with the signature, or undefined. */
export function signatureFault(
  signed: Signed,
  { accessKeyId, secretKey, region }: Credentials,
  now: number,
): string | undefined {
  const { headers } = signed
  const match = authorizationPattern.exec(headers.authorization ?? '')
  if (match === null) return headers.authorization === undefined ? 'AccessDenied' : 'AuthorizationHeaderMalformed'
  const [, keyId = '', day = '', toRegion = '', names = '', signature = ''] = match
  if (keyId !== accessKeyId) return 'InvalidAccessKeyId'
  const date = String(headers['x-amz-date'] ?? '')
  if (toRegion !== region || !date.startsWith(day)) return 'AuthorizationHeaderMalformed'
  const at = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
  if (!(Math.abs(at - now) <= longestSkewMs)) return 'RequestTimeTooSkewed'
  const listed = names.split(';')
  const mustBe = Object.keys(headers).filter(name => name === 'host' || name.startsWith('x-amz-'))
  if (mustBe.some(name => !listed.includes(name))) return 'AccessDenied'
  const scope = `${day}/${toRegion}/s3/aws4_request`
  const toSign = `AWS4-HMAC-SHA256\n${date}\n${scope}\n${hex(canonicalRequest(signed, listed))}`
  const key = hmac(hmac(hmac(hmac(`AWS4${secretKey}`, day), toRegion), 's3'), 'aws4_request')
  return timingSafeEqual(hmac(key, toSign), Buffer.from(signature, 'hex')) ? undefined : 'SignatureDoesNotMatch'
}

function canonicalRequest({ method, target, headers }: Signed, names: readonly string[]): string {
  const [path = '/', query = ''] = target.split('?', 2)
  const fields = query === '' ? [] : query.split('&').map(field => (field.includes('=') ? field : `${field}=`))
  const lines = names.map(
    name =>
      `${name}:${String(headers[name] ?? '')
        .trim()
        .replace(/ +/g, ' ')}\n`,
  )
  const payload = String(headers['x-amz-content-sha256'] ?? '')
  return [method, path, fields.toSorted().join('&'), lines.join(''), names.join(';'), payload].join('\n')
}
