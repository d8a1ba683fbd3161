// What goes back over the socket, as the page's script takes it apart. Base64 keeps its padding: the script hands it on to
// the page as it is, and many a page's decoder wants it.

import type { ProtocolVersion } from './launch.ts'
import type { PageFile } from './page-desk.ts'
import type { AfirmaError } from './refusal.ts'

export const echoAnswer = 'OK'
export const waitAnswer = '#wait'
export const savedAnswer = 'OK'

/** Of the certificate (DER), the signature and, where a file was chosen, its name. */
export function signatureAnswer(result: {
  readonly certificate: Uint8Array
  readonly signature: Uint8Array
  readonly fileName?: string
}): string {
  const parts = [urlSafe(result.certificate), urlSafe(result.signature)]
  if (result.fileName !== undefined) parts.push(urlSafe(Buffer.from(JSON.stringify({ filename: result.fileName }))))
  return parts.join('|')
}

export function certificateAnswer(certificate: Uint8Array): string {
  return urlSafe(certificate)
}

/** Of the result (JSON text) and, where the page wants it, the certificate (DER); not URL-safe, which the script undoes only of pairs. */
export function batchAnswer(result: Uint8Array, certificate: Uint8Array | undefined): string {
  const parts = certificate === undefined ? [result] : [result, certificate]
  return parts.map(plain).join('|')
}

/** `name:content|name:content…`; what parts them does not stand in a name. */
export function filesAnswer(files: readonly PageFile[]): string {
  return files.map(({ name, data }) => `${name.replace(/[:|]/g, '_')}:${plain(data)}`).join('|')
}

/** The script looks for the code in the eight characters before ` - `. */
export function errorAnswer({ af, saf, text }: AfirmaError, version: ProtocolVersion): string {
  if (version !== '4.1') return saf === 'CANCEL' ? saf : `SAF_${saf}: ${text}`
  return `${saf === 'CANCEL' ? 'err-11' : 'err-00'}:=AF${af} - ${text}`
}

function plain(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

function urlSafe(bytes: Uint8Array): string {
  return plain(bytes).replace(/\+/g, '-').replace(/\//g, '_')
}
