// Asking for one certificate's state (RFC 6960, 4.1; the lightweight profile of RFC 5019): CertID by SHA-1, which every
// responder knows, and a nonce where one is wanted (RFC 9654).

import { createHash } from 'node:crypto'
import { contextual, nullValue, objectIdentifier, octetString, sequence, tlv } from '../cms/der.ts'
import { oids } from '../cms/oids.ts'
import type { Certificate } from './certificate.ts'

export const ocspNonceExtension = '1.3.6.1.5.5.7.48.1.2'

export interface OcspQuestion {
  readonly certificate: Certificate
  readonly issuer: Certificate
  /** 1 to 128 octets; absent leaves the extension out. */
  readonly nonce?: Uint8Array
}

/** DER of the OCSPRequest. */
export function ocspRequest({ certificate, issuer, nonce }: OcspQuestion): Uint8Array {
  const sha1 = (octets: Uint8Array) => octetString(createHash('sha1').update(octets).digest())
  const certId = sequence(
    sequence(objectIdentifier(oids.sha1), nullValue()),
    sha1(certificate.fields.issuer),
    sha1(issuer.fields.publicKeyOctets),
    certificate.fields.serialNumber,
  )
  const request = sequence(certId)
  const tbs = sequence(sequence(request), ...(nonce === undefined ? [] : [nonceExtension(nonce)]))
  return sequence(tbs)
}

function nonceExtension(nonce: Uint8Array): Uint8Array {
  const value = tlv(0x04, octetString(nonce))
  return contextual(2, sequence(sequence(objectIdentifier(ocspNonceExtension), value)))
}
