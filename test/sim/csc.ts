// A service of the Cloud Signature Consortium's API in both versions, with one credential: an authorisation is for the very
// digests it names (SCAL 2), for as many signatures, and once. It holds every request against the specification's members
// and fails in named ways.

import { type CscLoginDesk, type CscLoginOptions, createCscLoginDesk, cscInfo } from './csc.login.ts'
import type { TestIdentity } from './pki.ts'
import {
  Breach,
  createTokenDesk,
  json,
  membersOf,
  octetsIn,
  Refusal,
  type SealServer,
  type SimAnswer,
  type SimRequest,
  signedDigest,
  startSealServer,
} from './seal-server.ts'

export const cscFaults = [
  'token-taken-back',
  /** Whom the service remembered is a stranger. */
  'forgotten',
  'sad-expired',
  /** The authorisation comes after it was asked for a second time (2.0.0.2). */
  'authorisation-later',
  /** What was made is there when it has been asked for a second time (2.0.0.2, asynchronous). */
  'signatures-later',
  'credential-disabled',
  /** No certificate unless what it says is asked for, too. */
  'no-certificate-alone',
  'another-key',
  'other-digest',
  'cut-signature',
  'out-of-order',
] as const
export type CscFault = (typeof cscFaults)[number]

export interface CscOptions {
  readonly identity: TestIdentity
  readonly other: TestIdentity
  readonly version: '1' | '2'
  /** Tokens are given by user and password; absent: by client credentials. */
  readonly login?: CscLoginOptions
  /** Wanted with every authorisation; absent: implicit. */
  readonly pin?: string
  /** Asks for a one-time password as well. */
  readonly otp?: boolean
  /** Default 10. */
  readonly multisign?: number
  /** The only use of the key that the credential has; default PKCS #1 v1.5. */
  readonly pss?: boolean
  /** Signs later only (2.0.0.2): `operationMode` must be `A`. */
  readonly asynchronous?: boolean
}

export const cscClient = { clientId: 'kiosk', secret: 'the secret of the kiosk' } as const
export const cscCredential = 'seal-credential'
export const cscTokenPath = '/oauth2/token'

const sha256 = '2.16.840.1.101.3.4.2.1'
const rsassaPss = '1.2.840.113549.1.1.10'
/** RSASSA-PSS-params as openssl writes them: SHA-256, MGF1 with SHA-256, a salt of 32 octets. */
const pssWithSha256 = 'MDSgDzANBglghkgBZQMEAgEFAKEcMBoGCSqGSIb3DQEBCDANBglghkgBZQMEAgEFAKIDAgEg'
type Fails = (fault: CscFault) => boolean

export interface CscServer extends SealServer<CscFault> {
  /** Tokens of both kinds that are good, where `login` gives them. */
  tokens(): readonly string[]
  /** Takes every access token back. */
  takeBack(): void
}

