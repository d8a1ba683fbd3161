// An OCSP responder as a pure function: the DER of an OCSPRequest in, the DER of an OCSPResponse out, right or wrong in one
// named way (RFC 6960, 4.2).

import { createHash } from 'node:crypto'
import { type Asn1Node, readWhole } from '../../device/cms/asn1.ts'
import { certificateNames } from '../../device/cms/certificate-names.ts'
import { contextual, objectIdentifier, octetString, sequence, smallInteger, tlv } from '../../device/cms/der.ts'
import type { TestIdentity } from './pki.ts'
import { extension, generalizedTime, privateKeyOf, signedObject } from './signed-object.ts'

export const ocspFaults = [
  'other-certificate',
  'stale',
  'future',
  'unknown',
  'unsigned',
  'wrong-nonce',
  'no-certificate',
  'try-later',
  'unauthorized',
  'garbage',
  'empty',
  'trailing-data',
  'critical-extension',
] as const
export type OcspFault = (typeof ocspFaults)[number]

export interface RevokedFact {
  /** Milliseconds since 1970. */
  readonly since: number
  /** CRLReason (RFC 5280, 5.3.1); absent leaves it out. */
  readonly reason?: number
}

export interface OcspReplyOptions {
  /** Milliseconds since 1970: producedAt and thisUpdate. */
  readonly now: number
  readonly fault?: OcspFault
  /** By lower-case hex serial number, leading zeros of the INTEGER left out. */
  readonly revoked?: ReadonlyMap<string, RevokedFact>
  /** Default: seven days; undefined leaves nextUpdate out. */
  readonly validMs?: number | undefined
  /** ResponderID by the hash of its key instead of its name. */
  readonly byKey?: boolean
}

const dayMs = 86_400_000
const basicResponse = '1.3.6.1.5.5.7.48.1.1'
const nonceExtension = '1.3.6.1.5.5.7.48.1.2'

/** The answer of `responder`, which is the issuer itself or delegated by it, to a query about one certificate. */
export function ocspReply(query: Uint8Array, responder: TestIdentity, options: OcspReplyOptions): Uint8Array {
  const { fault } = options
  if (fault === 'garbage') return Buffer.from('<html>Service unavailable</html>')
  if (fault === 'empty') return new Uint8Array()
  if (fault === 'try-later') return sequence(tlv(0x0a, Buffer.of(3)))
  if (fault === 'unauthorized') return sequence(tlv(0x0a, Buffer.of(6)))
  const basic = basicOcspResponse(query, responder, options)
  const bytes = sequence(objectIdentifier(basicResponse), octetString(basic))
  const response = sequence(tlv(0x0a, Buffer.of(0)), contextual(0, bytes))
  return fault === 'trailing-data' ? Buffer.concat([response, Buffer.of(0x05, 0)]) : response
}

function basicOcspResponse(query: Uint8Array, responder: TestIdentity, options: OcspReplyOptions): Uint8Array {
  const { fault, byKey = false, now } = options
  const produced = now + shiftOf(fault)
  const tbs = sequence(
    byKey
      ? contextual(2, octetString(keyHash(responder.certificate)))
      : contextual(1, certificateNames(responder.certificate).subject),
    generalizedTime(produced),
    sequence(singleResponse(query, options, produced)),
    ...responseExtensions(query, options),
  )
  const certificates = contextual(0, sequence(responder.certificate))
  const tail = fault === 'no-certificate' ? [] : [certificates]
  return signedObject(tbs, privateKeyOf(responder), { damaged: fault === 'unsigned', tail })
}

function shiftOf(fault: OcspFault | undefined): number {
  return fault === 'stale' ? -30 * dayMs : fault === 'future' ? dayMs : 0
}

function singleResponse(query: Uint8Array, options: OcspReplyOptions, thisUpdate: number): Uint8Array {
  const { fault, revoked, validMs = 7 * dayMs } = options
  const certId = requestedCertId(query)
  const serial = certId.children[3]
  if (serial === undefined) throw new Error('not an OCSPRequest')
  const other = sequence(...certId.children.slice(0, 3).map(({ raw }) => raw), tlv(0x02, Buffer.of(0x7f, 1, 2, 3)))
  const fact = revoked?.get(
    Buffer.from(serial.content)
      .toString('hex')
      .replace(/^(00)+/, ''),
  )
  return sequence(
    fault === 'other-certificate' ? other : certId.raw,
    fault === 'unknown'
      ? tlv(0x82, new Uint8Array())
      : fact === undefined
        ? tlv(0x80, new Uint8Array())
        : revokedInfo(fact),
    generalizedTime(thisUpdate),
    ...('validMs' in options && options.validMs === undefined
      ? []
      : [contextual(0, generalizedTime(thisUpdate + validMs))]),
  )
}

function revokedInfo({ since, reason }: RevokedFact): Uint8Array {
  const because = reason === undefined ? [] : [contextual(0, tlv(0x0a, Buffer.of(reason)))]
  return contextual(1, generalizedTime(since), ...because)
}

function responseExtensions(query: Uint8Array, { fault }: OcspReplyOptions): Uint8Array[] {
  const asked = requestExtensions(query).find(({ children }) => children[0]?.oid === nonceExtension)
  const nonce = fault === 'wrong-nonce' ? extension(nonceExtension, octetString(Buffer.alloc(16, 1))) : asked?.raw
  const critical = fault === 'critical-extension' ? [extension('1.3.6.1.4.1.99999.3', smallInteger(1), true)] : []
  const all = [...(nonce === undefined ? [] : [nonce]), ...critical]
  return all.length === 0 ? [] : [contextual(1, sequence(...all))]
}

function requestedCertId(query: Uint8Array): Asn1Node {
  const list = readWhole(query)?.children[0]?.children.find(({ tag }) => tag === 0x30)
  const certId = list?.children[0]?.children[0]
  if (certId === undefined) throw new Error('not an OCSPRequest')
  return certId
}

function requestExtensions(query: Uint8Array): readonly Asn1Node[] {
  return readWhole(query)?.children[0]?.children.find(({ tag }) => tag === 0xa2)?.children[0]?.children ?? []
}

/** SHA-1 of the contents of subjectPublicKey (RFC 6960, 4.2.1). */
function keyHash(certificate: Uint8Array): Uint8Array {
  const fields = readWhole(certificate)?.children[0]?.children ?? []
  const key = fields[6]?.children[1]?.content.subarray(1) ?? new Uint8Array()
  return createHash('sha1').update(key).digest()
}
