// The request's header fields, pure. Everything that goes into a field is encoded by its own standard, so that no file
// name, title or token can end a field and begin another.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { DeliveryRequest } from '../../device/ports.ts'

/** Largest metadata, bytes of JSON: common servers accept 8 KiB of header fields in all. */
export const maxMetadataBytes = 4096

/** The fields of one delivery, `Authorization` where there is a token. Throws REQUEST_INVALID for what cannot be said. */
export function requestHeaders(request: DeliveryRequest, token: string | undefined): Record<string, string> {
  return {
    accept: 'application/json, application/problem+json',
    'content-type': request.mediaType,
    'content-length': String(request.bytes),
    'content-digest': contentDigest(request.sha256),
    'content-disposition': contentDisposition(request.fileName),
    'idempotency-key': idempotencyKey(request.idempotencyKey),
    'compulsa-metadata': metadataField(request.metadata),
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  }
}

/** RFC 9530, 2: a dictionary with one byte sequence. */
function contentDigest(sha256: string): string {
  if (!/^[0-9a-f]{64}$/.test(sha256)) throw new Fault('REQUEST_INVALID', 'sha256 is not 64 lower-case hex digits')
  return `sha-256=:${Buffer.from(sha256, 'hex').toString('base64')}:`
}

/** draft-ietf-httpapi-idempotency-key-header-07, 2.1: a structured field string. */
function idempotencyKey(key: string): string {
  if (!/^[\x21\x23-\x5b\x5d-\x7e]{1,255}$/.test(key)) {
    throw new Fault('REQUEST_INVALID', 'the idempotency key is not 1 to 255 visible ASCII characters')
  }
  return `"${key}"`
}

/** RFC 6266, 4.3: an ASCII name for every reader and, where it says less, the whole name by RFC 8187. */
function contentDisposition(fileName: string): string {
  // Only the last path segment: a name must not choose a folder at the other end (RFC 6266, 4.3).
  const name = (fileName.split(/[/\\]/).at(-1) ?? '').replace(/\p{Cc}/gu, '').toWellFormed() || 'document.pdf'
  const ascii = name.replace(/[^\x20-\x7e]/gu, '_').replace(/["%]/g, '_')
  return `attachment; filename="${ascii}"${ascii === name ? '' : `; filename*=UTF-8''${extValue(name)}`}`
}

/** RFC 8187, 3.2.1: percent-encoded UTF-8 but for attr-char. */
function extValue(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, c => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** RFC 9651, 3.3.5: the UTF-8 JSON object as a byte sequence, `:base64:`. */
function metadataField(metadata: Readonly<Record<string, string>>): string {
  const json = Buffer.from(JSON.stringify(metadata))
  if (json.length > maxMetadataBytes) {
    throw new Fault('REQUEST_INVALID', `the metadata has ${json.length} bytes; at most ${maxMetadataBytes} can be sent`)
  }
  return `:${json.toString('base64')}:`
}