/** Long because it is every call of the interface in one place. */
export async function startCsc(options: CscOptions): Promise<CscServer> {
  const clients = createTokenDesk({ ...cscClient, lifeSeconds: 3600 })
  const people = options.login === undefined ? undefined : createCscLoginDesk(options.login)
  const desk = people ?? { ...clients, takeBack: clients.revoke }
  /** Authorisations by their SAD, and the digests each is for. */
  const sads = new Map<string, readonly string[]>()
  const handles = new Map<string, string>()
  /** Answers to requests that were taken to be answered later, by the number that was given. */
  const later = new Map<string, SimAnswer>()
  let given = 0
  const issue = (hashes: readonly string[]): string => {
    given += 1
    const sad = `sad-${given}`
    sads.set(sad, hashes)
    return sad
  }
  const base = `/csc/v${options.version}/`
  const authorize = (request: SimRequest, fails: Fails): SimAnswer => {
    const sad = issue(authorizedHashes(request, options))
    if (!fails('authorisation-later')) return json(200, { SAD: sad, expiresIn: 3600 })
    handles.set(`handle-${sad}`, sad)
    return json(202, { handle: `handle-${sad}` })
  }
  const check = (request: SimRequest): SimAnswer => {
    const sad = handles.get(String(membersOf(request, ['handle'])['handle']))
    if (sad === undefined) throw new Breach(400, 'invalid_request', 'no such handle')
    return json(200, { SAD: sad, expiresIn: 3600 })
  }
  const keep = (answer: SimAnswer): SimAnswer => {
    const responseID = `later-${later.size + 1}`
    later.set(responseID, answer)
    return json(200, { responseID })
  }
  const poll = (request: SimRequest, fails: Fails): SimAnswer => {
    const made = later.get(String(membersOf(request, ['requestID'])['requestID']))
    if (options.version === '1') throw new Breach(404, 'invalid_request', 'no such call')
    if (made === undefined) throw new Breach(400, 'invalid_request', 'Invalid parameter requestID')
    if (fails('signatures-later')) return json(202, { error: 'accepted_request' })
    return made
  }
  const server = await startSealServer<CscFault>({
    answer(request, fails) {
      const { method, path } = request
      if (path === cscTokenPath && people === undefined) return clients.give(request)
      if (method !== 'POST' || !path.startsWith(base)) throw new Breach(404, 'invalid_request', 'no such call')
      const call = path.slice(base.length)
      if (call === 'info') return cscInfo(request, options.version, [people === undefined ? 'oauth2client' : 'basic'])
      if (people !== undefined && call.startsWith('auth/')) return authorisation(people, call, request, fails)
      if (fails('token-taken-back')) desk.takeBack()
      desk.check(request)
      switch (call) {
        case 'credentials/list':
          membersOf(request, [])
          return json(200, { credentialIDs: [cscCredential] })
        case 'credentials/info':
          return info(request, options, fails)
        case 'credentials/authorize':
          return authorize(request, fails)
        case 'credentials/authorizeCheck':
          return check(request)
        case 'signatures/signHash':
          return options.asynchronous === true
            ? keep(signHash(request, options, sads, fails))
            : signHash(request, options, sads, fails)
        case 'signatures/signPolling':
          return poll(request, fails)
        default:
          throw new Breach(404, 'invalid_request', 'no such call')
      }
    },
  })
  return Object.freeze({ ...server, tokens: () => people?.good() ?? [], takeBack: desk.takeBack })
}

function authorisation(people: CscLoginDesk, call: string, request: SimRequest, fails: Fails): SimAnswer {
  if (call === 'auth/revoke') return people.revoke(request)
  if (call !== 'auth/login') throw new Breach(404, 'invalid_request', 'no such call')
  if (request.headers.authorization === undefined && fails('forgotten')) people.forget()
  return people.login(request)
}

function credential(asked: Readonly<Record<string, unknown>>): void {
  if (asked['credentialID'] !== cscCredential) {
    throw new Refusal(400, 'invalid_request', 'Invalid parameter credentialID')
  }
}

function info(
  request: SimRequest,
  { version, identity, pin, otp, multisign = 10, pss = false }: CscOptions,
  fails: Fails,
): SimAnswer {
  const asked = membersOf(request, ['credentialID'], ['certificates', 'certInfo', 'authInfo', 'lang', 'clientData'])
  credential(asked)
  const explicit = pin !== undefined || otp === true
  const auth =
    version === '1'
      ? {
          authMode: explicit ? 'explicit' : 'implicit',
          PIN: { presence: pin === undefined ? 'false' : 'true', format: 'A' },
          OTP: { presence: otp === true ? 'true' : 'false' },
        }
      : {
          auth: {
            mode: explicit ? 'explicit' : 'implicit',
            objects: [
              ...(pin === undefined ? [] : [{ type: 'Password', id: 'PIN', format: 'A' }]),
              ...(otp === true ? [{ type: 'ChallengeResponse', id: 'OTP' }] : []),
            ],
          },
        }
  const chain = [identity.certificate, ...identity.chain].map(one => Buffer.from(one).toString('base64'))
  const withCert = asked['certInfo'] === true || !fails('no-certificate-alone')
  return json(200, {
    description: 'The seal of the body',
    key: {
      status: fails('credential-disabled') ? 'disabled' : 'enabled',
      algo: [pss ? rsassaPss : '1.2.840.113549.1.1.11'],
      len: 2048,
    },
    ...(withCert && { cert: { status: 'valid', certificates: chain } }),
    ...auth,
    SCAL: '2',
    multisign,
  })
}

