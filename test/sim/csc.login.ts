// auth/login, auth/revoke and info of a service of the Cloud Signature Consortium's API: who may have a token by user and
// password, which tokens are good, and whom the service remembers.

import { Breach, json, membersOf, Refusal, type SimAnswer, type SimRequest } from './seal-server.ts'

export interface CscLoginOptions {
  readonly user: string
  readonly password: string
  /** Default 3600; null: not told. */
  readonly lifeSeconds?: number | null
  /** Whether a refresh token is given to who wants to be remembered; default true. */
  readonly remembers?: boolean
}

export interface CscLoginDesk {
  login(request: SimRequest): SimAnswer
  revoke(request: SimRequest): SimAnswer
  /** Throws Breach 401 for a token that was never given or was taken back. */
  check(request: SimRequest): void
  /** Takes every access token back; those who are remembered stay so. */
  takeBack(): void
  /** Nobody is remembered any more. */
  forget(): void
  /** Tokens of both kinds that are good. */
  good(): readonly string[]
}

export function createCscLoginDesk({
  user,
  password,
  lifeSeconds = 3_600,
  remembers = true,
}: CscLoginOptions): CscLoginDesk {
  const access = new Set<string>()
  const refresh = new Set<string>()
  let given = 0

  const bearer = ({ headers }: SimRequest): string => /^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? ''
  const check = (request: SimRequest) => {
    const token = bearer(request)
    if (token === '') throw new Breach(401, 'invalid_request', 'Malformed authorization header')
    if (!access.has(token)) throw new Refusal(401, 'invalid_token', 'The access token is expired or was revoked')
  }
  /** Either by a refresh token or by Basic authentication, never by both. */
  const judge = ({ headers: { authorization } }: SimRequest, shown: unknown) => {
    if (shown !== undefined) {
      if (authorization !== undefined) throw new Breach(400, 'invalid_request', 'a header beside a refresh token')
      if (typeof shown !== 'string') throw new Breach(400, 'invalid_request', 'Invalid string parameter refresh_token')
      if (!refresh.has(shown)) throw new Refusal(400, 'invalid_request', 'Invalid refresh_token')
      return
    }
    const basic = /^Basic ([A-Za-z0-9+/]+={0,2})$/.exec(authorization ?? '')?.[1]
    if (basic === undefined) throw new Breach(401, 'invalid_request', 'Malformed authentication parameter')
    if (Buffer.from(basic, 'base64').toString('utf8') !== `${user}:${password}`)
      throw new Refusal(400, 'authentication_error', 'An error occurred during authentication process')
  }

  return {
    login(request) {
      const asked = membersOf(request, [], ['refresh_token', 'rememberMe', 'clientData'])
      judge(request, asked['refresh_token'])
      given += 1
      const token = `access-${given}-of-the-simulator`
      access.add(token)
      const remembered = asked['rememberMe'] === true && remembers ? `refresh-${given}-of-the-simulator` : undefined
      // One use each: whoever shows an old one was not told of the new one, or has stolen it.
      if (remembered !== undefined) refresh.delete(String(asked['refresh_token']))
      if (remembered !== undefined) refresh.add(remembered)
      return json(200, {
        access_token: token,
        ...(remembered !== undefined && { refresh_token: remembered }),
        ...(lifeSeconds !== null && { expires_in: lifeSeconds }),
      })
    },
    revoke(request) {
      check(request)
      const asked = membersOf(request, ['token'], ['token_type_hint', 'clientData'])
      const hint = asked['token_type_hint']
      if (hint !== undefined && hint !== 'access_token' && hint !== 'refresh_token')
        throw new Breach(400, 'invalid_request', 'Invalid parameter token_type_hint')
      const token = String(asked['token'])
      if (!access.has(token) && !refresh.has(token)) throw new Breach(400, 'invalid_request', 'Invalid parameter token')
      // With a refresh token everything ends that came of the same grant.
      if (refresh.delete(token)) access.clear()
      access.delete(token)
      return { status: 204, type: 'application/json', body: '' }
    },
    check,
    takeBack: () => access.clear(),
    forget: () => refresh.clear(),
    good: () => [...access, ...refresh],
  }
}

/** What the service says of itself to everybody. */
export function cscInfo(request: SimRequest, version: '1' | '2', authType: readonly string[]): SimAnswer {
  membersOf(request, [], ['lang'])
  if (request.headers.authorization !== undefined) throw new Breach(400, 'invalid_request', 'info asks for no token')
  const login = authType.includes('basic') ? ['auth/login', 'auth/revoke'] : []
  return json(200, {
    specs: version === '1' ? '1.0.4.0' : '2.0.0.2',
    name: 'A service of the tests',
    logo: 'https://csc.invalid/logo.png',
    region: 'ES',
    lang: 'en-US',
    description: 'Seals of the tests',
    authType,
    ...(authType.includes('oauth2client') && { oauth2: 'https://csc.invalid/' }),
    methods: ['info', ...login, 'credentials/list', 'credentials/info', 'credentials/authorize', 'signatures/signHash'],
  })
}
