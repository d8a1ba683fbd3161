// Encryption and authentication by a password, as PKCS#12 files use them: the scheme of RFC 7292, appendix B and C, with
// triple DES and RC2, and PBES2 and PBMAC1 of RFC 8018 with AES or triple DES and PBKDF2 or scrypt. Only to read.

import { createDecipheriv, createHmac, hash, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto'
import { BerError, identifier, integer, isInteger, type Node, octets, part, parts } from './ber.ts'
import { decryptRc2 } from './rc2.ts'

/** More than any program asks for; a file that wants more would only keep the worker busy. */
const maxIterations = 5_000_000
const maxScryptBytes = 256 * 1024 * 1024

/** A shorter key would be guessed sooner than the password (RFC 9879, 9). */
const minMacKeyOctets = 20
const maxMacKeyOctets = 1024

type HashName = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512'

const hashes: Readonly<Record<string, HashName>> = {
  '1.3.14.3.2.26': 'sha1',
  '2.16.840.1.101.3.4.2.4': 'sha224',
  '2.16.840.1.101.3.4.2.1': 'sha256',
  '2.16.840.1.101.3.4.2.2': 'sha384',
  '2.16.840.1.101.3.4.2.3': 'sha512',
}
const hmacs: Readonly<Record<string, HashName>> = {
  '1.2.840.113549.2.7': 'sha1',
  '1.2.840.113549.2.8': 'sha224',
  '1.2.840.113549.2.9': 'sha256',
  '1.2.840.113549.2.10': 'sha384',
  '1.2.840.113549.2.11': 'sha512',
}
const pbkdf2 = '1.2.840.113549.1.5.12'
const pbes2 = '1.2.840.113549.1.5.13'
const pbmac1 = '1.2.840.113549.1.5.14'
const scrypt = '1.3.6.1.4.1.11591.4.11'

/** Of PBES2 (RFC 8018, B.2). */
const ciphers: Readonly<Record<string, { readonly name: string; readonly keyOctets: number }>> = {
  '2.16.840.1.101.3.4.1.2': { name: 'aes-128-cbc', keyOctets: 16 },
  '2.16.840.1.101.3.4.1.22': { name: 'aes-192-cbc', keyOctets: 24 },
  '2.16.840.1.101.3.4.1.42': { name: 'aes-256-cbc', keyOctets: 32 },
  '1.2.840.113549.3.7': { name: 'des-ede3-cbc', keyOctets: 24 },
}
/** Of RFC 7292, appendix C, each with the bits of RC2 that matter or none. */
const pkcs12Ciphers: Readonly<Record<string, { readonly keyOctets: number; readonly rc2Bits?: number }>> = {
  '1.2.840.113549.1.12.1.3': { keyOctets: 24 },
  '1.2.840.113549.1.12.1.4': { keyOctets: 16 },
  '1.2.840.113549.1.12.1.5': { keyOctets: 16, rc2Bits: 128 },
  '1.2.840.113549.1.12.1.6': { keyOctets: 5, rc2Bits: 40 },
}

/** The plain text, or undefined where the password does not fit. Throws BerError for a scheme that is not known. */
export function decrypt(algorithm: Node, password: Uint8Array, text: Uint8Array): Uint8Array | undefined {
  const scheme = identifier(part(algorithm, 0))
  const parameters = part(algorithm, 1)
  if (scheme === pbes2) return decryptPbes2(parameters, password, text)
  const cipher = pkcs12Ciphers[scheme]
  if (cipher === undefined) throw new BerError(`encryption ${scheme} is not known`)
  const derivation = {
    hash: 'sha1',
    salt: octets(part(parameters, 0)),
    iterations: iterationsIn(part(parameters, 1)),
  } as const
  const key = pkcs12Key({ ...derivation, id: 1, length: cipher.keyOctets }, password)
  const iv = pkcs12Key({ ...derivation, id: 2, length: 8 }, password)
  const { rc2Bits } = cipher
  if (rc2Bits !== undefined) return withoutPadding(decryptRc2(key, rc2Bits, iv, text), 8)
  // Two keys of triple DES are three of which the last is the first.
  const triple = key.length === 24 ? key : Buffer.concat([key, key.subarray(0, 8)])
  return decipher('des-ede3-cbc', triple, iv, text)
}

function decryptPbes2(parameters: Node, password: Uint8Array, text: Uint8Array): Uint8Array | undefined {
  const encryption = part(parameters, 1)
  const scheme = identifier(part(encryption, 0))
  const cipher = ciphers[scheme]
  if (cipher === undefined) throw new BerError(`encryption ${scheme} is not known`)
  const key = derivedKey(part(parameters, 0), password, cipher.keyOctets)
  return decipher(cipher.name, key, octets(part(encryption, 1)), text)
}

function derivedKey(derivation: Node, password: Uint8Array, length: number): Uint8Array {
  const scheme = identifier(part(derivation, 0))
  const [salt, first, ...rest] = parts(part(derivation, 1))
  if (scheme === pbkdf2) {
    const prf = rest.find(one => !isInteger(one))
    const digest = prf === undefined ? 'sha1' : hmacs[identifier(part(prf, 0))]
    if (digest === undefined) throw new BerError('the pseudo-random function is not known')
    return pbkdf2Sync(password, octets(salt), iterationsIn(first), length, digest)
  }
  if (scheme !== scrypt) throw new BerError(`key derivation ${scheme} is not known`)
  const [blockSize, parallelization] = rest.map(integer)
  const options = { N: integer(first), r: blockSize ?? 0, p: parallelization ?? 0, maxmem: maxScryptBytes }
  try {
    return scryptSync(password, octets(salt), length, options)
  } catch (cause) {
    throw new BerError('scrypt with parameters that cannot be used', { cause })
  }
}

/** Whether the MAC over `content` is the password's (RFC 7292, 4; RFC 9879, 4 for PBMAC1). */
export function authenticates(macData: Node, password: Uint8Array, content: Uint8Array): boolean {
  const [digestInfo, salt, iterations] = parts(macData)
  const algorithm = part(digestInfo, 0)
  const wanted = octets(part(digestInfo, 1))
  const scheme = identifier(part(algorithm, 0))
  const mac = scheme === pbmac1 ? pbmac1Key(part(algorithm, 1), password) : undefined
  const digest = mac?.digest ?? hashes[scheme]
  if (digest === undefined) throw new BerError(`authentication ${scheme} is not known`)
  const key =
    mac?.key ??
    pkcs12Key(
      {
        hash: digest,
        id: 3,
        salt: octets(salt),
        iterations: iterations === undefined ? 1 : iterationsIn(iterations),
        length: hash(digest, '', 'buffer').length,
      },
      password,
    )
  const made = createHmac(digest, key).update(content).digest()
  return made.length === wanted.length && timingSafeEqual(made, wanted)
}

function pbmac1Key(parameters: Node, password: Uint8Array) {
  const digest = hmacs[identifier(part(part(parameters, 1), 0))]
  if (digest === undefined) throw new BerError('the authentication scheme is not known')
  const derivation = part(parameters, 0)
  const keyLength = integer(parts(part(derivation, 1)).slice(2).find(isInteger))
  if (keyLength < minMacKeyOctets || keyLength > maxMacKeyOctets) throw new BerError(`a MAC key of ${keyLength} octets`)
  return { digest, key: derivedKey(derivation, password, keyLength) }
}

interface Derivation {
  readonly hash: HashName
  /** 1 key, 2 initialisation vector, 3 MAC key. */
  readonly id: 1 | 2 | 3
  readonly salt: Uint8Array
  readonly iterations: number
  /** Octets wanted. */
  readonly length: number
}

/** RFC 7292, appendix B.2; the letters are the standard's. */
function pkcs12Key({ hash: name, id, salt, iterations, length }: Derivation, password: Uint8Array): Uint8Array {
  const u = hash(name, '', 'buffer').length
  const v = u > 32 ? 128 : 64
  const D = Buffer.alloc(v, id)
  let I = Buffer.concat([repeated(salt, v), repeated(bmpString(password), v)])
  const derived: Uint8Array[] = []
  for (let size = 0; size < length; size += u) {
    let A = hash(name, Buffer.concat([D, I]), 'buffer')
    for (let i = 1; i < iterations; i += 1) A = hash(name, A, 'buffer')
    derived.push(A)
    const B = repeated(A, v).subarray(0, v)
    I = Buffer.concat(Array.from({ length: I.length / v }, (_, j) => sumPlusOne(I.subarray(j * v, (j + 1) * v), B)))
  }
  return Buffer.concat(derived).subarray(0, length)
}

/** As often as fills whole blocks of `v`. */
function repeated(octets: Uint8Array, v: number): Buffer {
  return octets.length === 0 ? Buffer.alloc(0) : Buffer.alloc(v * Math.ceil(octets.length / v), octets)
}

/** a + b + 1, modulo the octets that there are. */
function sumPlusOne(a: Uint8Array, b: Uint8Array): Buffer {
  const sum = Buffer.alloc(a.length)
  let carry = 1
  for (let i = a.length - 1; i >= 0; i -= 1) {
    carry += (a[i] ?? 0) + (b[i] ?? 0)
    sum[i] = carry & 0xff
    carry >>= 8
  }
  return sum
}

/** The password as a BMPString with its end (RFC 7292, B.1). */
function bmpString(password: Uint8Array): Buffer {
  return Buffer.from(`${Buffer.from(password).toString('utf8')}\0`, 'utf16le').swap16()
}

function iterationsIn(node: Node | undefined): number {
  const iterations = integer(node)
  if (iterations >= 1 && iterations <= maxIterations) return iterations
  throw new BerError(`${iterations} iterations`)
}

function decipher(name: string, key: Uint8Array, iv: Uint8Array, text: Uint8Array): Uint8Array | undefined {
  try {
    const machine = createDecipheriv(name, key, iv)
    return Buffer.concat([machine.update(text), machine.final()])
  } catch (thrown) {
    // A wrong password shows as wrong padding or a wrong last block.
    if (thrown instanceof Error && 'code' in thrown) return undefined
    throw thrown
  }
}

function withoutPadding(plain: Uint8Array, blockOctets: number): Uint8Array | undefined {
  const count = plain.at(-1) ?? 0
  const padded = count >= 1 && count <= blockOctets && plain.subarray(-count).every(octet => octet === count)
  return padded ? plain.subarray(0, -count) : undefined
}
