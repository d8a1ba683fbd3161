// One person's visit to the counter for cards: where it stands, in which language, by which price list, and that it ends and
// everything is forgotten when nobody touches the screen any more.

import type { Config } from '../config/config.ts'
import { asFault, Fault } from '../errors.ts'
import type { Clock } from '../ports.ts'
import type { Tasks } from '../tasks.ts'
import type { Buyer, CounterState, Prices } from './counter-view.ts'
import type { CardDesk } from './desk.ts'
import type { CardOrderView } from './view.ts'

export interface CounterVisitParts {
  readonly config: Pick<Config, 'kiosk'>
  readonly desk: Pick<CardDesk, 'prices'>
  readonly clock: Clock
  readonly tasks: Tasks
  /** Something is done that nobody touches the screen for meanwhile. */
  readonly working: () => boolean
  /** Of what is not in the state. */
  readonly forget: () => void
}

export interface CounterVisit {
  state(): CounterState | null
  language(): string
  buyer(): Buyer
  prices(): Prices
  begin(first: CounterState, by: { readonly language: string; readonly buyer: Buyer }): void
  become(next: CounterState): void
  /** Where it stands, if that is as is asked for; counts as a touch. Throws STAGE_CONFLICT. */
  at<At extends CounterState['at']>(...places: readonly At[]): Extract<CounterState, { at: At }>
  /** Shows an order, and looks at it again and again. */
  show(order: Pick<CardOrderView, 'id'>): void
  /** The list, read anew. */
  toCatalogue(): void
  tell(): void
  stay(): void
  leave(): void
  subscribe(listener: () => void): () => void
}

/** After the screen's warning, for the touch that says somebody is there. */
const warningMs = 30_000
/** Between two looks at an order that is shown. */
const lookMs = 1_000

export const notAsked = { work: false, code: null, fault: null } as const

export function createCounterVisit(parts: CounterVisitParts): CounterVisit {
  const { config, desk, clock, tasks, working, forget } = parts
  const listeners = new Set<() => void>()
  let state: CounterState | null = null
  let who: { readonly language: string; readonly buyer: Buyer } = { language: '', buyer: 'anybody' }
  let prices: Prices = null

  function become(next: CounterState | null): void {
    state = next
    tell()
  }

  function tell(): void {
    for (const listener of listeners) listener()
  }

  function stay(): void {
    const silence = config.kiosk.idleSeconds * 1000 + warningMs
    if (state !== null) tasks.at('idle', clock.now() + silence, () => (working() ? stay() : leave()))
  }

  function leave(): void {
    prices = null
    forget()
    become(null)
  }

  function look(): void {
    if (state?.at !== 'order') return
    tell()
    tasks.at('look', clock.now() + lookMs, look)
  }

  return Object.freeze({
    state: () => state,
    language: () => who.language,
    buyer: () => who.buyer,
    prices: () => prices,
    begin(first: CounterState, by: typeof who) {
      who = by
      become(first)
      stay()
    },
    become,
    at<At extends CounterState['at']>(...places: readonly At[]) {
      const now = state
      if (now === null || !places.some(place => place === now.at)) {
        throw new Fault('STAGE_CONFLICT', 'that cannot be done with the order in hand now')
      }
      stay()
      return now as Extract<CounterState, { at: At }>
    },
    show({ id }: Pick<CardOrderView, 'id'>) {
      become({ at: 'order', id, activation: notAsked })
      look()
    },
    toCatalogue() {
      become({ at: 'catalogue' })
      tasks.run('prices', async () => {
        const read = await desk.prices().catch((thrown: unknown) => asFault(thrown).code)
        if (state === null) return
        prices = read
        tell()
      })
    },
    tell,
    stay,
    leave,
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
  })
}
