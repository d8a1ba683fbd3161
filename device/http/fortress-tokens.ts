// Access tokens for clients of the interface that Viafirma Fortress has (OAuth 2.0, client credentials): the id and the
// token of a client of `api` are its id and secret; one that shows a certificate needs none, and then its access token opens
// nothing without the certificate (RFC 8705, 2.1 and 3). Tokens live in memory and are known by their digests; after a restart
// clients ask anew, as they do when one has ended.

import { createHash } from 'node:crypto'
import { Fault } from '../errors.ts'
import type { Clock, Random } from '../ports.ts'
import type { ApiClient, ApiClients, Shown } from './api-clients.ts'

/** Seconds, as the service itself has it. */
const lifetime = 3599
/** Of one client at a time; the oldest gives way. */
const maxTokens = 20

export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
}

export interface FortressTokens {
  /** Throws REQUEST_INVALID naming the field, and what recognising a client throws. */
  issue(form: URLSearchParams, shown: Shown): TokenAnswer
  /** By an access token. Throws CLIENT_UNKNOWN, and what recognising a client throws. */
  recognise(shown: Shown): ApiClient
}

const wanted = { grant_type: 'client_credentials', scope: 'client' } as const

interface Held {
  readonly client: ApiClient
  readonly until: number
  /** It was given to whoever showed the certificate. */
  readonly bound: boolean
}

export function createFortressTokens(
  clients: ApiClients,
  { clock, random }: { readonly clock: Pick<Clock, 'now'>; readonly random: Pick<Random, 'bytes'> },
): FortressTokens {
  const held = new Map<string, Held>()
  return Object.freeze({
    issue(form: URLSearchParams, { certificate }: Shown): TokenAnswer {
      const only = (name: string): string => {
        const [value = '', ...more] = form.getAll(name)
        if (value === '' || more.length > 0) throw new Fault('REQUEST_INVALID', `${name}: wanted once`)
        return value
      }
      for (const [name, value] of Object.entries(wanted)) {
        if (only(name) !== value) throw new Fault('REQUEST_INVALID', `${name}: ${value} is the only one`)
      }
      only('redirect_uri')
      const bound = certificate !== undefined && !form.has('client_secret')
      const authorization = bound ? undefined : `Bearer ${only('client_secret')}`
      const client = clients.recognise({ authorization, certificate })
      if (client.id !== only('client_id')) throw new Fault('CLIENT_UNKNOWN', 'no such client')
      makeRoom(held, client, clock.now())
      const token = Buffer.from(random.bytes(20)).toString('hex')
      held.set(digestOf(token), { client, until: clock.now() + lifetime * 1000, bound })
      return { access_token: token, token_type: 'Bearer', expires_in: lifetime }
    },
    recognise({ authorization, certificate }: Shown): ApiClient {
      const shower = certificate && clients.recognise({ authorization: undefined, certificate })
      const token = /^Bearer ([0-9a-f]{40})$/i.exec(authorization ?? '')?.[1]
      const found = token === undefined ? undefined : held.get(digestOf(token))
      if (found === undefined || found.until <= clock.now()) throw new Fault('CLIENT_UNKNOWN', 'no known token')
      if (shower === undefined ? found.bound : shower.id !== found.client.id)
        throw new Fault('CLIENT_UNKNOWN', 'the token is of another client than the certificate, or bound to one')
      return found.client
    },
  })
}

function makeRoom(held: Map<string, Held>, { id }: ApiClient, now: number): void {
  for (const [digest, { until }] of held) if (until <= now) held.delete(digest)
  const own = [...held].filter(([, { client }]) => client.id === id)
  for (const [digest] of own.slice(0, Math.max(0, own.length - maxTokens + 1))) held.delete(digest)
}

function digestOf(token: string): string {
  return createHash('sha256').update(token.toLowerCase()).digest('hex')
}
