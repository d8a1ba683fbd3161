// Reads certificate revocation lists (RFC 5280, 5). Lists of tens of megabytes are common, so the list of revoked
// certificates is never taken apart: one pass looks for one serial number over the octets as they stand. Lists that speak
// for others (indirect), only of changes (delta), or in critical extensions that are not known here are not used.

import { type Asn1Node, type ElementHeader, readAsn1, readHeader, readWhole } from '../cms/asn1.ts'
import { timeOf } from './asn1-time.ts'
import { type Certificate, extensionIds } from './certificate.ts'
import { type ExtensionField, extensionsIn } from './certificate-fields.ts'
import type { RevocationAnswer } from './revocation-answer.ts'
import { schemeIn, verifies } from './signature-scheme.ts'

export interface Crl {
  readonly der: Uint8Array
  /** Whole TLV of the issuer's name. */
  readonly issuer: Uint8Array
  /** Milliseconds since 1970. */
  readonly thisUpdate: number
  readonly nextUpdate?: number
  readonly extensions: ReadonlyMap<string, ExtensionField>
  /** Contents of revokedCertificates; empty where the list is. */
  readonly entries: Uint8Array
  readonly signed: { readonly data: Uint8Array; readonly algorithm: Asn1Node; readonly value: Uint8Array }
}

export type CrlReading =
  | { readonly outcome: 'read'; readonly crl: Crl }
  | { readonly outcome: 'malformed'; readonly detail: string }

/** Larger than any known list; what is larger is not even looked at. */
export const maxCrlOctets = 128 << 20

const reasonCode = '2.5.29.21'
const issuingDistributionPoint = '2.5.29.28'
const expiredCertsOnCrl = '2.5.29.60'
const distributionPointName = 0xa0

/** Reads all of a CertificateList but its entries. */
export function readCrl(der: Uint8Array): CrlReading {
  const crl = der.length > maxCrlOctets ? undefined : outline(der)
  return crl === undefined ? { outcome: 'malformed', detail: 'not a CertificateList' } : { outcome: 'read', crl }
}

interface Range {
  readonly at: number
  readonly start: number
  readonly end: number
}

/** The elements of definite length between two offsets, one level deep; undefined where they do not fill it. */
function rangesIn(bytes: Uint8Array, from: number, to: number, limit = 16): readonly Range[] | undefined {
  const header: ElementHeader = { start: 0, length: 0 }
  const ranges: Range[] = []
  for (let at = from; at < to; ) {
    if (ranges.length === limit || !readHeader(bytes, at, to, header) || header.length < 0) return undefined
    const end = header.start + header.length
    if (end > to) return undefined
    ranges.push({ at, start: header.start, end })
    at = end
  }
  return ranges
}

function outline(der: Uint8Array): Crl | undefined {
  const [list, ...behind] = rangesIn(der, 0, der.length) ?? []
  const [tbs, algorithm, signature] = list === undefined ? [] : (rangesIn(der, list.start, list.end) ?? [])
  if (behind.length > 0 || tbs === undefined || algorithm === undefined || signature === undefined) return undefined
  const all = rangesIn(der, tbs.start, tbs.end) ?? []
  const fields = der[all[0]?.at ?? 0] === 0x02 ? all.slice(1) : all
  const [, issuer, updated, ...rest] = fields
  const next = rest.find(({ at }) => der[at] === 0x17 || der[at] === 0x18)
  const entries = rest.find(({ at }) => der[at] === 0x30)
  const nodeAt = (range: Range | undefined) =>
    range === undefined ? undefined : readWhole(der.subarray(range.at, range.end))
  const thisUpdate = timeOf(nodeAt(updated))
  const nextUpdate = timeOf(nodeAt(next))
  const extensions = extensionsIn(nodeAt(rest.find(({ at }) => der[at] === 0xa0))?.children[0])
  const signatureAlgorithm = nodeAt(algorithm)
  if (issuer === undefined || thisUpdate === undefined || extensions === undefined) return undefined
  if (
    signatureAlgorithm === undefined ||
    der[signature.at] !== 0x03 ||
    (next !== undefined && nextUpdate === undefined)
  )
    return undefined
  return Object.freeze({
    der,
    issuer: der.subarray(issuer.at, issuer.end),
    thisUpdate,
    ...(nextUpdate !== undefined && { nextUpdate }),
    extensions,
    entries: entries === undefined ? new Uint8Array() : der.subarray(entries.start, entries.end),
    signed: {
      data: der.subarray(tbs.at, tbs.end),
      algorithm: signatureAlgorithm,
      value: der.subarray(signature.start + 1, signature.end),
    },
  })
}

export type CrlVerification =
  | { readonly outcome: 'answered'; readonly answer: RevocationAnswer }
  | { readonly outcome: 'unusable'; readonly detail: string }

/** Whether `crl` is by `issuer` and verifies with its key. One hash over the whole list. */
export function isSignedBy({ signed, issuer: name }: Crl, issuer: Certificate): boolean {
  const scheme = schemeIn(signed.algorithm)
  const { keyUsage } = issuer.facts
  return (
    scheme !== undefined &&
    Buffer.compare(name, issuer.fields.subject.raw) === 0 &&
    (keyUsage.length === 0 || keyUsage.includes('cRLSign')) &&
    verifies(scheme, issuer.x509.publicKey, signed.data, signed.value)
  )
}

