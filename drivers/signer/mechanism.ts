// What a token is given to sign and what comes back, for the mechanisms that take a finished digest: CKM_RSA_PKCS wants
// the DigestInfo around it (RFC 8017, 9.2), CKM_RSA_PKCS_PSS and CKM_ECDSA the digest itself; the latter answers r || s,
// which CMS wants as DER.

import { Fault } from '../../device/errors.ts'
import type { DigestAlgorithm, SignatureAlgorithm } from '../../device/ports.ts'
import type { SigningMechanism } from './cryptoki.ts'

export interface TokenInput {
  readonly mechanism: SigningMechanism
  readonly data: Uint8Array
}

/** DigestInfo up to the digest (RFC 8017, 9.2, note 1), and the digest's length in octets. */
const digestInfo: Readonly<Record<DigestAlgorithm, { readonly prefix: string; readonly octets: number }>> = {
  'SHA-1': { prefix: '3021300906052b0e03021a05000414', octets: 20 },
  'SHA-256': { prefix: '3031300d060960864801650304020105000420', octets: 32 },
  'SHA-384': { prefix: '3041300d060960864801650304020205000430', octets: 48 },
  'SHA-512': { prefix: '3051300d060960864801650304020305000440', octets: 64 },
}

const suites: Readonly<Record<SignatureAlgorithm, readonly [SigningMechanism, DigestAlgorithm]>> = {
  SHA1withRSA: ['RSA_PKCS', 'SHA-1'],
  SHA256withRSA: ['RSA_PKCS', 'SHA-256'],
  SHA384withRSA: ['RSA_PKCS', 'SHA-384'],
  SHA512withRSA: ['RSA_PKCS', 'SHA-512'],
  SHA256withRSAandMGF1: ['RSA_PKCS_PSS_SHA256', 'SHA-256'],
  SHA384withRSAandMGF1: ['RSA_PKCS_PSS_SHA384', 'SHA-384'],
  SHA512withRSAandMGF1: ['RSA_PKCS_PSS_SHA512', 'SHA-512'],
  SHA256withECDSA: ['ECDSA', 'SHA-256'],
  SHA384withECDSA: ['ECDSA', 'SHA-384'],
  SHA512withECDSA: ['ECDSA', 'SHA-512'],
}

/** Mechanism and data for one digest; throws INTERNAL for a digest of the wrong length. */
export function tokenInput(algorithm: SignatureAlgorithm, digest: Uint8Array): TokenInput {
  const [mechanism, digestAlgorithm] = suites[algorithm]
  const { prefix, octets } = digestInfo[digestAlgorithm]
  if (digest.length !== octets) throw new Fault('INTERNAL', `a digest of ${digest.length} octets for ${algorithm}`)
  const data = mechanism !== 'RSA_PKCS' ? digest : Buffer.concat([Buffer.from(prefix, 'hex'), digest])
  return { mechanism, data }
}

/** The token's answer as a CMS signature value: ECDSA as Ecdsa-Sig-Value (RFC 3279, 2.2.3). */
export function signatureValue(mechanism: SigningMechanism, answer: Uint8Array): Uint8Array {
  if (mechanism !== 'ECDSA') return answer
  const half = answer.length / 2
  const body = [...unsignedInteger(answer.subarray(0, half)), ...unsignedInteger(answer.subarray(half))]
  return Uint8Array.from([0x30, ...lengthOctets(body.length), ...body])
}

function unsignedInteger(magnitude: Uint8Array): number[] {
  const firstNonZero = magnitude.findIndex(octet => octet !== 0)
  const digits = firstNonZero < 0 ? [0] : [...magnitude.subarray(firstNonZero)]
  const content = (digits[0] ?? 0) >= 0x80 ? [0, ...digits] : digits
  return [0x02, ...lengthOctets(content.length), ...content]
}

/** A P-521 signature has at most 138 octets, so one length octet behind 0x81 is enough. */
function lengthOctets(length: number): number[] {
  return length < 0x80 ? [length] : [0x81, length]
}
