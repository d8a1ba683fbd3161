// Values of the signed attributes in which a signer states something: policy, place, roles and commitments (ETSI EN 319
// 122-1, 5.2). Text is UTF8String throughout.

import type { CommitmentType, ContentStatement, SignaturePolicy, SignerLocation } from '../ades/request.ts'
import { digestIdentifier } from './algorithm.ts'
import { contextual, objectIdentifier, octetString, sequence, setOf, tlv, utf8String } from './der.ts'
import { oids } from './oids.ts'

/** SignaturePolicyId (5.2.9.1) with the policy's own digest and, where it can be read, its SPuri as IA5String. */
export function signaturePolicy({ id, digestAlgorithm, digest, qualifier }: SignaturePolicy): Uint8Array {
  const hash = sequence(digestIdentifier(digestAlgorithm), octetString(digest))
  if (qualifier === undefined) return sequence(objectIdentifier(id), hash)
  const uri = sequence(objectIdentifier(oids.signaturePolicyUri), tlv(0x16, Buffer.from(qualifier, 'latin1')))
  return sequence(objectIdentifier(id), hash, sequence(uri))
}

/** SignerLocation (5.2.5): countryName [0], localityName [1], postalAddress [2], each EXPLICIT. */
export function signerLocation({ street, city, province, postalCode, country }: SignerLocation): Uint8Array {
  const lines = [street, postalCode, province].filter(line => line !== undefined)
  return sequence(
    ...(country === undefined ? [] : [contextual(0, utf8String(country))]),
    ...(city === undefined ? [] : [contextual(1, utf8String(city))]),
    ...(lines.length === 0 ? [] : [contextual(2, sequence(...lines.map(utf8String)))]),
  )
}

/**
 * SignerAttributeV2 (5.2.6.1) with claimedAttributes [0]: each role as a value of the attribute `name` (X.520, 6.2.1),
 * which is how EU DSS writes and shows claimed roles.
 */
export function claimedRoles(roles: readonly string[]): Uint8Array {
  const claimed = roles.map(role => sequence(objectIdentifier(oids.name), setOf([utf8String(role)])))
  return sequence(contextual(0, sequence(...claimed)))
}

/** CommitmentTypeIndication (5.2.3); its qualifiers are identifiers without a value. */
export function commitmentType({ id, qualifiers = [] }: CommitmentType): Uint8Array {
  const identified = qualifiers.map(one => sequence(objectIdentifier(one)))
  return sequence(objectIdentifier(id), ...(identified.length === 0 ? [] : [sequence(...identified)]))
}

/** ContentHints (RFC 2634, 2.9). */
export function contentHints({ type, description }: NonNullable<ContentStatement['hints']>): Uint8Array {
  return sequence(...(description === undefined ? [] : [utf8String(description)]), objectIdentifier(type))
}
