// What has to be there before an organism and its application are admitted to Cl@ve Firma, as its page for service providers
// lists it: what the program can see is done or missing, and the rest is for a person to attest, in a file of their own.

import type { TestResult } from './onboarding.ts'

export type PrerequisiteState = 'done' | 'missing' | 'attested' | 'to-attest'

export interface Prerequisite {
  readonly id: string
  readonly title: string
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

const forPeople = [
  ['agreement', 'The agreement between the autonomous community and the ministry includes Cl@ve'],
  ['adhesion', 'The body has formally joined that agreement (second clause)'],
  ['sms-billing', 'The billing of SMS is settled with the operator (annex of the access form)'],
  ['forms', 'Both forms are filled in: access of the organism, and registration of the application'],
  ['request', 'The request is sent to the support centre of Cl@ve: “Cl@ve - Integració d’Aplicacions”'],
] as const

export const attestable: readonly string[] = forPeople.map(([id]) => id)

export function prerequisites(
  found: Found,
  attestations: Readonly<Record<string, Attestation>>,
): readonly Prerequisite[] {
  return [...forPeople.map(([id, title]) => attested(id, title, attestations[id])), ...seen(found)]
}

function attested(id: string, title: string, attestation: Attestation | undefined): Prerequisite {
  if (attestation === undefined) return { id, title, state: 'to-attest', detail: 'a person has to attest it' }
  const { by, on, note } = attestation
  return { id, title, state: 'attested', detail: `${by}, ${on}${note === undefined ? '' : `: ${note}`}` }
}

function seen({ results, applicationId, siaCodes, withoutSia, certificateFault }: Found): readonly Prerequisite[] {
  const failed = results.filter(({ passed }) => !passed)
  const done = (id: string, title: string, isDone: boolean, detail: string): Prerequisite => {
    return { id, title, state: isDone ? 'done' : 'missing', detail }
  }
  const coded = siaCodes.length > 0 && withoutSia.length === 0
  return [
    done(
      'tests',
      'The integration tests with the simulator have passed',
      failed.length === 0,
      `${results.length - failed.length} of ${results.length} passed`,
    ),
    done('application', 'At least one application is registered with the organism', true, applicationId),
    done(
      'sia',
      'The application or its procedures have a SIA code',
      coded,
      withoutSia.length > 0 ? `without code: ${withoutSia.join(', ')}` : siaCodes.join(', ') || 'none',
    ),
    done(
      'certificate',
      'The public part of the certificate that identifies the requests',
      certificateFault === undefined,
      certificateFault ?? 'certificate.pem',
    ),
  ]
}
