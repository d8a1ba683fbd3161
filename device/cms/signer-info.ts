// Takes one SignerInfo apart (RFC 5652, 5.3), countersignatures in it included (11.4), keeping the original octets of
// everything that is hashed, signed or compared, and the places where something may be put in.

import type { Asn1Node } from './asn1.ts'
import { concat, setOf, tlv } from './der.ts'
import { oids } from './oids.ts'

/** The values of one Attribute. */
export type AttributeOccurrence = readonly Asn1Node[]

/** One Attribute as it stands. */
export interface ParsedAttribute {
  readonly type: string
  /** The whole Attribute. */
  readonly node: Asn1Node
  readonly values: AttributeOccurrence
}

export interface ParsedSigner {
  /** The whole SignerInfo. */
  readonly node: Asn1Node
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
  /**
   * The same in DER order, where they stand in another: RFC 5652, 5.4, has the signature over DER whatever the file holds,
   * while some signers sign what they wrote. Absent where both are one.
   */
  readonly sortedAttributes?: Uint8Array
  /** Values of signed attributes by type, in the order found; a type that stands twice has both occurrences' values. */
  readonly attributes: ReadonlyMap<string, readonly AttributeOccurrence[]>
  readonly signature: Uint8Array
  /** version, sid, digestAlgorithm, signedAttrs, signatureAlgorithm, signature: all but the unsigned attributes. */
  readonly signedFields: readonly Asn1Node[]
  /** The [1] that holds the unsigned attributes; absent where there are none. */
  readonly unsignedSet?: Asn1Node
  /** Unsigned attributes as they stand, in the order found. */
  readonly unsignedList: readonly ParsedAttribute[]
  /** Their values by type. */
  readonly unsigned: ReadonlyMap<string, readonly AttributeOccurrence[]>
  /** Their types. */
  readonly unsignedAttributes: readonly string[]
  /** Signatures over this one's value, in the order found. */
  readonly countersignatures: readonly ParsedSigner[]
}

/** Countersignatures in countersignatures. */
const maxNesting = 16
/** Signatures in one SignedData, countersignatures included, that a reader is willing to judge. */
const maxSignatures = 1000

/** The SignerInfos in `nodes`; undefined where one lacks its fields, or where they are more than anybody would judge. */
export function parseSigners(nodes: readonly Asn1Node[]): readonly ParsedSigner[] | undefined {
  const budget = { left: maxSignatures }
  const signers: ParsedSigner[] = []
  for (const node of nodes) {
    const signer = parseNested(node, budget, 0)
    if (signer === undefined) return undefined
    signers.push(signer)
  }
  return signers
}

function parseNested(node: Asn1Node, budget: { left: number }, depth: number): ParsedSigner | undefined {
  if (depth > maxNesting || --budget.left < 0 || node.tag !== 0x30) return undefined
  const fields = fieldsOf(node)
  const signed = attributesOf(fields?.signedAttrs)
  const unsigned = attributesOf(fields?.unsignedAttrs)
  if (fields === undefined || signed === undefined || unsigned === undefined) return undefined
  const { sid, digest, signedAttrs, algorithm, signature, unsignedAttrs } = fields
  const digestAlgorithm = digest.children[0]?.oid
  const signatureAlgorithm = algorithm.children[0]?.oid
  const parameters = algorithm.children[1]
  const named = signerIdentifier(sid)
  const value = octetsOf(signature)
  if (digestAlgorithm === undefined || signatureAlgorithm === undefined || named === undefined || value === undefined) {
    return undefined
  }
  const countersignatures = unsigned
    .filter(({ type }) => type === oids.countersignature)
    .flatMap(({ values }) => values.map(one => parseNested(one, budget, depth + 1)))
  if (countersignatures.some(one => one === undefined)) return undefined
  return {
    node,
    ...named,
    digestAlgorithm,
    signatureAlgorithm,
    ...(parameters !== undefined && { signatureParameters: parameters }),
    ...(signedAttrs !== undefined && signedForms(signedAttrs)),
    attributes: byType(signed),
    signature: value,
    signedFields: node.children.filter(child => child !== unsignedAttrs),
    ...(unsignedAttrs !== undefined && { unsignedSet: unsignedAttrs }),
    unsignedList: unsigned,
    unsigned: byType(unsigned),
    unsignedAttributes: unsigned.map(({ type }) => type),
    countersignatures: countersignatures.filter(one => one !== undefined),
  }
}

