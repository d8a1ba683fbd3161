// Whether one certificate was good when it was used: the revocation part of X.509 certificate validation and of past
// certificate validation (ETSI EN 319 102-1, 5.2.6, 5.6.2.1 and 5.6.2.2). An answer is believed while its signer was
// valid and not revoked at a moment when the answer is proven to have existed.

import { type Certificate, extensionIds } from './certificate.ts'
import type { Pool } from './pool.ts'
import type { Proofs } from './proofs.ts'
import type { CertificateState, Finding, SubIndication } from './report.ts'
import { type RevocationAnswer, reasonName } from './revocation-answer.ts'
import { weakness } from './strength.ts'

/** `required`: without usable data nothing passes. `if-present`: what is there counts, what is missing does not. */
export type RevocationRule = 'required' | 'if-present'

export interface StateContext {
  readonly pool: Pool
  readonly proofs: Proofs
  readonly revocation: RevocationRule
  /** Milliseconds since 1970. */
  readonly now: number
  /** Whether a value (DER) is carried by the signature itself. */
  isEmbedded(der: Uint8Array): boolean
}

export interface StateQuestion {
  readonly certificate: Certificate
  readonly issuer: Certificate
  /** When the use is proven: a certificate revoked later does no harm. */
  readonly usedAt: number
  /** The answer must be from then or later, or still be valid then. */
  readonly freshAt: number
  readonly role: 'end-entity' | 'authority'
}

/** States of the certificate and of whoever answered for it; `evidence` is what they rest on, as DER. */
export interface StateVerdict {
  readonly findings: readonly Finding[]
  readonly states: readonly CertificateState[]
  readonly answers: readonly RevocationAnswer[]
  /** Whether every certificate that needs an answer has a usable one. */
  readonly complete: boolean
}

/** How far clocks of honest parties lie apart. */
export const clockToleranceMs = 5 * 60_000
/** How long an answer without nextUpdate is taken for current. */
const openEndedMs = 86_400_000
/**
 * Judges one certificate below its issuer. `asked` are the responders whose own state is being asked for: nobody answers
 * for itself.
 */
export function judgeState(
  question: StateQuestion,
  context: StateContext,
  asked: readonly Certificate[] = [],
): StateVerdict {
  const { certificate, issuer, usedAt } = question
  if (needsNoAnswer(certificate)) return settled(stateOf(certificate, 'not-required'))
  const usable = context.pool
    .answers(certificate, issuer)
    .filter(answer => isConsistent(answer, certificate, context.now) && isByAnother(answer, asked))
  const revoked = firstRevocation(usable)
  if (revoked !== undefined) return judgeRevoked(revoked, question, context)
  const good = usable.filter(({ status }) => status === 'good')
  const current = good.filter(answer => coversUse(answer, question)).sort(byPreference(context))
  const doubts: Finding[] = []
  for (const answer of current) {
    const signer = judgeAnswerSigner(answer, question, context, asked)
    if (signer.findings.length > 0) {
      doubts.push(...signer.findings)
      continue
    }
    const state = described(stateOf(certificate, 'good'), answer, context)
    return {
      findings: [],
      states: [state, ...signer.states],
      answers: [answer, ...signer.answers],
      complete: signer.complete,
    }
  }
  return undecided(question, context, doubts[0] ?? whyNone(good, usable, usedAt, certificate))
}

const certificateHold = 6

/** The earliest revocation; a hold that a later answer no longer tells of was lifted. */
function firstRevocation(usable: readonly RevocationAnswer[]): RevocationAnswer | undefined {
  const lifted = ({ reason, thisUpdate }: RevocationAnswer) =>
    reason === certificateHold && usable.some(other => other.status === 'good' && other.thisUpdate > thisUpdate)
  const revocations = usable.filter(answer => answer.status === 'revoked' && !lifted(answer))
  return revocations.toSorted((a, b) => (a.revokedAt ?? 0) - (b.revokedAt ?? 0))[0]
}

function settled(state: CertificateState): StateVerdict {
  return { findings: [], states: [state], answers: [], complete: true }
}

function undecided(question: StateQuestion, { revocation }: StateContext, doubt: Finding): StateVerdict {
  return {
    findings: revocation === 'required' ? [doubt] : [],
    states: [stateOf(question.certificate, 'unknown')],
    answers: [],
    complete: false,
  }
}

function whyNone(
  good: readonly RevocationAnswer[],
  usable: readonly RevocationAnswer[],
  usedAt: number,
  { facts }: Certificate,
): Finding {
  const latest = good.toSorted((a, b) => b.thisUpdate - a.thisUpdate)[0]
  const unknown = usable.some(({ status }) => status === 'unknown')
  const why =
    latest !== undefined
      ? `the newest answer is of ${iso(latest.thisUpdate)}, the use of ${iso(usedAt)}`
      : unknown
        ? 'its responder does not know it'
        : 'there is no answer about it'
  return { subIndication: 'TRY_LATER', detail: `whether ${facts.subject} was revoked is not known: ${why}` }
}

function iso(time: number): string {
  return new Date(time).toISOString()
}

const { ocspNoCheck, noRevAvail, validityAssuredShortTerm } = extensionIds

