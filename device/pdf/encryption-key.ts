// From a password to the key of an encrypted PDF: the standard security handler, revisions 2 to 4 (ISO 32000-1, 7.6.3)
// and 5 and 6 (ISO 32000-2, 7.6.4). The owner's password is tried first, since it opens more.

import { createCipheriv, createDecipheriv, createHash } from 'node:crypto'
import { rc4 } from './rc4.ts'

/** What the encryption dictionary and the trailer say, once checked. Byte strings as they stand. */
export interface SecurityParameters {
  readonly revision: 2 | 3 | 4 | 5 | 6
  readonly keyBytes: number
  readonly owner: Uint8Array
  readonly user: Uint8Array
  readonly ownerKey: Uint8Array
  readonly userKey: Uint8Array
  /** /P as a signed 32-bit integer. */
  readonly permissions: number
  /** First half of /ID; empty where there is none. */
  readonly identifier: Uint8Array
  readonly encryptMetadata: boolean
}

export interface Unlocked {
  readonly key: Uint8Array
  readonly access: 'owner' | 'user'
}

/** The file's key; undefined where the password is neither the owner's nor the user's. */
export function unlock(parameters: SecurityParameters, password: string): Unlocked | undefined {
  return parameters.revision >= 5 ? unlockNew(parameters, password) : unlockOld(parameters, password)
}

const padding = Buffer.from('28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a', 'hex')
const md5 = (...parts: readonly Uint8Array[]) => createHash('md5').update(Buffer.concat(parts)).digest()
const sameBytes = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0

function unlockOld(parameters: SecurityParameters, password: string): Unlocked | undefined {
  const padded = padded32(password)
  const asOwner = oldKey(parameters, userPasswordOf(parameters, padded))
  if (opens(parameters, asOwner)) return { key: asOwner, access: 'owner' }
  const asUser = oldKey(parameters, padded)
  return opens(parameters, asUser) ? { key: asUser, access: 'user' } : undefined
}

/** PDFDocEncoding agrees with Latin-1 on what passwords are made of. */
function padded32(password: string): Uint8Array {
  const bytes = Buffer.from(password, /^[\0-\xff]*$/.test(password) ? 'latin1' : 'utf8')
  return Buffer.concat([bytes, padding]).subarray(0, 32)
}

/** Algorithm 2. */
function oldKey(parameters: SecurityParameters, padded: Uint8Array): Uint8Array {
  const { revision, keyBytes, owner, permissions, identifier, encryptMetadata } = parameters
  const bits = Buffer.alloc(4)
  bits.writeInt32LE(permissions)
  const marked = revision === 4 && !encryptMetadata ? Buffer.alloc(4, 0xff) : Buffer.alloc(0)
  return strengthened(revision, keyBytes, md5(padded, owner.subarray(0, 32), bits, identifier, marked))
}

function strengthened(revision: number, keyBytes: number, digest: Uint8Array): Uint8Array {
  let key = digest.subarray(0, keyBytes)
  if (revision >= 3) for (let round = 0; round < 50; round++) key = md5(key).subarray(0, keyBytes)
  return key
}

/** Algorithm 7: the padded user password that /O hides from all but the owner. */
function userPasswordOf({ revision, keyBytes, owner }: SecurityParameters, padded: Uint8Array): Uint8Array {
  const key = strengthened(revision, keyBytes, md5(padded))
  let hidden = owner.subarray(0, 32)
  for (let round = revision === 2 ? 0 : 19; round >= 0; round--) hidden = rc4(xored(key, round), hidden)
  return hidden
}

/** Algorithms 4 to 6. */
function opens({ revision, user, identifier }: SecurityParameters, key: Uint8Array): boolean {
  if (revision === 2) return sameBytes(rc4(key, padding), user.subarray(0, 32))
  let expected: Uint8Array = md5(padding, identifier)
  for (let round = 0; round < 20; round++) expected = rc4(xored(key, round), expected)
  return sameBytes(expected, user.subarray(0, 16))
}

const xored = (key: Uint8Array, round: number) => key.map(byte => byte ^ round)

/** Algorithm 2.A. */
function unlockNew(parameters: SecurityParameters, password: string): Unlocked | undefined {
  const { revision, owner, user, ownerKey, userKey } = parameters
  const bytes = Buffer.from(prepared(password), 'utf8').subarray(0, 127)
  const whole = user.subarray(0, 48)
  const hash = (salt: Uint8Array, extra: Uint8Array) => hardened(revision, bytes, salt, extra)
  const none = Buffer.alloc(0)
  if (sameBytes(hash(owner.subarray(32, 40), whole), owner.subarray(0, 32))) {
    return { key: unwrapped(hash(owner.subarray(40, 48), whole), ownerKey), access: 'owner' }
  }
  if (sameBytes(hash(user.subarray(32, 40), none), user.subarray(0, 32))) {
    return { key: unwrapped(hash(user.subarray(40, 48), none), userKey), access: 'user' }
  }
  return undefined
}

/** The mapping and normalisation steps of SASLprep (RFC 4013, 2.1 and 2.2). */
function prepared(password: string): string {
  return password
    .replace(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ')
    .replace(/\u00ad|\u034f|\u1806|[\u180b-\u180d]|\u200c|\u200d|\u2060|[\ufe00-\ufe0f]|\ufeff/g, '')
    .normalize('NFKC')
}

function unwrapped(key: Uint8Array, wrapped: Uint8Array): Uint8Array {
  const cipher = createDecipheriv('aes-256-cbc', key, Buffer.alloc(16)).setAutoPadding(false)
  return Buffer.concat([cipher.update(wrapped.subarray(0, 32)), cipher.final()])
}

/** Algorithm 2.B; revision 5 ends after its first line. */
function hardened(revision: number, password: Uint8Array, salt: Uint8Array, extra: Uint8Array): Uint8Array {
  let key: Uint8Array = createHash('sha256')
    .update(Buffer.concat([password, salt, extra]))
    .digest()
  if (revision === 5) return key
  for (let round = 0, last = 0; round < 64 || last > round - 32; round++) {
    const block = Buffer.concat([password, key, extra])
    const repeated = Buffer.concat(Array.from({ length: 64 }, () => block))
    const cipher = createCipheriv('aes-128-cbc', key.subarray(0, 16), key.subarray(16, 32)).setAutoPadding(false)
    const encrypted = cipher.update(repeated)
    const remainder = encrypted.subarray(0, 16).reduce((sum, byte) => sum + byte, 0) % 3
    const digest = remainder === 0 ? 'sha256' : remainder === 1 ? 'sha384' : 'sha512'
    key = createHash(digest).update(encrypted).digest()
    last = encrypted.at(-1) ?? 0
  }
  return key.subarray(0, 32)
}
