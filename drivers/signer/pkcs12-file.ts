// A PKCS#12 file (RFC 7292) opened with its password: every private key and every certificate in it, whatever program made
// it and however many there are. A password that does not fit is an outcome; a file that cannot be read is thrown.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { Fault } from '../../device/errors.ts'
import { BerError, contextTag, encoded, identifier, type Node, octets, parse, part, parts } from './ber.ts'
import { authenticates, decrypt } from './password-based.ts'

const contentTypes = { data: '1.2.840.113549.1.7.1', encryptedData: '1.2.840.113549.1.7.6' } as const
const bagTypes = {
  key: '1.2.840.113549.1.12.10.1.1',
  shroudedKey: '1.2.840.113549.1.12.10.1.2',
  certificate: '1.2.840.113549.1.12.10.1.3',
  safeContents: '1.2.840.113549.1.12.10.1.6',
} as const
const x509Certificate = '1.2.840.113549.1.9.22.1'
const localKeyIdAttribute = '1.2.840.113549.1.9.21'
const maxDepth = 4
const maxBags = 200

export interface KeyStoreKey {
  readonly key: KeyObject
  /** DER of its public key. */
  readonly publicKey: Uint8Array
  /** The localKeyID attribute, where it has one. */
  readonly localKeyId: Uint8Array | undefined
}

export type OpenedKeyStore =
  | { readonly outcome: 'password-wrong' }
  | {
      readonly outcome: 'opened'
      readonly keys: readonly KeyStoreKey[]
      /** DER. */
      readonly certificates: readonly Uint8Array[]
    }

class PasswordWrong extends Error {}

/** `password` in UTF-8. Throws KEY_STORE_UNREADABLE. */
export function openKeyStore(file: Uint8Array, password: Uint8Array): OpenedKeyStore {
  try {
    return openPfx(parse(file), password)
  } catch (thrown) {
    if (thrown instanceof PasswordWrong) return { outcome: 'password-wrong' }
    if (thrown instanceof BerError) throw unreadable(thrown.message, thrown)
    throw thrown
  }
}

function openPfx(pfx: Node, password: Uint8Array): OpenedKeyStore {
  const [, authSafe, macData] = parts(pfx)
  const content = dataOf(authSafe)
  if (macData !== undefined && !authenticates(macData, password, content)) return { outcome: 'password-wrong' }
  const found: Found = { keys: [], certificates: [], bags: 0 }
  for (const info of parts(parse(content))) collect(parse(contentOf(info, password)), password, found, 0)
  return { outcome: 'opened', keys: found.keys, certificates: found.certificates }
}

/** What a ContentInfo of the AuthenticatedSafe holds, in clear. */
function contentOf(info: Node, password: Uint8Array): Uint8Array {
  const type = identifier(part(info, 0))
  if (type === contentTypes.data) return dataOf(info)
  // Enveloped data are for a recipient's key, which is not what a password opens.
  if (type !== contentTypes.encryptedData) throw new BerError(`content ${type} is not known`)
  const encryptedContentInfo = part(part(part(info, 1), 0), 1)
  return opened(part(encryptedContentInfo, 1), octets(part(encryptedContentInfo, 2)), password)
}

function dataOf(info: Node | undefined): Uint8Array {
  if (identifier(part(info, 0)) !== contentTypes.data) throw new BerError('the file is not protected by a password')
  return octets(part(part(info, 1), 0))
}

function opened(algorithm: Node, text: Uint8Array, password: Uint8Array): Uint8Array {
  const plain = decrypt(algorithm, password, text)
  if (plain === undefined) throw new PasswordWrong()
  return plain
}

interface Found {
  readonly keys: KeyStoreKey[]
  readonly certificates: Uint8Array[]
  bags: number
}

/** SafeContents, nested ones too. Bags of other kinds, CRLs and secrets, are passed over. */
function collect(safeContents: Node, password: Uint8Array, found: Found, depth: number): void {
  if (depth > maxDepth) throw new BerError('bags within bags without end')
  for (const bag of parts(safeContents)) {
    found.bags += 1
    if (found.bags > maxBags) throw new BerError(`more than ${maxBags} bags`)
    const [type, value, attributes] = parts(bag)
    const content = part(value, 0)
    const kind = identifier(type)
    if (kind === bagTypes.safeContents) collect(content, password, found, depth + 1)
    else if (kind === bagTypes.key) found.keys.push(keyOf(encoded(content), attributes))
    else if (kind === bagTypes.shroudedKey) {
      found.keys.push(keyOf(opened(part(content, 0), octets(part(content, 1)), password), attributes))
    } else if (kind === bagTypes.certificate && identifier(part(content, 0)) === x509Certificate) {
      found.certificates.push(octets(certificateValue(content)))
    }
  }
}

/** [0] EXPLICIT OCTET STRING. */
function certificateValue(bag: Node): Node {
  const value = part(bag, 1)
  return contextTag(value) === 0 ? part(value, 0) : value
}

function keyOf(pkcs8: Uint8Array, attributes: Node | undefined): KeyStoreKey {
  try {
    const key = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' })
    const publicKey = createPublicKey(key).export({ format: 'der', type: 'spki' })
    return { key, publicKey, localKeyId: localKeyIdIn(attributes) }
  } catch (thrown) {
    if (thrown instanceof BerError) throw thrown
    // Without the cause: an error about a private key is no place for a private key.
    throw new BerError('a private key in it is not one that can be used')
  } finally {
    pkcs8.fill(0)
  }
}

function localKeyIdIn(attributes: Node | undefined): Uint8Array | undefined {
  if (attributes === undefined) return undefined
  const found = parts(attributes).find(attribute => identifier(part(attribute, 0)) === localKeyIdAttribute)
  return found === undefined ? undefined : octets(part(part(found, 1), 0))
}

function unreadable(detail: string, cause: unknown): Fault {
  return new Fault('KEY_STORE_UNREADABLE', `no PKCS#12 file that can be read: ${detail}`, { cause })
}
