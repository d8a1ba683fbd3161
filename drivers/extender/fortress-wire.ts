// What Viafirma Fortress says on the wire (its published page on extending signatures), as pure functions: the body of a
// request, and what an answer means. One document goes into one request, though the interface has a list: the documented
// answer has room for one. The answer is an object or, as the list would suggest, a list of one.

import { Buffer } from 'node:buffer'
import { Fault } from '../../device/errors.ts'
import type { ExtensionAnswer, ExtensionDocument, ExtensionOrder } from '../../device/ports.ts'

export type FortressTsaType = 'URL' | 'USER' | 'CERTIFICATE' | 'CERTIFICATE_TLS'

/** The authority that the service shall use; which fields go with which type is the interface's own rule. */
export interface FortressTsa {
  readonly type: FortressTsaType
  readonly url: string
  readonly user?: string
  readonly password?: string
  readonly certificateCode?: string
}

/** As it stands in the request. */
export interface FortressPolicy {
  readonly id: string
  readonly description?: string
  readonly digestAlgorithm: string
  readonly digestValueB64: string
  readonly contentHintsDescription?: string
  readonly contentHintsType?: string
}

/** What stands in every request beside the document. */
export interface FortressManner {
  readonly userCode?: string
  readonly signatureAlgorithm?: string
  readonly tsa: FortressTsa
  readonly policy?: FortressPolicy
}

/** The body of a request to extend one document. */
export function extendRequest(order: ExtensionOrder, manner: FortressManner): string {
  const { format, level, packaging, document, original } = order
  const { userCode, signatureAlgorithm, tsa, policy } = manner
  const configuration = {
    document: documentOf(document),
    ...(original === undefined ? {} : { original: documentOf(original) }),
    signatureType: `${format.toUpperCase()}_${level}`,
    ...(signatureAlgorithm === undefined ? {} : { signatureAlgorithm }),
    packaging: packaging.toUpperCase(),
    tsa,
    ...(policy === undefined ? {} : { policy }),
  }
  return JSON.stringify({
    ...(userCode === undefined ? {} : { userCode }),
    extendSignatureConfigurations: [configuration],
  })
}

function documentOf(document: ExtensionDocument) {
  const { name } = document
  return 'url' in document ? { name, url: document.url } : { name, bytesB64: base64(document.bytes) }
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** The form of a request for a token; `redirect_uri` is wanted though nobody is redirected. */
export function tokenRequest(client: { readonly id: string; readonly secret: string; readonly redirectUri: string }) {
  return new URLSearchParams({
    grant_type: 'client_credentials',
    scope: 'client',
    redirect_uri: client.redirectUri,
    client_id: client.id,
    client_secret: client.secret,
  }).toString()
}

export interface FortressToken {
  /** The Authorization field. */
  readonly authorization: string
  /** 0 where the answer does not say. */
  readonly lifeMs: number
}

/** The token in an answer; undefined where there is none that can be sent back. */
export function tokenIn(body: Uint8Array): FortressToken | undefined {
  const { access_token: token, token_type: type, expires_in: lifetime } = objectIn(body) ?? {}
  if (typeof token !== 'string' || !/^[\x21-\x7e]{1,8192}$/.test(token)) return undefined
  if (type !== undefined && (typeof type !== 'string' || type.toLowerCase() !== 'bearer')) return undefined
  const known = typeof lifetime === 'number' && Number.isFinite(lifetime) && lifetime > 0
  return { authorization: `Bearer ${token}`, lifeMs: known ? lifetime * 1000 : 0 }
}

/** The document in an answer. Throws EXTENSION_INVALID, and EXTENSION_REFUSED for an error told with status 200. */
export function answerIn(body: Uint8Array): ExtensionAnswer {
  const value = jsonIn(body)
  const one = Array.isArray(value) && value.length === 1 ? value[0] : value
  if (!isObject(one)) throw invalid('the answer is neither an object nor a list of one')
  if (one['error'] !== undefined) throw new Fault('EXTENSION_REFUSED', `it answered ${errorNamed(one)}`)
  const { ref, bytesB64 } = one
  if (typeof bytesB64 !== 'string') throw invalid('the answer has no bytesB64')
  const digits = bytesB64.replace(/[\r\n]+/g, '')
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(digits) || digits.length % 4 !== 0) throw invalid('bytesB64 is not Base64')
  const reference = typeof ref === 'string' && /^[\x21-\x7e]{1,200}$/.test(ref) ? ref : ''
  return { reference, document: Buffer.from(digits, 'base64') }
}

/** The code of an error body, never its description, which may give back what was sent. */
export function errorIn(body: Uint8Array): string {
  return errorNamed(objectIn(body) ?? {})
}

function errorNamed({ error }: Readonly<Record<string, unknown>>): string {
  return typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? error : 'an error without a name'
}

function invalid(detail: string): Fault {
  return new Fault('EXTENSION_INVALID', detail)
}

function objectIn(body: Uint8Array): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    return isObject(value) ? value : undefined
  } catch {
    return undefined
  }
}

function jsonIn(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch (thrown) {
    // Without the parser's words, which quote the text.
    throw new Fault('EXTENSION_INVALID', 'the answer is not JSON', { cause: thrown })
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
