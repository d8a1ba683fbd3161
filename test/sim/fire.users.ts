// The people of the simulated Cl@ve Firma: those of the integration kit by their names there, and the same states under numbers
// that a kiosk's screen takes, since the kit's have no check letter. Each gets a certificate when it is first needed.

import type { TestIdentity, TestPki } from './pki.ts'

export type FireUserState = 'OK' | 'NOCERT' | 'BLOCKED' | 'WEAK_REGISTRY'

export interface FireUser {
  readonly subject: string
  readonly state: FireUserState
  /** What the person types at the service's page. */
  readonly password: string
  readonly code: string
}

const states: Readonly<Record<string, FireUserState>> = {
  '00001': 'OK',
  '00002': 'NOCERT',
  '00003': 'BLOCKED',
  '00004': 'WEAK_REGISTRY',
  '00005': 'OK',
  '50751129L': 'OK',
  '52020822C': 'OK',
  '52020823K': 'OK',
  '52020824E': 'OK',
  '00000001R': 'OK',
  '00000002W': 'NOCERT',
  '00000003A': 'BLOCKED',
  '00000004G': 'WEAK_REGISTRY',
}

/** The same for everybody. */
export const firePassword = 'clave-de-prueba'
export const fireCode = '123456'

export const fireUsers: readonly FireUser[] = Object.entries(states).map(([subject, state]) => ({
  subject,
  state,
  password: firePassword,
  code: fireCode,
}))

/** Certificates as the state issues them: the number of the identity document stands in `serialNumber` (EN 319 412-1, 5.1.3). */
export function fireCertificates(pki: TestPki): (subject: string) => Promise<TestIdentity> {
  const made = new Map<string, Promise<TestIdentity>>()
  return subject => {
    const identity = made.get(subject) ?? pki.signer({ name: nameOf(subject) })
    made.set(subject, identity)
    return identity
  }
}

function nameOf(subject: string): readonly (readonly [string, string])[] {
  return [
    ['2.5.4.6', 'ES'],
    ['2.5.4.5', `IDCES-${subject}`],
    ['2.5.4.42', 'MARIA'],
    ['2.5.4.4', 'PRAT SOLER'],
    ['2.5.4.3', `PRAT SOLER MARIA - ${subject} (sample)`],
  ]
}