function authorizedHashes(request: SimRequest, { version, pin, multisign = 10 }: CscOptions): readonly string[] {
  const names = version === '1' ? ['hash'] : ['hashes', 'hashAlgorithmOID']
  const pinName = version === '1' ? 'PIN' : 'authData'
  const asked = membersOf(request, ['credentialID', 'numSignatures', ...names, ...(pin === undefined ? [] : [pinName])])
  credential(asked)
  const hashes = digestsIn(asked, version)
  if (asked['numSignatures'] !== hashes.length)
    throw new Breach(400, 'invalid_request', 'Invalid parameter numSignatures')
  if (hashes.length > multisign) throw new Breach(400, 'invalid_request', 'Numbers of signatures is too high')
  if (pin !== undefined) {
    const shown = version === '1' ? asked['PIN'] : JSON.stringify(asked['authData'])
    const wanted = version === '1' ? pin : JSON.stringify([{ id: 'PIN', value: pin }])
    const code = version === '1' ? 'invalid_pin' : 'invalid_authentication_data'
    if (shown !== wanted) throw new Refusal(400, code, 'The PIN is invalid')
  }
  return hashes
}

function digestsIn(asked: Readonly<Record<string, unknown>>, version: '1' | '2'): readonly string[] {
  const hashes = asked[version === '1' ? 'hash' : 'hashes']
  const oid = asked[version === '1' ? 'hashAlgo' : 'hashAlgorithmOID']
  if (!Array.isArray(hashes) || hashes.length === 0) throw new Breach(400, 'invalid_request', 'no hashes')
  // credentials/authorize of version 1 has no name for the algorithm.
  if (oid !== undefined && oid !== sha256) throw new Breach(400, 'invalid_request', 'Invalid parameter hashAlgo')
  for (const hash of hashes) octetsIn(hash, 32)
  return hashes.map(String)
}

function signHash(
  request: SimRequest,
  { version, identity, other, pss = false, asynchronous = false }: CscOptions,
  sads: Map<string, readonly string[]>,
  fails: Fails,
): SimAnswer {
  const names = version === '1' ? ['hash', 'hashAlgo'] : ['hashes', 'hashAlgorithmOID', 'operationMode']
  const params = pss ? ['signAlgoParams'] : []
  const asked = membersOf(request, ['credentialID', 'SAD', 'signAlgo', ...params, ...names])
  if (version === '2' && asked['operationMode'] !== (asynchronous ? 'A' : 'S')) {
    throw new Breach(400, 'invalid_request', 'Invalid parameter operationMode')
  }
  credential(asked)
  const hashes = digestsIn(asked, version)
  const sad = String(asked['SAD'])
  const authorized = sads.get(sad)
  sads.delete(sad)
  if (fails('sad-expired')) throw new Refusal(400, 'invalid_request', 'SAD expired')
  if (authorized === undefined) throw new Breach(400, 'invalid_request', 'Invalid parameter SAD')
  if (authorized.join() !== hashes.join()) throw new Breach(400, 'invalid_request', 'Hash is not authorized by the SAD')
  if (pss && asked['signAlgoParams'] !== pssWithSha256) {
    throw new Breach(400, 'invalid_request', 'Invalid parameter signAlgoParams')
  }
  if (asked['signAlgo'] !== (pss ? rsassaPss : '1.2.840.113549.1.1.11'))
    throw new Breach(400, 'invalid_request', 'Invalid parameter signAlgo')
  const key = fails('another-key') ? other : identity
  const shift = fails('other-digest') ? 1 : 0
  const cut = fails('cut-signature') ? -16 : undefined
  const signatures = hashes.map(hash => {
    const digest = octetsIn(hash, 32)
    digest[0] = ((digest[0] ?? 0) + shift) & 0xff
    return Buffer.from(
      signedDigest(key, pss ? 'SHA256withRSAandMGF1' : 'SHA256withRSA', digest).subarray(0, cut),
    ).toString('base64')
  })
  if (fails('out-of-order')) signatures.reverse()
  return json(200, { signatures }, { signed: true })
}
