// Which certificates on a token can sign documents, read without the PIN. Private keys are often invisible before a
// login, so a public key with the same CKA_ID stands for its private one, and a token that shows no keys at all is
// believed by its certificates.

import { X509Certificate } from 'node:crypto'
import { BitString } from 'asn1js'
import { BasicConstraints, Certificate } from 'pkijs'
import type { SigningCertificate } from '../../device/ports.ts'
import type { Session } from './cryptoki.ts'

/** A certificate and the identifier by which its key is found, empty where it is nobody's. */
export interface HeldCertificate {
  /** Lower-case hex. */
  readonly keyId: string
  readonly der: Uint8Array
}

interface TokenCertificate extends HeldCertificate {
  readonly x509: X509Certificate
}

const maxChainLength = 8
const keyUsageId = '2.5.29.15'
const basicConstraintsId = '2.5.29.19'
/** digitalSignature and nonRepudiation in the first octet of KeyUsage (RFC 5280, 4.2.1.3). */
const signingUsage = 0xc0

/** The certificates of an open session's token that have a key and may sign, each with its issuers. */
export function signingCertificates(session: Session, tokenId: string): SigningCertificate[] {
  const held = session
    .find('certificate')
    .map(object => ({ keyId: hex(session.id(object)), der: session.certificateValue(object) }))
  const keyIds = new Set([...keyIdsOf(session, 'private-key'), ...keyIdsOf(session, 'public-key')])
  return signingAmong(held, keyId => keyIds.size === 0 || keyIds.has(keyId), tokenId)
}

/** Of all certificates that lie together, those that have a key and may sign, each with its issuers. */
export function signingAmong(
  held: readonly HeldCertificate[],
  hasKey: (keyId: string) => boolean,
  tokenId: string,
): SigningCertificate[] {
  const all = held.flatMap(readable)
  return all
    .filter(({ keyId }) => keyId !== '' && hasKey(keyId))
    .filter(({ der }) => maySign(der))
    .map(certificate => ({
      tokenId,
      keyId: certificate.keyId,
      certificate: certificate.der,
      chain: issuersOf(certificate, all).map(issuer => issuer.der),
    }))
}

function keyIdsOf(session: Session, objectClass: 'private-key' | 'public-key'): string[] {
  return session.find(objectClass).map(object => hex(session.id(object)))
}

/** A damaged certificate is left out: it could not sign, and the others on the card still can. */
function readable({ keyId, der }: HeldCertificate): TokenCertificate[] {
  const x509 = parsed(der, value => new X509Certificate(value))
  return x509 === undefined ? [] : [{ keyId, der: x509.raw, x509 }]
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex')
}

function maySign(der: Uint8Array): boolean {
  const extensions = parsed(der, bytes => Certificate.fromBER(Uint8Array.from(bytes)))?.extensions ?? []
  const usage = extensions.find(extension => extension.extnID === keyUsageId)?.parsedValue
  const basic = extensions.find(extension => extension.extnID === basicConstraintsId)?.parsedValue
  const isAuthority = basic instanceof BasicConstraints && basic.cA
  const bits = usage instanceof BitString ? (usage.valueBlock.valueHexView[0] ?? 0) : 0
  return (bits & signingUsage) !== 0 && !isAuthority
}

function parsed<Result>(der: Uint8Array, parse: (der: Uint8Array) => Result): Result | undefined {
  try {
    return parse(der)
  } catch (thrown) {
    if (thrown instanceof Error) return undefined
    throw thrown
  }
}

function issuersOf(certificate: TokenCertificate, all: readonly TokenCertificate[]): TokenCertificate[] {
  const chain = [certificate]
  while (chain.length < maxChainLength) {
    const last = chain.at(-1) ?? certificate
    const issuer = all.find(one => !chain.includes(one) && hasIssued(one, last))
    if (issuer === undefined) break
    chain.push(issuer)
  }
  return chain.slice(1)
}

function hasIssued(issuer: TokenCertificate, subject: TokenCertificate): boolean {
  return subject.x509.checkIssued(issuer.x509) && subject.x509.verify(issuer.x509.publicKey)
}
