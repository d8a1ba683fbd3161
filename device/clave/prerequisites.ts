// What has to be there before an organism and its application are admitted to Cl@ve Firma, as its page for service providers
// lists it: what the program can see is done or missing, and the rest is for a person to attest, in a file of their own.

import type { TestResult } from './onboarding.ts'
import type { PrerequisiteId } from './texts.ts'

export type PrerequisiteState = 'done' | 'missing' | 'attested' | 'to-attest'

export interface Prerequisite {
  readonly id: PrerequisiteId
  readonly state: PrerequisiteState
  readonly detail: string
}

/** Who vouches for it, and since when (ISO 8601 date). */
export interface Attestation {
  readonly by: string
  readonly on: string
  readonly note?: string
}

export interface Found {
  readonly results: readonly TestResult[]
  readonly applicationId: string
  readonly siaCodes: readonly string[]
  /** Procedures that Cl@ve signs and that name no code. */
  readonly withoutSia: readonly string[]
  /** Why the public part of the certificate cannot be given; undefined where it can. */
  readonly certificateFault: string | undefined
}

/** What only a person can vouch for. */
export const attestable = ['agreement', 'adhesion', 'sms-billing', 'forms', 'request'] as const

export function prerequisites(
  found: Found,
  attestations: Readonly<Record<string, Attestation>>,
): readonly Prerequisite[] {
  return [...attestable.map(id => attested(id, attestations[id])), ...seen(found)]
}

function attested(id: PrerequisiteId, attestation: Attestation | undefined): Prerequisite {
  if (attestation === undefined) return { id, state: 'to-attest', detail: '' }
  const { by, on, note } = attestation
  return { id, state: 'attested', detail: `${by}, ${on}${note === undefined ? '' : `: ${note}`}` }
}

function seen({ results, applicationId, siaCodes, withoutSia, certificateFault }: Found): readonly Prerequisite[] {
  const passed = results.filter(one => one.passed).length
  const done = (id: PrerequisiteId, isDone: boolean, detail: string): Prerequisite => {
    return { id, state: isDone ? 'done' : 'missing', detail }
  }
  const codes = withoutSia.length > 0 ? `–: ${withoutSia.join(', ')}` : siaCodes.join(', ')
  return [
    done('tests', passed === results.length, `${passed}/${results.length}`),
    done('application', true, applicationId),
    done('sia', siaCodes.length > 0 && withoutSia.length === 0, codes),
    done('certificate', certificateFault === undefined, certificateFault ?? 'certificate.pem'),
  ]
}
