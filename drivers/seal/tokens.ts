// One bearer token for everything that goes to a service, fetched before the old one ends, and once more where the service
// turns it down; by OAuth 2.0 client credentials (RFC 6749, 4.4), the client known by Basic authentication, or as a driver
// fetches it.

import { Fault } from '../../device/errors.ts'
import { createHeldToken, type Expiring } from '../held-token.ts'
import { basicAuthorization } from '../http.ts'
import { exchange, isBearer, objectIn, refusal, type SealAnswer, type SealPeer, secretLine } from './exchange.ts'

export interface OauthClient extends SealPeer {
  readonly tokenUrl: string
  readonly clientId: string
  /** One line, mode 0600. */
  readonly clientSecretFile: string
  /** Scopes, parted by spaces; absent: none are asked for. */
  readonly scope?: string
}

export interface Tokens {
  /** Calls `use` with the value of an Authorization field; again with a new token where the answer is 401. */
  authorized(use: (authorization: string) => Promise<SealAnswer>): Promise<SealAnswer>
}

export interface Token extends Expiring {
  readonly value: string
  readonly authorization: string
}

const defaultLifeSeconds = 60
const renewalMarginMs = 30_000
const maxAnswerBytes = 64 * 1024

/** Throws from `authorized`: SEAL_CREDENTIALS_REFUSED for a client that is turned down, and what an exchange throws. */
export function createTokens(client: OauthClient, now: () => number = () => performance.now()): Tokens {
  async function fetched(): Promise<Token> {
    const { tokenUrl, clientId, clientSecretFile, scope } = client
    const secret = await secretLine('client secret', clientSecretFile)
    const form = new URLSearchParams({ grant_type: 'client_credentials', ...(scope !== undefined && { scope }) })
    const answer = await exchange(
      {
        method: 'POST',
        url: tokenUrl,
        headers: {
          authorization: basicAuthorization(clientId, secret),
          'content-type': 'application/x-www-form-urlencoded',
          accept: 'application/json',
        },
        body: Buffer.from(form.toString()),
        maxBodyBytes: maxAnswerBytes,
      },
      client,
    )
    return tokenIn(answer, defaultLifeSeconds)
  }

  return bearerTokens(fetched, now)
}

/** Tokens that `fetch` brings. `now`: milliseconds that only grow. */
export function bearerTokens(fetch: () => Promise<Token>, now: () => number): Tokens & { forget(): void } {
  const held = createHeldToken<Token>(renewalMarginMs, now)
  return Object.freeze({
    async authorized(use: (authorization: string) => Promise<SealAnswer>): Promise<SealAnswer> {
      const token = await held.valid(fetch)
      const answer = await use(token.authorization)
      if (answer.status !== 401) return answer
      held.forget(token)
      return use((await held.valid(fetch)).authorization)
    },
    forget: () => held.forget(),
  })
}

/** Throws SEAL_CREDENTIALS_REFUSED for any refusal, SEAL_UNREACHABLE for what is no token. */
export function tokenIn(answer: SealAnswer, defaultSeconds: number): Token {
  if (answer.status !== 200) {
    const fault = refusal(answer, 'the token')
    throw fault.code === 'SEAL_REFUSED' ? new Fault('SEAL_CREDENTIALS_REFUSED', fault.detail) : fault
  }
  const { access_token: token, token_type: type, expires_in: seconds } = objectIn(answer, 'the token')
  if (!isBearer(token)) {
    throw new Fault('SEAL_UNREACHABLE', 'the token: none came that can be used')
  }
  if (typeof type === 'string' && type.toLowerCase() !== 'bearer') {
    throw new Fault('SEAL_REFUSED', 'the token: it is of another type than Bearer')
  }
  const given = Number(seconds)
  const lifeMs = (Number.isFinite(given) && given > 0 ? given : defaultSeconds) * 1000
  return { value: token, authorization: `Bearer ${token}`, lifeMs }
}
