// The Cloud Signature Consortium's API, 1.0.4 and 2.0.0.2: credentials/info, credentials/authorize, signatures/signHash, and
// signatures/signPolling where the service signs later. A
// seal is a credential whose use asks nobody anything at the moment of signing: implicit, or by a PIN that a file holds.
// Each authorisation (SAD) names the very digests that it is for, which credentials with SCAL 2 demand, and is used once.

import { createHash } from 'node:crypto'
import { Fault } from '../../device/errors.ts'
import type { SealRequest } from '../../device/ports.ts'
import { certificateIn } from './certificate-text.ts'
import {
  type Credential,
  type CscVersion,
  credentialIn,
  hashOids,
  isOnlyPss,
  isSelfIssued,
  signatureNamed,
} from './csc-credential.ts'
import { type CscLogin, type CscUser, createCscLogin } from './csc-login.ts'
import { exchange, type Json, jsonIn, objectIn, type SealAnswer, secretLine } from './exchange.ts'
import type { SealDriver, SealServiceOptions } from './seal-driver.ts'
import { createTokens, type OauthClient } from './tokens.ts'
import { verifiedValue } from './verified.ts'

export interface CscOptions
  extends SealServiceOptions,
    Partial<CscUser>,
    Partial<Omit<OauthClient, 'caFile' | 'deadlineMs'>> {
  readonly version: CscVersion
  /** Of version 2: `A` for a service that signs later and is asked for what it made. Default `S`. */
  readonly operationMode?: 'S' | 'A'
  /** Of credentials that want a PIN: one line, mode 0600. */
  readonly pinFile?: string
}

const maxAnswerBytes = 4 * 1024 * 1024
/**
 * How often and how long apart an authorisation or a signature that is not ready is asked for again (2.0.0.2,
 * credentials/authorizeCheck and signatures/signPolling).
 */
const checks = 20
const betweenChecksMs = 500

/** Bearer token by client credentials where `tokenUrl` names who gives it, by `user` and password at the service, or none. */
export function createCsc(options: CscOptions): SealDriver {
  const { version, pinFile, operationMode = 'S' } = options
  const login = loginOf(options)
  const tokens = login ?? clientTokens(options)
  /** SHA-256 of a PIN that was turned down: it is not tried again, for every try may be one of the last. */
  let refusedPin: string | undefined

  function call(path: string, body: Json, signal?: AbortSignal): Promise<SealAnswer> {
    const ask = (authorization?: string) => posted(options, path, body, authorization, signal)
    return tokens === undefined ? ask() : tokens.authorized(ask)
  }

  async function credential(credentialID: string, signal?: AbortSignal): Promise<Credential> {
    const asked = { credentialID, certificates: 'chain', authInfo: true }
    const first = await call('credentials/info', asked, signal)
    if (/no such|not found|invalid parameter credentialID/i.test(descriptionIn(first))) {
      throw new Fault('SEAL_ABSENT', 'the seal service does not know the credential')
    }
    const object = objectIn(first, 'the credential')
    if (object['cert'] !== undefined) return credentialIn(object, version)
    // A server is known that gives certificates only along with what they say.
    return credentialIn(
      objectIn(await call('credentials/info', { ...asked, certInfo: true }, signal), 'the credential'),
      version,
    )
  }

  async function pin(): Promise<string> {
    if (pinFile === undefined) throw new Fault('SEAL_CREDENTIALS_REFUSED', 'the credential wants a PIN; name its file')
    const line = await secretLine('PIN', pinFile)
    if (sha256(line) === refusedPin) {
      throw new Fault('SEAL_CREDENTIALS_REFUSED', 'the PIN was turned down before and is not tried again')
    }
    return line
  }

  /** An authorisation for these digests alone. */
  async function sadFor(use: Use, signal?: AbortSignal): Promise<string> {
    const { credential: held, credentialID, digests, hashOid } = use
    const given = held.pinObject === undefined ? undefined : await pin()
    const hashes = digests.map(base64)
    const body =
      version === '1'
        ? { credentialID, numSignatures: digests.length, hash: hashes, ...(given !== undefined && { PIN: given }) }
        : {
            credentialID,
            numSignatures: digests.length,
            hashes,
            hashAlgorithmOID: hashOid,
            ...(given !== undefined && { authData: [{ id: held.pinObject, value: given }] }),
          }
    let answer = await call('credentials/authorize', body, signal)
    if (given !== undefined && isWrongPin(answer)) {
      refusedPin = sha256(given)
      throw new Fault('SEAL_CREDENTIALS_REFUSED', 'the seal service refused the PIN')
    }
    for (let n = 0; answer.status === 202 && n < checks; n++) answer = await checked(answer, signal)
    if (answer.status === 202) throw new Fault('SEAL_UNREACHABLE', 'the authorisation: it is not ready yet')
    const { SAD: sad } = objectIn(answer, 'the authorisation')
    if (typeof sad !== 'string' || sad === '') throw new Fault('SEAL_REFUSED', 'the authorisation: none came')
    return sad
  }

  async function checked(answer: SealAnswer, signal?: AbortSignal): Promise<SealAnswer> {
    const handle = jsonIn(answer)?.['handle']
    if (typeof handle !== 'string')
      throw new Fault('SEAL_REFUSED', 'the authorisation: it waits, and nobody says for what')
    await pause(signal)
    return call('credentials/authorizeCheck', { handle }, signal)
  }

  /** What a service made of a request that it took to answer later; its number is good for as long as it says. */
  async function polled(answer: SealAnswer, signal?: AbortSignal): Promise<SealAnswer> {
    const requestID = jsonIn(answer)?.['responseID']
    if (typeof requestID !== 'string' || (answer.status !== 200 && answer.status !== 202)) return answer
    for (let n = 0; n < checks; n++) {
      await pause(signal)
      const made = await call('signatures/signPolling', { requestID }, signal)
      if (made.status !== 202) return made
    }
    throw new Fault('SEAL_UNREACHABLE', 'the signatures: they are not ready yet')
  }

  async function signHash(use: Use, signal?: AbortSignal): Promise<SealAnswer> {
    const SAD = await sadFor(use, signal)
    const { credentialID, digests, hashOid, named } = use
    const hashes = digests.map(base64)
    const digestsNamed =
      version === '1' ? { hash: hashes, hashAlgo: hashOid } : { hashes, hashAlgorithmOID: hashOid, operationMode }
    return polled(await call('signatures/signHash', { credentialID, SAD, ...digestsNamed, ...named }, signal), signal)
  }

  async function signSome(request: SealRequest, use: Use, signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    let answer = await signHash(use, signal)
    // Time passed, or the service was restarted: one that is fresh is worth one more try.
    if (answer.status === 400 && /SAD/.test(descriptionIn(answer))) answer = await signHash(use, signal)
    const { signatures } = objectIn(answer, 'the signatures')
    if (!Array.isArray(signatures) || signatures.length !== use.digests.length) {
      throw new Fault('SEAL_REFUSED', 'the signatures: not as many came as digests were sent')
    }
    return use.digests.map((digest, i) => verifiedValue(Buffer.from(String(signatures[i])), { ...request, digest }))
  }

  return Object.freeze({
    async identities(signal?: AbortSignal): Promise<readonly string[]> {
      const { credentialIDs } = objectIn(await call('credentials/list', {}, signal), 'the list of credentials')
      return (Array.isArray(credentialIDs) ? credentialIDs : []).filter(one => typeof one === 'string')
    },
    async certificate(identity: string, signal?: AbortSignal) {
      const held = await credential(identity, signal)
      const { certificates } = held
      const [certificate, ...chain] = certificates.map(one => certificateIn(one, 'the credential'))
      if (certificate === undefined) throw new Fault('CERTIFICATE_UNREADABLE', 'the credential: it has no certificate')
      const onlyPss = isOnlyPss(held) ? ({ onlyPss: true } as const) : {}
      return { certificate, chain: chain.filter(one => !isSelfIssued(one)), ...onlyPss }
    },
    async sign(request: SealRequest, signal?: AbortSignal): Promise<readonly Uint8Array[]> {
      const { identity: credentialID, algorithm, digests } = request
      const held = await credential(credentialID, signal)
      const common = {
        credential: held,
        credentialID,
        hashOid: hashOids[algorithm] ?? '',
        named: signatureNamed(algorithm, held),
      }
      const signed: Uint8Array[] = []
      for (let at = 0; at < digests.length; at += held.multisign) {
        const use = { ...common, digests: digests.slice(at, at + held.multisign) }
        signed.push(...(await signSome(request, use, signal)))
      }
      return signed
    },
    sealPdf: () => Promise.reject(new Fault('SEAL_REFUSED', 'this interface of the service takes digests alone')),
    ...(login !== undefined && { leave: login.leave }),
  })
}

