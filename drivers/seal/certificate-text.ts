// Certificates as services write them down: Base64 of DER, with or without line breaks and PEM's lines around it.

import { X509Certificate } from 'node:crypto'
import { Fault } from '../../device/errors.ts'

const maxCharacters = 64 * 1024

/** DER. Throws CERTIFICATE_UNREADABLE. */
export function certificateIn(text: unknown, what: string): Uint8Array {
  try {
    if (typeof text !== 'string' || text.length > maxCharacters) throw new TypeError('no text')
    const base64 = text.replaceAll(/-----[A-Z ]+-----|\s/g, '')
    return new X509Certificate(Buffer.from(base64, 'base64')).raw
  } catch (cause) {
    throw new Fault('CERTIFICATE_UNREADABLE', `${what}: the certificate cannot be read`, { cause })
  }
}

/** DER of every certificate of a PEM file, in its order. Throws CERTIFICATE_UNREADABLE. */
export function certificatesIn(pem: string, what: string): readonly Uint8Array[] {
  const found = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? []
  if (found.length === 0) throw new Fault('CERTIFICATE_UNREADABLE', `${what}: no PEM certificate is in it`)
  return found.map(one => certificateIn(one, what))
}
