// Reads OCSP responses (RFC 6960, 4.2) over their original octets. What a response says of a certificate counts only once
// `answerFrom` has found that it is about that certificate and signed by its issuer or by a responder that the issuer
// named for it (4.2.2.2). Times are facts here; whether they are fresh enough is for the one who asks.

import { createHash } from 'node:crypto'
import { type Asn1Node, readWhole } from '../cms/asn1.ts'
import { timeOf } from './asn1-time.ts'
import { type Certificate, isIssuedBy, readableCertificates } from './certificate.ts'
import { extensionsIn } from './certificate-fields.ts'
import { ocspNonceExtension } from './ocsp-request.ts'
import type { RevocationAnswer } from './revocation-answer.ts'
import { hashOf, schemeIn, verifies } from './signature-scheme.ts'

/** OCSPResponseStatus other than successful. */
export type OcspRefusal = 'malformedRequest' | 'internalError' | 'tryLater' | 'sigRequired' | 'unauthorized'

export interface OcspResponse {
  /** The OCSPResponse as it came. */
  readonly der: Uint8Array
  /** DER of the BasicOCSPResponse inside. */
  readonly basic: Uint8Array
  /** Milliseconds since 1970. */
  readonly producedAt: number
  /** Contents of the extension; absent where there is none. */
  readonly nonce?: Uint8Array
  /** Certificates that came along. */
  readonly certificates: readonly Certificate[]
  readonly singles: readonly SingleResponse[]
  readonly responderId: { readonly by: 'name' | 'key'; readonly value: Uint8Array }
  readonly signed: { readonly data: Uint8Array; readonly algorithm: Asn1Node; readonly value: Uint8Array }
}

export type OcspReading =
  | { readonly outcome: 'read'; readonly response: OcspResponse }
  | { readonly outcome: 'refused'; readonly status: OcspRefusal }
  | { readonly outcome: 'malformed'; readonly detail: string }

interface SingleResponse {
  readonly certId: Asn1Node
  readonly state: Pick<RevocationAnswer, 'status' | 'revokedAt' | 'reason'>
  readonly thisUpdate: number
  readonly nextUpdate?: number
  /** The responder keeps the state of expired certificates back to here (4.4.4). */
  readonly archiveCutoff?: number
}

const basicResponseType = '1.3.6.1.5.5.7.48.1.1'
const archiveCutoffExtension = '1.3.6.1.5.5.7.48.1.6'
const ocspSigning = '1.3.6.1.5.5.7.3.9'
const maxResponseOctets = 1 << 20
const maxSingles = 1000
const refusals: Readonly<Record<number, OcspRefusal>> = {
  1: 'malformedRequest',
  2: 'internalError',
  3: 'tryLater',
  5: 'sigRequired',
  6: 'unauthorized',
}

/** Reads the DER of an OCSPResponse. */
export function readOcspResponse(der: Uint8Array): OcspReading {
  const [status, bytes] = der.length > maxResponseOctets ? [] : (readWhole(der)?.children ?? [])
  if (status?.tag !== 0x0a || status.content.length !== 1) return malformed('not an OCSPResponse')
  const code = status.content[0] ?? 0
  const refusal = refusals[code]
  if (refusal !== undefined) return { outcome: 'refused', status: refusal }
  const [type, octets] = bytes?.children[0]?.children ?? []
  if (code !== 0 || type?.oid !== basicResponseType || octets === undefined) return malformed('no BasicOCSPResponse')
  const response = basicResponse(der, octets.content)
  return response === undefined ? malformed('the BasicOCSPResponse lacks its fields') : { outcome: 'read', response }
}

function malformed(detail: string): OcspReading {
  return { outcome: 'malformed', detail }
}

function basicResponse(der: Uint8Array, basic: Uint8Array): OcspResponse | undefined {
  const [data, algorithm, signature, certificates] = readWhole(basic)?.children ?? []
  const fields = data?.children ?? []
  const [responder, produced, list, ...rest] = fields[0]?.tag === 0xa0 ? fields.slice(1) : fields
  const producedAt = timeOf(produced)
  const responderId = responderOf(responder)
  const extensions = extensionsIn(rest.find(({ tag }) => tag === 0xa1)?.children[0])
  if (data === undefined || algorithm === undefined || signature?.tag !== 0x03 || list?.tag !== 0x30) return undefined
  if (producedAt === undefined || responderId === undefined || list.children.length > maxSingles) return undefined
  if (extensions === undefined || [...extensions].some(([oid, { critical }]) => critical && oid !== ocspNonceExtension))
    return undefined
  const singles = list.children.map(singleOf)
  if (singles.some(single => single === undefined)) return undefined
  const nonce = extensions.get(ocspNonceExtension)?.value?.content
  const embedded = certificates?.tag === 0xa0 ? (certificates.children[0]?.children ?? []) : []
  return Object.freeze({
    der,
    basic,
    producedAt,
    ...(nonce !== undefined && { nonce }),
    certificates: readableCertificates(embedded.map(({ raw }) => raw)),
    singles: singles.filter(single => single !== undefined),
    responderId,
    signed: { data: data.raw, algorithm, value: signature.content.subarray(1) },
  })
}

