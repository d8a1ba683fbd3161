// What the screen shows of an order of cards that a person makes or looks after at the kiosk. Of what they type nothing is
// stored but the order itself; it is gone when they leave.
//
// Calls of the screen, beside those that view.ts lists:
//
// POST /screen/cards/open                      {language, official?}; the price list, read anew, or first the question for the
//                                              code of a registration authority, and then its list of blank cards
// POST /screen/cards/official                  {code}
// POST /screen/cards/choose                    {product}
// POST /screen/cards/answer                    {field, value}; what is wrong with it stands in the view
// POST /screen/cards/back                      {value?}; to the question before, or the list; what was typed is kept
// POST /screen/cards/change                    {group}; from the summary to the first question of a group
// POST /screen/cards/identity                  from the identity document that goes with an order to the summary
// POST /screen/cards/order                     {price}; what the person agrees to pay. Costs money
// POST /screen/cards/code | list               to the question for an order's code, or to the list
// POST /screen/cards/find                      {reference}
// POST /screen/cards/activation                asks for the code that was bought
// POST /screen/cards/recognise                 from an order to the video recognition of its person
// POST /screen/cards/papers                    from an order that waits for them to its form
// GET  /screen/cards/pages/{form|identity}/{n} image/jpeg
// POST /screen/cards/sign                      puts the form before the person as a request to sign (view.ts)
// POST /screen/cards/scan | submit             the identity document; hands in both
// POST /screen/cards/leave | stay

import type { FieldFault, FieldGroup, FieldName, Question } from '../cards/fields.ts'
import type { CardStage } from '../cards/order.ts'
import type { ErrorCode } from '../errors.ts'

export interface CardOfferView {
  readonly code: string
  /** As the service has it, in its language. */
  readonly name: string
  readonly kind: string
  /** EUR before VAT. */
  readonly price: number
}

export interface CardAnswersView {
  readonly group: FieldGroup
  readonly answers: readonly { readonly field: FieldName; readonly value: string; readonly chosen: boolean }[]
}

/** `twice`: the very same is under way; `price`: it costs something else by now; a code: why it was not taken. */
export type CardOrderRefusal = 'twice' | 'price' | ErrorCode

/** Where an order stands, for whoever has its code: nothing of the person. */
export interface CardOrderShown {
  readonly reference: string
  readonly product: string
  /** EUR before VAT, of each. */
  readonly price: number
  readonly quantity: number
  /** ISO 8601. */
  readonly orderedAt: string
  readonly stage: CardStage
  /** The service's word for its state; null before it has it. */
  readonly state: string | null
  readonly tracking: string | null
  readonly envelope: string | null
  readonly device: string | null
  /** The service waits for the signed form and the identity document. */
  readonly wantsForm: boolean
  /** The identity document went with the order. */
  readonly documentEnclosed: boolean
  readonly papers: 'waiting' | 'sent' | 'refused' | null
  /** What was bought is a code, and it is there. */
  readonly hasActivation: boolean
  /** The service sends PIN and PUK to the person. */
  readonly sendsPin: boolean
  /** Why nothing goes out now; `credit`: nothing is bought. */
  readonly waitsFor: 'network' | 'credit' | null
}

/** The code that was bought, as long as it is looked at. */
export interface CardActivationView {
  readonly work: boolean
  readonly code: string | null
  readonly fault: ErrorCode | null
}

export type CardErrandView = { readonly language: string } /** Who may order blank cards. */ & (
  | { readonly at: 'official'; readonly refused: 'wrong' | 'locked' | null }
  | {
      readonly at: 'catalogue'
      /** Of blank cards. */
      readonly official: boolean
      readonly offers: readonly CardOfferView[]
      /** ISO 8601 of the price list; null while it is read, and where there is none. */
      readonly readAt: string | null
      /** The list is of before: the service cannot be reached. */
      readonly stale: boolean
      /** Nothing can be bought for now. */
      readonly unavailable: boolean
      /** Why there is no list. */
      readonly fault: ErrorCode | null
    }
  | {
      readonly at: 'question'
      readonly offer: CardOfferView
      readonly question: Question
      /** 1-based. */
      readonly number: number
      readonly of: number
      readonly value: string
      readonly fault: FieldFault | null
    }
  /** The identity document that goes with the order. */
  | {
      readonly at: 'identity'
      readonly offer: CardOfferView
      /** Pages that can be looked at. */
      readonly pages: number
      readonly work: 'scan' | null
      /** Why the last scan came to nothing. */
      readonly fault: ErrorCode | null
    }
  | {
      readonly at: 'summary'
      readonly offer: CardOfferView
      readonly count: number
      /** EUR before VAT, of all. */
      readonly total: number
      readonly readAt: string
      /** Where blank cards go to, which nobody is asked. */
      readonly deliveredTo: readonly string[]
      /** The identity document is scanned and goes with the order. */
      readonly identityGiven: boolean
      readonly groups: readonly CardAnswersView[]
      readonly refusal: CardOrderRefusal | null
    }
  | { readonly at: 'code'; readonly unknown: boolean }
  | {
      readonly at: 'order'
      readonly order: CardOrderShown
      readonly activation: CardActivationView
      /** Video recognition in place of the signed form, where it can be bought. */
      readonly recognition: CardOfferView | null
    }
  | {
      readonly at: 'papers'
      readonly reference: string
      /** Pages that can be looked at; 0 where there is no such paper yet. */
      readonly pages: { readonly form: number; readonly identity: number }
      readonly signed: boolean
      /** The identity document went with the order. */
      readonly documentEnclosed: boolean
      readonly work: 'fetch' | 'scan' | 'submit' | null
      /** Why the last thing came to nothing. */
      readonly fault: ErrorCode | null
    }
)
