// A time-stamping authority as a pure function: the DER of a TimeStampReq in, the DER of a TimeStampResp out, right or
// wrong in one named way (RFC 3161, 2.4). What a wrong certificate does is shown by giving another identity.

import { createHash, sign } from 'node:crypto'
import { readWhole } from '../../device/cms/asn1.ts'
import { certificateNames } from '../../device/cms/certificate-names.ts'
import { contextual, objectIdentifier, octetString, sequence, setOf, smallInteger, tlv } from '../../device/cms/der.ts'
import { oids } from '../../device/cms/oids.ts'
import type { TestIdentity } from './pki.ts'
import { algorithmOf, generalizedTime, privateKeyOf, utcTime } from './signed-object.ts'

export const timestampFaults = [
  'wrong-imprint',
  'wrong-hash',
  'other-content-type',
  'wrong-nonce',
  'no-nonce',
  'old-token',
  'future-token',
  'wrong-policy',
  'no-certificate',
  'names-another-certificate',
  'bad-signature',
  'changed-content',
  'trailing-data',
  'garbage',
  'empty',
  'rejection',
  'granted-without-token',
] as const
export type TimestampFault = (typeof timestampFaults)[number]

export interface TimestampReplyOptions {
  /** Milliseconds since 1970: genTime. */
  readonly now: number
  readonly fault?: TimestampFault
  /** Status 1, as right as status 0. */
  readonly grantedWithMods?: boolean
  /** Used where the query asks for none. */
  readonly policy?: string
  /** Certificates put into the token beside the authority's; default: its chain. */
  readonly chain?: readonly Uint8Array[]
}

export const testTimestampPolicy = '1.3.6.1.4.1.99999.2.1'
const dayMs = 86_400_000

/** The answer of the authority to a query. */
export function timestampReply(query: Uint8Array, tsa: TestIdentity, options: TimestampReplyOptions): Uint8Array {
  const { fault, grantedWithMods = false } = options
  if (fault === 'garbage') return Buffer.from('<html>Service unavailable</html>')
  if (fault === 'empty') return new Uint8Array()
  if (fault === 'rejection') return sequence(rejection())
  const status = sequence(smallInteger(grantedWithMods ? 1 : 0))
  if (fault === 'granted-without-token') return sequence(status)
  const response = sequence(status, timestampToken(query, tsa, options))
  return fault === 'trailing-data' ? Buffer.concat([response, Buffer.of(0x05, 0)]) : response
}

/** PKIStatusInfo: rejection, a text, badAlg and timeNotAvailable. */
function rejection(): Uint8Array {
  const text = sequence(tlv(0x0c, Buffer.from('the clock is not synchronised')))
  return sequence(smallInteger(2), text, tlv(0x03, Buffer.of(1, 0x80, 0x02)))
}

/** The token alone. */
export function timestampToken(query: Uint8Array, tsa: TestIdentity, options: TimestampReplyOptions): Uint8Array {
  const { fault, chain = tsa.chain } = options
  const info = tstInfo(query, options)
  const signed = fault === 'changed-content' ? tstInfo(query, { ...options, now: options.now + 1000 }) : info
  const content = sequence(
    smallInteger(3),
    setOf([sequence(objectIdentifier(oids.sha256))]),
    sequence(
      objectIdentifier(fault === 'other-content-type' ? oids.data : oids.tstInfo),
      contextual(0, octetString(info)),
    ),
    ...(fault === 'no-certificate' ? [] : [setOf([tsa.certificate, ...chain], 0xa0)]),
    setOf([signerInfo(signed, tsa, options)]),
  )
  return sequence(objectIdentifier(oids.signedData), contextual(0, content))
}

function tstInfo(query: Uint8Array, { now, fault, policy = testTimestampPolicy }: TimestampReplyOptions): Uint8Array {
  const [, imprint, ...optional] = readWhole(query)?.children ?? []
  if (imprint === undefined) throw new Error('not a TimeStampReq')
  const [, digest] = imprint.children
  if (digest === undefined) throw new Error('not a TimeStampReq')
  const sha512 = sequence(objectIdentifier(oids.sha512))
  const asked = optional.find(({ tag }) => tag === 0x06)?.raw ?? objectIdentifier(policy)
  const nonce = optional.find(({ tag }) => tag === 0x02)?.raw
  const other = sequence(imprint.children[0]?.raw ?? new Uint8Array(), octetString(createHash('sha256').digest()))
  const shift = fault === 'old-token' ? -dayMs : fault === 'future-token' ? dayMs : 0
  return sequence(
    smallInteger(1),
    fault === 'wrong-policy' ? objectIdentifier('1.3.6.1.4.1.99999.2.2') : asked,
    fault === 'wrong-imprint' ? other : fault === 'wrong-hash' ? sequence(sha512, digest.raw) : imprint.raw,
    tlv(
      0x02,
      createHash('sha1')
        .update(query)
        .update(String(now))
        .digest()
        .subarray(1, 8)
        .map(octet => (octet & 0x7f) | 0x40),
    ),
    generalizedTime(now + shift),
    sequence(smallInteger(1)),
    ...(fault === 'no-nonce' || nonce === undefined ? [] : [fault === 'wrong-nonce' ? smallInteger(7) : nonce]),
  )
}

function signerInfo(info: Uint8Array, tsa: TestIdentity, { now, fault }: TimestampReplyOptions): Uint8Array {
  const { issuer, serialNumber } = certificateNames(tsa.certificate)
  const named = fault === 'names-another-certificate' ? Buffer.from('another') : tsa.certificate
  const attribute = (oid: string, value: Uint8Array) => sequence(objectIdentifier(oid), setOf([value]))
  const attributes = setOf([
    attribute(oids.contentType, objectIdentifier(oids.tstInfo)),
    attribute(oids.signingTime, utcTime(now)),
    attribute(oids.messageDigest, octetString(createHash('sha256').update(info).digest())),
    attribute(
      oids.signingCertificateV2,
      sequence(sequence(sequence(octetString(createHash('sha256').update(named).digest())))),
    ),
  ])
  const key = privateKeyOf(tsa)
  const implicit = Uint8Array.from(attributes)
  implicit[0] = 0xa0
  const value = sign('sha256', fault === 'bad-signature' ? Buffer.from('other') : attributes, key)
  return sequence(
    smallInteger(1),
    sequence(issuer, serialNumber),
    sequence(objectIdentifier(oids.sha256)),
    implicit,
    algorithmOf(key),
    octetString(value),
  )
}
