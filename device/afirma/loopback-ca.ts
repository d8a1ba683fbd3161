// Certificates for TLS on this machine (RFC 5280): an authority that can certify nothing but 127.0.0.1 and localhost, and
// the server's certificate. Its name constraints are critical and cover addresses and host names, it certifies TLS servers
// only and no further authority, so that who trusts it trusts nothing about any other machine.

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

interface Order {
  /** Common name of the authority. */
  readonly authority: string
  readonly authorityKey: CertifyingKey
  /** 16 random bytes. */
  readonly serial: Uint8Array
  /** Milliseconds since 1970. */
  readonly now: number
}

const dayMs = 86_400_000
/** Clocks of kiosks without a battery start behind. */
const backdatedMs = dayMs
export const authorityValidMs = 3_650 * dayMs
/** CA/Browser Forum, Baseline Requirements, 6.3.2, allow 398 days. */
export const serverValidMs = 396 * dayMs

const oid = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  serverAuth: '1.3.6.1.5.5.7.3.1',
} as const

const loopback = Uint8Array.of(127, 0, 0, 1)
const onlyThis = Uint8Array.of(255, 255, 255, 255)
const dnsName = (name: string) => tlv(0x82, Buffer.from(name))
const ipAddress = (bytes: Uint8Array) => tlv(0x87, bytes)

/** DER of the authority's own certificate. */
export function issueAuthority(order: Order): Uint8Array {
  const { authority, authorityKey, now } = order
  const permitted = [ipAddress(concat([loopback, onlyThis])), dnsName('localhost')].map(base => sequence(base))
  return certify(order, authority, authorityKey.publicKey, now + authorityValidMs, [
    critical(oid.basicConstraints, sequence(tlv(0x01, Uint8Array.of(0xff)), smallInteger(0))),
    critical(oid.keyUsage, usage('keyCertSign')),
    critical(oid.nameConstraints, sequence(contextual(0, ...permitted))),
    plain(oid.extKeyUsage, sequence(objectIdentifier(oid.serverAuth))),
    plain(oid.subjectKeyIdentifier, octetString(identifierOf(authorityKey.publicKey))),
  ])
}

/** DER of a certificate for `serverKey` (SubjectPublicKeyInfo, P-256). */
export function issueServer(order: Order & { readonly serverKey: Uint8Array }): Uint8Array {
  const { authorityKey, serverKey, now } = order
  const authorityIdentifier = sequence(tlv(0x80, identifierOf(authorityKey.publicKey)))
  return certify(order, '127.0.0.1', serverKey, now + serverValidMs, [
    critical(oid.basicConstraints, sequence()),
    critical(oid.keyUsage, usage('digitalSignature')),
    plain(oid.extKeyUsage, sequence(objectIdentifier(oid.serverAuth))),
    plain(oid.subjectAltName, sequence(ipAddress(loopback), dnsName('localhost'))),
    plain(oid.subjectKeyIdentifier, octetString(identifierOf(serverKey))),
    plain(oid.authorityKeyIdentifier, authorityIdentifier),
  ])
}

function certify(
  { authority, authorityKey, serial, now }: Order,
  subject: string,
  subjectKey: Uint8Array,
  notAfter: number,
  extensions: readonly Uint8Array[],
): Uint8Array {
  const algorithm = signatureIdentifier('SHA256withECDSA')
  const toBeSigned = sequence(
    contextual(0, smallInteger(2)),
    tlv(0x02, positive(serial)),
    algorithm,
    nameOf(authority),
    sequence(time(now - backdatedMs), time(notAfter - backdatedMs)),
    nameOf(subject),
    subjectKey,
    contextual(3, sequence(...extensions)),
  )
  return sequence(toBeSigned, algorithm, bitString(authorityKey.sign(toBeSigned)))
}

/** First octet 01 to 7f: positive, and the shortest form. */
function positive(serial: Uint8Array): Uint8Array {
  return Uint8Array.from(serial, (octet, index) => (index === 0 ? (octet & 0x7f) | 0x01 : octet))
}

function nameOf(commonName: string): Uint8Array {
  return sequence(setOf([sequence(objectIdentifier(oid.commonName), utf8String(commonName))]))
}

/** RFC 7093, 2, method 1: of the point, which ends the SubjectPublicKeyInfo of P-256. */
function identifierOf(publicKey: Uint8Array): Uint8Array {
  return createHash('sha256').update(publicKey.subarray(-65)).digest().subarray(0, 20)
}

function usage(bit: 'digitalSignature' | 'keyCertSign'): Uint8Array {
  return tlv(0x03, bit === 'digitalSignature' ? Uint8Array.of(7, 0x80) : Uint8Array.of(2, 0x04))
}

function bitString(content: Uint8Array): Uint8Array {
  return tlv(0x03, concat([Uint8Array.of(0), content]))
}

function critical(id: string, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(id), tlv(0x01, Uint8Array.of(0xff)), octetString(value))
}

function plain(id: string, value: Uint8Array): Uint8Array {
  return sequence(objectIdentifier(id), octetString(value))
}
