// Validation data as they are carried in a signature or kept beside it: certificates, OCSP responses and CRLs, each as its
// own DER, unjudged. What is in the pool may be wrong, stale or about somebody else; device/trust finds that out.

import { createHash } from 'node:crypto'

export interface Evidence {
  /** DER of each certificate. */
  readonly certificates: readonly Uint8Array[]
  /** DER of each OCSPResponse (RFC 6960, 4.2.1), not of the BasicOCSPResponse inside. */
  readonly ocsps: readonly Uint8Array[]
  /** DER of each CertificateList. */
  readonly crls: readonly Uint8Array[]
}

export const noEvidence: Evidence = Object.freeze({ certificates: [], ocsps: [], crls: [] })

/** Everything of all of them, each value once, in the order first met. */
export function mergeEvidence(...all: readonly Evidence[]): Evidence {
  return {
    certificates: distinct(all.flatMap(one => one.certificates)),
    ocsps: distinct(all.flatMap(one => one.ocsps)),
    crls: distinct(all.flatMap(one => one.crls)),
  }
}

/** What `all` has and `known` has not. */
export function evidenceBeyond(known: Evidence, all: Evidence): Evidence {
  return {
    certificates: without(all.certificates, known.certificates),
    ocsps: without(all.ocsps, known.ocsps),
    crls: without(all.crls, known.crls),
  }
}

/** What tells one value from another: the digest of its DER, lower-case hex. */
export function evidenceKey(der: Uint8Array): string {
  return createHash('sha256').update(der).digest('hex')
}

function distinct(values: readonly Uint8Array[]): Uint8Array[] {
  return [...new Map(values.map(value => [evidenceKey(value), value])).values()]
}

function without(values: readonly Uint8Array[], known: readonly Uint8Array[]): Uint8Array[] {
  const there = new Set(known.map(evidenceKey))
  return distinct(values).filter(value => !there.has(evidenceKey(value)))
}
