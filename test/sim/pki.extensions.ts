// The extensions of the test PKI's certificates: what each is for, how it is found again, and where its state and issuer
// are asked for (RFC 5280, 4.2).

import { createHash } from 'node:crypto'
import { BitString, Null, ObjectIdentifier, OctetString, Sequence } from 'asn1js'
import {
  AccessDescription,
  AuthorityKeyIdentifier,
  BasicConstraints,
  type Certificate,
  CRLDistributionPoints,
  DistributionPoint,
  Extension,
  ExtKeyUsage,
  GeneralName,
  InfoAccess,
} from 'pkijs'

/** Choice of GeneralName. */
const uniformResourceIdentifier = 6

export interface ExtensionsEntry {
  /** First octet of KeyUsage; zero leaves the extension out. */
  readonly usage: number
  readonly authority: boolean
  readonly pathLength?: number
  readonly unknownCritical?: boolean
  readonly qualified?: boolean
  /** Dotted. */
  readonly policies?: readonly string[]
  /** Extended key usage, dotted; critical unless said. */
  readonly purpose?: string
  readonly secondPurpose?: string
  readonly uncriticalPurpose?: boolean
  /** id-pkix-ocsp-nocheck (RFC 6960, 4.2.2.2.1). */
  readonly withoutRevocation?: boolean
  readonly withoutKeyIdentifiers?: boolean
  readonly ocspUrl?: string
  readonly crlUrl?: string
  readonly issuerUrl?: string
}

/** All of a certificate whose key is already in `subject`. */
export function extensionsOf(entry: ExtensionsEntry, subject: Certificate, issuer: Certificate): Extension[] {
  const { authority, pathLength, usage: bits } = entry
  const basic = { ...(authority && { cA: true }), ...(pathLength !== undefined && { pathLenConstraint: pathLength }) }
  const authorityKey = new AuthorityKeyIdentifier({ keyIdentifier: keyIdentifier(issuer) })
  const extensions = [extension('2.5.29.19', true, new BasicConstraints(basic).toSchema())]
  if (!entry.withoutKeyIdentifiers) {
    extensions.push(extension('2.5.29.14', false, keyIdentifier(subject)))
    extensions.push(extension('2.5.29.35', false, authorityKey.toSchema()))
  }
  if (bits !== 0) {
    const keyUsage = new BitString({ valueHex: Uint8Array.of(bits).buffer, unusedBits: unusedBits(bits) })
    extensions.push(extension('2.5.29.15', true, keyUsage))
  }
  if (entry.unknownCritical) extensions.push(extension('1.3.6.1.4.1.99999.1', true, new OctetString()))
  if (entry.purpose !== undefined) {
    const more = entry.secondPurpose === undefined ? [] : [entry.secondPurpose]
    const purposes = new ExtKeyUsage({ keyPurposes: [entry.purpose, ...more] })
    extensions.push(extension('2.5.29.37', !entry.uncriticalPurpose, purposes.toSchema()))
  }
  if (entry.policies !== undefined) extensions.push(extension('2.5.29.32', false, policiesOf(entry.policies)))
  if (entry.qualified) extensions.push(extension('1.3.6.1.5.5.7.1.3', false, qualifiedStatements()))
  if (entry.withoutRevocation) extensions.push(extension('1.3.6.1.5.5.7.48.1.5', false, new Null()))
  return [...extensions, ...pointersOf(entry)]
}

/** authorityInfoAccess and cRLDistributionPoints (RFC 5280, 4.2.2.1 and 4.2.1.13). */
function pointersOf({ ocspUrl, issuerUrl, crlUrl }: ExtensionsEntry): Extension[] {
  const accesses = [
    ...(ocspUrl === undefined ? [] : [access('1.3.6.1.5.5.7.48.1', ocspUrl)]),
    ...(issuerUrl === undefined ? [] : [access('1.3.6.1.5.5.7.48.2', issuerUrl)]),
  ]
  const points = crlUrl === undefined ? [] : [new DistributionPoint({ distributionPoint: [uri(crlUrl)] })]
  return [
    ...(accesses.length === 0
      ? []
      : [extension('1.3.6.1.5.5.7.1.1', false, new InfoAccess({ accessDescriptions: accesses }).toSchema())]),
    ...(points.length === 0
      ? []
      : [extension('2.5.29.31', false, new CRLDistributionPoints({ distributionPoints: points }).toSchema())]),
  ]
}

function access(accessMethod: string, url: string): AccessDescription {
  return new AccessDescription({ accessMethod, accessLocation: uri(url) })
}

function uri(value: string): GeneralName {
  return new GeneralName({ type: uniformResourceIdentifier, value })
}

function unusedBits(octet: number): number {
  return 31 - Math.clz32(octet & -octet)
}

/** CertificatePolicies without qualifiers. */
function policiesOf(policies: readonly string[]): Sequence {
  const information = (value: string) => new Sequence({ value: [new ObjectIdentifier({ value })] })
  return new Sequence({ value: policies.map(information) })
}

/** QcCompliance and QcSSCD (EN 319 412-5). */
function qualifiedStatements(): Sequence {
  const statement = (value: string) => new Sequence({ value: [new ObjectIdentifier({ value })] })
  return new Sequence({ value: [statement('0.4.0.1862.1.1'), statement('0.4.0.1862.1.4')] })
}

function extension(extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() })
}

function keyIdentifier(certificate: Certificate): OctetString {
  const key = certificate.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView
  return new OctetString({ valueHex: Uint8Array.from(createHash('sha1').update(key).digest()).buffer })
}
