// The signed attributes of a CAdES signature, in a file of its own or inside a PDF, baseline B (ETSI EN 319 122-1, 5.1,
// 5.2 and 6.3; EN 319 142-1, 6.3). What a PDF says in its signature dictionary (time, place) its CMS must not say, and a
// countersignature has no content of its own to speak of. The same request always gives the same octets.

import { createHash } from 'node:crypto'
import type { CommitmentType, ContentStatement, SignatureProperties } from '../ades/request.ts'
import type { SignatureAlgorithm } from '../ports.ts'
import { digestIdentifier, digestOf, signatureIdentifier } from './algorithm.ts'
import { claimedRoles, commitmentType, contentHints, signaturePolicy, signerLocation } from './attribute-values.ts'
import { certificateNames } from './certificate-names.ts'
import { contextual, objectIdentifier, octetString, sequence, setOf, time, utf8String } from './der.ts'
import { oids } from './oids.ts'

/** Where the signature will stand, which decides what it may state. */
export type SignatureKind = 'PAdES' | 'CAdES-detached' | 'CAdES-enveloping' | 'CAdES-countersignature'

/** A CMS in a PDF may go without properties; a CAdES signature has at least its signing time. */
export type StatedProperties =
  | { readonly kind?: 'PAdES'; readonly properties?: SignatureProperties; readonly content?: never }
  | {
      readonly kind: Exclude<SignatureKind, 'PAdES'>
      readonly properties: SignatureProperties
      readonly content?: ContentStatement
    }

export type SignedAttributesRequest = StatedProperties & {
  readonly algorithm: SignatureAlgorithm
  /** Digest of the content, by the digest algorithm of `algorithm`. */
  readonly messageDigest: Uint8Array
  /** DER of the signer's certificate. */
  readonly certificate: Uint8Array
}

/** SignedAttributes as the SET OF that is hashed and signed (RFC 5652, 5.4). */
export function signedAttributes(request: SignedAttributesRequest): Uint8Array {
  const { algorithm, messageDigest, certificate, kind = 'PAdES', properties } = request
  return setOf([
    ...(kind === 'CAdES-countersignature' ? [] : [attribute(oids.contentType, objectIdentifier(oids.data))]),
    attribute(oids.messageDigest, octetString(messageDigest)),
    attribute(oids.signingCertificateV2, signingCertificateV2(certificate)),
    attribute(oids.cmsAlgorithmProtection, algorithmProtection(algorithm)),
    ...(properties === undefined ? [] : statedAnywhere(properties)),
    ...(properties === undefined || kind === 'PAdES' ? [] : statedOutsidePdf(properties)),
    ...(kind === 'CAdES-detached' || kind === 'CAdES-enveloping' ? contentAttributes(request.content) : []),
  ])
}

/** What a CMS may state inside a PDF too (EN 319 142-1, 6.3). */
function statedAnywhere({ policy, claimedRoles: roles = [], commitments = [] }: SignatureProperties): Uint8Array[] {
  return [
    ...(policy === undefined ? [] : [attribute(oids.signaturePolicy, signaturePolicy(policy))]),
    ...(roles.length === 0 ? [] : [attribute(oids.signerAttributesV2, claimedRoles(roles))]),
    ...commitmentAttribute(commitments),
  ]
}

/** One attribute with a value for each commitment (EN 319 122-1, 5.2.3): its cardinality is at most one. */
function commitmentAttribute(commitments: readonly CommitmentType[]): Uint8Array[] {
  return commitments.length === 0 ? [] : [attribute(oids.commitmentType, ...commitments.map(commitmentType))]
}

function statedOutsidePdf({ signingTime, location }: SignatureProperties): Uint8Array[] {
  return [
    attribute(oids.signingTime, time(signingTime)),
    ...(location === undefined ? [] : [attribute(oids.signerLocation, signerLocation(location))]),
  ]
}

/** mime-type and content-hints (EN 319 122-1, 5.2.4): never in a countersignature. */
function contentAttributes({ mimeType, hints }: ContentStatement = {}): Uint8Array[] {
  return [
    ...(mimeType === undefined ? [] : [attribute(oids.mimeType, utf8String(mimeType))]),
    ...(hints === undefined ? [] : [attribute(oids.contentHints, contentHints(hints))]),
  ]
}

/** Attribute (RFC 5652, 5.3) of one or several values. */
export function attribute(oid: string, ...values: readonly Uint8Array[]): Uint8Array {
  return sequence(objectIdentifier(oid), setOf(values))
}

/** RFC 5035, 3: one ESSCertIDv2 by SHA-256, whose identifier DER omits because it is the default, with issuerSerial. */
function signingCertificateV2(certificate: Uint8Array): Uint8Array {
  const { issuer, serialNumber } = certificateNames(certificate)
  const certHash = octetString(createHash('sha256').update(certificate).digest())
  const directoryName = contextual(4, issuer)
  const issuerSerial = sequence(sequence(directoryName), serialNumber)
  return sequence(sequence(sequence(certHash, issuerSerial)))
}

/** RFC 6211, 2: the digest and, IMPLICIT [1], the signature algorithm. */
function algorithmProtection(algorithm: SignatureAlgorithm): Uint8Array {
  const implicitSignature = Uint8Array.from(signatureIdentifier(algorithm))
  implicitSignature[0] = 0xa1
  return sequence(digestIdentifier(digestOf(algorithm)), implicitSignature)
}
