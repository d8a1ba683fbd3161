// What a certificate says, read once: names, validity, key usage, qualified statements (RFC 5280; ETSI EN 319 412).
// Facts, and the one rule that needs nothing else: whether a certificate is fit to sign documents now. Paths to an anchor
// are in chain.ts, the choice among several certificates in signing-certificate.ts.

import { createHash, X509Certificate } from 'node:crypto'
import { suggestedAlgorithm } from '../cms/algorithm.ts'
import type { Asn1Node } from '../cms/asn1.ts'
import { Fault } from '../errors.ts'
import { createRecent } from '../recent.ts'
import { type CertificateFields, certificateFields } from './certificate-fields.ts'
import { attributeOfName, nameAttributes } from './distinguished-name.ts'

export type KeyUsage =
  | 'digitalSignature'
  | 'nonRepudiation'
  | 'keyEncipherment'
  | 'dataEncipherment'
  | 'keyAgreement'
  | 'keyCertSign'
  | 'cRLSign'
  | 'encipherOnly'
  | 'decipherOnly'

/** JSON-ready; times in milliseconds since 1970. */
export interface CertificateFacts {
  /** One line, most general part first. */
  readonly subject: string
  readonly issuer: string
  /** Common name of the subject, or the whole subject where it has none. */
  readonly holder: string
  /** Lower-case hex. */
  readonly serialNumber: string
  readonly notBefore: number
  readonly notAfter: number
  /** Empty where the extension is absent. */
  readonly keyUsage: readonly KeyUsage[]
  readonly extendedKeyUsage: readonly string[]
  readonly authority: boolean
  /** pathLenConstraint of an authority. */
  readonly pathLength?: number
  /** EU qualified certificate: QcCompliance (EN 319 412-5, 4.2.1). */
  readonly qualified: boolean
  /** Private key in a qualified device: QcSSCD (EN 319 412-5, 4.2.2). */
  readonly qualifiedDevice: boolean
  /** Critical extensions that nothing here processes; such a certificate must be rejected (RFC 5280, 4.2). */
  readonly unknownCritical: readonly string[]
  /** Of the DER, lower-case hex. */
  readonly sha256: string
}

export interface Certificate {
  readonly der: Uint8Array
  readonly x509: X509Certificate
  /** Its fields as octets. */
  readonly fields: CertificateFields
  readonly facts: CertificateFacts
}

const usageBits: readonly KeyUsage[] = [
  'digitalSignature',
  'nonRepudiation',
  'keyEncipherment',
  'dataEncipherment',
  'keyAgreement',
  'keyCertSign',
  'cRLSign',
  'encipherOnly',
  'decipherOnly',
]

/** Extensions of certificates by their names in RFC 5280, 4.2; RFC 6960, 4.2.2.2.1; RFC 9608; EN 319 412-1 and -5. */
export const extensionIds = {
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  cRLDistributionPoints: '2.5.29.31',
  certificatePolicies: '2.5.29.32',
  policyMappings: '2.5.29.33',
  extendedKeyUsage: '2.5.29.37',
  inhibitAnyPolicy: '2.5.29.54',
  noRevAvail: '2.5.29.56',
  authorityInfoAccess: '1.3.6.1.5.5.7.1.1',
  qcStatements: '1.3.6.1.5.5.7.1.3',
  ocspNoCheck: '1.3.6.1.5.5.7.48.1.5',
  validityAssuredShortTerm: '0.4.0.194121.2.1',
} as const
/**
 * What a certificate may mark critical. No policy is asked for, so mappings and the inhibition of anyPolicy take nothing
 * away; name constraints and the demand for a policy are not enforced, so not accepted.
 */
const processed: ReadonlySet<string> = new Set([
  extensionIds.keyUsage,
  extensionIds.subjectAltName,
  extensionIds.basicConstraints,
  extensionIds.cRLDistributionPoints,
  extensionIds.certificatePolicies,
  extensionIds.policyMappings,
  extensionIds.extendedKeyUsage,
  extensionIds.inhibitAnyPolicy,
  extensionIds.qcStatements,
])

const machinePurposes: ReadonlySet<string> = new Set([
  '1.3.6.1.5.5.7.3.1', // serverAuth
  '1.3.6.1.5.5.7.3.3', // codeSigning
  '1.3.6.1.5.5.7.3.8', // timeStamping
  '1.3.6.1.5.5.7.3.9', // OCSPSigning
])

const qcCompliance = '0.4.0.1862.1.1'
const qcSscd = '0.4.0.1862.1.4'

const recent = createRecent<Certificate>({ most: 256, longest: 8192 })

/** Reads one DER certificate; throws CERTIFICATE_UNREADABLE, also where its public key cannot be decoded. */
export function readCertificate(der: Uint8Array): Certificate {
  return recent.of(der, takenApart)
}

