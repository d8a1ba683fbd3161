// The signature algorithms that Compulsa makes, and which keys may be used with them (ETSI TS 119 312): RSASSA-PKCS1-v1_5
// from 2048 bits, ECDSA on P-256, P-384 and P-521, with SHA-2. A weaker or unknown key is refused before anybody is
// asked for a PIN.

import { constants, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { Fault } from '../errors.ts'
import type { DigestAlgorithm, SignatureAlgorithm } from '../ports.ts'
import { createRecent } from '../recent.ts'
import { contextual, nullValue, objectIdentifier, sequence, smallInteger } from './der.ts'
import { oids } from './oids.ts'

interface Suite {
  readonly digest: DigestAlgorithm
  readonly key: 'rsa' | 'ec'
  readonly oid: string
  readonly pss?: true
}

const suites: Readonly<Record<SignatureAlgorithm, Suite>> = {
  SHA1withRSA: { digest: 'SHA-1', key: 'rsa', oid: oids.sha1WithRsa },
  SHA256withRSA: { digest: 'SHA-256', key: 'rsa', oid: oids.sha256WithRsa },
  SHA384withRSA: { digest: 'SHA-384', key: 'rsa', oid: oids.sha384WithRsa },
  SHA512withRSA: { digest: 'SHA-512', key: 'rsa', oid: oids.sha512WithRsa },
  SHA256withRSAandMGF1: { digest: 'SHA-256', key: 'rsa', oid: oids.rsassaPss, pss: true },
  SHA384withRSAandMGF1: { digest: 'SHA-384', key: 'rsa', oid: oids.rsassaPss, pss: true },
  SHA512withRSAandMGF1: { digest: 'SHA-512', key: 'rsa', oid: oids.rsassaPss, pss: true },
  SHA256withECDSA: { digest: 'SHA-256', key: 'ec', oid: oids.ecdsaWithSha256 },
  SHA384withECDSA: { digest: 'SHA-384', key: 'ec', oid: oids.ecdsaWithSha384 },
  SHA512withECDSA: { digest: 'SHA-512', key: 'ec', oid: oids.ecdsaWithSha512 },
}

/** Octets of the largest DER Ecdsa-Sig-Value on each curve, with the algorithm whose digest fits the curve's order. */
const curves: Readonly<Record<string, { readonly maxSignature: number; readonly algorithm: SignatureAlgorithm }>> = {
  prime256v1: { maxSignature: 72, algorithm: 'SHA256withECDSA' },
  secp384r1: { maxSignature: 104, algorithm: 'SHA384withECDSA' },
  secp521r1: { maxSignature: 139, algorithm: 'SHA512withECDSA' },
}

const minRsaBits = 2048
const maxRsaBits = 16384

export type HashName = 'sha1' | 'sha256' | 'sha384' | 'sha512'

const hashNames = { 'SHA-1': 'sha1', 'SHA-256': 'sha256', 'SHA-384': 'sha384', 'SHA-512': 'sha512' } as const
const digestLengths = { 'SHA-1': 20, 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 } as const

/** Node's name of a digest algorithm, as `createHash` takes it. */
export function hashName(digest: DigestAlgorithm): HashName {
  return hashNames[digest]
}

/** Octets of a digest. */
export function digestOctets(digest: DigestAlgorithm): number {
  return digestLengths[digest]
}

/** The digest that a signature algorithm uses for the content and for the signed attributes. */
export function digestOf(algorithm: SignatureAlgorithm): DigestAlgorithm {
  return suites[algorithm].digest
}

/** AlgorithmIdentifier of a digest, parameters absent (RFC 5754, 2). */
export function digestIdentifier(digest: DigestAlgorithm): Uint8Array {
  return sequence(objectIdentifier(oids[hashName(digest)]))
}

/**
 * AlgorithmIdentifier of a signature: parameters NULL for RSA (RFC 5754, 3.2), absent for ECDSA (RFC 5754, 3.3), hash,
 * mask and salt of the digest's length for RSASSA-PSS (RFC 4055, 3.1).
 */
export function signatureIdentifier(algorithm: SignatureAlgorithm): Uint8Array {
  const { oid, key, pss, digest } = suites[algorithm]
  if (pss) return sequence(objectIdentifier(oid), pssParameters(digest))
  return key === 'rsa' ? sequence(objectIdentifier(oid), nullValue()) : sequence(objectIdentifier(oid))
}

function pssParameters(digest: DigestAlgorithm): Uint8Array {
  const hash = sequence(objectIdentifier(oids[hashName(digest)]), nullValue())
  const mask = sequence(objectIdentifier(oids.mgf1), hash)
  return sequence(contextual(0, hash), contextual(1, mask), contextual(2, smallInteger(digestOctets(digest))))
}

/** Whether `signature` is that of `data` by the key. A key of another kind than the algorithm's verifies nothing. */
export function verifySignatureValue(
  algorithm: SignatureAlgorithm,
  key: KeyObject,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const { digest, pss, key: kind } = suites[algorithm]
  if (key.asymmetricKeyType !== kind && !(pss && key.asymmetricKeyType === 'rsa-pss')) return false
  const options = pss ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: digestOctets(digest) } : {}
  return verify(hashName(digest), data, { key, ...options }, signature)
}

