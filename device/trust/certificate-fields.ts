// The fields of an X.509 certificate (RFC 5280, 4.1) as the octets that stand in it: names and keys are compared and hashed
// as they were written. Reading only; what the fields mean is said in certificate.ts.

import { type Asn1Node, readWhole } from '../cms/asn1.ts'
import { timeOf } from './asn1-time.ts'

export interface ExtensionField {
  readonly critical: boolean
  /** The value inside extnValue; absent where that holds no ASN.1. */
  readonly value?: Asn1Node
}

/** Whole TLVs unless said otherwise. */
export interface CertificateFields {
  readonly serialNumber: Uint8Array
  readonly issuer: Uint8Array
  readonly subject: Asn1Node
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  /** Algorithm that the issuer signed with, dotted. */
  readonly signatureAlgorithm: string
  readonly signatureParameters?: Asn1Node
  /** Contents of subjectPublicKey without the octet of unused bits: what an OCSP issuerKeyHash is made over. */
  readonly publicKeyOctets: Uint8Array
  readonly extensions: ReadonlyMap<string, ExtensionField>
}

const explicitVersion = 0xa0
const explicitExtensions = 0xa3
const maxExtensions = 64

/** Undefined where the octets are no certificate, or one extension stands twice (RFC 5280, 4.2). */
export function certificateFields(der: Uint8Array): CertificateFields | undefined {
  const [tbs, algorithm] = readWhole(der)?.children ?? []
  const fields = tbs?.children ?? []
  const first = fields[0]?.tag === explicitVersion ? 1 : 0
  const [serialNumber, , issuer, validity, subject, key, ...optional] = fields.slice(first)
  const notBefore = timeOf(validity?.children[0])
  const notAfter = timeOf(validity?.children[1])
  const publicKey = key?.children[1]
  const signatureAlgorithm = algorithm?.children[0]?.oid
  const signatureParameters = algorithm?.children[1]
  const extensions = extensionsIn(optional.find(field => field.tag === explicitExtensions)?.children[0])
  if (serialNumber?.tag !== 0x02 || issuer?.tag !== 0x30 || subject?.tag !== 0x30 || publicKey?.tag !== 0x03)
    return undefined
  if (notBefore === undefined || notAfter === undefined || signatureAlgorithm === undefined) return undefined
  if (extensions === undefined) return undefined
  return {
    serialNumber: serialNumber.raw,
    issuer: issuer.raw,
    subject,
    notBefore,
    notAfter,
    signatureAlgorithm,
    ...(signatureParameters !== undefined && { signatureParameters }),
    publicKeyOctets: publicKey.content.subarray(1),
    extensions,
  }
}

/** Extensions by dotted identifier out of the list itself; undefined where they are malformed or one stands twice. */
export function extensionsIn(list: Asn1Node | undefined): ReadonlyMap<string, ExtensionField> | undefined {
  const listed = list?.children ?? []
  if (listed.length > maxExtensions) return undefined
  const extensions = new Map<string, ExtensionField>()
  for (const { children } of listed) {
    const oid = children[0]?.oid
    const octets = children.at(-1)
    if (oid === undefined || octets?.tag !== 0x04 || extensions.has(oid)) return undefined
    const critical = children[1]?.tag === 0x01 && children[1].content[0] !== 0
    const value = readWhole(octets.content)
    extensions.set(oid, { critical, ...(value !== undefined && { value }) })
  }
  return extensions
}
