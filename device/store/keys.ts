// The device key: 32 random bytes in a file of their own, which no backup of the data folder contains. It wraps one
// random key per document and does nothing else; destroying a document's wrapped key makes the document unreadable.

import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Fault } from '../errors.ts'
import type { Random } from '../ports.ts'
import { makeFolderNow, writeFileNow } from './durable.ts'
import { deriveKey, keyBytes, seal, unseal } from './envelope.ts'

/** Wraps and unwraps document keys under the device key. */
export interface KeyWrapping {
  newKey(): Uint8Array
  wrap(documentId: string, key: Uint8Array): Uint8Array
  /** Throws DATABASE_DAMAGED when the wrapped key is altered or another document's. */
  unwrap(documentId: string, wrapped: Uint8Array): Uint8Array
  /** A value that only this device key recognises. */
  check(): Uint8Array
  /** Throws DEVICE_KEY_UNUSABLE when `check` came from another device key. */
  recognise(check: Uint8Array): void
}

/** The 32 bytes of the device key file; throws DEVICE_KEY_UNUSABLE unless it is its owner's alone and whole. */
export function readDeviceKey(file: string): Uint8Array {
  const descriptor = openKeyFile(file)
  try {
    const { mode, size } = fstatSync(descriptor)
    if ((mode & 0o170077) !== 0o100000) {
      throw new Fault('DEVICE_KEY_UNUSABLE', `${file} must be a plain file of mode 0600 or 0400`)
    }
    if (size !== keyBytes) throw new Fault('DEVICE_KEY_UNUSABLE', `${file} has ${size} bytes, not ${keyBytes}`)
    return new Uint8Array(readFileSync(descriptor))
  } finally {
    closeSync(descriptor)
  }
}

/** Puts a new device key in place, durably. */
export function createDeviceKey(file: string, random: Random): void {
  makeFolderNow(dirname(file))
  writeFileNow(file, random.bytes(keyBytes))
}

/** The only use that is made of the device key. */
export function createKeyWrapping(deviceKey: Uint8Array, random: Random): KeyWrapping {
  const wrappingKey = deriveKey(deviceKey, ['compulsa key wrapping'])
  return Object.freeze({
    newKey: () => random.bytes(keyBytes),
    wrap: (documentId: string, key: Uint8Array) => seal(wrappingKey, key, ['document key', documentId], random),
    unwrap: (documentId: string, wrapped: Uint8Array) =>
      unseal(wrappingKey, wrapped, ['document key', documentId], 'DATABASE_DAMAGED'),
    check: () => seal(wrappingKey, new Uint8Array(0), ['device key check'], random),
    recognise(check: Uint8Array) {
      unseal(wrappingKey, check, ['device key check'], 'DEVICE_KEY_UNUSABLE')
    },
  })
}

function openKeyFile(file: string): number {
  try {
    return openSync(file, 'r')
  } catch (error) {
    throw new Fault('DEVICE_KEY_UNUSABLE', `${file} cannot be opened`, { cause: error })
  }
}
