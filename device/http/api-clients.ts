// Who calls the interface for other programs: each client has a token in a file of its own that only its owner can read. Tokens
// are compared by their digests in constant time, and are in no log.

import { createHash, timingSafeEqual } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { asFault, Fault } from '../errors.ts'

export interface ApiClient {
  readonly id: string
  /** INE10 of the bodies whose seals may sign for it. */
  readonly seals: readonly string[]
}

interface NamedClient {
  readonly id: string
  readonly tokenFile: string
  readonly seals?: readonly string[]
}

export interface ApiClients {
  /** By the Authorization field (RFC 6750, 2.1). Throws CLIENT_UNKNOWN. */
  recognise(authorization: string | undefined): ApiClient
}

const minTokenLength = 20

/** Throws FILE_UNREADABLE, and CONFIG_INVALID for a token that others can read, is short or is another client's too. */
export function createApiClients(clients: readonly NamedClient[]): ApiClients {
  const known = clients.map(({ id, tokenFile, seals = [] }) => ({ id, seals, digest: digestOf(tokenIn(tokenFile)) }))
  const digests = new Set(known.map(({ digest }) => digest.toString('hex')))
  if (digests.size < known.length) throw new Fault('CONFIG_INVALID', 'two clients of api.clients have the same token')
  return Object.freeze({
    recognise(authorization: string | undefined): ApiClient {
      const token = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1]
      const digest = digestOf(token ?? '')
      const found = known.find(one => timingSafeEqual(one.digest, digest))
      if (token === undefined || found === undefined) throw new Fault('CLIENT_UNKNOWN', 'no known token')
      return { id: found.id, seals: found.seals }
    },
  })
}

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** The first line. */
function tokenIn(path: string): string {
  try {
    if ((statSync(path).mode & 0o077) !== 0)
      throw new Fault('CONFIG_INVALID', `${path} can be read by others than its owner (chmod 600)`)
    const token = readFileSync(path, 'utf8').split(/\r?\n/)[0] ?? ''
    if (token.length < minTokenLength || !/^[\x21-\x7e]+$/.test(token))
      throw new Fault('CONFIG_INVALID', `${path} holds no token of ${minTokenLength} or more visible characters`)
    return token
  } catch (thrown) {
    if (thrown instanceof Fault) throw thrown
    throw new Fault('FILE_UNREADABLE', `${path}: ${asFault(thrown).detail}`, { cause: thrown })
  }
}
