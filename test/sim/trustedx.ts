// TrustedX eIDAS as its REST clients see it (esigp/v1): token endpoint, sign identities, signature values over digests one by
// one and in batches. It holds every request against what is known of the interface and fails in named ways.

import type { SignatureAlgorithm } from '../../device/ports.ts'
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

export const trustedxFaults = [
  /** Every token is taken back before the request is looked at. */
  'token-taken-back',
  'no-token-is-good',
  'identity-disabled',
  'no-certificate-yet',
  'certificate-of-another',
  /** Signs with the key of another seal. */
  'another-key',
  /** Signs the digest of the digest's hexadecimal text. */
  'hex-digest',
  'cut-signature',
  'base64-answer',
  'batch-out-of-order',
  'batch-short',
] as const
export type TrustedxFault = (typeof trustedxFaults)[number]

export interface TrustedxOptions {
  readonly identity: TestIdentity
  /** Whoever else has a seal there. */
  readonly other: TestIdentity
  /** Default 300 s. */
  readonly tokenSeconds?: number
  /** How identities are listed and wrapped: deployments disagree. */
  readonly shape?: 'named' | 'bare' | 'groups'
}

export const trustedxClient = {
  clientId: 'kiosk',
  secret: 'the secret of the kiosk',
  scope: 'urn:safelayer:eidas:sign:identity:profile urn:safelayer:eidas:sign:identity:use:server',
} as const
export const sealIdentity = 'seal-of-the-body'
export const trustedxTokenPath = '/trustedx-authserver/oauth/main-as/token'

const api = '/trustedx-resources/esigp/v1'
const algorithms: Readonly<Record<string, readonly [SignatureAlgorithm, number]>> = {
  'rsa-sha256': ['SHA256withRSA', 32],
  'rsa-sha384': ['SHA384withRSA', 48],
  'rsa-sha512': ['SHA512withRSA', 64],
  ecdsa: ['SHA256withECDSA', 32],
}

type Fails = (fault: TrustedxFault) => boolean

export function startTrustedx(options: TrustedxOptions): Promise<SealServer<TrustedxFault>> {
  const { tokenSeconds = 300 } = options
  const desk = createTokenDesk({ ...trustedxClient, lifeSeconds: tokenSeconds })
  return startSealServer<TrustedxFault>({
    answer(request, fails) {
      const { method, path } = request
      if (path === trustedxTokenPath) return desk.give(request)
      if (fails('token-taken-back')) desk.revoke()
      if (fails('no-token-is-good')) throw new Refusal(401, 'invalid_token', 'no')
      desk.check(request)
      if (method === 'GET' && path === `${api}/sign_identities`) return list(options)
      if (method === 'GET' && path.startsWith(`${api}/sign_identities/`)) return identity(request, options, fails)
      if (method === 'POST' && path === `${api}/signatures/server/raw`) return raw(request, options, fails)
      if (method === 'POST' && path === `${api}/signatures/server/raw/batch`) return batch(request, options, fails)
      throw new Breach(404, 'not_found', 'no such resource')
    },
  })
}

function list({ identity, shape = 'named' }: TrustedxOptions): SimAnswer {
  const sign_identities = [described(sealIdentity, identity, 'enabled')]
  if (shape === 'bare') return json(200, sign_identities)
  return json(200, shape === 'groups' ? { sign_identities_groups: [{ sign_identities }] } : { sign_identities })
}

function described(id: string, { certificate }: TestIdentity, status: string) {
  const text = Buffer.from(certificate).toString('base64')
  return {
    id,
    description: 'The seal of the body',
    type: 'pki:x509',
    labels: ['serverid', 'x509:keyUsage:contentCommitment'],
    status: { value: status },
    details: { certificate: text.replaceAll(/.{76}/g, '$&\n') },
  }
}

function identity({ path }: SimRequest, { identity: own, other, shape }: TrustedxOptions, fails: Fails): SimAnswer {
  const id = decodeURIComponent(path.slice(`${api}/sign_identities/`.length))
  if (id !== sealIdentity) throw new Refusal(404, 'not_found', 'no such identity')
  const shown = fails('certificate-of-another') ? other : own
  const told = described(id, shown, fails('identity-disabled') ? 'disabled' : 'enabled')
  if (fails('no-certificate-yet')) return json(200, { identity: { ...told, details: {} } })
  return json(200, shape === 'bare' ? told : { identity: told })
}

function raw(request: SimRequest, options: TrustedxOptions, fails: Fails): SimAnswer {
  const asked = membersOf(request, ['digest_value', 'signature_algorithm', 'sign_identity_id'])
  const value = signature(asked['digest_value'], asked, options, fails)
  const signed = { status: 200, type: 'application/octet-stream', signed: true } as const
  if (fails('base64-answer')) return { ...signed, type: 'text/plain', body: Buffer.from(value).toString('base64') }
  return { ...signed, body: fails('cut-signature') ? value.subarray(0, -16) : value }
}

function batch(request: SimRequest, options: TrustedxOptions, fails: Fails): SimAnswer {
  const asked = membersOf(request, ['sign_identity_id', 'signature_algorithm', 'requests'])
  const { requests } = asked
  if (!Array.isArray(requests) || requests.length === 0) throw new Breach(400, 'invalid_request', 'no requests')
  const values = requests.map(one => {
    if (Object.keys(one).join() !== 'digest_value') throw new Breach(400, 'invalid_request', 'the members of a request')
    return Buffer.from(signature(one.digest_value, asked, options, fails)).toString('base64')
  })
  if (fails('batch-out-of-order')) values.reverse()
  if (fails('batch-short')) values.pop()
  return json(200, { signatures: values }, { signed: true })
}

function signature(
  digestValue: unknown,
  asked: Readonly<Record<string, unknown>>,
  { identity: own, other }: TrustedxOptions,
  fails: Fails,
): Uint8Array {
  if (asked['sign_identity_id'] !== sealIdentity) throw new Refusal(404, 'not_found', 'no such identity')
  const [algorithm, octets] = algorithms[String(asked['signature_algorithm'])] ?? []
  if (algorithm === undefined) throw new Breach(400, 'invalid_request', 'no such algorithm')
  const digest = octetsIn(digestValue, octets)
  const used = fails('hex-digest') ? hexOf(digest) : digest
  return signedDigest(fails('another-key') ? other : own, algorithm, used)
}

/** What a service makes of a digest that it takes for text: as many of its characters as fit. */
function hexOf(digest: Buffer): Buffer {
  return Buffer.from(digest.toString('hex').slice(0, digest.length), 'latin1')
}
