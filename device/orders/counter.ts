// Orders of cards at the screen: the price list, the questions of a product one by one, the summary that costs money, and where
// an order stands for whoever has its code. What is typed is in memory only and forgotten when the person leaves or falls
// silent; what is ordered is the card desk's.
//
//   catalogue ─choose─► question ⇄ question ─► summary ─order─► order
//       ▲                  ▲                      │                ▲
//       └─────back─────────┴───────change─────────┘    code ─find──┘

import {
  type Answers,
  bodyOf,
  type FieldGroup,
  type FieldName,
  faultIn,
  type Question,
  questionsOf,
  tidied,
} from '../cards/fields.ts'
import { familyOf } from '../cards/products.ts'
import type { Config } from '../config/config.ts'
import { asFault, type ErrorCode, Fault } from '../errors.ts'
import type { CardErrandView, CardOrderRefusal } from '../http/view-cards.ts'
import { createTasks } from '../tasks.ts'
import { type CounterPapersParts, createCounterPapers, type PaperName } from './counter-papers.ts'
import { type CounterState, type Draft, offered, type Prices, questionOf, shownAt } from './counter-view.ts'
import type { CardDesk } from './desk.ts'
import type { CardOrderView } from './view.ts'

export interface CardCounterParts extends Omit<CounterPapersParts, 'desk'> {
  readonly config: Pick<Config, 'kiosk'>
  readonly desk: Pick<CardDesk, 'prices' | 'order' | 'list' | 'state' | 'form' | 'submit'>
  readonly newReference: () => string
  /** Whether something else is in hand. */
  readonly othersBusy: () => boolean
}

export interface CardCounter {
  /** null while nobody orders anything. */
  view(): CardErrandView | null
  subscribe(listener: () => void): () => void
  /** Whether somebody is at it. */
  busy(): boolean
  /** Shows the price list. Throws KIOSK_BUSY where something else is in hand. */
  open(language: string): void
  choose(product: string): void
  answer(field: FieldName, typed: string): void
  /** `typed`: what stands in the field, unfinished as it may be. */
  back(typed?: string): void
  change(group: FieldGroup): void
  /** Orders what the summary shows. Resolves when it is durable, or the view tells why not. */
  order(price: number): Promise<void>
  list(): void
  code(): void
  find(reference: string): void
  /** From an order that waits for its papers to them. */
  papers(): void
  sign(): void
  /** The form, to be signed by hand. */
  print(): void
  /** It is on paper, signed by hand. */
  paper(): void
  /** The form that was scanned is right. */
  accept(): void
  scan(): void
  /** Hands the papers in. */
  submit(): Promise<void>
  image(paper: PaperName, number: number): Uint8Array
  leave(): void
  stay(): void
  stop(): Promise<void>
}

/** After the screen's warning, for the touch that says somebody is there. */
const warningMs = 30_000
/** Between two looks at an order that is shown. */
const lookMs = 1_000

