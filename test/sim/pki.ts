// A public key infrastructure of one's own, made in memory in a moment: root, intermediate authority and any number of
// signers that are good or wrong in one named way. Keys are fresh every time and nothing of it is ever trusted outside
// tests and `make run`.

import { Set as Asn1Set, Integer, PrintableString, Sequence, Utf8String } from 'asn1js'
import { AttributeTypeAndValue, Certificate, type RelativeDistinguishedNames } from 'pkijs'
import { type ExtensionsEntry, extensionsOf } from './pki.extensions.ts'

/** Ways a signer's certificate may be; all but `good` and `auth` are wrong in one point. */
export type SignerKind =
  | 'good'
  | 'auth'
  | 'expired'
  | 'not-yet-valid'
  | 'not-for-signing'
  | 'time-stamping'
  /** A delegated OCSP responder (RFC 6960, 4.2.2.2) that need not be checked itself. */
  | 'time-stamping-among-others'
  | 'time-stamping-uncritical'
  | 'ocsp-responder'
  | 'checked-ocsp-responder'
  | 'authority'
export type KeyKind = 'RSA-2048' | 'RSA-1024' | 'RSA-3072' | 'P-256' | 'P-384' | 'P-521'

/** One thing wrong with the authorities; without key identifiers only names tell who issued what. */
export type AuthorityFlaw =
  | 'issuer-no-authority'
  | 'path-too-long'
  | 'unknown-critical-extension'
  | 'issuer-expired'
  | 'no-key-identifiers'

/**
 * Where certificates say that their state and their issuer are found: base addresses with a slash at the end, followed
 * by `root` or `intermediate` with `.ocsp`, `.crl` or `.cer`. What is left out is not in the certificates.
 */
export interface TestServices {
  readonly ocsp?: string
  readonly crl?: string
  readonly issuer?: string
}

/** Attributes of a name, dotted, most general first; in place of the usual ones. */
export type TestName = readonly (readonly [type: string, value: string])[]

export interface TestPkiRequest {
  /** Milliseconds since 1970; the authorities are valid for ten years around it. */
  readonly now: number
  readonly flaw?: AuthorityFlaw
  readonly services?: TestServices
  /** Of the intermediate authority. */
  readonly authorityName?: TestName
}

export interface SignerRequest {
  readonly kind?: SignerKind
  readonly key?: KeyKind
  readonly commonName?: string
  readonly name?: TestName
  /** Certificate policies, dotted. */
  readonly policies?: readonly string[]
  /** What its issuer signs it with; default: SHA-256. */
  readonly digest?: 'SHA-1'
  /** Days from `now`, in place of the kind's own end. */
  readonly lastsDays?: number
  /** Default: the intermediate authority. */
  readonly issuer?: 'root' | 'intermediate'
  /** In place of those of the whole infrastructure. */
  readonly services?: TestServices
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
  /** The same two with their keys: what signs CRLs and OCSP responses. */
  readonly authorities: { readonly root: TestIdentity; readonly intermediate: TestIdentity }
  signer(request?: SignerRequest): Promise<TestIdentity>
}

interface Authority {
  readonly name: 'root' | 'intermediate'
  readonly certificate: Certificate
  readonly keys: CryptoKeyPair
}

interface Entry extends ExtensionsEntry {
  readonly name: TestName
  readonly notBefore: number
  readonly notAfter: number
}

const dayMs = 86_400_000
/** First octet of the KeyUsage bit string. */
const usage = { digitalSignature: 0x80, nonRepudiation: 0x40, keyEncipherment: 0x20, certificates: 0x06 } as const

/** A root, an intermediate authority under it and as many signers as are asked for. */
export async function createTestPki({ now, flaw, services = {}, authorityName }: TestPkiRequest): Promise<TestPki> {
  const years = {
    notBefore: now - 1825 * dayMs,
    notAfter: now + 1825 * dayMs,
    usage: usage.certificates,
    authority: true,
    withoutKeyIdentifiers: flaw === 'no-key-identifiers',
  }
  const rootEntry = {
    ...years,
    name: usualName('Compulsa test root'),
    ...(flaw === 'path-too-long' && { pathLength: 0 }),
  }
  const root = await newAuthority('root', rootEntry, undefined)
  const intermediateEntry = { ...years, name: authorityName ?? usualName('Compulsa test CA'), ...flawOf(flaw, now) }
  const intermediate = await newAuthority('intermediate', { ...intermediateEntry, ...pointers(services, root) }, root)
  const signer = async (request: SignerRequest = {}) => {
    const { kind = 'good', key = 'RSA-2048', commonName = 'Test signer', policies } = request
    const name = request.name ?? usualName(commonName)
    const issuer = request.issuer === 'root' ? root : intermediate
    const keys = await generate(key)
    const lasting = request.lastsDays === undefined ? {} : { notAfter: now + request.lastsDays * dayMs }
    const entry = {
      ...signerEntry(kind, name, now),
      ...lasting,
      ...(policies !== undefined && { policies }),
      withoutKeyIdentifiers: years.withoutKeyIdentifiers,
    }
    const certificate = await issue(
      { ...entry, ...pointers(request.services ?? services, issuer) },
      keys,
      issuer,
      request.digest,
    )
    return identityOf({ certificate, keys }, issuer === root ? [] : [derOf(intermediate.certificate)])
  }
  return Object.freeze({
    root: derOf(root.certificate),
    intermediate: derOf(intermediate.certificate),
    authorities: { root: await identityOf(root, []), intermediate: await identityOf(intermediate, []) },
    signer,
  })
}

