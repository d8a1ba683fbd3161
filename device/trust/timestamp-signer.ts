// Whether a certificate may sign time-stamps: its only purpose must be time-stamping, marked critical (RFC 3161, 2.3), and
// the token must lie within its validity.

import { extensionIds } from './certificate.ts'
import type { Finding } from './report.ts'
import type { TimestampToken } from './timestamp-token.ts'

const timeStamping = '1.3.6.1.5.5.7.3.8'

/** Empty where the token's certificate is there and fit; trust in it is another question. */
export function checkTimestampSigner({ signer, genTime }: Pick<TimestampToken, 'signer' | 'genTime'>): Finding[] {
  if (signer === undefined) {
    return [{ subIndication: 'NO_SIGNING_CERTIFICATE_FOUND', detail: 'time-stamp: no certificate of the authority' }]
  }
  const { facts, fields } = signer
  const [purpose, ...more] = facts.extendedKeyUsage
  const critical = fields.extensions.get(extensionIds.extendedKeyUsage)?.critical === true
  const findings: Finding[] = []
  if (purpose !== timeStamping || more.length > 0 || !critical) {
    const detail = 'time-stamp: time-stamping is not the only, critical purpose of its certificate'
    findings.push({ subIndication: 'CHAIN_CONSTRAINTS_FAILURE', detail })
  }
  if (genTime < facts.notBefore || genTime > facts.notAfter) {
    const detail = `time-stamp: made at ${new Date(genTime).toISOString()}, outside the validity of its certificate`
    findings.push({ subIndication: 'OUT_OF_BOUNDS_NO_POE', detail })
  }
  return findings
}
