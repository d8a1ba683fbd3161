// What a credential of the Cloud Signature Consortium's API says of itself, in both versions: how it is authorised, how many
// signatures at once, which algorithms.

import { X509Certificate } from 'node:crypto'
import { Fault } from '../../device/errors.ts'
import type { SignatureAlgorithm } from '../../device/ports.ts'
import { asObject, type Json } from './exchange.ts'

export type CscVersion = '1' | '2'

export interface Credential {
  /** Base64 of DER, the end certificate first. */
  readonly certificates: readonly unknown[]
  /** The name of what takes the PIN; absent: none is wanted. */
  readonly pinObject?: string
  /** Signatures by one authorisation, at least 1. */
  readonly multisign: number
  /** Dotted. */
  readonly algorithms: readonly string[]
}

/** Above what any service is known to allow. */
const mostAtOnce = 100

export const hashOids: Readonly<Partial<Record<SignatureAlgorithm, string>>> = {
  SHA256withRSA: '2.16.840.1.101.3.4.2.1',
  SHA384withRSA: '2.16.840.1.101.3.4.2.2',
  SHA512withRSA: '2.16.840.1.101.3.4.2.3',
  SHA256withRSAandMGF1: '2.16.840.1.101.3.4.2.1',
  SHA384withRSAandMGF1: '2.16.840.1.101.3.4.2.2',
  SHA512withRSAandMGF1: '2.16.840.1.101.3.4.2.3',
  SHA256withECDSA: '2.16.840.1.101.3.4.2.1',
  SHA384withECDSA: '2.16.840.1.101.3.4.2.2',
  SHA512withECDSA: '2.16.840.1.101.3.4.2.3',
}

/** With the hash in it, and the key alone. */
const signatureOids: Readonly<Partial<Record<SignatureAlgorithm, readonly [string, string]>>> = {
  SHA256withRSA: ['1.2.840.113549.1.1.11', '1.2.840.113549.1.1.1'],
  SHA384withRSA: ['1.2.840.113549.1.1.12', '1.2.840.113549.1.1.1'],
  SHA512withRSA: ['1.2.840.113549.1.1.13', '1.2.840.113549.1.1.1'],
  SHA256withECDSA: ['1.2.840.10045.4.3.2', '1.2.840.10045.2.1'],
  SHA384withECDSA: ['1.2.840.10045.4.3.3', '1.2.840.10045.2.1'],
  SHA512withECDSA: ['1.2.840.10045.4.3.4', '1.2.840.10045.2.1'],
}

/** Throws SEAL_REFUSED for a credential that is disabled, SEAL_UNFIT for one whose use asks a person for something. */
export function credentialIn(object: Json, version: CscVersion): Credential {
  const key = asObject(object['key']) ?? {}
  const cert = asObject(object['cert']) ?? {}
  if (key['status'] === 'disabled') throw new Fault('SEAL_REFUSED', 'the key of the credential is disabled')
  const { certificates } = cert
  const algorithms = Array.isArray(key['algo']) ? key['algo'].filter(one => typeof one === 'string') : []
  const multisign = Number(object['multisign'])
  const pinObject = version === '1' ? pinOfV1(object) : pinOfV2(object)
  return {
    certificates: Array.isArray(certificates) ? certificates : [],
    algorithms,
    multisign: Number.isInteger(multisign) && multisign > 1 ? Math.min(multisign, mostAtOnce) : 1,
    ...(pinObject !== undefined && { pinObject }),
  }
}

const asksSomebody = () => new Fault('SEAL_UNFIT', 'the credential asks a person each time; a seal must not')

function pinOfV1(object: Json): string | undefined {
  const { authMode } = object
  if (authMode === 'oauth2code') throw asksSomebody()
  if (authMode !== 'explicit') return undefined
  const wanted = (part: unknown) => String(asObject(part)?.['presence'] ?? 'false') === 'true'
  if (wanted(object['OTP'])) throw asksSomebody()
  return wanted(object['PIN']) ? 'PIN' : undefined
}

function pinOfV2(object: Json): string | undefined {
  const auth = asObject(object['auth']) ?? {}
  if (auth['mode'] === 'oauth2code') throw asksSomebody()
  if (auth['mode'] !== 'explicit') return undefined
  const listed: readonly unknown[] = Array.isArray(auth['objects']) ? auth['objects'] : []
  const objects = listed.map(asObject).filter(one => one !== undefined)
  if (objects.some(one => one['type'] !== 'Password')) throw asksSomebody()
  const [first, ...more] = objects.map(one => one['id'])
  if (more.length > 0 || typeof first !== 'string') throw asksSomebody()
  return first
}

const rsassaPss = '1.2.840.113549.1.1.10'

/** DER of RSASSA-PSS-params (RFC 4055, 3.1): hash, MGF1 by the same, a salt of its length. */
const pssParameters: Readonly<Partial<Record<SignatureAlgorithm, string>>> = {
  SHA256withRSAandMGF1: pssParams(1, 32),
  SHA384withRSAandMGF1: pssParams(2, 48),
  SHA512withRSAandMGF1: pssParams(3, 64),
}

/** `sha2` is the last arc of the hash's identifier. */
function pssParams(sha2: number, saltOctets: number): string {
  const hash = Buffer.from(`300d06096086480165030402${Buffer.of(sha2).toString('hex')}0500`, 'hex')
  const mgf1 = Buffer.concat([Buffer.from('301a06092a864886f70d010108', 'hex'), hash])
  const fields = [
    Buffer.concat([Buffer.of(0xa0, hash.length), hash]),
    Buffer.concat([Buffer.of(0xa1, mgf1.length), mgf1]),
    Buffer.of(0xa2, 3, 2, 1, saltOctets),
  ]
  const content = Buffer.concat(fields)
  return Buffer.concat([Buffer.of(0x30, content.length), content]).toString('base64')
}

/** Whether the credential signs by RSASSA-PSS and by no other use of an RSA key. */
export function isOnlyPss({ algorithms }: Credential): boolean {
  const others = Object.values(signatureOids).flat()
  return algorithms.includes(rsassaPss) && !algorithms.some(oid => others.includes(oid))
}

/** How signatures/signHash names the algorithm, by an identifier that the credential knows. Throws SEAL_REFUSED. */
export function signatureNamed(algorithm: SignatureAlgorithm, credential: Credential): Json {
  const signAlgoParams = pssParameters[algorithm]
  if (signAlgoParams === undefined) return { signAlgo: signatureOid(algorithm, credential) }
  if (!credential.algorithms.includes(rsassaPss)) {
    throw new Fault('SEAL_REFUSED', `the credential does not make ${algorithm}`)
  }
  return { signAlgo: rsassaPss, signAlgoParams }
}

function signatureOid(algorithm: SignatureAlgorithm, { algorithms }: Credential): string {
  const known = signatureOids[algorithm]
  const found = known?.find(oid => algorithms.includes(oid))
  if (found === undefined) throw new Fault('SEAL_REFUSED', `the credential does not make ${algorithm}`)
  return found
}

/** A root, which whoever verifies has or does not have. */
export function isSelfIssued(certificate: Uint8Array): boolean {
  const { subject, issuer } = new X509Certificate(certificate)
  return subject === issuer
}
