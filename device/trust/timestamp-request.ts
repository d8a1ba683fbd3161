// The asking side of RFC 3161: a TimeStampReq over a digest, and what must be true of the TimeStampResp before its token is
// believed to answer it (2.4.2). Whether the authority is trusted is judged later, with the signature; here the token must
// be about this digest, carry this nonce and be made by a certificate that may do so.

import { digestOctets, hashName } from '../cms/algorithm.ts'
import { type Asn1Node, readWhole } from '../cms/asn1.ts'
import { nullValue, objectIdentifier, octetString, sequence, smallInteger, tlv } from '../cms/der.ts'
import { oids } from '../cms/oids.ts'
import { Fault } from '../errors.ts'
import type { Clock, DigestAlgorithm, Timestamper } from '../ports.ts'
import { checkTimestampSigner } from './timestamp-signer.ts'
import { readTimestampToken, type TimestampToken } from './timestamp-token.ts'

export interface TimestampQuery {
  readonly digestAlgorithm: DigestAlgorithm
  /** What is to be time-stamped. */
  readonly digest: Uint8Array
  /** Octets that no earlier query had; `nonceOctets` of them. */
  readonly nonce: Uint8Array
  /** Dotted identifier of the policy asked for; absent leaves it to the authority. */
  readonly policy?: string
}

/** A nonce long enough that it never comes twice. */
export const nonceOctets = 16
/** How far an honest authority's clock and ours may lie apart; a token further away is old or from the future. */
const maxClockDifferenceMs = 10 * 60_000
const maxResponseOctets = 256 * 1024

/** DER of the TimeStampReq: version 1, certReq TRUE (RFC 3161, 2.4.1). Throws INTERNAL for a digest of a wrong length. */
export function timestampQuery({ digestAlgorithm, digest, nonce, policy }: TimestampQuery): Uint8Array {
  if (digest.length !== digestOctets(digestAlgorithm)) {
    throw new Fault('INTERNAL', `a digest of ${digest.length} octets for ${digestAlgorithm}`)
  }
  const algorithm = sequence(objectIdentifier(oids[hashName(digestAlgorithm)]), nullValue())
  return sequence(
    smallInteger(1),
    sequence(algorithm, octetString(digest)),
    ...(policy === undefined ? [] : [objectIdentifier(policy)]),
    tlv(0x02, unsignedInteger(nonce)),
    tlv(0x01, Uint8Array.of(0xff)),
  )
}

/** Contents of the INTEGER that has these octets as its value. */
function unsignedInteger(octets: Uint8Array): Uint8Array {
  const start = octets.findIndex(octet => octet !== 0)
  const digits = start < 0 ? Uint8Array.of(0) : octets.subarray(start)
  return (digits[0] ?? 0) < 0x80 ? digits : Uint8Array.from([0, ...digits])
}

/**
 * The token in a TimeStampResp that answers `query`; `now` in milliseconds since 1970. Throws TIMESTAMP_REFUSED with the
 * authority's reason, or TIMESTAMP_INVALID when the answer does not fit.
 */
export function acceptTimestamp(
  response: Uint8Array,
  query: TimestampQuery,
  { now }: { readonly now: number },
): TimestampToken {
  if (response.length > maxResponseOctets) throw invalid(`an answer of ${response.length} octets`)
  const [statusInfo, token] = readWhole(response)?.children ?? []
  const [status, ...reasons] = statusInfo?.children ?? []
  if (status?.tag !== 0x02) throw invalid('the answer is no TimeStampResp')
  if (status.content.length !== 1 || (status.content[0] ?? 2) > 1) throw refused(status, reasons)
  if (token === undefined) throw invalid('granted without a token')
  const read = readTimestampToken(token.raw)
  if (read.outcome === 'malformed') throw invalid(read.detail)
  const problem = mismatch(read.token, query, now)
  if (problem !== undefined) throw invalid(problem)
  return read.token
}

function invalid(detail: string): Fault {
  return new Fault('TIMESTAMP_INVALID', detail)
}

const statuses = ['granted', 'grantedWithMods', 'rejection', 'waiting', 'revocationWarning', 'revocationNotification']
/** PKIFailureInfo bits (RFC 3161, 2.4.2). */
const failures: Readonly<Record<number, string>> = {
  0: 'badAlg',
  2: 'badRequest',
  5: 'badDataFormat',
  14: 'timeNotAvailable',
  15: 'unacceptedPolicy',
  16: 'unacceptedExtension',
  17: 'addInfoNotAvailable',
  25: 'systemFailure',
}
const maxReasonLength = 200

function refused(status: Asn1Node, reasons: readonly Asn1Node[]): Fault {
  const bits = reasons.find(({ tag }) => tag === 0x03)?.content.subarray(1) ?? new Uint8Array()
  const isSet = (bit: number) => (((bits[bit >> 3] ?? 0) << (bit & 7)) & 0x80) !== 0
  const named = Object.entries(failures).flatMap(([bit, name]) => (isSet(Number(bit)) ? [name] : []))
  const texts = reasons.find(({ tag }) => tag === 0x30)?.children ?? []
  const text = texts.map(({ content }) => new TextDecoder().decode(content)).join(' ')
  const name = statuses[status.content[0] ?? -1] ?? 'an unknown status'
  const detail = [name, ...named, printable(text)].filter(part => part !== '').join(', ')
  return new Fault('TIMESTAMP_REFUSED', `the authority answered ${detail}`)
}

function printable(text: string): string {
  return text
    .replace(/[^\x20-\x7e\u00a0-\uffff]/g, ' ')
    .slice(0, maxReasonLength)
    .trim()
}

/** Why the token does not answer the query; undefined where it does. */
function mismatch(token: TimestampToken, query: TimestampQuery, now: number): string | undefined {
  const { imprint, nonce, policy, genTime, findings } = token
  const asked = Buffer.from(unsignedInteger(query.nonce))
  if (imprint.hash !== hashName(query.digestAlgorithm) || !Buffer.from(query.digest).equals(imprint.digest)) {
    return 'the time-stamp is over something else'
  }
  if (nonce === undefined || !asked.equals(nonce)) return 'the time-stamp carries another nonce, or none'
  if (query.policy !== undefined && policy !== query.policy) return `made under policy ${policy}`
  if (Math.abs(genTime - now) > maxClockDifferenceMs) {
    return `made at ${new Date(genTime).toISOString()}, asked for at ${new Date(now).toISOString()}`
  }
  return [...findings, ...checkTimestampSigner(token)][0]?.detail
}

export interface TimestampTools {
  readonly timestamper: Timestamper
  readonly clock: Pick<Clock, 'now'>
  /** Octets for nonces. */
  readonly random: (octets: number) => Uint8Array
}

/** A token over a digest from the authority. Throws what `timestamper` and `acceptTimestamp` throw. */
export async function obtainTimestamp(
  request: Omit<TimestampQuery, 'nonce'>,
  { timestamper, clock, random }: TimestampTools,
  signal?: AbortSignal,
): Promise<TimestampToken> {
  const query = { ...request, nonce: random(nonceOctets) }
  const response = await timestamper.stamp(timestampQuery(query), signal)
  return acceptTimestamp(response, query, { now: clock.now() })
}
