// The namespaces and types of XAdES (EN 319 132-1), how Compulsa canonicalises what it writes, and the few ways in which
// text gets into XML.

import { Fault } from '../errors.ts'
import type { DigestAlgorithm } from '../ports.ts'
import { digestUris, exclusiveNamespace, xmldsigNamespace } from '../xml/algorithms.ts'
import type { Canonicalisation } from '../xml/canonical.ts'
import { firstIllegalCharacter } from '../xml/characters.ts'
import { escapedAttribute, escapedText } from '../xml/escape.ts'

export const namespaces = {
  ds: xmldsigNamespace,
  xades: 'http://uri.etsi.org/01903/v1.3.2#',
  xades141: 'http://uri.etsi.org/01903/v1.4.1#',
} as const

/** How everything that Compulsa writes is canonicalised: Exclusive, without comments. */
export const exclusive: Canonicalisation = Object.freeze({ method: 'exclusive' })
export const exclusiveC14n = exclusiveNamespace
export const signedPropertiesType = 'http://uri.etsi.org/01903#SignedProperties'
export const countersignedType = 'http://uri.etsi.org/01903#CountersignedSignature'

/** Octets of each half of a raw ECDSA signature, by the curve's Node name. */
export const curveOctets: Readonly<Record<string, number>> = { prime256v1: 32, secp384r1: 48, secp521r1: 66 }

/** A dotted identifier as XML names it (RFC 3061). */
export function oidUrn(oid: string): string {
  return `urn:oid:${oid}`
}

/** Character data of an element. Throws REQUEST_INVALID for what XML cannot hold. */
export function escapeText(text: string): string {
  return escapedText(legal(text))
}

/** The value of an attribute in double quotes. Throws REQUEST_INVALID for what XML cannot hold. */
export function escapeAttribute(text: string): string {
  return escapedAttribute(legal(text))
}

function legal(text: string): string {
  if (firstIllegalCharacter(text) < 0) return text
  throw new Fault('REQUEST_INVALID', 'a text for the signature has a character that XML cannot hold')
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
}

/** ds:DigestMethod and ds:DigestValue, as a Reference and several XAdES elements hold them. */
export function digestElements(algorithm: DigestAlgorithm, digest: Uint8Array): string {
  return (
    `<ds:DigestMethod Algorithm="${digestUris[algorithm]}"></ds:DigestMethod>` +
    `<ds:DigestValue>${base64(digest)}</ds:DigestValue>`
  )
}
