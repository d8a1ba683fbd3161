// Makes X.509 certificates on P-256 (RFC 5280): for what belongs to this kiosk alone, its TLS on loopback and the key that
// signs its evidence. Who issues, to whom and with which extensions is the caller's to say.

import { createHash } from 'node:crypto'
import { signatureIdentifier } from '../cms/algorithm.ts'
import {
  concat,
  contextual,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  smallInteger,
  time,
  tlv,
  utf8String,
} from '../cms/der.ts'

/** A key on P-256. */
export interface CertifyingKey {
  /** DER of its SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  /** ECDSA with SHA-256, as DER Ecdsa-Sig-Value. */
  sign(bytes: Uint8Array): Uint8Array
}

export interface CertificateOrder {
  /** Common names. */
  readonly issuer: string
  readonly subject: string
  readonly issuerKey: CertifyingKey
  /** SubjectPublicKeyInfo, P-256. */
  readonly subjectKey: Uint8Array
  /** 16 random bytes. */
  readonly serial: Uint8Array
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  /** Made by `critical` and `plain`. */
  readonly extensions: readonly Uint8Array[]
}

/** Clocks of kiosks without a battery start behind. */
export const backdatedMs = 86_400_000

const oid = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  basicConstraints: '2.5.29.19',
} as const

/** RFC 5280, 4.1.2.5: of what has no end that would make sense. */
const noEnd = Date.UTC(9999, 11, 31, 23, 59, 59)

/** DER of the certificate. */
export function issueCertificate(order: CertificateOrder): Uint8Array {
  const { issuer, subject, issuerKey, subjectKey, serial, notBefore, notAfter, extensions } = order
  const algorithm = signatureIdentifier('SHA256withECDSA')
  const toBeSigned = sequence(
    contextual(0, smallInteger(2)),
    tlv(0x02, positive(serial)),
    algorithm,
    nameOf(issuer),
    sequence(time(notBefore), time(notAfter)),
    nameOf(subject),
    subjectKey,
    contextual(3, sequence(...extensions)),
  )
  return sequence(toBeSigned, algorithm, bitString(issuerKey.sign(toBeSigned)))
}

/** DER of a certificate of a key that vouches for itself: it signs data and no certificates, and does not expire. */
export function issueSelfSigned(order: {
  readonly name: string
  readonly key: CertifyingKey
  readonly serial: Uint8Array
  readonly now: number
}): Uint8Array {
  const { name, key, serial, now } = order
  return issueCertificate({
    issuer: name,
    subject: name,
    issuerKey: key,
    subjectKey: key.publicKey,
    serial,
    notBefore: now - backdatedMs,
    notAfter: noEnd,
    extensions: [
      critical(oid.basicConstraints, sequence()),
      critical(oid.keyUsage, keyUsage('digitalSignature')),
      plain(oid.subjectKeyIdentifier, octetString(keyIdentifierOf(key.publicKey))),
    ],
  })
}

/** RFC 7093, 2, method 1: of the point, which ends the SubjectPublicKeyInfo of P-256. */
export function keyIdentifierOf(publicKey: Uint8Array): Uint8Array {
  return createHash('sha256').update(publicKey.subarray(-65)).digest().subarray(0, 20)
}

export function keyUsage(bit: 'digitalSignature' | 'keyCertSign'): Uint8Array {
  return tlv(0x03, bit === 'digitalSignature' ? Uint8Array.of(7, 0x80) : Uint8Array.of(2, 0x04))
}

export function critical(id: string, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(id), tlv(0x01, Uint8Array.of(0xff)), octetString(value))
}

export function plain(id: string, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(id), octetString(value))
}

/** First octet 01 to 7f: positive, and the shortest form. */
function positive(serial: Uint8Array): Uint8Array {
  return Uint8Array.from(serial, (octet, index) => (index === 0 ? (octet & 0x7f) | 0x01 : octet))
}

function nameOf(commonName: string): Uint8Array {
  return sequence(setOf([sequence(objectIdentifier(oid.commonName), utf8String(commonName))]))
}

function bitString(content: Uint8Array): Uint8Array {
  return tlv(0x03, concat([Uint8Array.of(0), content]))
}
