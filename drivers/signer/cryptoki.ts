// One PKCS#11 module (OASIS PKCS #11 v2.40) as a few functions with names and values instead of handles and numbers. The
// only importer of pkcs11js. Every failure of the module is a CryptokiError with the return value's name; calls other
// than `sign` block this process, which is why it runs in the sign worker.

import pkcs11js from 'pkcs11js'
import { Fault } from '../../device/errors.ts'
import type { PinTries } from '../../device/ports.ts'

/** A return value other than CKR_OK, or why the library cannot be opened at all. */
export class CryptokiError extends Error {
  override readonly name = 'CryptokiError'
  /** As the standard spells it, CKR_…, or the loader's message. */
  readonly returnValue: string

  constructor(returnValue: string, options?: ErrorOptions) {
    super(returnValue, options)
    this.returnValue = returnValue
  }
}

export type Slot = Buffer
export type ObjectHandle = Buffer
export type ObjectClass = 'certificate' | 'private-key' | 'public-key'
/** PSS with MGF1 and a salt, both of the digest's hash (PKCS #11, 2.1.10). */
export type SigningMechanism =
  | 'RSA_PKCS'
  | 'RSA_PKCS_PSS_SHA256'
  | 'RSA_PKCS_PSS_SHA384'
  | 'RSA_PKCS_PSS_SHA512'
  | 'ECDSA'

export interface PresentToken {
  readonly slot: Slot
  readonly label: string
  readonly serialNumber: string
  readonly pinTries: PinTries
  readonly loginRequired: boolean
  /** The PIN is typed at the reader and never reaches this process. */
  readonly pinAtReader: boolean
}

/** A session for reading and signing; it ends with `close`, or with `closeSessions` of its slot. */
export interface Session {
  /** Objects of a class, all or those with one CKA_ID; at most `maxObjects`. */
  find(objectClass: ObjectClass, id?: Uint8Array): readonly ObjectHandle[]
  id(object: ObjectHandle): Uint8Array
  certificateValue(object: ObjectHandle): Uint8Array
  /** CKA_ALWAYS_AUTHENTICATE: the key asks for the PIN before each use. */
  alwaysAuthenticates(key: ObjectHandle): boolean
  /** C_Login; an empty PIN where it is typed at the reader. */
  login(user: 'user' | 'context', pin: string): void
  signInit(mechanism: SigningMechanism, key: ObjectHandle): void
  sign(data: Uint8Array): Promise<Uint8Array>
  /** Throws where the session is no more, which its card's removal brings about; does not ask the card. */
  check(): void
  /** Ends this session alone; the last one of its slot logs out. */
  close(): void
}

export interface CryptokiModule {
  /** Slots in which there is a token, initialised or not. */
  slots(): readonly Slot[]
  /** What one token says of itself now; undefined where there is none or it is not initialised. */
  token(slot: Slot): PresentToken | undefined
  openSession(slot: Slot): Session
  /** Ends every session with a slot, which also logs out (PKCS #11, 5.6). */
  closeSessions(slot: Slot): void
  /** Gives up everything the module holds; it cannot be used any more. Throws TOKEN_MODULE_FAILED where it refuses. */
  finalize(): void
}

const maxObjects = 64
/** Room for the signature of an RSA key of 16 384 bits. */
const maxSignatureOctets = 2048
/** What a slot answers while its card comes, goes or is none of the module's. */
const noToken: ReadonlySet<string> = new Set([
  'CKR_TOKEN_NOT_PRESENT',
  'CKR_TOKEN_NOT_RECOGNIZED',
  'CKR_DEVICE_REMOVED',
  'CKR_SLOT_ID_INVALID',
])

const classes: Readonly<Record<ObjectClass, number>> = {
  certificate: pkcs11js.CKO_CERTIFICATE,
  'private-key': pkcs11js.CKO_PRIVATE_KEY,
  'public-key': pkcs11js.CKO_PUBLIC_KEY,
}
const mechanisms: Readonly<Record<SigningMechanism, pkcs11js.Mechanism>> = {
  RSA_PKCS: { mechanism: pkcs11js.CKM_RSA_PKCS },
  RSA_PKCS_PSS_SHA256: pss(pkcs11js.CKM_SHA256, pkcs11js.CKG_MGF1_SHA256, 32),
  RSA_PKCS_PSS_SHA384: pss(pkcs11js.CKM_SHA384, pkcs11js.CKG_MGF1_SHA384, 48),
  RSA_PKCS_PSS_SHA512: pss(pkcs11js.CKM_SHA512, pkcs11js.CKG_MGF1_SHA512, 64),
  ECDSA: { mechanism: pkcs11js.CKM_ECDSA },
}

function pss(hashAlg: number, mgf: number, saltLen: number): pkcs11js.Mechanism {
  const parameter = { type: pkcs11js.CK_PARAMS_RSA_PSS, hashAlg, mgf, saltLen }
  return { mechanism: pkcs11js.CKM_RSA_PKCS_PSS, parameter }
}

