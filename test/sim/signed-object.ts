// What the simulated authorities share: keys of test identities, a signed X.509-style structure and times as DER.

import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { nullValue, objectIdentifier, sequence, tlv } from '../../device/cms/der.ts'
import { oids } from '../../device/cms/oids.ts'
import type { TestIdentity } from './pki.ts'

export function privateKeyOf({ privateKey }: TestIdentity): KeyObject {
  return createPrivateKey({ key: Buffer.from(privateKey), format: 'der', type: 'pkcs8' })
}

/** AlgorithmIdentifier of a signature by this key. */
export function algorithmOf(key: KeyObject, hash: 'sha256' | 'sha1' = 'sha256'): Uint8Array {
  const sha1 = hash === 'sha1'
  return key.asymmetricKeyType === 'ec'
    ? sequence(objectIdentifier(sha1 ? oids.ecdsaWithSha1 : oids.ecdsaWithSha256))
    : sequence(objectIdentifier(sha1 ? oids.sha1WithRsa : oids.sha256WithRsa), nullValue())
}

/** SEQUENCE of `tbs`, algorithm, signature and whatever follows: a CertificateList, a BasicOCSPResponse. */
export function signedObject(
  tbs: Uint8Array,
  key: KeyObject,
  options: {
    readonly damaged?: boolean
    readonly tail?: readonly Uint8Array[]
    readonly hash?: 'sha256' | 'sha1'
  } = {},
): Uint8Array {
  const { damaged = false, tail = [], hash = 'sha256' } = options
  const value = sign(hash, damaged ? Buffer.concat([tbs, Buffer.of(0)]) : tbs, key)
  return sequence(tbs, algorithmOf(key, hash), tlv(0x03, Buffer.concat([Buffer.of(0), value])), ...tail)
}

/** GeneralizedTime, whole seconds. */
export function generalizedTime(time: number): Uint8Array {
  return tlv(0x18, Buffer.from(`${new Date(time).toISOString().replace(/\D/g, '').slice(0, 14)}Z`))
}

/** UTCTime until 2049 (RFC 5280, 5.1.2.4). */
export function utcTime(time: number): Uint8Array {
  return tlv(0x17, Buffer.from(`${new Date(time).toISOString().replace(/\D/g, '').slice(2, 14)}Z`))
}

/** Extension with its value already in DER. */
export function extension(oid: string, value: Uint8Array, critical = false): Uint8Array {
  return sequence(objectIdentifier(oid), ...(critical ? [tlv(0x01, Buffer.of(0xff))] : []), tlv(0x04, value))
}
