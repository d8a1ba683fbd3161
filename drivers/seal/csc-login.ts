// auth/login and auth/revoke of the Cloud Signature Consortium's API (1.0.4.0, 11.2 and 11.3): a token of the service by user
// and password, where `info` says that it takes them (authType `basic`). Where the service remembers us (rememberMe), the
// password is shown once; the refresh token is in memory alone, and is taken back at the end.

import { createHash } from 'node:crypto'
import { Fault } from '../../device/errors.ts'
import { basicAuthorization } from '../http.ts'
import { isBearer, type Json, jsonIn, objectIn, type SealAnswer, secretLine } from './exchange.ts'
import { bearerTokens, type Token, type Tokens, tokenIn } from './tokens.ts'

export interface CscUser {
  readonly user: string
  /** One line, mode 0600. */
  readonly passwordFile: string
}

export interface CscLoginParts extends CscUser {
  /** A call of the interface by its path, with the value of an Authorization field or without. */
  call(path: string, body: Json, authorization?: string): Promise<SealAnswer>
  /** Milliseconds that only grow. */
  readonly now?: () => number
}

export interface CscLogin extends Tokens {
  /** Takes back what was given; the next call logs in anew. Never rejects. */
  leave(): Promise<void>
}

/** Where an answer does not say how long its token lasts. */
const defaultLifeSeconds = 3_600
/** A password that was refused is not shown again for so long: every try may be one of the last. */
const refusedPasswordMs = 600_000

interface Offer {
  readonly revokes: boolean
}

export function createCscLogin({ call, user, passwordFile, now = () => performance.now() }: CscLoginParts): CscLogin {
  let offer: Offer | undefined
  let token: Token | undefined
  let refresh: string | undefined
  let refused: { readonly password: string; readonly until: number } | undefined

  const given = (answer: SealAnswer): Token => {
    const made = tokenIn(answer, defaultLifeSeconds)
    const { refresh_token: next } = jsonIn(answer) ?? {}
    // Where none comes with a refreshed token, the one of before goes on being good (RFC 6749, 6).
    if (isBearer(next)) refresh = next
    token = made
    return made
  }

  async function byPassword(): Promise<Token> {
    const password = await secretLine('password', passwordFile)
    if (refused?.password === sha256(password) && now() < refused.until) {
      throw new Fault('SEAL_CREDENTIALS_REFUSED', 'it refused this password a short while ago')
    }
    const answer = await call('auth/login', { rememberMe: true }, basicAuthorization(user, password))
    // Whoever is turned down gets 400 or 401, by the kind of the fault.
    if (isTurnedDown(answer)) refused = { password: sha256(password), until: now() + refusedPasswordMs }
    return given(answer)
  }

  async function fetched(): Promise<Token> {
    offer ??= offerIn(await call('info', {}))
    if (refresh === undefined) return byPassword()
    const answer = await call('auth/login', { refresh_token: refresh, rememberMe: true })
    if (!isTurnedDown(answer)) return given(answer)
    refresh = undefined
    return byPassword()
  }

  const tokens = bearerTokens(fetched, now)
  return Object.freeze({
    authorized: tokens.authorized,
    async leave(): Promise<void> {
      const left = token
      const [name, value] = refresh === undefined ? ['access_token', left?.value] : ['refresh_token', refresh]
      tokens.forget()
      token = undefined
      refresh = undefined
      if (left === undefined || offer?.revokes !== true) return
      // A token that is not taken back ends by itself; the worker is ending, and nobody is left to be told.
      await call('auth/revoke', { token: value, token_type_hint: name }, left.authorization).catch(() => undefined)
    },
  })
}

function offerIn(answer: SealAnswer): Offer {
  const { authType, methods } = objectIn(answer, 'what the service tells of itself')
  const listed = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [])
  if (!listed(authType).includes('basic')) {
    throw new Fault('SEAL_REFUSED', 'the service takes no user and password (authType of its info)')
  }
  return { revokes: listed(methods).includes('auth/revoke') }
}

function isTurnedDown({ status }: SealAnswer): boolean {
  return status === 400 || status === 401 || status === 403
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
