// Certificates for TLS on this machine (RFC 5280): an authority that can certify nothing but 127.0.0.1 and localhost, and
// the server's certificate. Its name constraints are critical and cover addresses and host names, it certifies TLS servers
// only and no further authority, so that who trusts it trusts nothing about any other machine.

import { concat, contextual, objectIdentifier, octetString, sequence, smallInteger, tlv } from '../cms/der.ts'
import {
  backdatedMs,
  type CertifyingKey,
  critical,
  issueCertificate,
  keyIdentifierOf,
  keyUsage,
  plain,
} from '../trust/issue-certificate.ts'

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
export const authorityValidMs = 3_650 * dayMs
/** CA/Browser Forum, Baseline Requirements, 6.3.2, allow 398 days. */
export const serverValidMs = 396 * dayMs

const oid = {
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
    critical(oid.keyUsage, keyUsage('keyCertSign')),
    critical(oid.nameConstraints, sequence(contextual(0, ...permitted))),
    plain(oid.extKeyUsage, sequence(objectIdentifier(oid.serverAuth))),
    plain(oid.subjectKeyIdentifier, octetString(keyIdentifierOf(authorityKey.publicKey))),
  ])
}

/** DER of a certificate for `serverKey` (SubjectPublicKeyInfo, P-256). */
export function issueServer(order: Order & { readonly serverKey: Uint8Array }): Uint8Array {
  const { authorityKey, serverKey, now } = order
  const authorityIdentifier = sequence(tlv(0x80, keyIdentifierOf(authorityKey.publicKey)))
  return certify(order, '127.0.0.1', serverKey, now + serverValidMs, [
    critical(oid.basicConstraints, sequence()),
    critical(oid.keyUsage, keyUsage('digitalSignature')),
    plain(oid.extKeyUsage, sequence(objectIdentifier(oid.serverAuth))),
    plain(oid.subjectAltName, sequence(ipAddress(loopback), dnsName('localhost'))),
    plain(oid.subjectKeyIdentifier, octetString(keyIdentifierOf(serverKey))),
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
  return issueCertificate({
    issuer: authority,
    subject,
    issuerKey: authorityKey,
    subjectKey,
    serial,
    notBefore: now - backdatedMs,
    notAfter: notAfter - backdatedMs,
    extensions,
  })
}
