// The encoding of RSASSA-PSS (RFC 8017, 9.1) around a finished digest, which Node's own crypto, that signs and verifies messages, has
// no way in for: for keys in memory, and for the values of seal services.

import { createHash, randomBytes } from 'node:crypto'

export type PssHash = 'sha256' | 'sha384' | 'sha512'

/** EMSA-PSS with MGF1 and a salt of the hash's length (RFC 8017, 9.1.1), filled up to the modulus's octets. */
export function emsaPss(hash: PssHash, digest: Uint8Array, encodedBits: number): Buffer {
  const length = Math.ceil(encodedBits / 8)
  const salt = randomBytes(digest.length)
  const H = createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest()
  const DB = Buffer.alloc(length - H.length - 1)
  DB[DB.length - salt.length - 1] = 0x01
  DB.set(salt, DB.length - salt.length)
  const masked = maskedBy(hash, H, DB)
  masked[0] = (masked[0] ?? 0) & (0xff >> (8 * length - encodedBits))
  const encoded = Buffer.concat([masked, H, Buffer.of(0xbc)])
  // One octet shorter than the modulus where that has a bit more than whole octets.
  return Buffer.concat([Buffer.alloc(Math.ceil((encodedBits + 1) / 8) - length), encoded])
}

/**
 * Whether `encoded`, as many octets as the modulus has, is EMSA-PSS of this digest with a salt of the hash's length (RFC 8017,
 * 9.1.2).
 */
export function isEmsaPss(hash: PssHash, digest: Uint8Array, encoded: Uint8Array, encodedBits: number): boolean {
  const length = Math.ceil(encodedBits / 8)
  const leading = encoded.length - length
  const EM = Buffer.from(encoded.subarray(leading))
  const unused = 8 * length - encodedBits
  if (leading < 0 || encoded.subarray(0, leading).some(octet => octet !== 0)) return false
  if (EM.at(-1) !== 0xbc || ((EM[0] ?? 0) & ~(0xff >> unused)) !== 0) return false
  const H = EM.subarray(length - digest.length - 1, -1)
  const DB = maskedBy(hash, H, EM.subarray(0, length - digest.length - 1))
  DB[0] = (DB[0] ?? 0) & (0xff >> unused)
  const salt = DB.subarray(DB.length - digest.length)
  const padding = DB.subarray(0, DB.length - digest.length)
  if (padding.at(-1) !== 0x01 || padding.subarray(0, -1).some(octet => octet !== 0)) return false
  return createHash(hash).update(Buffer.alloc(8)).update(digest).update(salt).digest().equals(H)
}

/** RFC 8017, 9.1.1, step 9; its own inverse. */
function maskedBy(hash: PssHash, H: Uint8Array, DB: Uint8Array): Buffer {
  const mask = mgf1(hash, H, DB.length)
  return Buffer.from(DB.map((octet, i) => octet ^ (mask[i] ?? 0)))
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
