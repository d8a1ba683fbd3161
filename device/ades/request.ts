// What somebody asks of a signature, in the words of the standards, whatever its format: level, packaging, operation and
// the properties that a signer states (ETSI EN 319 142-1, EN 319 122-1, EN 319 132-1). Plain data, JSON but for bytes.

import type { DigestAlgorithm, SignatureAlgorithm } from '../ports.ts'

export type SignatureFormat = 'PAdES' | 'CAdES' | 'XAdES'

/** Baseline levels, each with what the ones before it have. */
export const signatureLevels = ['B', 'T', 'LT', 'LTA'] as const
export type SignatureLevel = (typeof signatureLevels)[number]

/**
 * Where signature and content lie. CAdES: `enveloping` (eContent) or `detached`. XAdES: `enveloped` in the signed
 * document, `enveloping` it, `internally-detached` beside it under a common root, or `detached` in a file of its own.
 */
export type Packaging = 'enveloped' | 'enveloping' | 'internally-detached' | 'detached'

/** `cosign`: a parallel signature over the same content; `countersign`: a signature over the signature values there are. */
export type SignatureOperation = 'sign' | 'cosign' | 'countersign'

/** Who signs and how. */
export interface SignerIdentity {
  readonly algorithm: SignatureAlgorithm
  /** DER. */
  readonly certificate: Uint8Array
  /** DER of the issuers to embed, nearest first. */
  readonly chain: readonly Uint8Array[]
}

/** An explicit signature policy (EPES): EN 319 122-1, 5.2.9; EN 319 132-1, 5.2.9. */
export interface SignaturePolicy {
  /** Dotted OID; in XML it may be another URI. */
  readonly id: string
  readonly description?: string
  readonly digestAlgorithm: DigestAlgorithm
  readonly digest: Uint8Array
  /** Where the policy can be read: SPuri. */
  readonly qualifier?: string
}

/** EN 319 122-1, 5.2.5 (signer-location); EN 319 132-1, 5.2.5 (SignatureProductionPlaceV2); at least one of them. */
export interface SignerLocation {
  readonly street?: string
  readonly city?: string
  readonly province?: string
  readonly postalCode?: string
  /** Name of the country; in CMS it goes into countryName, a DirectoryString. */
  readonly country?: string
}

/** EN 319 122-1, 5.2.3 (commitment-type-indication), EN 319 132-1, 5.2.3. */
export interface CommitmentType {
  /** Dotted OID, such as 1.2.840.113549.1.9.16.6.1 (proof of origin). */
  readonly id: string
  readonly description?: string
  /** URIs; XAdES only. */
  readonly documentationReferences?: readonly string[]
  /** In CMS dotted OIDs of CommitmentTypeQualifiers without a value; in XML their text. */
  readonly qualifiers?: readonly string[]
}

/** What the signed content is: DataObjectFormat in XML (EN 319 132-1, 5.2.4). */
export interface DataObjectFormat {
  readonly mimeType: string
  readonly description?: string
  /** Dotted OID of the content's format. */
  readonly oid?: string
  /** URI of the content's encoding. */
  readonly encoding?: string
}

/** What a CMS outside of a PDF says of its content (EN 319 122-1, 5.2.4); a countersignature says nothing of it. */
export interface ContentStatement {
  /** mime-type. */
  readonly mimeType?: string
  /** content-hints: dotted contentType and contentDescription. */
  readonly hints?: { readonly type: string; readonly description?: string }
}

/** What a signer states about a signature, whatever its format. */
export interface SignatureProperties {
  /** Claimed by the signer; milliseconds since 1970. In a PDF it stands in /M, never in the CMS. */
  readonly signingTime: number
  readonly policy?: SignaturePolicy
  readonly location?: SignerLocation
  /** Empty is none. */
  readonly claimedRoles?: readonly string[]
  readonly commitments?: readonly CommitmentType[]
  /** XAdES only. */
  readonly contentFormat?: DataObjectFormat
}