/** What the list, already known to be signed by `issuer`, says of a certificate of that issuer. */
export function crlAnswer(crl: Crl, certificate: Certificate, issuer: Certificate): CrlVerification {
  if (Buffer.compare(crl.issuer, certificate.fields.issuer) !== 0) return unusable('the list is by another authority')
  const scope = scopeProblem(crl, certificate)
  if (scope !== undefined) return unusable(scope)
  const found = entryOf(crl, certificate.fields.serialNumber)
  if (found === 'malformed') return unusable('the list is malformed, or holds a critical extension that is not known')
  const { thisUpdate, nextUpdate } = crl
  const hash = schemeIn(crl.signed.algorithm)?.hash
  if (hash === undefined) return unusable('its signature algorithm is not supported')
  const keepsExpiredSince = timeOf(crl.extensions.get(expiredCertsOnCrl)?.value)
  const answer: RevocationAnswer = {
    source: 'CRL',
    der: crl.der,
    signer: issuer,
    hash,
    ...(found ?? { status: 'good' }),
    thisUpdate,
    ...(nextUpdate !== undefined && { nextUpdate }),
    ...(keepsExpiredSince !== undefined && { keepsExpiredSince }),
  }
  return { outcome: 'answered', answer }
}

function unusable(detail: string): CrlVerification {
  return { outcome: 'unusable', detail }
}

/** RFC 5280, 6.3.3 (b): whether the list speaks of this certificate at all. */
function scopeProblem({ extensions }: Crl, certificate: Certificate): string | undefined {
  const unknown = [...extensions].find(([oid, { critical }]) => critical && oid !== issuingDistributionPoint)
  if (unknown !== undefined)
    return unknown[0] === '2.5.29.27' ? 'it is a delta CRL' : `critical extension ${unknown[0]} is not known`
  const point = extensions.get(issuingDistributionPoint)
  if (point === undefined) return undefined
  const parts = point.value?.children ?? []
  const says = (tag: number) => parts.some(part => part.tag === tag && part.content[0] !== 0)
  const { authority } = certificate.facts
  if (says(0x84)) return 'it is an indirect CRL'
  if (says(0x85)) return 'it is about attribute certificates'
  if (parts.some(({ tag }) => tag === 0x83)) return 'it is about some reasons only'
  if (says(0x81) && authority) return 'it is about certificates of users only'
  if (says(0x82) && !authority) return 'it is about certificates of authorities only'
  const name = parts.find(({ tag }) => tag === distributionPointName)?.children[0]
  return name === undefined || sharesPoint(name, certificate) ? undefined : 'it is of another distribution point'
}

/** Whether one of the certificate's distribution points has a name of the list's own. */
function sharesPoint(name: Asn1Node, certificate: Certificate): boolean {
  const points = certificate.fields.extensions.get(extensionIds.cRLDistributionPoints)?.value?.children ?? []
  const names = points.flatMap(point => point.children.find(({ tag }) => tag === distributionPointName)?.children ?? [])
  return names.some(
    own => own.tag === name.tag && own.children.some(one => name.children.some(other => isSame(one, other))),
  )
}

function isSame(a: Asn1Node, b: Asn1Node): boolean {
  return Buffer.compare(a.raw, b.raw) === 0
}

type Entry = Pick<RevocationAnswer, 'status' | 'revokedAt' | 'reason'>

/** The entry of a serial number (whole TLV); undefined where the list has none. Entries are SEQUENCEs that begin with it. */
function entryOf({ entries }: Crl, serialNumber: Uint8Array): Entry | 'malformed' | undefined {
  const header: ElementHeader = { start: 0, length: 0 }
  for (let at = 0; at < entries.length; at = header.start + header.length) {
    if (entries[at] !== 0x30 || !readHeader(entries, at, entries.length, header) || header.length < 0)
      return 'malformed'
    if (header.start + header.length > entries.length) return 'malformed'
    if (!startsWith(entries, header.start, serialNumber)) continue
    return readEntry(entries.subarray(at, header.start + header.length))
  }
  return undefined
}

function startsWith(bytes: Uint8Array, at: number, prefix: Uint8Array): boolean {
  for (let index = 0; index < prefix.length; index++) if (bytes[at + index] !== prefix[index]) return false
  return true
}

function readEntry(entry: Uint8Array): Entry | 'malformed' {
  const [, date, listed] = readAsn1(entry)?.node.children ?? []
  const revokedAt = timeOf(date)
  const extensions = extensionsIn(listed)
  if (revokedAt === undefined || extensions === undefined) return 'malformed'
  if ([...extensions].some(([oid, { critical }]) => critical && oid !== reasonCode)) return 'malformed'
  const reason = extensions.get(reasonCode)?.value?.content[0]
  return { status: 'revoked', revokedAt, ...(reason !== undefined && { reason }) }
}
