// What is kept of the certificate that signed a copy, for its evidence: who it names, who issued it, and its digest.

import { createHash } from 'node:crypto'
import type { SignatureAlgorithm } from '../ports.ts'
import { readCertificate } from './certificate.ts'

export interface SignerFacts {
  /** Of the DER, lower-case hex. */
  readonly certificateSha256: string
  /** One line each, most general part first; of an official's certificate the subject holds name, number and unit. */
  readonly subject: string
  readonly issuer: string
  /** Lower-case hex. */
  readonly serialNumber: string
  /** ISO 8601. */
  readonly notBefore: string
  readonly notAfter: string
  /** null where a seal service chose it. */
  readonly algorithm: SignatureAlgorithm | null
}

/** Throws CERTIFICATE_UNREADABLE. */
export function signerFacts(certificate: Uint8Array, algorithm: SignatureAlgorithm | null): SignerFacts {
  const { facts } = readCertificate(certificate)
  const { subject, issuer, serialNumber, notBefore, notAfter } = facts
  return {
    certificateSha256: createHash('sha256').update(certificate).digest('hex'),
    subject,
    issuer,
    serialNumber,
    notBefore: new Date(notBefore).toISOString(),
    notAfter: new Date(notAfter).toISOString(),
    algorithm,
  }
}