/** Loads and initialises a module; throws CryptokiError, also where the file is no PKCS#11 module. */
export function loadModule(path: string): CryptokiModule {
  const library = new pkcs11js.PKCS11()
  openLibrary(library, path)
  try {
    named(() => library.C_Initialize({ flags: pkcs11js.CKF_OS_LOCKING_OK }))
  } catch (thrown) {
    // The same library under two names is initialised once and serves both.
    if (!isCryptoki(thrown, 'CKR_CRYPTOKI_ALREADY_INITIALIZED')) {
      library.close()
      throw thrown
    }
  }
  return Object.freeze({
    slots: () => named(() => library.C_GetSlotList(true)),
    token: (slot: Slot) => readToken(library, slot),
    openSession: (slot: Slot) => openSession(library, slot),
    closeSessions: (slot: Slot) => named(() => library.C_CloseAllSessions(slot)),
    finalize: () => finalize(library),
  })
}

/** A file that is missing or no library comes as a plain error with the loader's message. */
function openLibrary(library: pkcs11js.PKCS11, path: string): void {
  try {
    library.load(path)
  } catch (cause) {
    throw new CryptokiError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
}

function finalize(library: pkcs11js.PKCS11): void {
  try {
    named(() => library.C_Finalize())
  } catch (thrown) {
    if (isCryptoki(thrown, 'CKR_CRYPTOKI_NOT_INITIALIZED')) return
    throw new Fault('TOKEN_MODULE_FAILED', 'the module cannot be closed; the card may still be open', { cause: thrown })
  } finally {
    library.close()
  }
}

function readToken(library: pkcs11js.PKCS11, slot: Slot): PresentToken | undefined {
  try {
    const { label, serialNumber, flags } = named(() => library.C_GetTokenInfo(slot))
    if ((flags & pkcs11js.CKF_TOKEN_INITIALIZED) === 0) return undefined
    return {
      slot,
      label: label.trim(),
      serialNumber: serialNumber.trim(),
      pinTries: pinTriesOf(flags),
      loginRequired: (flags & pkcs11js.CKF_LOGIN_REQUIRED) !== 0,
      pinAtReader: (flags & pkcs11js.CKF_PROTECTED_AUTHENTICATION_PATH) !== 0,
    }
  } catch (thrown) {
    if (thrown instanceof CryptokiError && noToken.has(thrown.returnValue)) return undefined
    throw thrown
  }
}

function pinTriesOf(flags: number): PinTries {
  if ((flags & pkcs11js.CKF_USER_PIN_LOCKED) !== 0) return 'none'
  if ((flags & pkcs11js.CKF_USER_PIN_FINAL_TRY) !== 0) return 'last'
  return (flags & pkcs11js.CKF_USER_PIN_COUNT_LOW) === 0 ? 'unknown' : 'few'
}

function openSession(library: pkcs11js.PKCS11, slot: Slot): Session {
  const handle = named(() => library.C_OpenSession(slot, pkcs11js.CKF_SERIAL_SESSION))
  const read = (object: ObjectHandle, type: number): Buffer => {
    const [attribute] = named(() => library.C_GetAttributeValue(handle, object, [{ type }]))
    if (attribute === undefined) throw new CryptokiError('CKR_ATTRIBUTE_TYPE_INVALID')
    return attribute.value
  }
  return Object.freeze({
    find: (objectClass: ObjectClass, id?: Uint8Array) => {
      const template = [{ type: pkcs11js.CKA_CLASS, value: classes[objectClass] }]
      const wanted = id === undefined ? [] : [{ type: pkcs11js.CKA_ID, value: Buffer.from(id) }]
      return findObjects(library, handle, [...template, ...wanted])
    },
    id: (object: ObjectHandle) => read(object, pkcs11js.CKA_ID),
    certificateValue: (object: ObjectHandle) => read(object, pkcs11js.CKA_VALUE),
    alwaysAuthenticates: (key: ObjectHandle) => {
      try {
        return read(key, pkcs11js.CKA_ALWAYS_AUTHENTICATE)[0] === 1
      } catch (thrown) {
        // Modules older than v2.20 do not know the attribute, so their keys cannot ask for it.
        if (isCryptoki(thrown, 'CKR_ATTRIBUTE_TYPE_INVALID')) return false
        throw thrown
      }
    },
    login: (user: 'user' | 'context', pin: string) => {
      const userType = user === 'user' ? pkcs11js.CKU_USER : pkcs11js.CKU_CONTEXT_SPECIFIC
      named(() => library.C_Login(handle, userType, pin))
    },
    signInit: (mechanism: SigningMechanism, key: ObjectHandle) =>
      named(() => library.C_SignInit(handle, mechanisms[mechanism], key)),
    sign: (data: Uint8Array) => {
      const room = Buffer.alloc(maxSignatureOctets)
      return library.C_SignAsync(handle, Buffer.from(data), room).catch(rethrow)
    },
    check: () => {
      named(() => library.C_GetSessionInfo(handle))
    },
    close: () => named(() => library.C_CloseSession(handle)),
  })
}

function findObjects(library: pkcs11js.PKCS11, session: Buffer, template: pkcs11js.Template): ObjectHandle[] {
  named(() => library.C_FindObjectsInit(session, template))
  try {
    return named(() => library.C_FindObjects(session, maxObjects))
  } finally {
    named(() => library.C_FindObjectsFinal(session))
  }
}

function named<Result>(call: () => Result): Result {
  try {
    return call()
  } catch (thrown) {
    return rethrow(thrown)
  }
}

function rethrow(thrown: unknown): never {
  if (thrown instanceof pkcs11js.NativeError) throw new CryptokiError(thrown.message, { cause: thrown })
  throw thrown
}

function isCryptoki(thrown: unknown, returnValue: string): boolean {
  return thrown instanceof CryptokiError && thrown.returnValue === returnValue
}
