// A secret in a file of its own that only its owner can read: the first line, visible ASCII. It is in no message.

import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { asFault, Fault } from './errors.ts'

/** Throws FILE_UNREADABLE, and CONFIG_INVALID for a file that others can read or that holds nothing fit. `what`: e.g. "token". */
export function secretLine(what: string, path: string, minLength: number): string {
  try {
    if ((statSync(path).mode & 0o077) !== 0)
      throw new Fault('CONFIG_INVALID', `${path} can be read by others than its owner (chmod 600)`)
    const line = readFileSync(path, 'utf8').split(/\r?\n/)[0] ?? ''
    if (line.length < minLength || !/^[\x21-\x7e]+$/.test(line))
      throw new Fault('CONFIG_INVALID', `${path} holds no ${what} of ${minLength} or more visible characters`)
    return line
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown
    throw new Fault('FILE_UNREADABLE', `${path}: ${asFault(thrown).detail}`, { cause: thrown })
  }
}

export function secretDigest(secret: string): Buffer {
  return createHash('sha256').update(secret).digest()
}

/** In the same time whatever is compared. */
export function isSecret(digest: Buffer, given: string): boolean {
  return timingSafeEqual(digest, secretDigest(given))
}
