// Whose certificates signatures rest on, and the gathering of everything that validates them: their signers, and the
// authorities of their time-stamps (level LT of EN 319 122-1, 319 132-1 and 319 142-1, each 6.3).

import { Fault } from '../errors.ts'
import type { Certificate } from '../trust/certificate.ts'
import { type Evidence, mergeEvidence, noEvidence } from '../trust/evidence.ts'
import type { SignatureFound } from '../trust/found.ts'
import { type GatheredEvidence, gatherEvidence } from '../trust/gather.ts'
import type { GatherPurpose, GatherTools } from '../trust/gather-tools.ts'
import { readTimestampToken, type TimestampToken } from '../trust/timestamp-token.ts'

export interface ValidationDataWanted {
  readonly signatures: readonly SignatureFound[]
  /** DER of every time-stamp token about them, oldest first. */
  readonly tokens: readonly Uint8Array[]
  /** What is there already beside what the signatures and tokens hold. */
  readonly known?: Evidence
  readonly purpose?: GatherPurpose
}

type Stamp = TimestampToken & { readonly signer: Certificate }

/**
 * Chain and state of every certificate that they rest on, their own certificates among them. A signer's state is wanted
 * from after its first time-stamp, an authority's from after its last. Throws CHAIN_INCOMPLETE for a signature or token
 * without its certificate, SIGNATURE_BROKEN for a token that cannot be read, and what gathering throws.
 */
export async function validationData(wanted: ValidationDataWanted, tools: GatherTools): Promise<GatheredEvidence> {
  const { signatures, purpose = 'embed', known = noEvidence } = wanted
  const stamps = wanted.tokens.map(stampOf)
  const subjects = subjectsOf(signatures, stamps, tools.clock.now())
  const certificates = [...subjects.values()].flat()
  const embedded = [...signatures, ...stamps].map(({ evidence }) => evidence)
  const there = mergeEvidence(known, ...embedded)
  const own: Evidence = { certificates: certificates.map(({ der }) => der), ocsps: [], crls: [] }
  let gathered: GatheredEvidence = { ...own, answeredEarlier: [] }
  for (const [at, used] of subjects) {
    const asked = { certificates: used, known: mergeEvidence(there, gathered), at, purpose }
    const more = await gatherEvidence(asked, tools)
    const answeredEarlier = [...new Set([...gathered.answeredEarlier, ...more.answeredEarlier])]
    gathered = { ...mergeEvidence(gathered, more), answeredEarlier }
  }
  return gathered
}

function stampOf(der: Uint8Array): Stamp {
  const read = readTimestampToken(der)
  if (read.outcome === 'malformed') throw new Fault('SIGNATURE_BROKEN', `a time-stamp in the file: ${read.detail}`)
  const { signer } = read.token
  if (signer !== undefined) return { ...read.token, signer }
  throw new Fault('CHAIN_INCOMPLETE', 'a time-stamp does not hold its authority’s certificate')
}

/** Each certificate once, under the time that its state is wanted from. */
function subjectsOf(
  signatures: readonly SignatureFound[],
  stamps: readonly Stamp[],
  now: number,
): ReadonlyMap<number, readonly Certificate[]> {
  const subjects = new Map<number, Certificate[]>()
  const want = (at: number, certificate: Certificate) => {
    const others = subjects.get(at) ?? []
    const is = (one: Certificate) => one.facts.sha256 === certificate.facts.sha256
    if (![...subjects.values()].flat().some(is)) subjects.set(at, [...others, certificate])
  }
  for (const one of signatures) want(firstTime(one, stamps, now), signerOf(one))
  const last = new Map(stamps.map(stamp => [stamp.signer.facts.sha256, stamp]))
  for (const { genTime, signer } of last.values()) want(genTime, signer)
  return subjects
}

function signerOf({ signer }: SignatureFound): Certificate {
  if (signer !== undefined) return signer
  throw new Fault('CHAIN_INCOMPLETE', 'a signature without its signer’s certificate')
}

/** The earliest time at which the signature is known to have existed: of its own time-stamps, else of the newest. */
function firstTime({ timestamps }: SignatureFound, stamps: readonly Stamp[], now: number): number {
  const own = timestamps.filter(({ kind }) => kind !== 'content').map(({ token }) => stampOf(token).genTime)
  const newest = stamps.slice(-1).map(({ genTime }) => genTime)
  return Math.min(...(own.length > 0 ? own : newest.length > 0 ? newest : [now]))
}