export function createCardCounter(parts: CardCounterParts): CardCounter {
  const { config, desk, clock, log, newReference, othersBusy } = parts
  const tasks = createTasks({ clock, log })
  const listeners = new Set<() => void>()
  let state: CounterState | null = null
  let language = ''
  let prices: Prices = null
  const papers = createCounterPapers(parts, () => {
    // Whoever has just signed, or waited for the scanner, was there all the while.
    stay()
    tell()
  })

  function become(next: CounterState | null): void {
    state = next
    tell()
  }

  function tell(): void {
    for (const listener of listeners) listener()
  }

  function stay(): void {
    const silence = config.kiosk.idleSeconds * 1000 + warningMs
    if (state !== null) tasks.at('idle', clock.now() + silence, () => (papers.working() ? stay() : leave()))
  }

  function leave(): void {
    prices = null
    papers.forget()
    become(null)
  }

  /** What is in hand, where it stands as is asked for; counts as a touch. Throws STAGE_CONFLICT. */
  function at<At extends CounterState['at']>(...places: readonly At[]): Extract<CounterState, { at: At }> {
    const now = state
    if (now === null || !places.some(place => place === now.at)) {
      throw new Fault('STAGE_CONFLICT', 'that cannot be done with the order in hand now')
    }
    stay()
    return now as Extract<CounterState, { at: At }>
  }

  const atPapers = (act: () => void) => () => {
    at('papers')
    act()
  }

  function readPrices(): void {
    tasks.run('prices', async () => {
      const read = await desk.prices().catch((thrown: unknown) => asFault(thrown).code)
      if (state === null) return
      prices = read
      tell()
    })
  }

  function look(): void {
    if (state?.at !== 'order') return
    tell()
    tasks.at('look', clock.now() + lookMs, look)
  }

  function show({ id }: Pick<CardOrderView, 'id'>): void {
    become({ at: 'order', id })
    look()
  }

  /** The next question that wants an answer, or the summary. */
  function after(draft: Draft, field: FieldName | null, only: FieldGroup | null): CounterState {
    const questions = questionsOf(draft.family, draft.answers)
    const rest = questions.slice(questions.findIndex(one => one.field === field) + 1)
    // What an earlier answer has made needful is asked, too.
    const next = rest.find(one => only === null || one.group === only || draft.answers[one.field] === undefined)
    if (next !== undefined) return { at: 'question', draft, field: next.field, fault: null, only }
    // What was right may not be any more: a day of birth, once the fiscal code is another.
    const wrong = questions.find(one => faultOf(one, draft.answers) !== null)
    if (wrong === undefined) return { at: 'summary', draft, refusal: null }
    return { at: 'question', draft, field: wrong.field, fault: faultOf(wrong, draft.answers), only: wrong.group }
  }

  const faultOf = (question: Question, answers: Answers) =>
    faultIn(question, answers[question.field] ?? '', answers, new Date(clock.now()).toISOString())

  async function place({ product, family, answers }: Draft, price: number): Promise<CardOrderRefusal | null> {
    try {
      const body = bodyOf(family, answers)
      show(await desk.order({ product: product.code, body, reference: newReference(), price }))
      return null
    } catch (thrown) {
      const { code } = asFault(thrown)
      log.warn('an order at the screen was not taken', { product: product.code, code })
      return refusals[code] ?? code
    }
  }

  return Object.freeze({
    view: () => (state === null ? null : { language, ...shownAt(state, prices, desk, papers) }),
    subscribe(listener: () => void) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    // The signing desk is at it then.
    busy: () => state !== null && !papers.signing(),
    open(wanted: string) {
      if (state !== null || othersBusy()) throw new Fault('KIOSK_BUSY', 'something else is in hand')
      language = wanted
      become({ at: 'catalogue' })
      stay()
      readPrices()
    },
    choose(code: string) {
      at('catalogue')
      const product = offered(prices).find(one => one.code === code)
      const family = product && familyOf(product)
      if (product === undefined || family === undefined) throw new Fault('NOT_FOUND', `no product ${code} is offered`)
      if (desk.state().creditLow !== null) throw new Fault('CARD_CREDIT_LOW', 'nothing can be bought now')
      const readAt = prices !== null && typeof prices !== 'string' ? prices.fetchedAt : ''
      become(after({ product, family, readAt, answers: {} }, null, null))
    },
    answer(field: FieldName, typed: string) {
      const now = at('question')
      if (now.field !== field) throw new Fault('STAGE_CONFLICT', `${field} is not what is asked now`)
      const { draft, only } = now
      const question = questionOf(draft, field)
      const answered = { ...draft, answers: { ...draft.answers, [field]: tidied(question, typed) } }
      const fault = faultOf(question, answered.answers)
      if (fault === null) become(after(answered, field, only))
      else become({ ...now, draft: answered, fault })
    },
    back(typed?: string) {
      const now = at('question', 'summary', 'code', 'order', 'papers')
      if (now.at === 'papers') {
        if (papers.back()) return
        papers.forget()
        return show(now)
      }
      if (now.at === 'code' || now.at === 'order') return become({ at: 'catalogue' })
      const { draft } = now
      const questions = questionsOf(draft.family, draft.answers)
      const place = now.at === 'summary' ? questions.length : questions.findIndex(one => one.field === now.field)
      const kept =
        now.at === 'question' && typed !== undefined && typed !== ''
          ? { ...draft, answers: { ...draft.answers, [now.field]: typed.slice(0, 200) } }
          : draft
      const before = questions[place - 1]
      const only = now.at === 'question' ? now.only : null
      if (before === undefined) become({ at: 'catalogue' })
      else become({ at: 'question', draft: kept, field: before.field, fault: null, only })
    },
    change(group: FieldGroup) {
      const { draft } = at('summary')
      const first = questionsOf(draft.family, draft.answers).find(one => one.group === group)
      if (first === undefined) throw new Fault('NOT_FOUND', `nothing is asked about ${group}`)
      become({ at: 'question', draft, field: first.field, fault: null, only: group })
    },
    async order(price: number) {
      const { draft } = at('summary')
      const refusal = await place(draft, price)
      if (refusal === null || state?.at !== 'summary') return
      become({ at: 'summary', draft, refusal })
    },
    list() {
      at('code', 'order', 'summary', 'question')
      become({ at: 'catalogue' })
      readPrices()
    },
    code() {
      at('catalogue')
      become({ at: 'code', unknown: false })
    },
    find(reference: string) {
      at('code')
      const order = desk.list().find(one => one.reference !== null && plain(one.reference) === plain(reference))
      if (order === undefined) become({ at: 'code', unknown: true })
      else show(order)
    },
    papers() {
      const { id } = at('order')
      const order = desk.list().find(one => one.id === id)
      if (order?.wantsForm !== true) throw new Fault('STAGE_CONFLICT', 'no papers are waited for')
      papers.open({ id, reference: order.reference ?? '' })
      become({ at: 'papers', id })
    },
    sign: atPapers(papers.sign),
    print: atPapers(papers.print),
    paper: atPapers(papers.onPaper),
    accept: atPapers(papers.accept),
    scan: atPapers(() => papers.scan(language)),
    async submit() {
      const now = at('papers')
      if (!(await papers.submit()) || state !== now) return
      papers.forget()
      show(now)
    },
    image: papers.image,
    leave,
    stay,
    async stop() {
      await papers.stop()
      await tasks.stop()
    },
  })
}

const refusals: Readonly<Partial<Record<ErrorCode, CardOrderRefusal>>> = {
  STAGE_CONFLICT: 'twice',
  // The answers are checked; what is left that may not fit is the price.
  REQUEST_INVALID: 'price',
}

/** Letters that are hard to tell apart are the same, and so are small ones. */
function plain(reference: string): string {
  return reference
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
}
