// Which of a card's certificates signs. A certificate is fit when its key usage is for signatures, it belongs to a person
// or seal (no authority, no machine-only purpose), its key is strong enough and it is valid now. Among the fit ones,
// nonRepudiation goes first (EN 319 412-2, 4.3.2: what a person means to commit to), then qualified, then the one that
// lasts longest.

import { suggestedAlgorithm } from '../cms/algorithm.ts'
import { type ErrorCode, Fault } from '../errors.ts'
import type { SignatureAlgorithm, SigningCertificate } from '../ports.ts'
import { type CertificateFacts, checkSigningCertificate } from './certificate.ts'

export type SigningRefusalCode = Extract<
  ErrorCode,
  'CERTIFICATE_ABSENT' | 'CERTIFICATE_EXPIRED' | 'CERTIFICATE_NOT_YET_VALID' | 'CERTIFICATE_UNREADABLE' | 'KEY_REFUSED'
>

export type SigningChoice =
  | {
      readonly choice: 'chosen'
      readonly candidate: SigningCertificate
      readonly facts: CertificateFacts
      /** What the key is used with unless somebody asks otherwise. */
      readonly algorithm: SignatureAlgorithm
    }
  | { readonly choice: 'refused'; readonly code: SigningRefusalCode; readonly detail: string }

export interface SigningChoiceRequest {
  readonly candidates: readonly SigningCertificate[]
  /** Only this key, where somebody chose one. */
  readonly keyId?: string
  /** Milliseconds since 1970. */
  readonly now: number
}

type Chosen = Extract<SigningChoice, { choice: 'chosen' }>
type Refused = Extract<SigningChoice, { choice: 'refused' }>

/** How near a refused certificate came to being fit: the nearest one's reason is the one worth telling. */
const nearness: readonly SigningRefusalCode[] = [
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_NOT_YET_VALID',
  'KEY_REFUSED',
  'CERTIFICATE_ABSENT',
  'CERTIFICATE_UNREADABLE',
]

/** The certificate to sign with, or why there is none; depends on nothing but its arguments. */
export function selectSigningCertificate({ candidates, keyId, now }: SigningChoiceRequest): SigningChoice {
  const asked = candidates.filter(candidate => keyId === undefined || candidate.keyId === keyId)
  const judged = asked.map(candidate => judge(candidate, now))
  const [best] = judged.filter(isChosen).sort(byPreference)
  if (best !== undefined) return best
  const [nearest] = judged.filter(isRefused).sort((a, b) => nearness.indexOf(a.code) - nearness.indexOf(b.code))
  return nearest ?? refused('CERTIFICATE_ABSENT', 'the token holds no certificate with a key for signing')
}

function judge(candidate: SigningCertificate, now: number): SigningChoice {
  try {
    const facts = checkSigningCertificate(candidate.certificate, now)
    const algorithm = suggestedAlgorithm(candidate.certificate, candidate.onlyPss)
    return { choice: 'chosen', candidate, facts, algorithm }
  } catch (thrown) {
    if (thrown instanceof Fault && isRefusalCode(thrown.code)) return refused(thrown.code, thrown.detail)
    throw thrown
  }
}

function isRefusalCode(code: ErrorCode): code is SigningRefusalCode {
  return nearness.some(known => known === code)
}

function refused(code: SigningRefusalCode, detail: string): Refused {
  return { choice: 'refused', code, detail }
}

function isChosen(choice: SigningChoice): choice is Chosen {
  return choice.choice === 'chosen'
}

function isRefused(choice: SigningChoice): choice is Refused {
  return choice.choice === 'refused'
}

function byPreference(a: Chosen, b: Chosen): number {
  return (
    rank(b.facts) - rank(a.facts) ||
    b.facts.notAfter - a.facts.notAfter ||
    a.candidate.keyId.localeCompare(b.candidate.keyId)
  )
}

function rank(facts: CertificateFacts): number {
  return (facts.keyUsage.includes('nonRepudiation') ? 2 : 0) + (facts.qualified ? 1 : 0)
}
