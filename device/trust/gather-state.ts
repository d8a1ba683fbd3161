// Fetches the state of one certificate: what is known first, then its OCSP responders, then its revocation lists. An
// answer counts when it is about this certificate, signed by who may say so, and neither stale nor from the future.

import { Fault } from '../errors.ts'
import type { Certificate } from './certificate.ts'
import { pointersOf } from './certificate-pointers.ts'
import { crlAnswer, isSignedBy, readCrl } from './crl.ts'
import { type Fetcher, type GatherPurpose, type GatherTools, nameOf } from './gather-tools.ts'
import { clockToleranceMs, isByAnother } from './judge-state.ts'
import { answerFrom, readOcspResponse } from './ocsp.ts'
import { ocspRequest } from './ocsp-request.ts'
import type { Pool } from './pool.ts'
import { type RevocationAnswer, reasonName } from './revocation-answer.ts'

export interface StateToGather {
  readonly certificate: Certificate
  readonly issuer: Certificate
  /** When the certificate was used; milliseconds since 1970. */
  readonly at: number
  /** Whether an answer from before `at` is only the second choice; for authorities it does while it is current. */
  readonly wantsLater: boolean
  readonly known: Pool
  /** Responders whose own state is being asked for: nobody answers for itself. */
  readonly asked: readonly Certificate[]
  readonly purpose: GatherPurpose
}

/** How long an answer without nextUpdate is taken for current, and how long it is kept. */
const openEndedMs = 86_400_000
const openEndedKeptMs = 60_000

/**
 * The best answer that can be had. Throws REVOCATION_UNAVAILABLE, CERTIFICATE_REVOKED (revoked before `at`); to judge, none
 * is undefined and a revocation an answer.
 */
export async function gatherState(
  question: StateToGather,
  tools: GatherTools,
  fetcher: Fetcher,
): Promise<RevocationAnswer | undefined> {
  const { certificate, issuer, at, wantsLater, known, purpose } = question
  const answers = known.answers(certificate, issuer).filter(answer => isUsable(answer, question, tools.clock.now()))
  const enough = best(answers, question)
  if (enough !== undefined && (!wantsLater || enough.thisUpdate >= at)) return accepted(enough, question)
  const failures: string[] = []
  const fetched =
    (await askResponders(question, tools, fetcher, failures)) ?? (await askLists(question, tools, fetcher, failures))
  const chosen = best([...answers, ...(fetched === undefined ? [] : [fetched])], question)
  if (chosen !== undefined) return accepted(chosen, question)
  if (purpose === 'judge') return undefined
  const why = failures.length === 0 ? 'it names neither an OCSP responder nor a revocation list' : failures.join('; ')
  throw new Fault('REVOCATION_UNAVAILABLE', `${nameOf(certificate)}: ${why}`)
}

/** Revoked before anything else, then the newest. */
function best(answers: readonly RevocationAnswer[], { at }: StateToGather): RevocationAnswer | undefined {
  const weight = ({ status, revokedAt = 0 }: RevocationAnswer) => (status === 'revoked' && revokedAt <= at ? 1 : 0)
  return answers.toSorted((a, b) => weight(b) - weight(a) || b.thisUpdate - a.thisUpdate)[0]
}

function accepted(answer: RevocationAnswer, { certificate, at, purpose }: StateToGather): RevocationAnswer {
  const { status, revokedAt = 0, reason } = answer
  if (status !== 'revoked' || revokedAt > at || purpose === 'judge') return answer
  const because = reason === undefined ? '' : `, ${reasonName(reason)}`
  const detail = `${nameOf(certificate)} was revoked at ${new Date(revokedAt).toISOString()}${because}`
  throw new Fault('CERTIFICATE_REVOKED', detail)
}

function isUsable(answer: RevocationAnswer, question: StateToGather, now: number): boolean {
  return uselessness(answer, question, now) === undefined
}