/** RFC 6960, 4.2.2.2.1; RFC 9608, 2; EN 319 412-1, 5.2: the issuer says that nothing is to be asked. */
export function needsNoAnswer({ fields }: Certificate): boolean {
  return [ocspNoCheck, noRevAvail, validityAssuredShortTerm].some(oid => fields.extensions.has(oid))
}

/** Not from the future, not older than the certificate, and not from after its end unless the past is kept. */
function isConsistent(answer: RevocationAnswer, { facts }: Certificate, now: number): boolean {
  const { thisUpdate, status, keepsExpiredSince } = answer
  if (thisUpdate > now + clockToleranceMs || thisUpdate < facts.notBefore - clockToleranceMs) return false
  const keepsPast = keepsExpiredSince !== undefined && keepsExpiredSince <= facts.notAfter
  return status === 'revoked' || thisUpdate <= facts.notAfter || keepsPast
}

/** Whether somebody else than those whose state is in question gave the answer. */
export function isByAnother({ signer }: RevocationAnswer, asked: readonly Certificate[]): boolean {
  return asked.every(one => one.facts.sha256 !== signer.facts.sha256)
}

/** Made later than the use, or made earlier and still current then. */
function coversUse({ thisUpdate, nextUpdate }: RevocationAnswer, { freshAt }: StateQuestion): boolean {
  return (nextUpdate ?? thisUpdate + openEndedMs) >= freshAt
}

/** What is proven longest first, then what the signature itself carries, because its level rests on both; then the newest. */
function byPreference({ proofs, isEmbedded }: StateContext): (a: RevocationAnswer, b: RevocationAnswer) => number {
  return (a, b) =>
    proofs.since(a.der) - proofs.since(b.der) ||
    Number(isEmbedded(b.der)) - Number(isEmbedded(a.der)) ||
    b.thisUpdate - a.thisUpdate
}

function judgeRevoked(answer: RevocationAnswer, question: StateQuestion, context: StateContext): StateVerdict {
  const { certificate, usedAt, role } = question
  const { revokedAt = 0, reason } = answer
  const state = described(stateOf(certificate, 'revoked'), answer, context)
  const verdict = { states: [state], answers: [answer], complete: true }
  if (usedAt < revokedAt) return { ...verdict, findings: [] }
  const because = reason === undefined ? '' : ` (${reasonName(reason)})`
  const subIndication: SubIndication = role === 'authority' ? 'REVOKED_CA_NO_POE' : 'REVOKED_NO_POE'
  const detail = `${certificate.facts.subject} was revoked at ${iso(revokedAt)}${because}; its use is proven from ${iso(usedAt)} only`
  return { ...verdict, findings: [{ subIndication, detail }] }
}

/** The answer's signer at the moment for which the answer is proven: valid, strong, and not revoked itself. */
function judgeAnswerSigner(
  answer: RevocationAnswer,
  { issuer }: StateQuestion,
  context: StateContext,
  asked: readonly Certificate[],
): StateVerdict {
  const { signer, hash } = answer
  const provenAt = context.proofs.since(answer.der)
  const { facts } = signer
  const bound = (detail: string): StateVerdict => ({
    findings: [{ subIndication: 'REVOCATION_OUT_OF_BOUNDS_NO_POE', detail }],
    states: [],
    answers: [],
    complete: false,
  })
  if (provenAt > facts.notAfter || answer.thisUpdate < facts.notBefore - clockToleranceMs) {
    return bound(`the answer by ${facts.subject} is proven from ${iso(provenAt)} only, after its certificate`)
  }
  const weak = weakness(hash, signer.x509.publicKey, provenAt)
  if (weak !== undefined) {
    const detail = `the answer by ${facts.subject} is signed with ${weak}`
    return {
      findings: [{ subIndication: 'CRYPTO_CONSTRAINTS_FAILURE_NO_POE', detail }],
      states: [],
      answers: [],
      complete: false,
    }
  }
  // The issuer is judged as part of the path that is being judged; only a delegated responder is somebody else.
  if (facts.sha256 === issuer.facts.sha256) return { findings: [], states: [], answers: [], complete: true }
  const question = {
    certificate: signer,
    issuer,
    usedAt: provenAt,
    freshAt: answer.thisUpdate,
    role: 'end-entity',
  } as const
  return judgeState(question, context, [...asked, signer])
}

function stateOf({ facts }: Certificate, status: CertificateState['status']): CertificateState {
  const { subject, serialNumber, sha256 } = facts
  return { subject, serialNumber, sha256, status }
}

/** The state of a trust anchor. */
export function anchorState(certificate: Certificate): CertificateState {
  return stateOf(certificate, 'anchor')
}

function described(
  state: CertificateState,
  answer: RevocationAnswer,
  { proofs, isEmbedded }: StateContext,
): CertificateState {
  const { source, thisUpdate, nextUpdate, revokedAt, reason, der, signer } = answer
  const named = reasonName(reason)
  return {
    ...state,
    source,
    from: isEmbedded(der) ? 'signature' : 'outside',
    thisUpdate,
    ...(nextUpdate !== undefined && { nextUpdate }),
    ...(revokedAt !== undefined && { revokedAt }),
    ...(named !== undefined && { reason: named }),
    answeredBy: signer.facts.subject,
    knownSince: proofs.since(der),
  }
}
