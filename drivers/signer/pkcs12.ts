// The Signer port over PKCS#12 files: each file is a token, its password the PIN. A file is opened anew for each signature
// and nothing of it is kept: its keys are in memory for as long as one signature takes. A session keeps one key, which it
// lets go of when it is closed.

import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { basename } from 'node:path'
import { Fault } from '../../device/errors.ts'
import type {
  SessionOutcome,
  SessionRequest,
  Signer,
  SigningCertificate,
  SigningSession,
  SignOutcome,
  SignRequest,
} from '../../device/ports.ts'
import { readCredentialFile } from '../credential-file.ts'
import { type KeyStoreKey, type OpenedKeyStore, openKeyStore } from './pkcs12-file.ts'
import { signWithKey } from './soft-signature.ts'
import { signingAmong } from './token-certificates.ts'
import { createTurns } from './turns.ts'

export interface KeyStore {
  /** The PKCS#12 file. */
  readonly path: string
  /** One line, mode 0600; for showing the certificates where nobody gives the password for that. */
  readonly passwordFile?: string
}

interface Present {
  readonly id: string
  readonly store: KeyStore
  readonly file: Uint8Array
}

/** Enough to keep the way to the worker full: there is one processor behind it. */
const sessionConcurrency = 4

/** A file that cannot be read is no token, as long as another one can. */
export function createPkcs12Signer({ keyStores }: { readonly keyStores: readonly KeyStore[] }): Signer {
  const present = async (): Promise<Present[]> => {
    const read = await Promise.all(
      keyStores.map(async store => ({
        store,
        file: await readCredentialFile('PKCS#12', store.path, { secret: false }),
      })),
    )
    const found = read.flatMap(({ store, file }) =>
      file.usable ? [{ id: tokenIdOf(store, file.bytes), store, file: file.bytes }] : [],
    )
    if (found.length > 0) return found
    const reasons = read.flatMap(({ file }) => (file.usable ? [] : [file.reason]))
    throw new Fault('KEY_STORE_UNREADABLE', reasons.join('; ') || 'no PKCS#12 file is configured')
  }
  const turns = createTurns()
  const find = async (tokenId: string) => (await present()).find(({ id }) => id === tokenId)
  const open = async (request: SessionRequest, signal?: AbortSignal): Promise<SessionOutcome> => {
    const release = await turns.take(request.tokenId, signal)
    let outcome: SessionOutcome | undefined
    try {
      const found = await find(request.tokenId)
      outcome = found === undefined ? { outcome: 'token-absent' } : openIn(found, request, release)
      return outcome
    } finally {
      if (outcome?.outcome !== 'open') release()
    }
  }
  return Object.freeze({
    tokens: async (signal?: AbortSignal) => {
      signal?.throwIfAborted()
      return (await present()).map(({ id, store }) => ({
        id,
        label: basename(store.path),
        pinTries: 'unknown' as const,
      }))
    },
    certificates: (tokenId: string, signal?: AbortSignal, password?: Uint8Array) =>
      turns.run(tokenId, signal, async () => {
        const found = await find(tokenId)
        if (found === undefined) throw new Fault('TOKEN_ABSENT', 'the PKCS#12 file is not there')
        return certificatesIn(found, password ?? (await configuredPassword(found.store)))
      }),
    sign: (request: SignRequest, signal?: AbortSignal) =>
      turns.run(request.tokenId, signal, async () => {
        const found = await find(request.tokenId)
        return found === undefined ? ({ outcome: 'token-absent' } as const) : signIn(found, request)
      }),
    open,
  })
}

/** Another file under the same name is another token. */
function tokenIdOf({ path }: KeyStore, file: Uint8Array): string {
  return `${basename(path).slice(0, 150)}#${createHash('sha256').update(file).digest('hex').slice(0, 16)}`
}

async function configuredPassword({ path, passwordFile }: KeyStore): Promise<Uint8Array> {
  if (passwordFile === undefined) throw new Fault('KEY_STORE_UNREADABLE', `the password of ${basename(path)} is needed`)
  const file = await readCredentialFile('password', passwordFile, { secret: true })
  if (!file.usable) throw new Fault('KEY_STORE_UNREADABLE', file.reason)
  const end = file.bytes.findIndex(octet => octet === 0x0a || octet === 0x0d)
  return end < 0 ? file.bytes : file.bytes.subarray(0, end)
}

function certificatesIn({ id, store, file }: Present, password: Uint8Array): readonly SigningCertificate[] {
  const opened = openKeyStore(file, password)
  if (opened.outcome === 'password-wrong') {
    throw new Fault('KEY_STORE_UNREADABLE', `the password does not open ${basename(store.path)}`)
  }
  const held = opened.certificates.map(der => ({ keyId: keyIdFor(der, opened), der }))
  return signingAmong(held, () => true, id)
}

function signIn(present: Present, request: SignRequest): SignOutcome {
  const found = keyIn(present, request)
  return found.outcome === 'found' ? signWithKey(found.key, request.algorithm, request.digest) : found
}

function openIn(present: Present, request: SessionRequest, release: () => void): SessionOutcome {
  const found = keyIn(present, request)
  if (found.outcome !== 'found') return found
  let key: KeyObject | undefined = found.key
  const sign: SigningSession['sign'] = async ({ algorithm, digest }, signal) => {
    signal?.throwIfAborted()
    return key === undefined
      ? { outcome: 'failed', detail: 'the session is closed' }
      : signWithKey(key, algorithm, digest)
  }
  const close = async () => {
    // OpenSSL overwrites the key when the collector gives it back.
    key = undefined
    release()
  }
  const session = Object.freeze({ concurrency: sessionConcurrency, pinEachTime: false, sign, close })
  return { outcome: 'open', session }
}

function keyIn({ file }: Present, { keyId, pin }: SessionRequest) {
  const opened = openKeyStore(file, pin)
  if (opened.outcome === 'password-wrong') return { outcome: 'pin-wrong', tries: 'unknown' } as const
  const found = opened.keys.find(one => keyIdOf(one, opened.keys) === keyId)
  if (found !== undefined) return { outcome: 'found', key: found.key } as const
  return { outcome: 'failed', detail: 'the file has no private key of that identifier' } as const
}

/** The identifier of the key that a certificate is for, found by the key itself: attributes may be missing or wrong. */
function keyIdFor(certificate: Uint8Array, { keys }: Extract<OpenedKeyStore, { outcome: 'opened' }>): string {
  const publicKey = publicKeyOf(certificate)
  const key = keys.find(one => publicKey !== undefined && Buffer.from(one.publicKey).equals(publicKey))
  return key === undefined ? '' : keyIdOf(key, keys)
}

function publicKeyOf(certificate: Uint8Array): Buffer | undefined {
  try {
    return new X509Certificate(certificate).publicKey.export({ format: 'der', type: 'spki' })
  } catch (thrown) {
    // A damaged certificate belongs to no key; the others in the file can still sign.
    if (thrown instanceof Error) return undefined
    throw thrown
  }
}

/** The localKeyID where it tells the keys apart, else a digest of the public key; lower-case hex. */
function keyIdOf({ publicKey, localKeyId }: KeyStoreKey, keys: readonly KeyStoreKey[]): string {
  const hex = localKeyId === undefined ? '' : Buffer.from(localKeyId).toString('hex')
  const namesakes = keys.filter(
    one => one.localKeyId !== undefined && Buffer.from(one.localKeyId).toString('hex') === hex,
  )
  if (hex !== '' && hex.length <= 128 && namesakes.length === 1) return hex
  return createHash('sha256').update(publicKey).digest('hex').slice(0, 40)
}
