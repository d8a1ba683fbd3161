// Whether a certificate was trusted when it was used: its path to an anchor at that time, the strength of the signatures
// along the path, and the state of every certificate in it (RFC 5280, 6.1; ETSI EN 319 102-1, 5.2.6 and 5.6.2.1).

import type { Certificate } from './certificate.ts'
import { buildChain } from './chain.ts'
import { anchorState, judgeState, needsNoAnswer, type StateContext, type StateVerdict } from './judge-state.ts'
import type { CertificateState, Finding } from './report.ts'
import type { RevocationAnswer } from './revocation-answer.ts'
import { schemeOf } from './signature-scheme.ts'
import { weakness } from './strength.ts'

export interface PathContext extends StateContext {
  readonly anchors: readonly Certificate[]
}

export interface PathQuestion {
  readonly certificate: Certificate
  /** When the use is proven; milliseconds since 1970. */
  readonly usedAt: number
  /** From when on answers about revocation count; default: `usedAt`. */
  readonly freshAt?: number
}

export interface PathVerdict {
  readonly findings: readonly Finding[]
  /** Signer first, anchor last; the certificate alone where no path was found. */
  readonly chain: readonly Certificate[]
  readonly states: readonly CertificateState[]
  /** The answers that the states rest on. */
  readonly answers: readonly RevocationAnswer[]
  /** Whether there is a path and every certificate in it that needs an answer has one. */
  readonly complete: boolean
}

const chainFailures = {
  incomplete: 'NO_CERTIFICATE_CHAIN_FOUND',
  constraints: 'CHAIN_CONSTRAINTS_FAILURE',
} as const

/** Judges the path of one certificate. */
export function judgePath({ certificate, usedAt, freshAt = usedAt }: PathQuestion, context: PathContext): PathVerdict {
  const { anchors, pool } = context
  const path = buildChain({ certificate, candidates: pool.certificates, anchors, now: usedAt })
  if (path.chain === 'incomplete') {
    const findings: Finding[] = [{ subIndication: chainFailures.incomplete, detail: path.detail }]
    return { findings, chain: [certificate], states: [], answers: [], complete: false }
  }
  const chain = path.certificates
  const verdicts = chain.slice(0, -1).map((one, index): StateVerdict => {
    const issuer = chain[index + 1] ?? one
    const role = index === 0 ? 'end-entity' : 'authority'
    return judgeState({ certificate: one, issuer, usedAt, freshAt, role }, context)
  })
  const findings = [...verdicts.flatMap(one => one.findings), ...weakLinks(chain, usedAt)]
  if (path.chain !== 'trusted') {
    const detail = `${path.culprit.facts.subject}: ${path.detail}`
    if (path.chain === 'constraints') findings.unshift({ subIndication: chainFailures.constraints, detail })
    else findings.unshift(outOfBounds(detail, verdicts[0], certificate))
  }
  const anchor = chain.at(-1)
  return {
    findings,
    chain,
    states: [...verdicts.flatMap(one => one.states), ...(anchor === undefined ? [] : [anchorState(anchor)])],
    answers: verdicts.flatMap(one => one.answers),
    complete: verdicts.every(one => one.complete),
  }
}

/** EN 319 102-1, 5.2.6.4: an answer that it was not revoked makes the difference of the two sub-indications. */
function outOfBounds(detail: string, state: StateVerdict | undefined, certificate: Certificate): Finding {
  const known = state?.complete === true && state.findings.length === 0 && !needsNoAnswer(certificate)
  return { subIndication: known ? 'OUT_OF_BOUNDS_NOT_REVOKED' : 'OUT_OF_BOUNDS_NO_POE', detail }
}

/** Certificates signed with what proved nothing any more when they were used; an anchor's own signature does not matter. */
function weakLinks(chain: readonly Certificate[], usedAt: number): Finding[] {
  return chain.slice(0, -1).flatMap(({ fields, facts }, index): Finding[] => {
    const scheme = schemeOf(fields.signatureAlgorithm, fields.signatureParameters)
    const weak = weakness(scheme?.hash, chain[index + 1]?.x509.publicKey, usedAt)
    if (weak === undefined) return []
    const detail = `the certificate of ${facts.subject} is signed with ${weak}`
    return [{ subIndication: 'CRYPTO_CONSTRAINTS_FAILURE_NO_POE', detail }]
  })
}
