// What a certificate says, read once: names, validity, key usage, qualified statements (RFC 5280; ETSI EN 319 412).
// Facts, and the one rule that needs nothing else: whether a certificate is fit to sign documents now. Paths to an anchor
// are in chain.ts, the choice among several certificates in signing-certificate.ts.

import { createHash, X509Certificate } from 'node:crypto'
import { BitString } from 'asn1js'
import { BasicConstraints, ExtKeyUsage, Certificate as PkiCertificate, QCStatements } from 'pkijs'
import { suggestedAlgorithm } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'

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

const extensionIds = {
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  certificatePolicies: '2.5.29.32',
  extendedKeyUsage: '2.5.29.37',
  qcStatements: '1.3.6.1.5.5.7.1.3',
} as const
const processed: ReadonlySet<string> = new Set(Object.values(extensionIds))

const machinePurposes: ReadonlySet<string> = new Set([
  '1.3.6.1.5.5.7.3.1', // serverAuth
  '1.3.6.1.5.5.7.3.3', // codeSigning
  '1.3.6.1.5.5.7.3.8', // timeStamping
  '1.3.6.1.5.5.7.3.9', // OCSPSigning
])

const commonNameType = '2.5.4.3'
const qcCompliance = '0.4.0.1862.1.1'
const qcSscd = '0.4.0.1862.1.4'

/** Reads one DER certificate; throws CERTIFICATE_UNREADABLE. */
export function readCertificate(der: Uint8Array): Certificate {
  try {
    const x509 = new X509Certificate(der)
    return Object.freeze({ der, x509, facts: factsOf(der, x509, PkiCertificate.fromBER(Uint8Array.from(der))) })
  } catch (cause) {
    throw new Fault('CERTIFICATE_UNREADABLE', 'not a DER X.509 certificate', { cause })
  }
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

function factsOf(der: Uint8Array, x509: X509Certificate, parsed: PkiCertificate): CertificateFacts {
  const extensions = parsed.extensions ?? []
  const extensionValue = (oid: string): unknown => extensions.find(extension => extension.extnID === oid)?.parsedValue
  const basic = extensionValue(extensionIds.basicConstraints)
  const purposes = extensionValue(extensionIds.extendedKeyUsage)
  const statements = extensionValue(extensionIds.qcStatements)
  const statementIds = statements instanceof QCStatements ? statements.values.map(statement => statement.id) : []
  const authority = basic instanceof BasicConstraints && basic.cA
  const pathLength = authority ? pathLengthOf(basic) : undefined
  return Object.freeze({
    subject: oneLine(x509.subject),
    issuer: oneLine(x509.issuer),
    holder: commonNameOf(parsed) ?? oneLine(x509.subject),
    serialNumber: x509.serialNumber.toLowerCase(),
    notBefore: x509.validFromDate.getTime(),
    notAfter: x509.validToDate.getTime(),
    keyUsage: keyUsageOf(extensionValue(extensionIds.keyUsage)),
    extendedKeyUsage: purposes instanceof ExtKeyUsage ? purposes.keyPurposes : [],
    authority,
    ...(pathLength !== undefined && { pathLength }),
    qualified: statementIds.includes(qcCompliance),
    qualifiedDevice: statementIds.includes(qcSscd),
    unknownCritical: extensions.filter(({ critical, extnID }) => critical && !processed.has(extnID)).map(e => e.extnID),
    sha256: createHash('sha256').update(der).digest('hex'),
  })
}

function keyUsageOf(value: unknown): KeyUsage[] {
  if (!(value instanceof BitString)) return []
  const octets = value.valueBlock.valueHexView
  return usageBits.filter((_, bit) => (((octets[bit >> 3] ?? 0) << (bit & 7)) & 0x80) !== 0)
}

function pathLengthOf(basic: BasicConstraints): number | undefined {
  const limit = basic.pathLenConstraint
  return typeof limit === 'object' ? limit.valueBlock.valueDec : limit
}

function commonNameOf(parsed: PkiCertificate): string | undefined {
  const value: unknown = parsed.subject.typesAndValues.find(part => part.type === commonNameType)?.value.valueBlock
    .value
  return typeof value === 'string' ? value : undefined
}

function oneLine(name: string | undefined): string {
  return (name ?? '').replaceAll('\n', ', ')
}
