// Where an order at the screen stands, and the screen's view of it. Pure but for what it asks the card desk.

import { type FieldGroup, questionsOf } from '../cards/fields.ts'
import { type FamilyFacts, families, familyOf } from '../cards/products.ts'
import type { Config } from '../config/config.ts'
import type { ErrorCode } from '../errors.ts'
import type { CardActivationView, CardErrandView, CardOrderRefusal } from '../http/view-cards.ts'
import type { CardProduct } from '../ports.ts'
import type { CounterPapers } from './counter-papers.ts'
import type { CardDesk } from './desk.ts'
import { countOf, type Draft, needsIdentity, type Put, questionOf } from './draft.ts'
import { type CardOrderView, shownOrder } from './view.ts'

export type CounterState =
  | { readonly at: 'official'; readonly refused: 'wrong' | 'locked' | null }
  | { readonly at: 'catalogue' }
  | ({ readonly at: 'question'; readonly draft: Draft } & Put)
  | { readonly at: 'identity'; readonly draft: Draft }
  | { readonly at: 'summary'; readonly draft: Draft; readonly refusal: CardOrderRefusal | null }
  | { readonly at: 'code'; readonly unknown: boolean }
  | { readonly at: 'order'; readonly id: string; readonly activation: CardActivationView }
  | { readonly at: 'papers'; readonly id: string }

/** `null`: being read; a code: why there is none. */
export type Prices = Awaited<ReturnType<CardDesk['prices']>> | ErrorCode | null

export type Buyer = FamilyFacts['buyer']

/** What somebody can order here, kind by kind: of what is needed for another product nobody knows. */
export function offered(prices: Prices, buyer: Buyer): readonly CardProduct[] {
  if (prices === null || typeof prices === 'string') return []
  const { products } = prices
  return Object.entries(families)
    .filter(([, facts]) => facts.buyer === buyer)
    .flatMap(([family]) => products.filter(one => familyOf(one) === family))
}

/** What changes an order of this product into one that is recognised by video. */
export function recognitionFor(order: CardOrderView, prices: Prices): CardProduct | undefined {
  if (!order.recognisable || order.reference === null) return undefined
  return offered(prices, 'anybody').find(one => families[familyOf(one) ?? 'person'].changes !== null)
}

/** The order of a code that was typed: letters that are hard to tell apart are the same, and so are small ones. */
export function orderBy(desk: Pick<CardDesk, 'list'>, reference: string): CardOrderView | undefined {
  const typed = plain(reference)
  return desk.list().find(one => one.reference !== null && plain(one.reference) === typed)
}

function plain(reference: string): string {
  return reference
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, '')
    .replaceAll('O', '0')
    .replaceAll(/[IL]/g, '1')
}

type Shown<At extends CardErrandView['at'] = CardErrandView['at']> = At extends unknown
  ? Omit<Extract<CardErrandView, { at: At }>, 'language'>
  : never

export interface Around {
  readonly prices: Prices
  readonly buyer: Buyer
  readonly delivery: NonNullable<NonNullable<Config['cards']>['blanks']>['delivery'] | undefined
  readonly desk: Pick<CardDesk, 'list' | 'state'>
  readonly papers: Pick<CounterPapers, 'view' | 'identityView'>
}

export function shownAt(state: CounterState, around: Around): Shown {
  switch (state.at) {
    case 'official':
    case 'code':
      return state
    case 'catalogue':
      return catalogueOf(around)
    case 'question': {
      const { draft, field, fault } = state
      const questions = questionsOf(draft)
      const number = questions.findIndex(one => one.field === field) + 1
      const value = draft.answers[field] ?? ''
      const question = questionOf(draft, field)
      return { at: 'question', offer: offerOf(draft.product), question, number, of: questions.length, value, fault }
    }
    case 'identity':
      return { at: 'identity', offer: offerOf(state.draft.product), ...around.papers.identityView() }
    case 'summary':
      return summaryOf(state, around)
    case 'papers':
      return { at: 'papers', ...around.papers.view() }
    case 'order':
      return orderOf(state, around)
  }
}

function catalogueOf({ prices, buyer, desk }: Around): Shown<'catalogue'> {
  const read = prices === null || typeof prices === 'string' ? null : prices
  return {
    at: 'catalogue',
    official: buyer === 'official',
    offers: offered(prices, buyer).map(offerOf),
    readAt: read?.fetchedAt ?? null,
    stale: read !== null && read.stale !== null,
    unavailable: desk.state().creditLow !== null,
    fault: typeof prices === 'string' ? prices : null,
  }
}

function summaryOf(
  { draft, refusal }: Extract<CounterState, { at: 'summary' }>,
  { delivery }: Around,
): Shown<'summary'> {
  const count = countOf(draft)
  const { product, readAt } = draft
  const to = draft.family === 'blank' ? delivery : undefined
  return {
    at: 'summary',
    offer: offerOf(product),
    count,
    // In cents, so that no fraction of one is shown.
    total: Math.round(product.price * count * 100) / 100,
    readAt,
    deliveredTo:
      to === undefined
        ? []
        : [to.destinatario, to.indirizzo_spedizione, `${to.cap_spedizione} ${to.comune_spedizione}`],
    identityGiven: needsIdentity(draft),
    groups: groupsOf(draft),
    refusal,
  }
}

function orderOf({ id, activation }: Extract<CounterState, { at: 'order' }>, { desk, prices }: Around): Shown {
  const order = desk.list().find(one => one.id === id)
  if (order === undefined) return { at: 'code', unknown: true }
  const recognition = recognitionFor(order, prices)
  return {
    at: 'order',
    order: shownOrder(order, desk.state()),
    activation,
    recognition: recognition === undefined ? null : offerOf(recognition),
  }
}

function offerOf({ code, name, kind, price }: CardProduct) {
  return { code, name, kind, price }
}

function groupsOf(draft: Draft) {
  const questions = questionsOf(draft)
  const groups: readonly FieldGroup[] = [...new Set(questions.map(one => one.group))]
  return groups.map(group => ({
    group,
    answers: questions
      .filter(one => one.group === group)
      .map(({ field, kind }) => ({ field, value: draft.answers[field] ?? '', chosen: kind === 'choice' })),
  }))
}
