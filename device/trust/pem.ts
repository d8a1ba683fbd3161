// Certificates and lists of revoked ones out of PEM text (RFC 7468, 5.1 and 6).

import { Fault } from '../errors.ts'

const certificateBlock = /-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g

/** DER of every certificate in the text, in order; throws CERTIFICATE_UNREADABLE when there is none. */
export function certificatesInPem(text: string): readonly Uint8Array[] {
  const found = [...text.matchAll(certificateBlock)].map(
    ([, base64]) => new Uint8Array(Buffer.from(base64 ?? '', 'base64')),
  )
  if (found.length === 0) throw new Fault('CERTIFICATE_UNREADABLE', 'the file holds no PEM certificate')
  return found
}

const listBlock = /-----BEGIN X509 CRL-----([A-Za-z0-9+/=\s]+)-----END X509 CRL-----/g

/** Every list of revoked certificates in the text, in order; throws CERTIFICATE_UNREADABLE when there is none. */
export function revocationListsInPem(text: string): readonly { readonly pem: string; readonly der: Uint8Array }[] {
  const found = [...text.matchAll(listBlock)].map(([pem, base64 = '']) => ({
    pem,
    der: new Uint8Array(Buffer.from(base64, 'base64')),
  }))
  if (found.length === 0)
    throw new Fault('CERTIFICATE_UNREADABLE', 'the file holds no PEM list of revoked certificates')
  return found
}
