// The signed attributes of a CAdES signature inside a PDF, baseline B (ETSI EN 319 142-1, 6.3; EN 319 122-1, 5):
// content-type, message-digest, signing-certificate-v2 and CMSAlgorithmProtection. No signing-time: PAdES forbids it,
// the claimed time stands in the signature dictionary.

import { createHash } from 'node:crypto'
import type { SignatureAlgorithm } from '../ports.ts'
import { digestIdentifier, digestOf, signatureIdentifier } from './algorithm.ts'
import { certificateNames } from './certificate-names.ts'
import { contextual, objectIdentifier, octetString, sequence, setOf } from './der.ts'
import { oids } from './oids.ts'

export interface SignedAttributesRequest {
  readonly algorithm: SignatureAlgorithm
  /** Digest of the content, by the digest algorithm of `algorithm`. */
  readonly messageDigest: Uint8Array
  /** DER of the signer's certificate. */
  readonly certificate: Uint8Array
}

/** SignedAttributes as the SET OF that is hashed and signed (RFC 5652, 5.4). */
export function signedAttributes(request: SignedAttributesRequest): Uint8Array {
  return setOf([
    attribute(oids.contentType, objectIdentifier(oids.data)),
    attribute(oids.messageDigest, octetString(request.messageDigest)),
    attribute(oids.signingCertificateV2, signingCertificateV2(request.certificate)),
    attribute(oids.cmsAlgorithmProtection, algorithmProtection(request.algorithm)),
  ])
}

function attribute(oid: string, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(oid), setOf([value]))
}

/** RFC 5035, 3: one ESSCertIDv2 by SHA-256, whose identifier DER omits because it is the default, with issuerSerial. */
function signingCertificateV2(certificate: Uint8Array): Uint8Array {
  const { issuer, serialNumber } = certificateNames(certificate)
  const certHash = octetString(createHash('sha256').update(certificate).digest())
  const directoryName = contextual(4, issuer)
  const issuerSerial = sequence(sequence(directoryName), serialNumber)
  return sequence(sequence(sequence(certHash, issuerSerial)))
}

/** RFC 6211, 2: the digest and, IMPLICIT [1], the signature algorithm. */
function algorithmProtection(algorithm: SignatureAlgorithm): Uint8Array {
  const implicitSignature = Uint8Array.from(signatureIdentifier(algorithm))
  implicitSignature[0] = 0xa1
  return sequence(digestIdentifier(digestOf(algorithm)), implicitSignature)
}