function clientTokens(options: CscOptions) {
  const { tokenUrl, clientId, clientSecretFile } = options
  if (tokenUrl === undefined || clientId === undefined || clientSecretFile === undefined) return undefined
  return createTokens({ ...options, tokenUrl, clientId, clientSecretFile })
}

function loginOf(options: CscOptions): CscLogin | undefined {
  const { user, passwordFile } = options
  if (user === undefined || passwordFile === undefined) return undefined
  const call = (path: string, body: Json, authorization?: string) => posted(options, path, body, authorization)
  return createCscLogin({ user, passwordFile, call })
}

function posted(
  options: CscOptions,
  path: string,
  body: Json,
  authorization?: string,
  signal?: AbortSignal,
): Promise<SealAnswer> {
  const { url, version } = options
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(authorization !== undefined && { authorization }),
  }
  const ask = { method: 'POST', url: `${url}/csc/v${version}/${path}`, headers, maxBodyBytes: maxAnswerBytes } as const
  return exchange({ ...ask, body: Buffer.from(JSON.stringify(body)) }, options, signal)
}

interface Use {
  readonly credential: Credential
  readonly credentialID: string
  readonly digests: readonly Uint8Array[]
  readonly hashOid: string
  readonly named: Json
}

async function pause(signal?: AbortSignal): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, betweenChecksMs))
  signal?.throwIfAborted()
}

/** What a service says of a refusal: held against known sentences, never told. */
function descriptionIn(answer: SealAnswer): string {
  if (answer.status === 200) return ''
  const description = jsonIn(answer)?.['error_description']
  return typeof description === 'string' ? description : Buffer.from(answer.body).toString('utf8').slice(0, 500)
}

function isWrongPin(answer: SealAnswer): boolean {
  if (answer.status < 400 || answer.status > 499) return false
  const code = jsonIn(answer)?.['error']
  return code === 'invalid_pin' || code === 'invalid_authentication_data'
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64')
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
