// Whether the card service is asked at all, and whether anything is bought: one gate for a service that does not answer or
// does not accept the kiosk, one for a credit that is used up. A gate opens by itself, for one order at a time until
// something goes through.

import type { ErrorCode } from '../errors.ts'
import type { CardLater, Clock, Random } from '../ports.ts'
import { pauseOf } from './exchange.ts'

export interface CardPause {
  readonly code: ErrorCode
  readonly detail: string
  /** ISO 8601: the first failure in a row, and when it is tried again. */
  readonly since: string
  readonly until: string
}

interface Closed {
  readonly later: CardLater
  readonly since: number
  readonly until: number
  readonly failures: number
}

export interface CardGates {
  mayAsk(): boolean
  mayBuy(): boolean
  close(later: CardLater): void
  /** Something went through; `bought`: the credit is there again too. */
  through(bought: boolean): void
  /** An operator wants it tried now. */
  open(): void
  /** When the service may be asked, or something be bought: milliseconds since 1970, in the past where it may. */
  opensAt(buying: boolean): number
  told(): { readonly paused: CardPause | null; readonly creditLow: CardPause | null }
}

export function createGates({ clock, random }: { readonly clock: Clock; readonly random: Random }): CardGates {
  let service: Closed | undefined
  let purse: Closed | undefined
  const isOpen = (gate: Closed | undefined) => gate === undefined || gate.until <= clock.now()
  const closed = (before: Closed | undefined, later: CardLater): Closed => {
    const failures = (before?.failures ?? 0) + 1
    const since = before?.since ?? clock.now()
    return { later, failures, since, until: pauseOf(later, failures, { clock, random }) }
  }
  const told = (gate: Closed | undefined): CardPause | null => {
    if (gate === undefined || isOpen(gate)) return null
    const { code, detail } = gate.later
    return { code, detail, since: new Date(gate.since).toISOString(), until: new Date(gate.until).toISOString() }
  }
  return Object.freeze({
    mayAsk: () => isOpen(service),
    mayBuy: () => isOpen(service) && isOpen(purse),
    close(later: CardLater) {
      if (later.code === 'CARD_CREDIT_LOW') purse = closed(purse, later)
      else service = closed(service, later)
    },
    through(bought: boolean) {
      service = undefined
      if (bought) purse = undefined
    },
    open() {
      service = undefined
      purse = undefined
    },
    opensAt: (buying: boolean) => Math.max(service?.until ?? 0, buying ? (purse?.until ?? 0) : 0),
    told: () => ({ paused: told(service), creditLow: told(purse) }),
  })
}
