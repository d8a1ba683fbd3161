// Gathers everything that judging certificates later takes: full paths, and an OCSP response or, where there is none, a CRL
// for every certificate in them and for whoever answered (ETSI EN 319 142-1, 6.3; EN 319 122-1, 6.3; EN 319 132-1, 6.3).
// Requests go out side by side; what is known or kept is not asked for again.

import type { Certificate } from './certificate.ts'
import { type Evidence, mergeEvidence } from './evidence.ts'
import { gatherChain } from './gather-chain.ts'
import { gatherState, type StateToGather } from './gather-state.ts'
import { createFetcher, type Fetcher, type GatherPurpose, type GatherTools, nameOf } from './gather-tools.ts'
import { needsNoAnswer } from './judge-state.ts'
import { poolOf } from './pool.ts'
import type { RevocationAnswer } from './revocation-answer.ts'

export interface EvidenceWanted {
  /** Signers, time-stamping authorities: whose paths and states are wanted. */
  readonly certificates: readonly Certificate[]
  /** What is there already, such as inside the signature. */
  readonly known: Evidence
  /** When they were used; milliseconds since 1970. Answers of later are preferred for them. */
  readonly at: number
  /**
   * `embed`, unless said: all of it or an error. `judge`: as much as can be had, a revocation among it, of certificates
   * that have ended too; what is missing is for the verdict to say.
   */
  readonly purpose?: GatherPurpose
}

export interface GatheredEvidence extends Evidence {
  /**
   * Certificates, by subject or serial number, whose only answer is older than `at`: nobody can tell yet whether they were
   * revoked in between. Extending once more later mends it (EN 319 102-1, 5.2.5).
   */
  readonly answeredEarlier: readonly string[]
}

/**
 * All of it, what was known and is needed among it; anchors are left out. Throws CHAIN_INCOMPLETE, CERTIFICATE_EXPIRED,
 * CERTIFICATE_NOT_YET_VALID, REVOCATION_UNAVAILABLE, CERTIFICATE_REVOKED, each naming the certificate and, where one was
 * asked, the address.
 */
export async function gatherEvidence(wanted: EvidenceWanted, tools: GatherTools): Promise<GatheredEvidence> {
  const { certificates, known, purpose = 'embed' } = wanted
  // Answers tell whole seconds; one of the same second is not earlier.
  const at = Math.floor(wanted.at / 1000) * 1000
  const fetcher = createFetcher(tools)
  const pool = poolOf(known)
  const candidates = [...pool.certificates, ...certificates]
  const states = new Map<string, Promise<readonly Answered[]>>()
  const gathered = await Promise.all(
    certificates.map(async certificate => {
      const chain = await gatherChain({ certificate, candidates, at, purpose }, tools, fetcher)
      const answers = await Promise.all(
        chain.slice(0, -1).map((one, index) => {
          const question = {
            certificate: one,
            issuer: chain[index + 1] ?? one,
            at,
            wantsLater: index === 0,
            known: pool,
            asked: [],
            purpose,
          }
          const asked = states.get(one.facts.sha256) ?? answersFor(question, tools, fetcher)
          states.set(one.facts.sha256, asked)
          return asked
        }),
      )
      return { chain: chain.slice(0, -1), answers: answers.flat() }
    }),
  )
  const answers = gathered.flatMap(one => one.answers)
  const earlier = answers.filter(one => one.wantsLater && one.answer.thisUpdate < at)
  return {
    ...mergeEvidence(
      { certificates: gathered.flatMap(one => one.chain.map(({ der }) => der)), ocsps: [], crls: [] },
      ...answers.map(evidenceOf),
    ),
    answeredEarlier: [...new Set(earlier.map(one => nameOf(one.certificate)))],
  }
}

interface Answered {
  readonly certificate: Certificate
  readonly answer: RevocationAnswer
  readonly wantsLater: boolean
}

/** The answer about a certificate, and about whoever gave it. */
async function answersFor(question: StateToGather, tools: GatherTools, fetcher: Fetcher): Promise<readonly Answered[]> {
  const { certificate, issuer, wantsLater } = question
  if (needsNoAnswer(certificate)) return []
  const answer = await gatherState(question, tools, fetcher)
  if (answer === undefined) return []
  const own = { certificate, answer, wantsLater }
  const { signer } = answer
  if (signer.facts.sha256 === issuer.facts.sha256) return [own]
  const aboutResponder = {
    ...question,
    certificate: signer,
    at: answer.thisUpdate,
    wantsLater: false,
    asked: [...question.asked, signer],
  }
  return [own, ...(await answersFor(aboutResponder, tools, fetcher))]
}

/** The answer, and its responder's certificate, which the response may have left out. */
function evidenceOf({ answer }: Answered): Evidence {
  const { source, der, signer } = answer
  const certificates = source === 'OCSP' && !signer.facts.authority ? [signer.der] : []
  return { certificates, ocsps: source === 'OCSP' ? [der] : [], crls: source === 'CRL' ? [der] : [] }
}
