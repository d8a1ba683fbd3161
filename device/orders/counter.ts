// Orders of cards at the screen: the price list, the questions of a product one by one, the summary that costs money, and where
// an order stands for whoever has its code. What is typed is in memory only and forgotten when the person leaves or falls
// silent; what is ordered is the card desk's.
//
//   official ─► catalogue ─choose─► question ⇄ question ─► identity ─► summary ─order─► order ⇄ papers
//                   ▲                  ▲                                  │               ▲
//                   └───────back───────┴──────────────change──────────────┘    code ─find─┘

import type { Config } from '../config/config.ts'
import { asFault, Fault } from '../errors.ts'
import type { CardErrandView } from '../http/view-cards.ts'
import { createTasks } from '../tasks.ts'
import { type CounterOrdering, createCounterOrdering } from './counter-ordering.ts'
import { type CounterPapersParts, createCounterPapers, type PaperName } from './counter-papers.ts'
import { type Buyer, orderBy, shownAt } from './counter-view.ts'
import { createCounterVisit, notAsked } from './counter-visit.ts'
import type { CardDesk } from './desk.ts'
import type { OfficialDoor } from './official.ts'

export interface CardCounterParts extends Omit<CounterPapersParts, 'desk'> {
  readonly config: Pick<Config, 'kiosk'>
  readonly settings: Pick<NonNullable<Config['cards']>, 'screen' | 'screenOptions' | 'blanks'>
  readonly desk: Pick<CardDesk, 'prices' | 'order' | 'list' | 'state' | 'form' | 'submit' | 'activation' | 'look'>
  /** Absent where nobody orders blank cards at the screen. */
  readonly official: OfficialDoor | undefined
  readonly newReference: () => string
  /** Whether something else is in hand. */
  readonly othersBusy: () => boolean
}

export interface CardCounter extends CounterOrdering {
  /** Whom it is open to. */
  readonly opensTo: Readonly<Record<Buyer, boolean>>
  /** null while nobody orders anything. */
  view(): CardErrandView | null
  subscribe(listener: () => void): () => void
  /** Whether somebody is at it. */
  busy(): boolean
  /** Shows the price list, or asks an official first. Throws KIOSK_BUSY where something else is in hand, NOT_FOUND. */
  open(language: string, buyer?: Buyer): void
  /** The code of a registration authority. */
  official(code: string): void
  list(): void
  code(): void
  find(reference: string): void
  /** Asks for the code that was bought; it is in the view until they leave. */
  activation(): void
  /** From an order that waits for its papers to them. */
  papers(): void
  sign(): void
  scan(): void
  /** Hands the papers in. */
  submit(): Promise<void>
  image(paper: PaperName, number: number): Uint8Array
  leave(): void
  stay(): void
  stop(): Promise<void>
}

export function createCardCounter(parts: CardCounterParts): CardCounter {
  const { settings, desk, official, clock, log, othersBusy } = parts
  const opensTo = { anybody: settings.screen, official: official !== undefined }
  const tasks = createTasks({ clock, log })
  const papers = createCounterPapers(parts, () => {
    // Whoever has just signed, or waited for the scanner, was there all the while.
    visit.stay()
    visit.tell()
  })
  const visit = createCounterVisit({ ...parts, tasks, working: papers.working, forget: papers.forget })
  const ordering = createCounterOrdering({ ...parts, visit, papers })
  const { at, become } = visit

  return Object.freeze({
    ...ordering,
    opensTo,
    view() {
      const state = visit.state()
      const around = { prices: visit.prices(), buyer: visit.buyer(), delivery: settings.blanks?.delivery, desk, papers }
      return state === null ? null : { language: visit.language(), ...shownAt(state, around) }
    },
    subscribe: visit.subscribe,
    // The signing desk is at it then.
    busy: () => visit.state() !== null && !papers.signing(),
    open(language: string, buyer: Buyer = 'anybody') {
      if (!opensTo[buyer]) throw new Fault('NOT_FOUND', 'that is not ordered at this screen')
      if (visit.state() !== null || othersBusy()) throw new Fault('KIOSK_BUSY', 'something else is in hand')
      visit.begin(buyer === 'official' ? { at: 'official', refused: null } : { at: 'catalogue' }, { language, buyer })
      if (buyer === 'anybody') visit.toCatalogue()
    },
    official(code: string) {
      at('official')
      const answer = official?.knock(code) ?? 'wrong'
      if (answer === 'right') visit.toCatalogue()
      else become({ at: 'official', refused: answer })
    },
    back(typed?: string) {
      const now = at('question', 'identity', 'summary', 'code', 'order', 'papers')
      if (now.at === 'papers') {
        papers.forget()
        visit.show(now)
      } else if (now.at === 'code' || now.at === 'order') become({ at: 'catalogue' })
      else ordering.back(typed)
    },
    list() {
      at('code', 'order', 'summary', 'question', 'identity')
      visit.toCatalogue()
    },
    code() {
      at('catalogue')
      become({ at: 'code', unknown: false })
    },
    find(reference: string) {
      at('code')
      const order = orderBy(desk, reference)
      if (order === undefined) return become({ at: 'code', unknown: true })
      desk.look(order.id)
      visit.show(order)
    },
    activation() {
      const now = at('order')
      if (now.activation.work) return
      const asked = { ...now, activation: { ...notAsked, work: true } }
      become(asked)
      tasks.run('activation', async () => {
        const told = await desk.activation(now.id, 'screen').then(
          code => ({ ...notAsked, code }),
          (thrown: unknown) => ({ ...notAsked, fault: asFault(thrown).code }),
        )
        if (visit.state() === asked) become({ ...now, activation: told })
      })
    },
    papers() {
      const { id } = at('order')
      const order = desk.list().find(one => one.id === id)
      if (order?.wantsForm !== true) throw new Fault('STAGE_CONFLICT', 'no papers are waited for')
      papers.open({ id, reference: order.reference ?? '', documentEnclosed: order.documentEnclosed })
      become({ at: 'papers', id })
    },
    sign() {
      at('papers')
      papers.sign()
    },
    scan() {
      at('papers', 'identity')
      papers.scan(visit.language())
    },
    async submit() {
      const now = at('papers')
      if (!(await papers.submit()) || visit.state() !== now) return
      papers.forget()
      visit.show(now)
    },
    image: papers.image,
    leave: visit.leave,
    stay: visit.stay,
    async stop() {
      await papers.stop()
      await tasks.stop()
    },
  })
}
