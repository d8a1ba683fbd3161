// The path from a signer's certificate to a trust anchor (RFC 5280, 6.1): names, signatures, validity, basic constraints,
// key usage. Revocation is not looked at here. The outcome is a value in the terms of ETSI EN 319 102-1, 5.2.6; `now` is
// an input, so the same question always has the same answer.

import { type Certificate, isIssuedBy } from './certificate.ts'

export type ChainOutcome =
  /** Signer first, anchor last. */
  | { readonly chain: 'trusted'; readonly certificates: readonly Certificate[] }
  | { readonly chain: 'incomplete'; readonly detail: string }
  | {
      readonly chain: 'out-of-bounds' | 'constraints'
      readonly certificates: readonly Certificate[]
      /** The one of them that is at fault. */
      readonly culprit: Certificate
      readonly detail: string
    }

export interface ChainRequest {
  readonly certificate: Certificate
  /** Where issuers may be found; they need not be trusted. */
  readonly candidates: readonly Certificate[]
  readonly anchors: readonly Certificate[]
  /** Milliseconds since 1970. */
  readonly now: number
}

const maxPathLength = 8
/** Signature checks in one search; crossed certificates could otherwise make it grow without end. */
const maxChecks = 200

/** The best path there is: a good one before one that fails a check, any before none. */
export function buildChain({ certificate, candidates, anchors, now }: ChainRequest): ChainOutcome {
  let fallback: ChainOutcome | undefined
  for (const path of pathsFrom(certificate, candidates, anchors)) {
    const outcome = checkPath(path, now)
    if (outcome.chain === 'trusted') return outcome
    fallback ??= outcome
  }
  return fallback ?? { chain: 'incomplete', detail: `no path from ${certificate.facts.issuer} to a trust anchor` }
}

function* pathsFrom(
  certificate: Certificate,
  candidates: readonly Certificate[],
  anchors: readonly Certificate[],
): Generator<readonly Certificate[]> {
  let checks = 0
  const isAnchor = (one: Certificate) => anchors.some(anchor => isSame(anchor, one))
  function* extend(path: readonly Certificate[], last: Certificate): Generator<readonly Certificate[]> {
    if (isAnchor(last)) {
      yield path
      return
    }
    if (path.length >= maxPathLength) return
    for (const issuer of [...anchors, ...candidates]) {
      if (path.some(one => isSame(one, issuer)) || !last.x509.checkIssued(issuer.x509)) continue
      if (++checks > maxChecks) return
      if (isIssuedBy(last, issuer)) yield* extend([...path, issuer], issuer)
    }
  }
  yield* extend([certificate], certificate)
}

function isSame(a: Certificate, b: Certificate): boolean {
  return a.facts.sha256 === b.facts.sha256
}

function checkPath(certificates: readonly Certificate[], now: number): ChainOutcome {
  for (const [index, culprit] of certificates.entries()) {
    const detail =
      index === 0 ? unknownExtension(culprit.facts) : issuerFault(culprit.facts, below(certificates, index))
    if (detail !== undefined) return { chain: 'constraints', certificates, culprit, detail }
  }
  const culprit = certificates.find(({ facts }) => now < facts.notBefore || now > facts.notAfter)
  if (culprit === undefined) return { chain: 'trusted', certificates }
  const { notBefore, notAfter } = culprit.facts
  const detail = `valid from ${new Date(notBefore).toISOString()} to ${new Date(notAfter).toISOString()}`
  return { chain: 'out-of-bounds', certificates, culprit, detail }
}

type Facts = Certificate['facts']

/** Authorities between the issuer at `index` and the signer; those that issue to themselves do not count (RFC 5280, 4.2.1.9). */
function below(certificates: readonly Certificate[], index: number): number {
  return certificates.slice(1, index).filter(({ facts }) => facts.subject !== facts.issuer).length
}

function issuerFault(facts: Facts, authoritiesBelow: number): string | undefined {
  if (!facts.authority) return 'issued a certificate without being an authority'
  if (facts.keyUsage.length > 0 && !facts.keyUsage.includes('keyCertSign')) return 'key usage lacks keyCertSign'
  if (facts.pathLength !== undefined && authoritiesBelow > facts.pathLength)
    return 'more authorities below it than it allows'
  return unknownExtension(facts)
}

function unknownExtension({ unknownCritical }: Facts): string | undefined {
  return unknownCritical.length === 0 ? undefined : `critical extension ${unknownCritical[0]} is not known`
}