function responderOf(node: Asn1Node | undefined): OcspResponse['responderId'] | undefined {
  const inner = node?.children[0]
  if (inner === undefined) return undefined
  if (node?.tag === 0xa1) return { by: 'name', value: inner.raw }
  return node?.tag === 0xa2 ? { by: 'key', value: inner.content } : undefined
}

function singleOf({ children }: Asn1Node): SingleResponse | undefined {
  const [certId, status, updated, ...rest] = children
  const thisUpdate = timeOf(updated)
  const state = stateOf(status)
  const next = rest.find(({ tag }) => tag === 0xa0)
  const nextUpdate = timeOf(next?.children[0])
  const extensions = extensionsIn(rest.find(({ tag }) => tag === 0xa1)?.children[0])
  if (certId === undefined || state === undefined || thisUpdate === undefined || extensions === undefined)
    return undefined
  if (next !== undefined && nextUpdate === undefined) return undefined
  if ([...extensions.values()].some(({ critical }) => critical)) return undefined
  const archiveCutoff = timeOf(extensions.get(archiveCutoffExtension)?.value)
  return {
    certId,
    state,
    thisUpdate,
    ...(nextUpdate !== undefined && { nextUpdate }),
    ...(archiveCutoff !== undefined && { archiveCutoff }),
  }
}

/** CertStatus: good [0], revoked [1], unknown [2]. */
function stateOf(status: Asn1Node | undefined): SingleResponse['state'] | undefined {
  if (status?.tag === 0x80) return { status: 'good' }
  if (status?.tag === 0x82) return { status: 'unknown' }
  const revokedAt = timeOf(status?.children[0])
  if (status?.tag !== 0xa1 || revokedAt === undefined) return undefined
  const reason = status.children[1]?.children[0]?.content[0]
  return { status: 'revoked', revokedAt, ...(reason !== undefined && { reason }) }
}

export interface OcspQuestionOf {
  readonly certificate: Certificate
  readonly issuer: Certificate
  /** Where the responder's certificate may be, beside those in the response. */
  readonly candidates?: readonly Certificate[]
}

export type OcspVerification =
  | { readonly outcome: 'answered'; readonly answer: RevocationAnswer }
  | { readonly outcome: 'unusable'; readonly detail: string }

/** What the response says of `certificate`, its signer found and its signature verified. */
export function answerFrom(response: OcspResponse, question: OcspQuestionOf): OcspVerification {
  const single = response.singles.find(one => isAbout(one, question))
  if (single === undefined) return { outcome: 'unusable', detail: 'the response is about another certificate' }
  const { issuer, candidates = [] } = question
  const scheme = schemeIn(response.signed.algorithm)
  if (scheme === undefined) return { outcome: 'unusable', detail: 'its signature algorithm is not supported' }
  const responders = [issuer, ...response.certificates, ...candidates].filter(one => isResponder(one, response))
  if (responders.length === 0) return { outcome: 'unusable', detail: 'its responder is not known' }
  const { data, value } = response.signed
  const signer = responders.find(one => mayAnswer(one, issuer) && verifies(scheme, one.x509.publicKey, data, value))
  if (signer === undefined) {
    return { outcome: 'unusable', detail: 'it is not signed by the issuer or a delegated responder' }
  }
  const { state, thisUpdate, nextUpdate, archiveCutoff } = single
  const answer: RevocationAnswer = {
    source: 'OCSP',
    der: response.der,
    signer,
    hash: scheme.hash,
    ...state,
    thisUpdate,
    producedAt: response.producedAt,
    ...(nextUpdate !== undefined && { nextUpdate }),
    ...(archiveCutoff !== undefined && { keepsExpiredSince: archiveCutoff }),
  }
  return { outcome: 'answered', answer }
}

/** CertID (4.1.1): hashes of the issuer's name and key, and the serial number; all three must fit. */
function isAbout({ certId }: SingleResponse, { certificate, issuer }: OcspQuestionOf): boolean {
  const [algorithm, nameHash, keyHash, serialNumber] = certId.children
  const hash = hashOf(algorithm?.children[0]?.oid)
  if (hash === undefined || nameHash === undefined || keyHash === undefined || serialNumber === undefined) return false
  const digest = (octets: Uint8Array) => createHash(hash).update(octets).digest()
  return (
    Buffer.compare(serialNumber.raw, certificate.fields.serialNumber) === 0 &&
    digest(certificate.fields.issuer).equals(nameHash.content) &&
    digest(issuer.fields.publicKeyOctets).equals(keyHash.content)
  )
}

function isResponder({ fields }: Certificate, { responderId }: OcspResponse): boolean {
  const { by, value } = responderId
  if (by === 'name') return Buffer.compare(fields.subject.raw, value) === 0
  return createHash('sha1').update(fields.publicKeyOctets).digest().equals(value)
}

/** The issuer itself, or a certificate that it issued for OCSP signing (RFC 6960, 4.2.2.2). */
function mayAnswer(responder: Certificate, issuer: Certificate): boolean {
  if (responder.facts.sha256 === issuer.facts.sha256) return true
  return responder.facts.extendedKeyUsage.includes(ocspSigning) && isIssuedBy(responder, issuer)
}
