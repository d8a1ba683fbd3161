// TrustedX eIDAS, REST interface esigp/v1: sign identities with a key on the server, and signature values over digests, one
// by one or in a batch. The vendor's manual is not public; what deployments are seen to do is accepted in all its forms:
// an identity bare or wrapped, a list bare, named or in groups, a status as a word or an object, a signature as octets or
// as Base64. Which of them came is decided by verifying.

import { Fault } from '../../device/errors.ts'
import type { SealRequest, SignatureAlgorithm } from '../../device/ports.ts'
import { certificateIn } from './certificate-text.ts'
import { asObject, exchange, type Json, jsonIn, objectIn, refusal, type SealAnswer } from './exchange.ts'
import type { SealDriver, SealServiceOptions } from './seal-driver.ts'
import { createTokens, type OauthClient } from './tokens.ts'
import { verifiedValue } from './verified.ts'

export type TrustedxOptions = SealServiceOptions & OauthClient

const api = '/trustedx-resources/esigp/v1'
/** A list of identities with their certificates, or a batch of the largest signatures. */
const maxAnswerBytes = 4 * 1024 * 1024
/** Of the digests that go together. */
const maxBatch = 100

const algorithms: Readonly<Partial<Record<SignatureAlgorithm, string>>> = {
  SHA256withRSA: 'rsa-sha256',
  SHA384withRSA: 'rsa-sha384',
  SHA512withRSA: 'rsa-sha512',
  SHA256withECDSA: 'ecdsa',
  SHA384withECDSA: 'ecdsa',
  SHA512withECDSA: 'ecdsa',
}

export function createTrustedx(options: TrustedxOptions): SealDriver {
  const tokens = createTokens(options)

  function call(method: 'GET' | 'POST', path: string, body: Json | undefined, signal?: AbortSignal) {
    return tokens.authorized(authorization =>
      exchange(
        {
          method,
          url: `${options.url}${api}${path}`,
          headers: {
            authorization,
            accept: method === 'GET' ? 'application/json' : '*/*',
            ...(body !== undefined && { 'content-type': 'application/json' }),
          },
          ...(body !== undefined && { body: Buffer.from(JSON.stringify(body)) }),
          maxBodyBytes: maxAnswerBytes,
        },
        options,
        signal,
      ),
    )
  }

  async function signOne(request: SealRequest, digest: Uint8Array, signal?: AbortSignal): Promise<Uint8Array> {
    const body = {
      digest_value: Buffer.from(digest).toString('base64'),
      signature_algorithm: named(request.algorithm),
      sign_identity_id: request.identity,
    }
    const answer = await call('POST', '/signatures/server/raw', body, signal)
    if (answer.status !== 200) throw refusal(answer, 'the signature')
    return verifiedValue(rawIn(answer), { ...request, digest })
  }

  async function signBatch(request: SealRequest, signal?: AbortSignal): Promise<readonly Uint8Array[]> {
    const { digests } = request
    const signature_algorithm = named(request.algorithm)
    const requests = digests.map(digest => ({ digest_value: Buffer.from(digest).toString('base64') }))
    const body = { sign_identity_id: request.identity, signature_algorithm, requests }
    const { signatures } = objectIn(await call('POST', '/signatures/server/raw/batch', body, signal), 'the signatures')
    if (!Array.isArray(signatures) || signatures.length !== digests.length) {
      throw new Fault('SEAL_REFUSED', 'the signatures: not as many came as digests were sent')
    }
    return digests.map((digest, i) => verifiedValue(Buffer.from(String(signatures[i])), { ...request, digest }))
  }

  return Object.freeze({
    async identities(signal?: AbortSignal): Promise<readonly string[]> {
      const answer = await call('GET', '/sign_identities', undefined, signal)
      if (answer.status !== 200) throw refusal(answer, 'the list of seals')
      return identitiesIn(answer)
    },
    async certificate(identity: string, signal?: AbortSignal) {
      const answer = await call('GET', `/sign_identities/${encodeURIComponent(identity)}`, undefined, signal)
      if (answer.status === 404) throw new Fault('SEAL_ABSENT', 'the seal service does not know the identity')
      const object = objectIn(answer, 'the seal')
      const found = asObject(object['identity']) ?? asObject(object['sign_identity']) ?? object
      const status = asObject(found['status'])?.['value'] ?? found['status']
      if (status !== undefined && status !== 'enabled') throw new Fault('SEAL_REFUSED', 'the seal is not enabled')
      const text = asObject(found['details'])?.['certificate']
      // One that was registered a moment ago comes without.
      if (text === undefined || text === '')
        throw new Fault('SEAL_UNREACHABLE', 'the seal: its certificate is not there yet')
      return { certificate: certificateIn(text, 'the seal'), chain: [] }
    },
    async sign(request: SealRequest, signal?: AbortSignal): Promise<readonly Uint8Array[]> {
      const [first, ...more] = request.digests
      if (first === undefined) return []
      if (more.length === 0) return [await signOne(request, first, signal)]
      const signed: Uint8Array[] = []
      for (let at = 0; at < request.digests.length; at += maxBatch) {
        const digests = request.digests.slice(at, at + maxBatch)
        signed.push(...(await signBatch({ ...request, digests }, signal)))
      }
      return signed
    },
    sealPdf: () => Promise.reject(new Fault('SEAL_REFUSED', 'this interface of the service takes digests alone')),
  })
}

function named(algorithm: SignatureAlgorithm): string {
  const name = algorithms[algorithm]
  if (name === undefined) throw new Fault('SEAL_REFUSED', `the seal service does not make ${algorithm}`)
  return name
}

/** Octets, Base64, or an object with one of the names under which deployments are known to send it. */
function rawIn(answer: SealAnswer): Uint8Array {
  const object = jsonIn(answer)
  const text = object?.['signature_value'] ?? object?.['signature'] ?? object?.['value']
  return typeof text === 'string' ? Buffer.from(text) : answer.body
}

function identitiesIn(answer: SealAnswer): readonly string[] {
  const object = jsonIn(answer)
  const listed = object === undefined ? bareList(answer) : (object['sign_identities'] ?? inGroups(object))
  return (Array.isArray(listed) ? listed : []).flatMap(one => {
    const id = asObject(one)?.['id']
    return typeof id === 'string' && id.length <= 200 ? [id] : []
  })
}

function bareList({ body }: SealAnswer): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch {
    throw new Fault('SEAL_UNREACHABLE', 'the list of seals: the answer is no JSON')
  }
}

function inGroups(object: Json): unknown {
  const groups = object['sign_identities_groups']
  return (Array.isArray(groups) ? groups : []).flatMap(group => asObject(group)?.['sign_identities'] ?? [])
}