/** Why an answer does not tell the state at the time of use; undefined where it does. */
function uselessness(answer: RevocationAnswer, question: StateToGather, now: number): string | undefined {
  const { certificate, at, asked } = question
  const { status, thisUpdate, nextUpdate, keepsExpiredSince } = answer
  const { notBefore, notAfter } = certificate.facts
  const made = `it is of ${new Date(thisUpdate).toISOString()}`
  if (!isByAnother(answer, asked)) return 'the responder answers for itself'
  if (status === 'unknown') return 'the responder does not know the certificate'
  if (thisUpdate > now + clockToleranceMs) return `${made}, which is yet to come`
  if (status === 'revoked') return undefined
  if (thisUpdate < notBefore - clockToleranceMs) return `${made}, before the certificate was issued`
  if (thisUpdate > notAfter && (keepsExpiredSince ?? Infinity) > notAfter) {
    return `${made}, after the certificate ended, and says nothing of ended ones`
  }
  return thisUpdate >= at || (nextUpdate !== undefined && nextUpdate >= at) ? undefined : `${made}, before the use`
}

/** Why a fetched answer does not count; undefined where it does. */
function staleness(answer: RevocationAnswer, question: StateToGather, now: number): string | undefined {
  const { thisUpdate, nextUpdate } = answer
  const end = nextUpdate ?? thisUpdate + openEndedMs
  if (end < now - clockToleranceMs) return `it is stale since ${new Date(end).toISOString()}`
  return uselessness(answer, question, now)
}

async function askResponders(
  question: StateToGather,
  { cache, clock }: GatherTools,
  fetcher: Fetcher,
  failures: string[],
): Promise<RevocationAnswer | undefined> {
  const { certificate, issuer, at, wantsLater, known } = question
  const query = ocspRequest({ certificate, issuer })
  for (const url of pointersOf(certificate).ocsp) {
    const key = `ocsp ${url} ${certificate.facts.sha256}`
    const kept = cache?.get(key, clock.now())
    const usedAgain = kept === undefined ? undefined : responseAnswer(kept, question, clock.now())
    if (usedAgain !== undefined && typeof usedAgain !== 'string' && (!wantsLater || usedAgain.thisUpdate >= at))
      return usedAgain
    const fetched = await fetcher.ocsp(url, query)
    const answer = fetched.fetch === 'done' ? responseAnswer(fetched.octets, question, clock.now()) : undefined
    if (fetched.fetch === 'done' && answer !== undefined && typeof answer !== 'string') {
      cache?.put(key, fetched.octets, answer.nextUpdate ?? clock.now() + openEndedKeptMs)
      return answer
    }
    failures.push(fetched.fetch === 'failed' ? fetched.detail : `${url}: ${answer}`)
  }
  return undefined

  function responseAnswer(der: Uint8Array, of: StateToGather, now: number): RevocationAnswer | string {
    const reading = readOcspResponse(der)
    if (reading.outcome === 'refused') return `the responder answered ${reading.status}`
    if (reading.outcome === 'malformed') return reading.detail
    const verified = answerFrom(reading.response, { certificate, issuer, candidates: known.certificates })
    if (verified.outcome === 'unusable') return verified.detail
    return staleness(verified.answer, of, now) ?? verified.answer
  }
}

async function askLists(
  question: StateToGather,
  { cache, clock }: GatherTools,
  fetcher: Fetcher,
  failures: string[],
): Promise<RevocationAnswer | undefined> {
  const { certificate, issuer } = question
  for (const url of pointersOf(certificate).crl) {
    const kept = cache?.get(`crl ${url}`, clock.now())
    const fetched = kept === undefined ? await fetcher.get(url, 'crl') : { fetch: 'done' as const, octets: kept }
    const answer = fetched.fetch === 'done' ? listAnswer(fetched.octets) : undefined
    if (fetched.fetch === 'done' && answer !== undefined && typeof answer !== 'string') {
      if (kept === undefined)
        cache?.put(`crl ${url}`, fetched.octets, answer.nextUpdate ?? clock.now() + openEndedKeptMs)
      return answer
    }
    failures.push(fetched.fetch === 'failed' ? fetched.detail : `${url}: ${answer}`)
  }
  return undefined

  function listAnswer(der: Uint8Array): RevocationAnswer | string {
    const reading = readCrl(der)
    if (reading.outcome === 'malformed') return reading.detail
    if (!isSignedBy(reading.crl, issuer)) return 'the list is not signed by the issuer'
    const verified = crlAnswer(reading.crl, certificate, issuer)
    if (verified.outcome === 'unusable') return verified.detail
    return staleness(verified.answer, question, clock.now()) ?? verified.answer
  }
}
