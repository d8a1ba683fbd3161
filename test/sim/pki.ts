// A public key infrastructure of one's own, made in memory in a moment: root, intermediate authority and any number of
// signers that are good or wrong in one named way. Keys are fresh every time and nothing of it is ever trusted outside
// tests and `make run`.

import { createHash } from 'node:crypto'
import {
  Set as Asn1Set,
  BitString,
  Integer,
  ObjectIdentifier,
  OctetString,
  PrintableString,
  Sequence,
  Utf8String,
} from 'asn1js'
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  type RelativeDistinguishedNames,
} from 'pkijs'

/** Ways a signer's certificate may be; all but `good` and `auth` are wrong in one point. */
export type SignerKind =
  | 'good'
  | 'auth'
  | 'expired'
  | 'not-yet-valid'
  | 'not-for-signing'
  | 'time-stamping'
  | 'authority'
export type KeyKind = 'RSA-2048' | 'RSA-1024' | 'RSA-3072' | 'P-256' | 'P-384' | 'P-521'

/** One thing wrong with the authorities; without key identifiers only names tell who issued what. */
export type AuthorityFlaw =
  | 'issuer-no-authority'
  | 'path-too-long'
  | 'unknown-critical-extension'
  | 'issuer-expired'
  | 'no-key-identifiers'

export interface TestPkiRequest {
  /** Milliseconds since 1970; the authorities are valid for ten years around it. */
  readonly now: number
  readonly flaw?: AuthorityFlaw
}

export interface SignerRequest {
  readonly kind?: SignerKind
  readonly key?: KeyKind
  readonly commonName?: string
}

/** DER throughout; `privateKey` is PKCS#8. */
export interface TestIdentity {
  readonly certificate: Uint8Array
  /** Issuers, nearest first, root left out. */
  readonly chain: readonly Uint8Array[]
  readonly privateKey: Uint8Array
}

export interface TestPki {
  readonly root: Uint8Array
  readonly intermediate: Uint8Array
  signer(request?: SignerRequest): Promise<TestIdentity>
}

interface Authority {
  readonly certificate: Certificate
  readonly key: CryptoKey
}

interface Entry {
  readonly commonName: string
  readonly notBefore: number
  readonly notAfter: number
  /** Zero leaves the extension out. */
  readonly usage: number
  readonly authority: boolean
  readonly pathLength?: number
  readonly unknownCritical?: boolean
  readonly qualified?: boolean
  /** Extended key usage, dotted. */
  readonly purpose?: string
  readonly withoutKeyIdentifiers?: boolean
}

const dayMs = 86_400_000
/** First octet of the KeyUsage bit string. */
const usage = { digitalSignature: 0x80, nonRepudiation: 0x40, keyEncipherment: 0x20, certificates: 0x06 } as const

/** A root, an intermediate authority under it and as many signers as are asked for. */
export async function createTestPki({ now, flaw }: TestPkiRequest): Promise<TestPki> {
  const years = {
    notBefore: now - 1825 * dayMs,
    notAfter: now + 1825 * dayMs,
    usage: usage.certificates,
    authority: true,
    withoutKeyIdentifiers: flaw === 'no-key-identifiers',
  }
  const rootKeys = await generate('P-256')
  const rootEntry = { ...years, commonName: 'Compulsa test root', ...(flaw === 'path-too-long' && { pathLength: 0 }) }
  const root = await issue(rootEntry, rootKeys, undefined)
  const rootAuthority = { certificate: root, key: rootKeys.privateKey }
  const intermediateKeys = await generate('P-256')
  const intermediateEntry = { ...years, commonName: 'Compulsa test CA', ...flawOf(flaw, now) }
  const intermediate = await issue(intermediateEntry, intermediateKeys, rootAuthority)
  const authority = { certificate: intermediate, key: intermediateKeys.privateKey }
  return Object.freeze({
    root: derOf(root),
    intermediate: derOf(intermediate),
    signer: async ({ kind = 'good', key = 'RSA-2048', commonName = 'Test signer' }: SignerRequest = {}) => {
      const keys = await generate(key)
      const certificate = await issue(
        { ...signerEntry(kind, commonName, now), withoutKeyIdentifiers: years.withoutKeyIdentifiers },
        keys,
        authority,
      )
      const privateKey = new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
      return Object.freeze({ certificate: derOf(certificate), chain: [derOf(intermediate)], privateKey })
    },
  })
}

function flawOf(flaw: AuthorityFlaw | undefined, now: number): Partial<Entry> {
  // Without any key usage, because with a wrong one it would not even count as the issuer.
  if (flaw === 'issuer-no-authority') return { authority: false, usage: 0 }
  if (flaw === 'unknown-critical-extension') return { unknownCritical: true }
  return flaw === 'issuer-expired' ? { notAfter: now - dayMs } : {}
}