function takenApart(der: Uint8Array): Certificate {
  const fields = certificateFields(der)
  if (fields === undefined) throw new Fault('CERTIFICATE_UNREADABLE', 'not a DER X.509 certificate')
  try {
    const x509 = new X509Certificate(der)
    // Decoded here, where a failure has a name, and not when the first signature is verified with it.
    x509.publicKey.asymmetricKeyType
    return Object.freeze({ der, x509, fields, facts: factsOf(der, x509, fields) })
  } catch (cause) {
    throw new Fault('CERTIFICATE_UNREADABLE', 'not a DER X.509 certificate', { cause })
  }
}

const issuings = new WeakMap<Certificate, WeakMap<Certificate, boolean>>()

/** Whether `issuer` is the one that `certificate` names, and its key verifies the signature on it. */
export function isIssuedBy(certificate: Certificate, issuer: Certificate): boolean {
  const known = issuings.get(certificate) ?? new WeakMap<Certificate, boolean>()
  issuings.set(certificate, known)
  const issued =
    known.get(issuer) ?? (certificate.x509.checkIssued(issuer.x509) && certificate.x509.verify(issuer.x509.publicKey))
  known.set(issuer, issued)
  return issued
}

/** Whether key usage and purposes allow document signatures (EN 319 412-2, 4.3.2 asks for the key usage extension). */
export function isForSigning(facts: CertificateFacts): boolean {
  const usage = facts.keyUsage.includes('nonRepudiation') || facts.keyUsage.includes('digitalSignature')
  const purposes = facts.extendedKeyUsage
  const machineOnly = purposes.length > 0 && purposes.every(purpose => machinePurposes.has(purpose))
  return usage && !machineOnly && !facts.authority
}

/**
 * The facts of a DER certificate that is fit to sign documents at `now` (milliseconds since 1970). Throws
 * CERTIFICATE_UNREADABLE, CERTIFICATE_ABSENT (not for signing), KEY_REFUSED, CERTIFICATE_EXPIRED, CERTIFICATE_NOT_YET_VALID.
 */
export function checkSigningCertificate(der: Uint8Array, now: number): CertificateFacts {
  const { facts } = readCertificate(der)
  const name = `certificate ${facts.serialNumber}`
  if (!isForSigning(facts)) throw new Fault('CERTIFICATE_ABSENT', `${name} is not for signing documents`)
  suggestedAlgorithm(der)
  const { notBefore, notAfter } = facts
  if (now > notAfter) throw new Fault('CERTIFICATE_EXPIRED', `${name} ended ${new Date(notAfter).toISOString()}`)
  if (now < notBefore) {
    throw new Fault('CERTIFICATE_NOT_YET_VALID', `${name} begins ${new Date(notBefore).toISOString()}`)
  }
  return facts
}

/** Every certificate that can be read; the others, which somebody else embedded, are left out. */
export function readableCertificates(ders: readonly Uint8Array[]): Certificate[] {
  return ders.flatMap(der => {
    try {
      return [readCertificate(der)]
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.code === 'CERTIFICATE_UNREADABLE') return []
      throw thrown
    }
  })
}

function factsOf(der: Uint8Array, x509: X509Certificate, fields: CertificateFields): CertificateFacts {
  const { notBefore, notAfter, extensions } = fields
  const value = (oid: string): readonly Asn1Node[] => extensions.get(oid)?.value?.children ?? []
  const [cA, pathLength] = value(extensionIds.basicConstraints)
  const authority = cA?.tag === 0x01 && cA.content[0] !== 0
  const statements = value(extensionIds.qcStatements).map(statement => statement.children[0]?.oid)
  return Object.freeze({
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    holder: attributeOfName(fields.subject, nameAttributes.commonName) ?? oneLine(x509.subject),
    serialNumber: x509.serialNumber.toLowerCase(),
    notBefore,
    notAfter,
    keyUsage: keyUsageOf(extensions.get(extensionIds.keyUsage)?.value),
    extendedKeyUsage: value(extensionIds.extendedKeyUsage).flatMap(purpose => purpose.oid ?? []),
    authority,
    ...(authority &&
      pathLength?.tag === 0x02 && { pathLength: pathLength.content.reduce((n, octet) => n * 256 + octet, 0) }),
    qualified: statements.includes(qcCompliance),
    qualifiedDevice: statements.includes(qcSscd),
    unknownCritical: [...extensions]
      .filter(([oid, { critical }]) => critical && !processed.has(oid))
      .map(([oid]) => oid),
    sha256: createHash('sha256').update(der).digest('hex'),
  })
}

function keyUsageOf(value: Asn1Node | undefined): KeyUsage[] {
  if (value?.tag !== 0x03) return []
  const octets = value.content.subarray(1)
  return usageBits.filter((_, bit) => (((octets[bit >> 3] ?? 0) << (bit & 7)) & 0x80) !== 0)
}

function oneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ')
}
