// An encrypted document with its key: strings and streams in the clear when they are read, and encrypted again when an
// update writes them. The standard security handler with RC4 and AES (ISO 32000-1, 7.6; ISO 32000-2, 7.6). /Contents of
// a signature, cross-reference streams and the encryption dictionary itself are never encrypted.

import { createCipheriv, createDecipheriv, createHash, createHmac } from 'node:crypto'
import { Fault } from '../errors.ts'
import { type SecurityParameters, unlock } from './encryption-key.ts'
import { unreadable } from './limits.ts'
import type { Decryption, ObjectReader } from './object-reader.ts'
import { entry, integerEntry, nameEntry, type PdfDictionary, type PdfDirect, type PdfStream } from './objects.ts'
import { rc4 } from './rc4.ts'
import { mapStrings } from './strings.ts'

/** How one kind of data is encrypted: not at all, RC4 (V2), AES-128 (AESV2) or AES-256 (AESV3). */
type Method = 'none' | 'V2' | 'AESV2' | 'AESV3'

export interface Encryption extends Decryption {
  readonly access: 'owner' | 'user'
  /** Whether who opened the document may create form fields, and fill those that are there (ISO 32000-1, table 22). */
  readonly mayCreateFields: boolean
  readonly mayFillFields: boolean
  encryptString(bytes: Uint8Array, number: number, generation: number): Uint8Array
  encryptStream(dictionary: PdfDictionary, bytes: Uint8Array, number: number, generation: number): Uint8Array
}

/**
 * The encryption of a document whose trailer has /Encrypt; undefined where it has none. Without a password the empty user
 * password is tried, as every reader does. Throws PDF_ENCRYPTED (a password or another handler is needed), PASSWORD_WRONG.
 */
export async function encryptionOf(
  reader: ObjectReader,
  trailer: PdfDictionary,
  password: string | undefined,
): Promise<Encryption | undefined> {
  const place = entry(trailer, 'Encrypt')
  if (place.kind === 'null') return undefined
  const dictionary = await reader.resolve(place)
  if (dictionary.kind !== 'dictionary') throw unreadable('/Encrypt is no dictionary')
  const filter = nameEntry(dictionary, 'Filter')
  if (filter !== 'Standard')
    throw new Fault('PDF_ENCRYPTED', `by the security handler ${filter}, which needs no password`)
  const identifier = await identifierOf(reader, trailer)
  const parameters = parametersOf(dictionary, identifier)
  const unlocked = unlock(parameters, password ?? '')
  if (!unlocked) {
    if (password === undefined) throw new Fault('PDF_ENCRYPTED', 'a password is needed to open it')
    throw new Fault('PASSWORD_WRONG', 'the password is neither the user’s nor the owner’s')
  }
  const own = place.kind === 'reference' ? place.number : undefined
  return createEncryption(dictionary, parameters, unlocked, own)
}

async function identifierOf(reader: ObjectReader, trailer: PdfDictionary): Promise<Uint8Array> {
  const array = await reader.resolve(entry(trailer, 'ID'))
  const first = array.kind === 'array' ? array.items[0] : undefined
  return first?.kind === 'string' ? first.bytes : new Uint8Array(0)
}

/** Shapes of ISO 32000-1, tables 20 and 21, and ISO 32000-2, table 21. */
function parametersOf(dictionary: PdfDictionary, identifier: Uint8Array): SecurityParameters {
  const version = integerEntry(dictionary, 'V') ?? 0
  const revision = integerEntry(dictionary, 'R')
  if (revision !== 2 && revision !== 3 && revision !== 4 && revision !== 5 && revision !== 6) {
    throw new Fault('PDF_ENCRYPTED', `revision ${revision} of the standard security handler is not known`)
  }
  const strings = ['O', 'U', 'OE', 'UE'].map(key => bytesEntry(dictionary, key))
  const [owner, user, ownerKey, userKey] = strings
  const least = revision >= 5 ? [48, 48, 32, 32] : [32, 32, 0, 0]
  if (!owner || !user || !ownerKey || !userKey || strings.some((bytes, at) => bytes.length < (least[at] ?? 0))) {
    throw unreadable('the encryption dictionary is not complete')
  }
  const metadata = entry(dictionary, 'EncryptMetadata')
  return {
    revision,
    keyBytes: keyBytesOf(version, integerEntry(dictionary, 'Length') ?? 40),
    owner,
    user,
    ownerKey,
    userKey,
    // Some writers put the bits down as an unsigned number.
    permissions: (integerEntry(dictionary, 'P') ?? 0) | 0,
    identifier,
    encryptMetadata: !(metadata.kind === 'boolean' && !metadata.value),
  }
}

function keyBytesOf(version: number, lengthBits: number): number {
  if (version === 1) return 5
  if (version === 4) return 16
  if (version === 5) return 32
  if ((version !== 2 && version !== 3) || lengthBits < 40 || lengthBits > 128) {
    throw new Fault('PDF_ENCRYPTED', `algorithm ${version} with ${lengthBits} bits is not known`)
  }
  return lengthBits >> 3
}

function bytesEntry(dictionary: PdfDictionary, key: string): Uint8Array {
  const value = entry(dictionary, key)
  return value.kind === 'string' ? value.bytes : new Uint8Array(0)
}

