// A certificate authority for TLS servers on this machine, made in memory in a few milliseconds: EC P-256, valid from
// yesterday for ten years. For simulators and tests only; it has nothing to do with the PKI that signs documents.

import { Buffer } from 'node:buffer'
import { isIP } from 'node:net'
import * as asn1js from 'asn1js'
import * as pkijs from 'pkijs'

const algorithm = { name: 'ECDSA', namedCurve: 'P-256' } as const
const dayMs = 24 * 3_600_000
const commonName = '2.5.4.3'
const dnsName = 2
const ipAddress = 7
/** Bit 5 of KeyUsage (RFC 5280, 4.2.1.3). */
const keyCertSign = 0x04

/** PEM, as node:tls takes them. */
export interface TlsIdentity {
  readonly key: string
  readonly cert: string
}

export interface TestCa {
  /** PEM of the root, for a client's `caFile`. */
  readonly caPem: string
  /** A server certificate for these DNS names and IPv4 addresses. */
  issue(hosts: readonly string[]): Promise<TlsIdentity>
}

/** A new authority with its own key; two of them do not trust each other. */
export async function createTestCa(): Promise<TestCa> {
  const keys = await newKeys()
  const name = distinguishedName('Compulsa simulator CA')
  const root = await certify({
    subject: name,
    issuer: name,
    keys,
    signingKey: keys.privateKey,
    extensions: [
      extension('2.5.29.19', true, new pkijs.BasicConstraints({ cA: true }).toSchema()),
      extension(
        '2.5.29.15',
        true,
        new asn1js.BitString({ valueHex: Uint8Array.of(keyCertSign).buffer, unusedBits: 2 }),
      ),
      extension('2.5.29.14', false, new asn1js.OctetString({ valueHex: await keyIdentifier(keys) })),
    ],
  })
  return Object.freeze({
    caPem: root,
    issue: async (hosts: readonly string[]) => {
      const own = await newKeys()
      const cert = await certify({
        subject: distinguishedName(hosts[0] ?? 'nameless'),
        issuer: name,
        keys: own,
        signingKey: keys.privateKey,
        extensions: [
          extension('2.5.29.17', false, alternativeNames(hosts).toSchema()),
          extension('2.5.29.14', false, new asn1js.OctetString({ valueHex: await keyIdentifier(own) })),
          extension('2.5.29.35', false, authorityKeyIdentifier(await keyIdentifier(keys)).toSchema()),
        ],
      })
      return { cert, key: pem('PRIVATE KEY', await crypto.subtle.exportKey('pkcs8', own.privateKey)) }
    },
  })
}

function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
}

/** RFC 5280, 4.2.1.2, method 1 with SHA-256's first 20 bytes (RFC 7093): strict verifiers want a path by key identifier. */
async function keyIdentifier(keys: CryptoKeyPair): Promise<ArrayBuffer> {
  const point = await crypto.subtle.exportKey('raw', keys.publicKey)
  return (await crypto.subtle.digest('SHA-256', point)).slice(0, 20)
}

function authorityKeyIdentifier(valueHex: ArrayBuffer): pkijs.AuthorityKeyIdentifier {
  return new pkijs.AuthorityKeyIdentifier({ keyIdentifier: new asn1js.OctetString({ valueHex }) })
}

interface CertificateOrder {
  readonly subject: pkijs.RelativeDistinguishedNames
  readonly issuer: pkijs.RelativeDistinguishedNames
  readonly keys: CryptoKeyPair
  readonly signingKey: CryptoKey
  readonly extensions: readonly pkijs.Extension[]
}

async function certify(order: CertificateOrder): Promise<string> {
  const certificate = new pkijs.Certificate()
  certificate.version = 2
  // First octet 01..7f: positive and without a leading zero, as DER wants an INTEGER.
  const serial = crypto.getRandomValues(new Uint8Array(16))
  serial[0] = ((serial[0] ?? 0) & 0x7f) | 0x01
  certificate.serialNumber = new asn1js.Integer({ valueHex: serial.buffer })
  certificate.subject = order.subject
  certificate.issuer = order.issuer
  certificate.notBefore.value = new Date(Date.now() - dayMs)
  certificate.notAfter.value = new Date(Date.now() + 3650 * dayMs)
  certificate.extensions = [...order.extensions]
  await certificate.subjectPublicKeyInfo.importKey(order.keys.publicKey)
  await certificate.sign(order.signingKey, 'SHA-256')
  return pem('CERTIFICATE', certificate.toSchema(true).toBER())
}

function distinguishedName(text: string): pkijs.RelativeDistinguishedNames {
  const value = new asn1js.Utf8String({ value: text })
  return new pkijs.RelativeDistinguishedNames({
    typesAndValues: [new pkijs.AttributeTypeAndValue({ type: commonName, value })],
  })
}

function alternativeNames(hosts: readonly string[]): pkijs.GeneralNames {
  const names = hosts.map(host =>
    isIP(host) === 4
      ? new pkijs.GeneralName({
          type: ipAddress,
          value: new asn1js.OctetString({ valueHex: Uint8Array.from(host.split('.').map(Number)).buffer }),
        })
      : new pkijs.GeneralName({ type: dnsName, value: host }),
  )
  return new pkijs.GeneralNames({ names })
}

function extension(extnID: string, critical: boolean, value: asn1js.BaseBlock): pkijs.Extension {
  return new pkijs.Extension({ extnID, critical, extnValue: value.toBER() })
}

function pem(label: string, der: ArrayBuffer): string {
  const lines = Buffer.from(der).toString('base64').replace(/.{64}/g, '$&\n').trimEnd()
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`
}
