// What a service says is a signature value, held against the certificate before anybody uses it: services are known that
// answer in octets or in Base64, ECDSA as DER or as r ‖ s, and that sign whatever they are given, the digest's hexadecimal
// text too. Node verifies messages, not digests: RSA is undone with the public key, ECDSA is for @noble/curves.

import { constants, type KeyObject, publicDecrypt, X509Certificate } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import { Fault } from '../../device/errors.ts'
import type { SignatureAlgorithm } from '../../device/ports.ts'
import { isEmsaPss } from '../emsa-pss.ts'

export interface Expected {
  readonly algorithm: SignatureAlgorithm
  /** DER. */
  readonly certificate: Uint8Array
  readonly digest: Uint8Array
}

/** DigestInfo up to the digest (RFC 8017, 9.2, notes). */
const digestInfos: Readonly<Record<number, string>> = {
  32: '3031300d060960864801650304020105000420',
  48: '3041300d060960864801650304020205000430',
  64: '3051300d060960864801650304020305000440',
}
const curves = { prime256v1: p256, secp384r1: p384, secp521r1: p521 } as const

/** The value, ECDSA as DER, out of the octets of an answer. Throws SIGNATURE_INVALID, saying what they are instead. */
export function verifiedValue(answer: Uint8Array, expected: Expected): Uint8Array {
  const key = publicKey(expected.certificate)
  const candidates = [answer, ...unwrapped(answer)]
  for (const candidate of candidates) {
    const value =
      key.asymmetricKeyType === 'ec' ? ecdsaValue(candidate, key, expected) : rsaValue(candidate, key, expected)
    if (value !== undefined) return value
  }
  throw new Fault(
    'SIGNATURE_INVALID',
    `the seal service gave no signature over the digest: ${whatInstead(candidates, key)}`,
  )
}

function publicKey(certificate: Uint8Array): KeyObject {
  try {
    return new X509Certificate(certificate).publicKey
  } catch (cause) {
    throw new Fault('CERTIFICATE_UNREADABLE', 'the certificate of the seal cannot be read', { cause })
  }
}

/** Base64, line breaks and the quotes of a JSON string allowed. */
function unwrapped(answer: Uint8Array): readonly Uint8Array[] {
  if (answer.length > 64 * 1024) return []
  const text = Buffer.from(answer).toString('latin1').replaceAll(/["\s]/g, '')
  return /^[A-Za-z0-9+/_-]+={0,2}$/.test(text) ? [Buffer.from(text, 'base64')] : []
}

const hashesOfPss: Readonly<Partial<Record<SignatureAlgorithm, 'sha256' | 'sha384' | 'sha512'>>> = {
  SHA256withRSAandMGF1: 'sha256',
  SHA384withRSAandMGF1: 'sha384',
  SHA512withRSAandMGF1: 'sha512',
}

function rsaValue(value: Uint8Array, key: KeyObject, { digest, algorithm }: Expected): Uint8Array | undefined {
  const hash = hashesOfPss[algorithm]
  if (hash !== undefined) {
    const bits = (key.asymmetricKeyDetails?.modulusLength ?? 0) - 1
    const encoded = opened(value, key, constants.RSA_NO_PADDING)
    return encoded !== undefined && isEmsaPss(hash, digest, encoded, bits) ? value : undefined
  }
  const info = Buffer.concat([Buffer.from(digestInfos[digest.length] ?? '', 'hex'), digest])
  return opened(value, key)?.equals(info) === true ? value : undefined
}

/** What was signed, by RSASSA-PKCS1-v1_5 unless told; undefined where it was not with this key. */
function opened(value: Uint8Array, key: KeyObject, padding = constants.RSA_PKCS1_PADDING): Buffer | undefined {
  try {
    return publicDecrypt({ key, padding }, value)
  } catch {
    return undefined
  }
}

function ecdsaValue(value: Uint8Array, key: KeyObject, { digest }: Expected): Uint8Array | undefined {
  const name = key.asymmetricKeyDetails?.namedCurve ?? ''
  const curve = Object.hasOwn(curves, name) ? curves[name as keyof typeof curves] : undefined
  if (curve === undefined) return undefined
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const point = Buffer.concat([Buffer.of(4), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')])
  for (const format of ['der', 'compact'] as const) {
    try {
      if (!curve.verify(value, digest, point, { prehash: false, lowS: false, format })) continue
      return curve.Signature.fromBytes(value, format).toBytes('der')
    } catch {
      // Not of this form.
    }
  }
  return undefined
}

function whatInstead(candidates: readonly Uint8Array[], key: KeyObject): string {
  if (key.asymmetricKeyType !== 'rsa') return 'nothing in the answer verifies with the certificate'
  const octets = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8)
  const value = candidates.find(({ length }) => length === octets)
  if (value === undefined) return `${candidates.at(-1)?.length ?? 0} octets, a signature has ${octets}`
  if (opened(value, key) === undefined) return 'it was made with another key than the certificate’s'
  return 'it signed another digest, as a service does that is given the digest as hexadecimal text'
}