/**
 * The algorithm for a certificate's key (DER) when nobody asked for another; `onlyPss`, where whoever keeps the key uses it so
 * alone. Throws KEY_REFUSED, CERTIFICATE_UNREADABLE.
 */
export function suggestedAlgorithm(certificate: Uint8Array, onlyPss = false): SignatureAlgorithm {
  const { algorithm } = acceptedKey(publicKeyOf(certificate))
  return onlyPss && algorithm === 'SHA256withRSA' ? 'SHA256withRSAandMGF1' : algorithm
}

/**
 * The algorithm of that name for a certificate's key: in full, or the digest alone (`SHA384`), or the suggested one where
 * none is named; undefined for no known name. Throws KEY_REFUSED for one of another kind of key, CERTIFICATE_UNREADABLE.
 */
export function algorithmNamed(
  certificate: Uint8Array,
  name: string | undefined,
  onlyPss = false,
): SignatureAlgorithm | undefined {
  if (name === undefined) return suggestedAlgorithm(certificate, onlyPss)
  const key = publicKeyOf(certificate)
  const full = /^SHA\d+$/i.test(name)
    ? `${name}with${acceptedKey(key).key === 'rsa' ? `RSA${onlyPss ? 'andMGF1' : ''}` : 'ECDSA'}`
    : name
  const known = Object.keys(suites).find(one => one.toLowerCase() === full.toLowerCase())
  if (!isSignatureAlgorithm(known)) return undefined
  maxSignatureOctets(key, known)
  return known
}

function isSignatureAlgorithm(name: string | undefined): name is SignatureAlgorithm {
  return name !== undefined && Object.hasOwn(suites, name)
}

const recentKeys = createRecent<KeyObject>({ most: 64, longest: 8192 })

/** The public key of a DER certificate; throws CERTIFICATE_UNREADABLE. */
export function publicKeyOf(certificate: Uint8Array): KeyObject {
  try {
    return recentKeys.of(certificate, der => new X509Certificate(der).publicKey)
  } catch (cause) {
    throw new Fault('CERTIFICATE_UNREADABLE', 'not a DER X.509 certificate with a public key', { cause })
  }
}

/** Octets of the largest signature value of this key; throws KEY_REFUSED when key and algorithm do not belong together. */
export function maxSignatureOctets(key: KeyObject, algorithm: SignatureAlgorithm): number {
  const kind = acceptedKey(key)
  const { key: needed, pss } = suites[algorithm]
  if (kind.key !== needed) throw new Fault('KEY_REFUSED', `${algorithm} with an ${kind.key} key`)
  if (kind.onlyPss && !pss) throw new Fault('KEY_REFUSED', `${algorithm} with a key for RSASSA-PSS only`)
  return kind.maxSignature
}

interface AcceptedKey {
  readonly key: 'rsa' | 'ec'
  readonly maxSignature: number
  /** What it is used with when nobody asked for another. */
  readonly algorithm: SignatureAlgorithm
  /** The certificate's key is id-RSASSA-PSS (RFC 4055, 1.2). */
  readonly onlyPss?: boolean
}

function acceptedKey(key: KeyObject): AcceptedKey {
  const details = key.asymmetricKeyDetails ?? {}
  if (key.asymmetricKeyType === 'rsa' || key.asymmetricKeyType === 'rsa-pss') {
    const bits = details.modulusLength ?? 0
    if (bits < minRsaBits || bits > maxRsaBits) throw new Fault('KEY_REFUSED', `RSA key of ${bits} bits`)
    const maxSignature = Math.ceil(bits / 8)
    return key.asymmetricKeyType === 'rsa'
      ? { key: 'rsa', maxSignature, algorithm: 'SHA256withRSA' }
      : { key: 'rsa', maxSignature, algorithm: pssAlgorithm(details.hashAlgorithm), onlyPss: true }
  }
  const curve = details.namedCurve === undefined ? undefined : curves[details.namedCurve]
  if (key.asymmetricKeyType === 'ec' && curve !== undefined) return { key: 'ec', ...curve }
  throw new Fault('KEY_REFUSED', `key type ${key.asymmetricKeyType ?? 'unknown'} ${details.namedCurve ?? ''}`.trim())
}

/** A key for RSASSA-PSS may be bound to one hash. */
function pssAlgorithm(hash: string | undefined): SignatureAlgorithm {
  if (hash === undefined || hash === 'sha256') return 'SHA256withRSAandMGF1'
  if (hash === 'sha384') return 'SHA384withRSAandMGF1'
  if (hash === 'sha512') return 'SHA512withRSAandMGF1'
  throw new Fault('KEY_REFUSED', `a key for RSASSA-PSS with ${hash}`)
}