interface SignerFields {
  readonly sid: Asn1Node
  readonly digest: Asn1Node
  readonly signedAttrs: Asn1Node | undefined
  readonly algorithm: Asn1Node
  readonly signature: Asn1Node
  readonly unsignedAttrs: Asn1Node | undefined
}

function fieldsOf({ children }: Asn1Node): SignerFields | undefined {
  const [version, sid, digest, ...rest] = children
  const signedAttrs = rest[0]?.tag === 0xa0 ? rest.shift() : undefined
  const [algorithm, signature, unsignedAttrs, ...others] = rest
  const unfit =
    version?.tag !== 0x02 || others.length > 0 || (unsignedAttrs !== undefined && unsignedAttrs.tag !== 0xa1)
  if (unfit || sid === undefined || digest === undefined || algorithm === undefined || signature === undefined) {
    return undefined
  }
  return { sid, digest, signedAttrs, algorithm, signature, unsignedAttrs }
}

function signerIdentifier(sid: Asn1Node): Pick<ParsedSigner, 'sid' | 'keyIdentifier'> | undefined {
  if (sid.tag === 0x80) return { keyIdentifier: sid.content }
  const [issuer, serialNumber] = sid.tag === 0x30 ? sid.children : []
  if (issuer === undefined || serialNumber?.tag !== 0x02) return undefined
  return { sid: { issuer: issuer.raw, serialNumber: serialNumber.raw } }
}

/** The octets of an OCTET STRING, also of one constructed of several (X.690, 8.7); undefined for anything else. */
export function octetsOf(node: Asn1Node): Uint8Array | undefined {
  if (node.tag === 0x04) return node.content
  if (node.tag !== 0x24) return undefined
  const pieces = node.children.map(octetsOf)
  return pieces.some(piece => piece === undefined) ? undefined : concat(pieces.filter(piece => piece !== undefined))
}

function signedForms(signedAttrs: Asn1Node): Pick<ParsedSigner, 'signedAttributes' | 'sortedAttributes'> {
  const signedAttributes = asSetOf(signedAttrs)
  const sortedAttributes = setOf(signedAttrs.children.map(({ raw }) => raw))
  if (Buffer.compare(signedAttributes, sortedAttributes) === 0) return { signedAttributes }
  return { signedAttributes, sortedAttributes }
}

/** RFC 5652, 5.4: the EXPLICIT tag of a SET OF instead of [0]; a length that was indefinite is counted. */
function asSetOf(implicit: Asn1Node): Uint8Array {
  if (implicit.indefinite) return tlv(0x31, implicit.content)
  const set = Uint8Array.from(implicit.raw)
  set[0] = 0x31
  return set
}

function attributesOf(set: Asn1Node | undefined): ParsedAttribute[] | undefined {
  const attributes: ParsedAttribute[] = []
  for (const node of set?.children ?? []) {
    const [type, values, ...others] = node.tag === 0x30 ? node.children : []
    if (type?.oid === undefined || values?.tag !== 0x31 || others.length > 0) return undefined
    attributes.push({ type: type.oid, node, values: values.children })
  }
  return attributes
}

function byType(attributes: readonly ParsedAttribute[]): Map<string, AttributeOccurrence[]> {
  const found = new Map<string, AttributeOccurrence[]>()
  for (const { type, values } of attributes) found.set(type, [...(found.get(type) ?? []), values])
  return found
}
