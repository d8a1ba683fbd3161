// Certificates out of PEM text (RFC 7468, 5.1).

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
