// Takes a SignedData made by anybody apart (RFC 5652, 5), keeping the original octets of everything that is hashed,
// signed or compared. It decides nothing about validity; what cannot be read at all comes back as a reason.

import { type Asn1Node, readAsn1 } from './asn1.ts'
import { concat } from './der.ts'
import { oids } from './oids.ts'

export interface ParsedSigner {
  /** Whole TLVs of issuer and serial number; absent where the signer is named by key identifier. */
  readonly sid?: { readonly issuer: Uint8Array; readonly serialNumber: Uint8Array }
  /** Octets of the subject key identifier; absent where the signer is named by issuer and serial number. */
  readonly keyIdentifier?: Uint8Array
  readonly digestAlgorithm: string
  readonly signatureAlgorithm: string
  /** Parameters of the signature algorithm, such as RSASSA-PSS-params; absent where there are none. */
  readonly signatureParameters?: Asn1Node
  /** As they were signed: the original octets with the tag of a SET OF; absent where there are none. */
  readonly signedAttributes?: Uint8Array
  /** Attribute values by type, in the order found; a type that stands twice has both occurrences' values. */
  readonly attributes: ReadonlyMap<string, readonly AttributeOccurrence[]>
  readonly unsignedAttributes: readonly string[]
  /** Values of the unsigned attributes by type, in the order found. */
  readonly unsigned: ReadonlyMap<string, readonly AttributeOccurrence[]>
  readonly signature: Uint8Array
}

/** The values of one Attribute. */
export type AttributeOccurrence = readonly Asn1Node[]

export interface ParsedSignedData {
  readonly contentType: string
  /** Whether the content is inside (eContent), which PAdES forbids. */
  readonly attached: boolean
  /** Octets of eContent without its header; absent where the content is detached. */
  readonly content?: Uint8Array
  /** DER of each certificate as it stands. */
  readonly certificates: readonly Uint8Array[]
  /** DER of each CertificateList in `crls`. */
  readonly crls: readonly Uint8Array[]
  /** DER of each OCSPResponse in `crls` (RFC 5940, 2.1). */
  readonly ocsps: readonly Uint8Array[]
  readonly signers: readonly ParsedSigner[]
  /** Octets other than zero padding follow the SignedData. */
  readonly trailingData: boolean
}

export type ParseOutcome =
  | { readonly outcome: 'parsed'; readonly signedData: ParsedSignedData }
  | { readonly outcome: 'malformed'; readonly detail: string }

/** Reads a CMS, with or without zero padding behind it. */
export function parseSignedData(bytes: Uint8Array): ParseOutcome {
  const read = readAsn1(bytes)
  if (read === undefined) return malformed('not an ASN.1 structure')
  const [contentType, wrapped] = read.node.children
  if (contentType?.oid !== oids.signedData) return malformed('not a CMS SignedData')
  const fields = wrapped?.children[0]?.children ?? []
  const encapsulated = fields[2]
  const signerInfos = fields.at(-1)
  const eContentType = encapsulated?.children[0]?.oid
  if (eContentType === undefined || signerInfos?.tag !== 0x31) return malformed('SignedData lacks its fields')
  const signers = signerInfos.children.map(parseSigner)
  if (signers.some(signer => signer === undefined)) return malformed('a SignerInfo lacks its fields')
  const signedData = {
    contentType: eContentType,
    attached: encapsulated?.children[1] !== undefined,
    ...contentOf(encapsulated?.children[1]),
    certificates: certificatesOf(fields),
    ...revocationOf(fields),
    signers: signers.filter(signer => signer !== undefined),
    trailingData: bytes.subarray(read.length).some(octet => octet !== 0),
  }
  return { outcome: 'parsed', signedData }
}

function malformed(detail: string): ParseOutcome {
  return { outcome: 'malformed', detail }
}

/** Certificates proper only: the other choices of CertificateSet have context-specific tags. */
function certificatesOf(fields: readonly Asn1Node[]): Uint8Array[] {
  const set = fields.find(field => field.tag === 0xa0)
  return (set?.children ?? []).filter(choice => choice.tag === 0x30).map(choice => choice.raw)
}

/** eContent [0] EXPLICIT OCTET STRING, whose octets may come in pieces (X.690, 8.7.3). */
function contentOf(wrapped: Asn1Node | undefined): { readonly content?: Uint8Array } {
  const value = wrapped?.children[0]
  return value === undefined ? {} : { content: octetsOf(value) }
}

function octetsOf(node: Asn1Node): Uint8Array {
  return (node.tag & 0x20) === 0 ? node.content : concat(node.children.map(octetsOf))
}

/** `crls` [1]: CertificateLists, and OCSP responses as OtherRevocationInfoFormat [1]. */
function revocationOf(fields: readonly Asn1Node[]): Pick<ParsedSignedData, 'crls' | 'ocsps'> {
  const choices = fields.find(field => field.tag === 0xa1)?.children ?? []
  const others = choices.filter(choice => choice.tag === 0xa1 && choice.children[0]?.oid === oids.ocspResponse)
  return {
    crls: choices.filter(choice => choice.tag === 0x30).map(choice => choice.raw),
    ocsps: others.flatMap(other => other.children[1]?.raw ?? []),
  }
}

function parseSigner(node: Asn1Node): ParsedSigner | undefined {
  const [, sid, digest, ...rest] = node.children
  const signedAttributes = rest[0]?.tag === 0xa0 ? rest[0] : undefined
  const [algorithm, signature, unsigned] = signedAttributes === undefined ? rest : rest.slice(1)
  const digestAlgorithm = digest?.children[0]?.oid
  const signatureAlgorithm = algorithm?.children[0]?.oid
  if (digestAlgorithm === undefined || signatureAlgorithm === undefined || signature?.tag !== 0x04) return undefined
  const named = issuerAndSerial(sid)
  const parameters = algorithm?.children[1]
  return {
    ...(named !== undefined && { sid: named }),
    ...(sid?.tag === 0x80 && { keyIdentifier: sid.content }),
    ...(parameters !== undefined && { signatureParameters: parameters }),
    ...(signedAttributes !== undefined && { signedAttributes: asSetOf(signedAttributes.raw) }),
    digestAlgorithm,
    signatureAlgorithm,
    signature: signature.content,
    attributes: attributesOf(signedAttributes),
    unsigned: attributesOf(unsigned),
    unsignedAttributes: (unsigned?.children ?? []).flatMap(attribute => attribute.children[0]?.oid ?? []),
  }
}

function issuerAndSerial(sid: Asn1Node | undefined): ParsedSigner['sid'] {
  const [issuer, serialNumber] = sid?.tag === 0x30 ? sid.children : []
  return issuer === undefined || serialNumber === undefined
    ? undefined
    : { issuer: issuer.raw, serialNumber: serialNumber.raw }
}

function asSetOf(implicit: Uint8Array): Uint8Array {
  const set = Uint8Array.from(implicit)
  set[0] = 0x31
  return set
}

function attributesOf(set: Asn1Node | undefined): Map<string, AttributeOccurrence[]> {
  const attributes = new Map<string, AttributeOccurrence[]>()
  for (const { children } of set?.children ?? []) {
    const oid = children[0]?.oid
    if (oid === undefined) continue
    attributes.set(oid, [...(attributes.get(oid) ?? []), children[1]?.children ?? []])
  }
  return attributes
}