async function newAuthority(name: Authority['name'], entry: Entry, issuer: Authority | undefined): Promise<Authority> {
  const keys = await generate('P-256')
  return { name, keys, certificate: await issue(entry, keys, issuer) }
}

async function identityOf(
  { certificate, keys }: Pick<Authority, 'certificate' | 'keys'>,
  chain: readonly Uint8Array[],
): Promise<TestIdentity> {
  const privateKey = new Uint8Array(await crypto.subtle.exportKey('pkcs8', keys.privateKey))
  return Object.freeze({ certificate: derOf(certificate), chain, privateKey })
}

function pointers({ ocsp, crl, issuer }: TestServices, { name }: Authority): Partial<Entry> {
  return {
    ...(ocsp !== undefined && { ocspUrl: `${ocsp}${name}.ocsp` }),
    ...(crl !== undefined && { crlUrl: `${crl}${name}.crl` }),
    ...(issuer !== undefined && { issuerUrl: `${issuer}${name}.cer` }),
  }
}

function flawOf(flaw: AuthorityFlaw | undefined, now: number): Partial<Entry> {
  // Without any key usage, because with a wrong one it would not even count as the issuer.
  if (flaw === 'issuer-no-authority') return { authority: false, usage: 0 }
  if (flaw === 'unknown-critical-extension') return { unknownCritical: true }
  return flaw === 'issuer-expired' ? { notAfter: now - dayMs } : {}
}

function signerEntry(kind: SignerKind, name: TestName, now: number): Entry {
  const valid = { notBefore: now - 30 * dayMs, notAfter: now + 700 * dayMs }
  const entry = { name, authority: false, ...valid, usage: usage.nonRepudiation }
  if (kind === 'expired') return { ...entry, notBefore: now - 800 * dayMs, notAfter: now - dayMs }
  if (kind === 'not-yet-valid') return { ...entry, notBefore: now + dayMs }
  if (kind === 'not-for-signing') return { ...entry, usage: usage.keyEncipherment }
  if (kind === 'auth') return { ...entry, usage: usage.digitalSignature, purpose: '1.3.6.1.5.5.7.3.2' }
  if (kind === 'time-stamping') return { ...entry, usage: usage.digitalSignature, purpose: '1.3.6.1.5.5.7.3.8' }
  if (kind === 'time-stamping-among-others' || kind === 'time-stamping-uncritical') {
    const flaw =
      kind === 'time-stamping-uncritical' ? { uncriticalPurpose: true } : { secondPurpose: '1.3.6.1.5.5.7.3.4' }
    return { ...entry, usage: usage.digitalSignature, purpose: '1.3.6.1.5.5.7.3.8', ...flaw }
  }
  if (kind === 'ocsp-responder' || kind === 'checked-ocsp-responder') {
    const withoutRevocation = kind === 'ocsp-responder'
    return { ...entry, usage: usage.digitalSignature, purpose: '1.3.6.1.5.5.7.3.9', withoutRevocation }
  }
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

async function issue(
  entry: Entry,
  keys: CryptoKeyPair,
  issuer: Authority | undefined,
  digest = 'SHA-256',
): Promise<Certificate> {
  const certificate = new Certificate()
  certificate.version = 2
  certificate.serialNumber = new Integer({ valueHex: serialNumber().buffer })
  fillName(certificate.subject, entry.name)
  certificate.issuer = issuer?.certificate.subject ?? certificate.subject
  certificate.notBefore.value = new Date(entry.notBefore)
  certificate.notAfter.value = new Date(entry.notAfter)
  await certificate.subjectPublicKeyInfo.importKey(keys.publicKey)
  certificate.extensions = extensionsOf(entry, certificate, issuer?.certificate ?? certificate)
  await certificate.sign(issuer?.keys.privateKey ?? keys.privateKey, digest)
  return certificate
}

/** Positive and 16 octets long, as a real authority's. */
function serialNumber(): Uint8Array<ArrayBuffer> {
  const serial = crypto.getRandomValues(new Uint8Array(16))
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40
  return serial
}

function usualName(commonName: string): TestName {
  return [
    ['2.5.4.6', 'ES'],
    ['2.5.4.10', 'Compulsa test'],
    ['2.5.4.3', commonName],
  ]
}

/** X.520: of countryName and serialNumber. */
const printable: readonly string[] = ['2.5.4.6', '2.5.4.5']

/** The encoded name is given too: pkijs alone would put all parts into one RelativeDistinguishedName. */
function fillName(name: RelativeDistinguishedNames, parts: TestName): void {
  name.typesAndValues = parts.map(([type, value]) => {
    const text = printable.includes(type) ? new PrintableString({ value }) : new Utf8String({ value })
    return new AttributeTypeAndValue({ type, value: text })
  })
  const sets = name.typesAndValues.map(part => new Asn1Set({ value: [part.toSchema()] }))
  name.valueBeforeDecode = new Sequence({ value: sets }).toBER()
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
