// Signatures by a key in memory over a finished digest. Node signs messages, not digests: RSA is done with its raw private
// operation around the encoding of RFC 8017, 9; for ECDSA there is no such way, so @noble/curves does it, with a nonce by
// RFC 6979 that fresh randomness is mixed into.

import { constants, createPrivateKey, type KeyObject, privateEncrypt, randomBytes } from 'node:crypto'
import { p256, p384, p521 } from '@noble/curves/nist.js'
import type { SignatureAlgorithm, SignOutcome } from '../../device/ports.ts'
import { emsaPss } from '../emsa-pss.ts'
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
