// Certificate revocation lists by a test authority as a pure function, right or wrong in one named way (RFC 5280, 5).

import { certificateNames } from '../../device/cms/certificate-names.ts'
import { concat, contextual, sequence, smallInteger, tlv } from '../../device/cms/der.ts'
import type { RevokedFact } from './ocsp.ts'
import type { TestIdentity } from './pki.ts'
import { algorithmOf, extension, privateKeyOf, signedObject, utcTime } from './signed-object.ts'

export const crlFaults = [
  'expired',
  'future',
  'bad-signature',
  'other-partition',
  'only-authorities',
  'only-users',
  'indirect',
  'delta',
  'critical-extension',
  'critical-entry-extension',
  'extension-twice',
  'sha-1',
  'garbage',
  'trailing-data',
] as const
export type CrlFault = (typeof crlFaults)[number]

export interface CrlOptions {
  /** Milliseconds since 1970: thisUpdate. */
  readonly now: number
  readonly fault?: CrlFault
  /** By lower-case hex serial number, leading zeros of the INTEGER left out. */
  readonly revoked?: ReadonlyMap<string, RevokedFact>
  /** Default: seven days. */
  readonly validMs?: number
  /** IssuingDistributionPoint with this URL. */
  readonly partition?: string
}

const dayMs = 86_400_000
const issuingDistributionPoint = '2.5.29.28'

/** DER of a CertificateList version 2 by `issuer`. */
export function certificateList(issuer: TestIdentity, options: CrlOptions): Uint8Array {
  const { fault, now, revoked = new Map(), validMs = 7 * dayMs } = options
  if (fault === 'garbage') return Buffer.from('<html>Not found</html>')
  const thisUpdate = now + (fault === 'expired' ? -30 * dayMs : fault === 'future' ? dayMs : 0)
  const key = privateKeyOf(issuer)
  const hash = fault === 'sha-1' ? 'sha1' : 'sha256'
  const entries = [...revoked].map(([serial, fact]) => entry(serial, fact, fault === 'critical-entry-extension'))
  const tbs = sequence(
    smallInteger(1),
    algorithmOf(key, hash),
    certificateNames(issuer.certificate).subject,
    utcTime(thisUpdate),
    utcTime(thisUpdate + validMs),
    ...(entries.length === 0 ? [] : [tlv(0x30, concat(entries))]),
    contextual(0, sequence(extension('2.5.29.20', smallInteger(1)), ...special(options))),
  )
  const list = signedObject(tbs, key, { damaged: fault === 'bad-signature', hash })
  return fault === 'trailing-data' ? Buffer.concat([list, Buffer.of(0x05, 0)]) : list
}

function entry(serial: string, { since, reason }: RevokedFact, critical: boolean): Uint8Array {
  const octets = Buffer.from(serial, 'hex')
  const digits = (octets[0] ?? 0) < 0x80 ? octets : Buffer.concat([Buffer.of(0), octets])
  const extensions = [
    ...(reason === undefined ? [] : [extension('2.5.29.21', tlv(0x0a, Buffer.of(reason)))]),
    ...(critical ? [extension('1.3.6.1.4.1.99999.4', smallInteger(1), true)] : []),
  ]
  return sequence(tlv(0x02, digits), utcTime(since), ...(extensions.length === 0 ? [] : [sequence(...extensions)]))
}

function special({ fault, partition }: CrlOptions): Uint8Array[] {
  const yes = (tag: number) => sequence(tlv(tag, Buffer.of(0xff)))
  const idp = (value: Uint8Array) => extension(issuingDistributionPoint, value, true)
  if (fault === 'other-partition') return [idp(point('http://192.0.2.1/other.crl'))]
  if (fault === 'only-users') return [idp(yes(0x81))]
  if (fault === 'only-authorities') return [idp(yes(0x82))]
  if (fault === 'indirect') return [idp(yes(0x84))]
  if (fault === 'delta') return [extension('2.5.29.27', smallInteger(1), true)]
  if (fault === 'extension-twice') return [extension('2.5.29.20', smallInteger(2))]
  if (fault === 'critical-extension') return [extension('1.3.6.1.4.1.99999.5', smallInteger(1), true)]
  return partition === undefined ? [] : [idp(point(partition))]
}

/** IssuingDistributionPoint with one fullName. */
function point(url: string): Uint8Array {
  return sequence(contextual(0, contextual(0, tlv(0x86, Buffer.from(url)))))
}