function signerEntry(kind: SignerKind, commonName: string, now: number): Entry {
  const valid = { notBefore: now - 30 * dayMs, notAfter: now + 700 * dayMs }
  const entry = { commonName, authority: false, ...valid, usage: usage.nonRepudiation }
  if (kind === 'expired') return { ...entry, notBefore: now - 800 * dayMs, notAfter: now - dayMs }
  if (kind === 'not-yet-valid') return { ...entry, notBefore: now + dayMs }
  if (kind === 'not-for-signing') return { ...entry, usage: usage.keyEncipherment }
  if (kind === 'auth') return { ...entry, usage: usage.digitalSignature, purpose: '1.3.6.1.5.5.7.3.2' }
  if (kind === 'time-stamping') return { ...entry, usage: usage.digitalSignature, purpose: '1.3.6.1.5.5.7.3.8' }
  if (kind === 'authority') return { ...entry, authority: true }
  return { ...entry, qualified: true }
}

async function generate(kind: KeyKind): Promise<CryptoKeyPair> {
  const uses = ['sign', 'verify'] as const
  if (kind.startsWith('P-')) return crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: kind }, true, uses)
  const modulusLength = Number(kind.slice(4))
  const algorithm = {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: 'SHA-256',
  }
  return crypto.subtle.generateKey(algorithm, true, uses)
}

async function issue(entry: Entry, keys: CryptoKeyPair, issuer: Authority | undefined): Promise<Certificate> {
  const certificate = new Certificate()
  certificate.version = 2
  certificate.serialNumber = new Integer({ valueHex: serialNumber().buffer })
  fillName(certificate.subject, entry.commonName)
  certificate.issuer = issuer?.certificate.subject ?? certificate.subject
  certificate.notBefore.value = new Date(entry.notBefore)
  certificate.notAfter.value = new Date(entry.notAfter)
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey)
  certificate.extensions = extensionsOf(entry, certificate, issuer?.certificate ?? certificate)
  await certificate.sign(issuer?.key ?? keys.privateKey, 'SHA-256')
  return certificate
}

/** Positive and 16 octets long, as a real authority's. */
function serialNumber(): Uint8Array<ArrayBuffer> {
  const serial = crypto.getRandomValues(new Uint8Array(16))
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial
}

/** The encoded name is given too: pkijs alone would put all parts into one RelativeDistinguishedName. */
function fillName(name: RelativeDistinguishedNames, commonName: string): void {
  name.typesAndValues = [
    new AttributeTypeAndValue({ type: '2.5.4.6', value: new PrintableString({ value: 'ES' }) }),
    new AttributeTypeAndValue({ type: '2.5.4.10', value: new Utf8String({ value: 'Compulsa test' }) }),
    new AttributeTypeAndValue({ type: '2.5.4.3', value: new Utf8String({ value: commonName }) }),
  ]
  const parts = name.typesAndValues.map(part => new Asn1Set({ value: [part.toSchema()] }))
  name.valueBeforeDecode = new Sequence({ value: parts }).toBER()
}

function extensionsOf(entry: Entry, subject: Certificate, issuer: Certificate): Extension[] {
  const { authority, pathLength, usage: bits } = entry
  const basic = { ...(authority && { cA: true }), ...(pathLength !== undefined && { pathLenConstraint: pathLength }) }
  const authorityKey = new AuthorityKeyIdentifier({ keyIdentifier: keyIdentifier(issuer) })
  const extensions = [extension('2.5.29.19', true, new BasicConstraints(basic).toSchema())]
  if (!entry.withoutKeyIdentifiers) {
    extensions.push(extension('2.5.29.14', false, keyIdentifier(subject)))
    extensions.push(extension('2.5.29.35', false, authorityKey.toSchema()))
  }
  if (bits !== 0) {
    const keyUsage = new BitString({ valueHex: Uint8Array.of(bits).buffer, unusedBits: unusedBits(bits) })
    extensions.push(extension('2.5.29.15', true, keyUsage))
  }
  if (entry.unknownCritical) extensions.push(extension('1.3.6.1.4.1.99999.1', true, new OctetString()))
  if (entry.purpose !== undefined) {
    const purposes = new ExtKeyUsage({ keyPurposes: [entry.purpose] })
    extensions.push(extension('2.5.29.37', true, purposes.toSchema()))
  }
  if (entry.qualified) extensions.push(extension('1.3.6.1.5.5.7.1.3', false, qualifiedStatements()))
  return extensions
}

function unusedBits(octet: number): number {
  return 31 - Math.clz32(octet & -octet)
}

/** QcCompliance and QcSSCD (EN 319 412-5). */
function qualifiedStatements(): Sequence {
  const statement = (value: string) => new Sequence({ value: [new ObjectIdentifier({ value })] })
  return new Sequence({ value: [statement('0.4.0.1862.1.1'), statement('0.4.0.1862.1.4')] })
}

function extension(extnID: string, critical: boolean, value: { toBER(): ArrayBuffer }): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() })
}

function keyIdentifier(certificate: Certificate): OctetString {
  const key = certificate.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView
  return new OctetString({ valueHex: Uint8Array.from(createHash('sha1').update(key).digest()).buffer })
}

function derOf(certificate: Certificate): Uint8Array {
  return new Uint8Array(certificate.toSchema().toBER())
}

/** PEM of a DER value. */
export function pem(label: 'CERTIFICATE' | 'PRIVATE KEY', der: Uint8Array): string {
  const lines =
    Buffer.from(der)
      .toString('base64')
      .match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}
