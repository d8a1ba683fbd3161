// The parts of an X.509 certificate (RFC 5280, 4.1) that CMS refers to it by, as the certificate's own octets: a
// re-encoded name would no longer be equal for a validator that compares bytes.

import { Fault } from '../errors.ts'
import { readWhole } from './asn1.ts'

/** Whole TLVs of the certificate's serialNumber, issuer and subject. */
export interface CertificateNames {
  readonly serialNumber: Uint8Array
  readonly issuer: Uint8Array
  readonly subject: Uint8Array
}

const explicitVersion = 0xa0

/** Names of a DER certificate; throws CERTIFICATE_UNREADABLE. */
export function certificateNames(certificate: Uint8Array): CertificateNames {
  const fields = readWhole(certificate)?.children[0]?.children ?? []
  const first = fields[0]?.tag === explicitVersion ? 1 : 0
  const [serialNumber, , issuer, , subject] = fields.slice(first)
  if (serialNumber?.tag !== 0x02 || issuer?.tag !== 0x30 || subject?.tag !== 0x30) {
    throw new Fault('CERTIFICATE_UNREADABLE', 'not a DER X.509 certificate')
  }
  return { serialNumber: serialNumber.raw, issuer: issuer.raw, subject: subject.raw }
}
