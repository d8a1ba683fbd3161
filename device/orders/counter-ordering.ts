// From the price list to the order: the questions of a product one by one, the identity document where it goes with the order,
// and the summary that costs money.

import { bodyOf, tidied } from '../cards/answers.ts'
import type { FieldGroup, FieldName } from '../cards/fields.ts'
import { familyOf } from '../cards/products.ts'
import type { Config } from '../config/config.ts'
import { asFault, type ErrorCode, Fault } from '../errors.ts'
import type { CardOrderRefusal } from '../http/view-cards.ts'
import type { CardProduct, Clock, Log } from '../ports.ts'
import type { CounterPapers } from './counter-papers.ts'
import { offered, orderBy, recognitionFor } from './counter-view.ts'
import type { CounterVisit } from './counter-visit.ts'
import type { CardDesk } from './desk.ts'
import {
  answered,
  type Draft,
  faultOf,
  needsIdentity,
  type Put,
  putAfter,
  putBefore,
  putFaulty,
  putFirst,
  questionOf,
} from './draft.ts'

export interface CounterOrderingParts {
  readonly settings: Pick<NonNullable<Config['cards']>, 'screenOptions' | 'blanks'>
  readonly desk: Pick<CardDesk, 'order' | 'list' | 'state'>
  readonly visit: CounterVisit
  readonly papers: Pick<CounterPapers, 'openIdentity' | 'identity' | 'working' | 'forget'>
  readonly newReference: () => string
  readonly clock: Clock
  readonly log: Log
}

export interface CounterOrdering {
  choose(product: string): void
  answer(field: FieldName, typed: string): void
  /** From a question, the identity document or the summary. `typed`: what stands in the field, unfinished as it may be. */
  back(typed?: string): void
  change(group: FieldGroup): void
  /** From the identity document to the summary. */
  identity(): void
  /** Orders what the summary shows. Resolves when it is durable, or the view tells why not. */
  order(price: number): Promise<void>
  /** From an order to the video recognition of its person. */
  recognise(): void
}

export function createCounterOrdering(parts: CounterOrderingParts): CounterOrdering {
  const { settings, desk, visit, papers, newReference, clock, log } = parts
  const { screenOptions, blanks } = settings

  const rules = () => ({
    today: new Date(clock.now()).toISOString(),
    mostCards: blanks?.most ?? 0,
    recognisable: (reference: string) => orderBy(desk, reference)?.recognisable === true,
  })

  function newDraft(product: CardProduct, answers: Draft['answers']): Draft {
    const family = familyOf(product)
    if (family === undefined) throw new Fault('NOT_FOUND', `what ${product.code} needs is not known`)
    if (desk.state().creditLow !== null) throw new Fault('CARD_CREDIT_LOW', 'nothing can be bought now')
    const prices = visit.prices()
    const readAt = prices !== null && typeof prices !== 'string' ? prices.fetchedAt : ''
    papers.forget()
    return { product, family, readAt, answers, options: screenOptions }
  }

  /** To the next question, the identity document, or the summary. */
  function goOn(draft: Draft, put: Put | null): void {
    if (put !== null) visit.become({ at: 'question', draft, ...put })
    else if (needsIdentity(draft) && papers.identity() === null) toIdentity(draft)
    else visit.become({ at: 'summary', draft, refusal: null })
  }

  function toIdentity(draft: Draft): void {
    papers.openIdentity()
    visit.become({ at: 'identity', draft })
  }

  async function place(draft: Draft, price: number): Promise<CardOrderRefusal | null> {
    const { product, answers } = draft
    try {
      const body = bodyOf(draft, {
        order: orderBy(desk, answers.ordine ?? '')?.id,
        delivery: blanks?.delivery,
        document: papers.identity(),
      })
      const order = await desk.order({ product: product.code, body, reference: newReference(), price })
      papers.forget()
      visit.show(order)
      return null
    } catch (thrown) {
      const { code } = asFault(thrown)
      log.warn('an order at the screen was not taken', { product: product.code, code })
      return refusals[code] ?? code
    }
  }

  return Object.freeze({
    choose(code: string) {
      visit.at('catalogue')
      const product = offered(visit.prices(), visit.buyer()).find(one => one.code === code)
      if (product === undefined) throw new Fault('NOT_FOUND', `no product ${code} is offered`)
      const draft = newDraft(product, {})
      goOn(draft, putAfter(draft, {}, rules()))
    },
    answer(field: FieldName, typed: string) {
      const now = visit.at('question')
      if (now.field !== field) throw new Fault('STAGE_CONFLICT', `${field} is not what is asked now`)
      const question = questionOf(now.draft, field)
      const draft = answered(now.draft, field, tidied(question, typed))
      const fault = faultOf(question, draft, rules())
      if (fault === null) goOn(draft, putAfter(draft, now, rules()))
      else visit.become({ ...now, draft, fault })
    },
    back(typed?: string) {
      const now = visit.at('question', 'identity', 'summary')
      if (now.at === 'summary' && needsIdentity(now.draft)) return toIdentity(now.draft)
      const isKept = now.at === 'question' && typed !== undefined && typed !== ''
      const draft = isKept ? answered(now.draft, now.field, typed) : now.draft
      const put = putBefore(draft, now.at === 'question' ? now : {})
      visit.become(put === null ? { at: 'catalogue' } : { at: 'question', draft, ...put })
    },
    change(group: FieldGroup) {
      const { draft } = visit.at('summary')
      visit.become({ at: 'question', draft, ...putFirst(draft, group) })
    },
    identity() {
      const { draft } = visit.at('identity')
      if (papers.working() || papers.identity() === null)
        throw new Fault('STAGE_CONFLICT', 'the identity document is not scanned yet')
      goOn(draft, putFaulty(draft, rules()))
    },
    async order(price: number) {
      const { draft } = visit.at('summary')
      const refusal = await place(draft, price)
      if (refusal !== null && visit.state()?.at === 'summary') visit.become({ at: 'summary', draft, refusal })
    },
    recognise() {
      const { id } = visit.at('order')
      const order = desk.list().find(one => one.id === id)
      const product = order && recognitionFor(order, visit.prices())
      if (product === undefined) throw new Fault('NOT_FOUND', 'this order is not recognised by video')
      const draft = newDraft(product, { ordine: order?.reference ?? '' })
      goOn(draft, putFaulty(draft, rules()))
    },
  })
}

const refusals: Readonly<Partial<Record<ErrorCode, CardOrderRefusal>>> = {
  STAGE_CONFLICT: 'twice',
  // The answers are checked; what is left that may not fit is the price.
  REQUEST_INVALID: 'price',
}
