// What the signing desk does where a person signs with Cl@ve Firma in place of a card.

import { Fault } from '../errors.ts'
import type { RequestStage } from '../http/view.ts'
import type { ErrandEnd, ErrandProgress, SigningDesk } from './errand.ts'
import type { InHand } from './in-hand.ts'
import { createPersonDesk, type PersonDeskParts } from './person-desk.ts'

export interface SigningPersonParts extends Omit<PersonDeskParts, 'errand' | 'clave' | 'signal' | 'tell' | 'over'> {
  readonly clave: PersonDeskParts['clave'] | undefined
  /** What is in hand at one of these stages. Throws STAGE_CONFLICT. */
  readonly inHand: (...stages: readonly RequestStage[]) => InHand
  readonly inHandNow: () => InHand | null
  readonly progressOf: (one: InHand) => ErrandProgress
  readonly finish: (one: InHand, how: ErrandEnd) => void
  /** Waits anew for a touch. */
  readonly stay: () => void
}

export type SigningPerson = Pick<SigningDesk, 'acceptClave' | 'beginClave' | 'finishClave' | 'cancelClave' | 'returned'>

export function signingPerson(parts: SigningPersonParts): SigningPerson {
  const { clave, inHand, inHandNow, progressOf, finish, stay } = parts
  const changed = () => {
    // Whoever was at the service's page, however long, has time to read what came of it.
    stay()
    parts.changed()
  }
  const deskOf = (one: InHand) => {
    if (one.person === null) throw new Fault('STAGE_CONFLICT', 'nobody signs with Cl@ve')
    return one.person
  }
  return {
    acceptClave(): void {
      const one = inHand('asking')
      const { work } = one.errand
      if (work.kind !== 'sign' || work.person === undefined || clave === undefined) {
        throw new Fault('STAGE_CONFLICT', 'this is not to be signed with Cl@ve')
      }
      one.person = createPersonDesk({
        ...parts,
        changed,
        errand: work.person,
        clave,
        signal: one.ending.signal,
        tell: progressOf(one),
        over: how => finish(one, one.how ?? how),
      })
      one.stage = 'clave'
      changed()
      one.person.resume()
    },
    beginClave: (typed: string, language: string) => deskOf(inHand('clave')).begin(typed, language),
    finishClave: () => deskOf(inHand('clave')).finish(),
    cancelClave: () => deskOf(inHand('clave')).cancel(),
    returned: (token: string) => inHandNow()?.person?.returned(token),
  }
}
