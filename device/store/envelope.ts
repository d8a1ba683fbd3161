// Authenticated encryption for everything that is stored: AES-256-GCM (NIST SP 800-38D) under keys that HKDF-SHA256
// (RFC 5869) derives for one purpose each, so that no key is used in two ways. The associated data says what a sealed
// value belongs to; a value moved to another place does not open.

import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto'
import { type ErrorCode, Fault } from '../errors.ts'
import type { Random } from '../ports.ts'

export const keyBytes = 32
const nonceBytes = 12
/** Length of the GCM tag behind every ciphertext. */
export const tagBytes = 16

/** What a sealed value is bound to: its purpose first, then what identifies it. */
export type Associated = readonly (string | number | null)[]

/** A 32-byte key for one purpose; `salt` makes it unique where one purpose has many keys. */
export function deriveKey(key: Uint8Array, purpose: Associated, salt: Uint8Array = new Uint8Array(0)): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', key, salt, JSON.stringify(purpose), keyBytes))
}

/** Ciphertext and tag, not joined. The same key must never see the same nonce twice. */
export function encryptApart(
  key: Uint8Array,
  nonce: Uint8Array,
  plaintext: Uint8Array,
  associated: Associated,
): readonly [ciphertext: Uint8Array, tag: Uint8Array] {
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  cipher.setAAD(Buffer.from(JSON.stringify(associated)))
  const ciphertext = cipher.update(plaintext)
  // In GCM the end brings no more ciphertext; it makes the tag.
  cipher.final()
  return [ciphertext, cipher.getAuthTag()]
}

/** Ciphertext and tag as one value. The same key must never see the same nonce twice. */
export function encrypt(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array, associated: Associated): Uint8Array {
  return Buffer.concat(encryptApart(key, nonce, plaintext, associated))
}

/** The plaintext, or the Fault `damaged` when key, nonce, associated data or one bit is not what it was. */
export function decrypt(
  key: Uint8Array,
  nonce: Uint8Array,
  sealed: Uint8Array,
  associated: Associated,
  damaged: ErrorCode,
): Uint8Array {
  if (nonce.length !== nonceBytes || sealed.length < tagBytes) throw new Fault(damaged, 'a sealed value is too short')
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagBytes })
  decipher.setAAD(Buffer.from(JSON.stringify(associated)))
  decipher.setAuthTag(sealed.subarray(sealed.length - tagBytes))
  const plaintext = decipher.update(sealed.subarray(0, sealed.length - tagBytes))
  try {
    decipher.final()
  } catch (error) {
    throw new Fault(damaged, `a sealed value was altered: ${associated.join(' ')}`, { cause: error })
  }
  return plaintext
}

/** A random nonce, the ciphertext and the tag as one value. */
export function seal(key: Uint8Array, plaintext: Uint8Array, associated: Associated, random: Random): Uint8Array {
  const nonce = random.bytes(nonceBytes)
  return Buffer.concat([nonce, encrypt(key, nonce, plaintext, associated)])
}

/** What `seal` closed; throws the Fault `damaged` for anything else. */
export function unseal(key: Uint8Array, sealed: Uint8Array, associated: Associated, damaged: ErrorCode): Uint8Array {
  return decrypt(key, sealed.subarray(0, nonceBytes), sealed.subarray(nonceBytes), associated, damaged)
}