/** Long because reading and writing share the key and the crypt filters. */
function createEncryption(
  dictionary: PdfDictionary,
  parameters: SecurityParameters,
  { key, access }: { readonly key: Uint8Array; readonly access: 'owner' | 'user' },
  ownNumber: number | undefined,
): Encryption {
  const filters = filtersOf(dictionary)
  const allowed = (bit: number) => access === 'owner' || ((parameters.permissions >> (bit - 1)) & 1) === 1

  /** Identity streams, and the streams that stay readable for programs without the key. */
  function methodOf(stream: PdfDictionary): Method {
    const type = nameEntry(stream, 'Type')
    if (type === 'XRef') return 'none'
    const named = cryptFilterOf(stream)
    if (named !== undefined) return filters.named(named)
    return type === 'Metadata' && !parameters.encryptMetadata ? 'none' : filters.streams
  }

  return Object.freeze({
    access,
    mayCreateFields: allowed(4) && allowed(6),
    mayFillFields: allowed(6) || allowed(9),
    object: (object, number, generation) => {
      if (number === ownNumber || filters.strings === 'none') return object
      const clear = (bytes: Uint8Array) =>
        decrypted(filters.strings, objectKey(key, filters.strings, number, generation), bytes)
      return object.kind === 'stream'
        ? { ...object, dictionary: mapStrings(object.dictionary, clear) }
        : mapStrings<PdfDirect>(object, clear)
    },
    stream: ({ dictionary: own, number, generation }: PdfStream, encoded: Uint8Array) => {
      const method = methodOf(own)
      return decrypted(method, objectKey(key, method, number, generation), encoded)
    },
    encryptString: (bytes, number, generation) =>
      encrypted(filters.strings, objectKey(key, filters.strings, number, generation), bytes),
    encryptStream: (own, bytes, number, generation) => {
      const method = methodOf(own)
      return encrypted(method, objectKey(key, method, number, generation), bytes)
    },
  } satisfies Encryption)
}

interface CryptFilters {
  readonly strings: Method
  readonly streams: Method
  named(name: string): Method
}

/** Before version 4 everything is RC4; from then on /StmF and /StrF name crypt filters (ISO 32000-1, table 25). */
function filtersOf(dictionary: PdfDictionary): CryptFilters {
  if ((integerEntry(dictionary, 'V') ?? 0) < 4) return { strings: 'V2', streams: 'V2', named: () => 'V2' }
  const named = (name: string): Method => {
    if (name === 'Identity') return 'none'
    const all = entry(dictionary, 'CF')
    const filter = all.kind === 'dictionary' ? entry(all, name) : all
    const method = filter.kind === 'dictionary' ? (nameEntry(filter, 'CFM') ?? 'None') : undefined
    if (method === 'None') return 'none'
    if (method === 'V2' || method === 'AESV2' || method === 'AESV3') return method
    throw new Fault('PDF_ENCRYPTED', `the crypt filter ${name} is not known`)
  }
  const which = (key: string) => named(nameEntry(dictionary, key) ?? 'Identity')
  return { strings: which('StrF'), streams: which('StmF'), named }
}

/** The filter that a /Crypt entry of the stream's own names; undefined where it has none. */
function cryptFilterOf(stream: PdfDictionary): string | undefined {
  const listed = (key: string) => {
    const value = entry(stream, key)
    return value.kind === 'array' ? value.items : [value]
  }
  const at = listed('Filter').findIndex(filter => filter.kind === 'name' && filter.value === 'Crypt')
  if (at < 0) return undefined
  const parameters = listed('DecodeParms')[at]
  return (parameters?.kind === 'dictionary' ? nameEntry(parameters, 'Name') : undefined) ?? 'Identity'
}

/** Algorithms 1 and 1.A. */
function objectKey(key: Uint8Array, method: Method, number: number, generation: number): Uint8Array {
  if (method === 'none' || method === 'AESV3') return key
  const suffix = Buffer.from([number, number >> 8, number >> 16, generation, generation >> 8].map(byte => byte & 255))
  const salt = method === 'AESV2' ? Buffer.from('sAlT', 'latin1') : Buffer.alloc(0)
  const digest = createHash('md5')
    .update(Buffer.concat([key, suffix, salt]))
    .digest()
  return digest.subarray(0, Math.min(16, key.length + 5))
}

const cipherName = (key: Uint8Array) => (key.length === 32 ? 'aes-256-cbc' : 'aes-128-cbc')

/** What is too short or has no valid padding gives as much as can be had, as in other readers. */
function decrypted(method: Method, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (method === 'none') return bytes
  if (method === 'V2') return rc4(key, bytes)
  const whole = bytes.length - (bytes.length % 16)
  if (whole < 32) return new Uint8Array(0)
  const cipher = createDecipheriv(cipherName(key), key, bytes.subarray(0, 16)).setAutoPadding(false)
  const clear = Buffer.concat([cipher.update(bytes.subarray(16, whole)), cipher.final()])
  const pad = clear.at(-1) ?? 0
  return pad >= 1 && pad <= 16 ? clear.subarray(0, clear.length - pad) : clear
}

/** The initialisation vector follows from key and content, so that the same update gives the same bytes. */
function encrypted(method: Method, key: Uint8Array, bytes: Uint8Array): Uint8Array {
  if (method === 'none') return bytes
  if (method === 'V2') return rc4(key, bytes)
  const vector = createHmac('sha256', key).update(bytes).digest().subarray(0, 16)
  const cipher = createCipheriv(cipherName(key), key, vector)
  return Buffer.concat([vector, cipher.update(bytes), cipher.final()])
}
