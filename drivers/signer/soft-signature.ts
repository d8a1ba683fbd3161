// Signatures by a key in memory over a finished digest. Node signs messages, not digests: RSA is done with its raw private
// operation around the encoding of RFC 8017, 9; for ECDSA there is no such way, so @noble/curves does it, with a nonce by
// RFC 6979 that fresh randomness is mixed into.

import { constants, createHash, createPrivateKey, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import type { SignatureAlgorithm, SignOutcome } from '../../device/ports.ts'
import { octets, parse, part } from './ber.ts'
import { signatureValue, tokenInput } from './mechanism.ts'

const curves = { prime256v1: p256, secp384r1: p384, secp521r1: p521 } as const
const hashesOfPss = {
  RSA_PKCS_PSS_SHA256: 'sha256',
  RSA_PKCS_PSS_SHA384: 'sha384',
  RSA_PKCS_PSS_SHA512: 'sha512',
} as const

/** `failed` where key and algorithm do not belong together; ECDSA as DER. Throws INTERNAL for a digest of a wrong length. */
export function signWithKey(key: KeyObject, algorithm: SignatureAlgorithm, digest: Uint8Array): SignOutcome {
  const { mechanism, data } = tokenInput(algorithm, digest)
  const kind = key.asymmetricKeyType
  const fits =
    mechanism === 'ECDSA' ? kind === 'ec' : kind === 'rsa' || (kind === 'rsa-pss' && mechanism !== 'RSA_PKCS')
  if (!fits) return { outcome: 'failed', detail: `${algorithm} needs another kind of key` }
  if (mechanism === 'RSA_PKCS') {
    return { outcome: 'signed', signature: privateEncrypt({ key, padding: constants.RSA_PKCS1_PADDING }, data) }
  }
  if (mechanism === 'ECDSA') return ecdsa(key, data)
  const bits = key.asymmetricKeyDetails?.modulusLength ?? 0
  const encoded = emsaPss(hashesOfPss[mechanism], data, bits - 1)
  const plain = kind === 'rsa' ? key : withoutRestriction(key)
  return { outcome: 'signed', signature: privateEncrypt({ key: plain, padding: constants.RSA_NO_PADDING }, encoded) }
}

/** The RSAPrivateKey in a key for RSASSA-PSS alone (RFC 4055, 1.2), with which the raw operation is not refused. */
function withoutRestriction(key: KeyObject): KeyObject {
  const pkcs8 = key.export({ format: 'der', type: 'pkcs8' })
  const rsaPrivateKey = Buffer.from(octets(part(parse(pkcs8), 2)))
  try {
    return createPrivateKey({ key: rsaPrivateKey, format: 'der', type: 'pkcs1' })
  } finally {
    pkcs8.fill(0)
    rsaPrivateKey.fill(0)
  }
}

function ecdsa(key: KeyObject, digest: Uint8Array): SignOutcome {
  const name = key.asymmetricKeyDetails?.namedCurve ?? ''
  const curve = Object.hasOwn(curves, name) ? curves[name as keyof typeof curves] : undefined
  if (curve === undefined) return { outcome: 'failed', detail: 'a key on a curve that is not used for signing' }
  const secret = Buffer.from(key.export({ format: 'jwk' }).d ?? '', 'base64url')
  try {
    const signature = curve.sign(digest, secret, { prehash: false, lowS: false, extraEntropy: randomBytes(32) })
    return { outcome: 'signed', signature: signatureValue('ECDSA', signature) }
  } finally {
    secret.fill(0)
  }
}

/** EMSA-PSS with MGF1 and a salt of the hash's length (RFC 8017, 9.1.1), filled up to the modulus's octets. */
function emsaPss(hash: 'sha256' | 'sha384' | 'sha512', digest: Uint8Array, encodedBits: number): Buffer {
  const length = Math.ceil(encodedBits / 8)
  const salt = randomBytes(digest.length)
  const H = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest()
  const DB = Buffer.alloc(length - H.length - 1)
  DB[DB.length - salt.length - 1] = 0x01
  DB.set(salt, DB.length - salt.length)
  const mask = mgf1(hash, H, DB.length)
  for (let i = 0; i < DB.length; i += 1) DB[i] = (DB[i] ?? 0) ^ (mask[i] ?? 0)
  DB[0] = (DB[0] ?? 0) & (0xff >> (8 * length - encodedBits))
  const encoded = Buffer.concat([DB, H, Buffer.of(0xbc)])
  // One octet shorter than the modulus where that has a bit more than whole octets.
  return Buffer.concat([Buffer.alloc(Math.ceil((encodedBits + 1) / 8) - length), encoded])
}

/** RFC 8017, B.2.1. */
function mgf1(hash: string, seed: Uint8Array, length: number): Buffer {
  const blocks: Buffer[] = []
  for (let counter = 0, size = 0; size < length; counter += 1) {
    const suffix = Buffer.alloc(4)
    suffix.writeUInt32BE(counter)
    const block = createHash(hash).update(seed).update(suffix).digest()
    blocks.push(block)
    size += block.length
  }
  return Buffer.concat(blocks).subarray(0, length)
}
