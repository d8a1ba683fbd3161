// What somebody is about to order, before it is one: which question comes next or before, and what is wrong with an answer. Pure.

import { type AnswerRules, faultIn } from '../cards/answers.ts'
import {
  type Asked,
  type FieldFault,
  type FieldGroup,
  type FieldName,
  type Question,
  questionsOf,
} from '../cards/fields.ts'
import { families } from '../cards/products.ts'
import { Fault } from '../errors.ts'
import type { CardProduct } from '../ports.ts'

export interface Draft extends Asked {
  readonly product: CardProduct
  /** ISO 8601 of the price list. */
  readonly readAt: string
}

/** A question that is put; `only`: back to the summary after the questions of this group. */
export interface Put {
  readonly field: FieldName
  readonly fault: FieldFault | null
  readonly only: FieldGroup | null
}

export function questionOf(draft: Draft, field: FieldName): Question {
  const found = questionsOf(draft).find(one => one.field === field)
  if (found === undefined) throw new Fault('INTERNAL', `no question ${field}`)
  return found
}

export function faultOf(question: Question, { answers }: Asked, rules: AnswerRules): FieldFault | null {
  return faultIn(question, answers[question.field] ?? '', answers, rules)
}

/** The next question that wants an answer; null where none does. */
export function putAfter(draft: Draft, { field, only }: Partial<Put>, rules: AnswerRules): Put | null {
  const questions = questionsOf(draft)
  const rest = questions.slice(questions.findIndex(one => one.field === field) + 1)
  // What an earlier answer has made needful is asked, too.
  const next = rest.find(one => only == null || one.group === only || draft.answers[one.field] === undefined)
  if (next !== undefined) return { field: next.field, fault: null, only: only ?? null }
  return putFaulty(draft, rules)
}

/** What was right may not be any more: a day of birth, once the fiscal code is another. */
export function putFaulty(draft: Draft, rules: AnswerRules): Put | null {
  const wrong = questionsOf(draft).find(one => faultOf(one, draft, rules) !== null)
  return wrong === undefined ? null : { field: wrong.field, fault: faultOf(wrong, draft, rules), only: wrong.group }
}

/** The question before one, or the last of all; null where it is the first. */
export function putBefore(draft: Draft, { field, only }: Partial<Put>): Put | null {
  const questions = questionsOf(draft)
  const place = field === undefined ? questions.length : questions.findIndex(one => one.field === field)
  const before = questions[place - 1]
  return before === undefined ? null : { field: before.field, fault: null, only: only ?? null }
}

/** The first question of a group. Throws NOT_FOUND. */
export function putFirst(draft: Draft, group: FieldGroup): Put {
  const first = questionsOf(draft).find(one => one.group === group)
  if (first === undefined) throw new Fault('NOT_FOUND', `nothing is asked about ${group}`)
  return { field: first.field, fault: null, only: group }
}

/** With another answer; what is typed is cut where it is longer than any is. */
export function answered(draft: Draft, field: FieldName, value: string): Draft {
  return { ...draft, answers: { ...draft.answers, [field]: value.slice(0, 400) } }
}

/** Whether the identity document is scanned before it is ordered. */
export function needsIdentity({ family }: Asked): boolean {
  return families[family].document === 'with-order'
}

export function countOf({ answers }: Asked): number {
  return Number(answers.quantita ?? 1)
}
