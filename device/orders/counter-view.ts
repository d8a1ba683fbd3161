// Where an order at the screen stands, and the screen's view of it. Pure but for what it asks the card desk.

import {
  type Answers,
  type FieldFault,
  type FieldGroup,
  type FieldName,
  isForPeople,
  type Question,
  questionsOf,
} from '../cards/fields.ts'
import { familyOf, type ProductFamily } from '../cards/products.ts'
import { type ErrorCode, Fault } from '../errors.ts'
import type { CardErrandView, CardOrderRefusal } from '../http/view-cards.ts'
import type { CardProduct } from '../ports.ts'
import type { CounterPapers } from './counter-papers.ts'
import type { CardDesk } from './desk.ts'
import { shownOrder } from './view.ts'

/** What somebody is about to order. */
export interface Draft {
  readonly product: CardProduct
  readonly family: ProductFamily
  readonly readAt: string
  readonly answers: Answers
}

export type CounterState =
  | { readonly at: 'catalogue' }
  | {
      readonly at: 'question'
      readonly draft: Draft
      readonly field: FieldName
      readonly fault: FieldFault | null
      /** Back to the summary after the questions of this group. */
      readonly only: FieldGroup | null
    }
  | { readonly at: 'summary'; readonly draft: Draft; readonly refusal: CardOrderRefusal | null }
  | { readonly at: 'code'; readonly unknown: boolean }
  | { readonly at: 'order'; readonly id: string }
  | { readonly at: 'papers'; readonly id: string }

/** `null`: being read; a code: why there is none. */
export type Prices = Awaited<ReturnType<CardDesk['prices']>> | ErrorCode | null

export function offered(prices: Prices): readonly CardProduct[] {
  if (prices === null || typeof prices === 'string') return []
  return prices.products.filter(one => isForPeople({ code: one.code, family: familyOf(one) }))
}

export function questionOf({ family, answers }: Draft, field: FieldName): Question {
  const found = questionsOf(family, answers).find(one => one.field === field)
  if (found === undefined) throw new Fault('INTERNAL', `no question ${field}`)
  return found
}

type Shown<At extends CardErrandView['at'] = CardErrandView['at']> = At extends unknown
  ? Omit<Extract<CardErrandView, { at: At }>, 'language'>
  : never

export function shownAt(
  state: CounterState,
  prices: Prices,
  desk: Pick<CardDesk, 'list' | 'state'>,
  papers: Pick<CounterPapers, 'view'>,
): Shown {
  switch (state.at) {
    case 'catalogue':
      return catalogueOf(prices, desk)
    case 'question': {
      const { draft, field, fault } = state
      const questions = questionsOf(draft.family, draft.answers)
      const number = questions.findIndex(one => one.field === field) + 1
      const value = draft.answers[field] ?? ''
      const question = questionOf(draft, field)
      return { at: 'question', offer: offerOf(draft.product), question, number, of: questions.length, value, fault }
    }
    case 'summary': {
      const { draft, refusal } = state
      return { at: 'summary', offer: offerOf(draft.product), readAt: draft.readAt, groups: groupsOf(draft), refusal }
    }
    case 'code':
      return { at: 'code', unknown: state.unknown }
    case 'papers':
      return { at: 'papers', ...papers.view() }
    case 'order': {
      const order = desk.list().find(one => one.id === state.id)
      if (order === undefined) return { at: 'code', unknown: true }
      return { at: 'order', order: shownOrder(order, desk.state()) }
    }
  }
}

function catalogueOf(prices: Prices, desk: Pick<CardDesk, 'state'>): Extract<Shown, { at: 'catalogue' }> {
  const read = prices === null || typeof prices === 'string' ? null : prices
  return {
    at: 'catalogue',
    offers: offered(prices).map(offerOf),
    readAt: read?.fetchedAt ?? null,
    stale: read !== null && read.stale !== null,
    unavailable: desk.state().creditLow !== null,
    fault: typeof prices === 'string' ? prices : null,
  }
}

function offerOf({ code, name, kind, price }: CardProduct) {
  return { code, name, kind, price }
}

function groupsOf({ family, answers }: Draft) {
  const questions = questionsOf(family, answers)
  const groups = [...new Set(questions.map(one => one.group))]
  return groups.map(group => ({
    group,
    answers: questions
      .filter(one => one.group === group)
      .map(({ field, kind }) => ({ field, value: answers[field] ?? '', chosen: kind === 'choice' })),
  }))
}
