// Who calls the interface for other programs: each client has a token in a file of its own that only its owner can read. Tokens
// are compared by their digests in constant time, and are in no log.

import { Fault } from '../errors.ts'
import { isSecret, secretDigest, secretLine } from '../secret-line.ts'

export interface ApiClient {
  readonly id: string
  /** INE10 of the bodies whose seals may sign its batches. */
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
  const known = clients.map(({ id, tokenFile, seals = [] }) => ({
    id,
    seals,
    digest: secretDigest(secretLine('token', tokenFile, minTokenLength)),
  }))
  const digests = new Set(known.map(({ digest }) => digest.toString('hex')))
  if (digests.size < known.length) throw new Fault('CONFIG_INVALID', 'two clients of api.clients have the same token')
  return Object.freeze({
    recognise(authorization: string | undefined): ApiClient {
      const token = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1]
      const found = known.find(one => isSecret(one.digest, token ?? ''))
      if (token === undefined || found === undefined) throw new Fault('CLIENT_UNKNOWN', 'no known token')
      return { id: found.id, seals: found.seals }
    },
  })
}
