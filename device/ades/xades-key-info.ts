// ds:KeyInfo of a signature (XMLDSig 1.1, 4.5; EN 319 132-1, 6.3): always the certificates, and what else of the key and
// its holder is asked for. Names are written as RFC 4514 has them, the holder first.

import { type KeyObject, X509Certificate } from 'node:crypto'
import { publicKeyOf } from '../cms/algorithm.ts'
import { Fault } from '../errors.ts'
import { base64, curveOctets, escapeText } from './xades-names.ts'
import type { KeyInfoOptions } from './xades-options.ts'

/** The element; `certificates` are DER, the signer's first. Throws CERTIFICATE_UNREADABLE. */
export function keyInfoXml(certificates: readonly Uint8Array[], options: KeyInfoOptions = {}, id?: string): string {
  const [own = new Uint8Array()] = certificates
  const data = certificates.map(der => `<ds:X509Certificate>${base64(der)}</ds:X509Certificate>`).join('')
  const serial = options.issuerSerial === true ? issuerSerial(own) : ''
  return (
    `<ds:KeyInfo${id === undefined ? '' : ` Id="${id}"`}><ds:X509Data>${serial}${data}</ds:X509Data>` +
    (options.keyValue === true ? `<ds:KeyValue>${keyValue(publicKeyOf(own))}</ds:KeyValue>` : '') +
    (options.keyName === true ? `<ds:KeyName>${escapeText(named(own).subject)}</ds:KeyName>` : '') +
    '</ds:KeyInfo>'
  )
}

/** 4.5.4: beside the certificates that it is about, in their X509Data. */
function issuerSerial(certificate: Uint8Array): string {
  const { issuer, serialNumber } = named(certificate)
  return (
    `<ds:X509IssuerSerial><ds:X509IssuerName>${escapeText(issuer)}</ds:X509IssuerName>` +
    `<ds:X509SerialNumber>${serialNumber}</ds:X509SerialNumber></ds:X509IssuerSerial>`
  )
}

function named(certificate: Uint8Array) {
  const { subject, issuer, serialNumber } = new X509Certificate(certificate)
  return { subject: lastFirst(subject), issuer: lastFirst(issuer), serialNumber: BigInt(`0x${serialNumber}`) }
}

/** Node has one attribute a line, escaped, in the order of the certificate. */
function lastFirst(name: string | undefined): string {
  return (name ?? '').split('\n').toReversed().join(',')
}

const curveUrns: Readonly<Record<string, string>> = {
  prime256v1: 'urn:oid:1.2.840.10045.3.1.7',
  secp384r1: 'urn:oid:1.3.132.0.34',
  secp521r1: 'urn:oid:1.3.132.0.35',
}

/** 4.5.2.2 and 4.5.2.3.1. */
function keyValue(key: KeyObject): string {
  const { n = '', e = '', x = '', y = '' } = key.export({ format: 'jwk' })
  const integer = (text: string) => base64(Buffer.from(text, 'base64url'))
  if (key.asymmetricKeyType === 'rsa') {
    return `<ds:RSAKeyValue><ds:Modulus>${integer(n)}</ds:Modulus><ds:Exponent>${integer(e)}</ds:Exponent></ds:RSAKeyValue>`
  }
  const curve = key.asymmetricKeyDetails?.namedCurve ?? ''
  const octets = curveOctets[curve]
  const urn = curveUrns[curve]
  if (octets === undefined || urn === undefined) throw new Fault('KEY_REFUSED', `a key on ${curve}`)
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
  return (
    '<dsig11:ECKeyValue xmlns:dsig11="http://www.w3.org/2009/xmldsig11#">' +
    `<dsig11:NamedCurve URI="${urn}"></dsig11:NamedCurve><dsig11:PublicKey>${base64(point)}</dsig11:PublicKey></dsig11:ECKeyValue>`
  )
}
