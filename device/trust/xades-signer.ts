// The certificate that a XAdES signature is by: among those it carries, the one that its signed SigningCertificateV2 (or
// the older SigningCertificate) names by digest, issuer and serial number (ETSI EN 319 132-1, 5.2.2; EN 319 102-1, 5.2.3.4).
// Without that binding another certificate for the same key could be put into KeyInfo, which is not signed.

import { createHash } from 'node:crypto'
import { namespaces } from '../ades/xades-names.ts'
import { readWhole } from '../cms/asn1.ts'
import { algorithmOf, digestHash } from '../xml/algorithms.ts'
import type { XmlElement } from '../xml/node.ts'
import { childOf, octetsOf, textOf } from '../xml/walk.ts'
import { type Certificate, readableCertificates } from './certificate.ts'
import type { Finding } from './report.ts'
import { isIssuerSerial } from './verify-reference.ts'
import { type QualifyingProperties, signedProperties } from './xades-properties.ts'

export interface SignerFound {
  readonly signer?: Certificate
  readonly findings: readonly Finding[]
}

/**
 * The signer among `certificates` (DER), those of KeyInfo first. `signs` tells whether the signature value is by a
 * certificate's key: where none is named, that one is shown.
 */
export function findSigner(
  properties: QualifyingProperties | undefined,
  certificates: readonly Uint8Array[],
  signs: (certificate: Certificate) => boolean,
): SignerFound {
  const candidates = readableCertificates(certificates)
  if (candidates.length === 0) return { findings: [missing('no certificate in the signature')] }
  const references = properties === undefined ? [] : certificateReferences(properties)
  const namespace = properties?.namespace ?? ''
  const named = candidates.find(({ der }) => references.every(one => isNamedBy(one, namespace, der)))
  if (named !== undefined && references.length > 0) return { signer: named, findings: [] }
  const detail = 'no SigningCertificate property'
  const unnamed: Finding = { subIndication: 'SIG_CONSTRAINTS_FAILURE', detail }
  const other = missing('SigningCertificate names a certificate that the signature does not hold')
  const shown = candidates.find(signs) ?? candidates[0]
  return { ...(shown && { signer: shown }), findings: [references.length === 0 ? unnamed : other] }
}

function missing(detail: string): Finding {
  return { subIndication: 'NO_SIGNING_CERTIFICATE_FOUND', detail }
}

/** The first xades:Cert of each property, which is the signer's. */
function certificateReferences(properties: QualifyingProperties): XmlElement[] {
  return ['SigningCertificateV2', 'SigningCertificate']
    .flatMap(local => signedProperties(properties, 'SignedSignatureProperties', local))
    .map(property => childOf(property, properties.namespace, 'Cert') ?? property)
}

function isNamedBy(reference: XmlElement, namespace: string, der: Uint8Array): boolean {
  const certDigest = childOf(reference, namespace, 'CertDigest')
  // Of XMLDSig, but in XAdES 1.1.1 of its own.
  const part = (local: string) =>
    certDigest && (childOf(certDigest, namespaces.ds, local) ?? childOf(certDigest, namespace, local))
  const [method, value] = [part('DigestMethod'), part('DigestValue')]
  const hash = method && digestHash(algorithmOf(method))
  if (hash === undefined || value === undefined) return false
  if (!createHash(hash).update(der).digest().equals(octetsOf(value))) return false
  const issuerSerial = childOf(reference, namespace, 'IssuerSerialV2')
  const octets = issuerSerial && octetsOf(issuerSerial)
  // AutoFirma writes an empty one; the digest alone names the certificate.
  if (octets !== undefined && octets.length > 0) {
    const read = readWhole(octets)
    return read !== undefined && isIssuerSerial(read, der)
  }
  const serial = childOf(reference, namespace, 'IssuerSerial')
  return serial === undefined || isSerialNumber(serial, der)
}

/** The digest names the certificate; of the older IssuerSerial, whose name has many spellings, the number is compared. */
function isSerialNumber(issuerSerial: XmlElement, der: Uint8Array): boolean {
  const number = childOf(issuerSerial, namespaces.ds, 'X509SerialNumber')
  const digits = number === undefined ? '' : textOf(number).trim()
  const [certificate] = readableCertificates([der])
  return /^\d{1,60}$/.test(digits) && certificate?.facts.serialNumber === hex(BigInt(digits))
}

function hex(value: bigint): string {
  const digits = value.toString(16)
  return digits.length % 2 === 0 ? digits : `0${digits}`
}
