// What is shown of an order of cards: where it stands and what is waited for, in words and as JSON. Nothing of the person.

import type { CardFault, CardOrder, CardPapers, CardStage } from '../cards/order.ts'
import { finalStages, hasActivation, isRecognisable, wantsForm } from '../cards/order.ts'
import { families } from '../cards/products.ts'
import { errorTable } from '../errors.ts'
import type { CardOrderShown } from '../http/view-cards.ts'
import type { CardProduct } from '../ports.ts'
import type { DocumentSummary } from '../store/documents.ts'

/** The id of the row that holds the price list; no order has it. */
export const pricesId = 'prices'

/** A price list as it was read. */
export interface CardPrices {
  readonly fetchedAt: string
  readonly products: readonly CardProduct[]
}

export interface CardOrderView {
  readonly id: string
  readonly stage: CardStage
  readonly product: { readonly code: string; readonly name: string; readonly kind: string }
  /** EUR before VAT, as it was seen, and when the list was read. */
  readonly price: CardOrder['price']
  /** The price is of each. */
  readonly quantity: number
  readonly orderedAt: string
  /** The program that ordered it; null: a person at the kiosk, or an operator. */
  readonly client: string | null
  /** What a person types at the screen to see it again; null where nobody ordered it there. */
  readonly reference: string | null
  readonly attempts: number
  readonly sentAt: string | null
  readonly looks: readonly string[]
  readonly undecided: CardOrder['undecided']
  readonly remote: CardOrder['remote']
  readonly papers: { readonly state: CardPapers['state']; readonly form: string; readonly document: string } | null
  /** The service waits for the signed form and the identity document. */
  readonly wantsForm: boolean
  /** The identity document went with the order: the form is enough. */
  readonly documentEnclosed: boolean
  /** Somebody can still be recognised by video in place of the form, which is a product of its own. */
  readonly recognisable: boolean
  /** What was bought is a code, and the service has made it: shown to whoever asks, kept nowhere. */
  readonly hasActivation: boolean
  /** The service sends PIN and PUK to the person. */
  readonly sendsPin: boolean
  readonly lastFault: CardFault | null
  readonly nextAt: string | null
  /** When nothing more can happen to it; the person's data are erased at `nextAt` then. */
  readonly endedAt: string | null
}

export function viewOfOrder(id: string, order: CardOrder): CardOrderView {
  const { product, papers } = order
  return {
    id,
    stage: order.stage,
    product: { code: product.code, name: product.name, kind: product.kind },
    price: order.price,
    quantity: order.quantity ?? 1,
    orderedAt: order.orderedAt,
    client: order.client?.id ?? null,
    reference: order.reference ?? null,
    attempts: order.attempts,
    sentAt: order.sentAt,
    looks: order.looks,
    undecided: order.undecided,
    remote: order.remote,
    papers:
      papers === null ? null : { state: papers.state, form: papers.form.sha256, document: papers.document.sha256 },
    wantsForm: wantsForm(order),
    documentEnclosed: order.enclosed?.documento !== undefined,
    recognisable: isRecognisable(order),
    hasActivation: hasActivation(order),
    sendsPin: families[order.product.family].pin,
    lastFault: order.lastFault,
    nextAt: order.nextAt,
    endedAt: order.endedAt,
  }
}

/** For whoever has the order's code, at the screen. */
export function shownOrder(
  order: CardOrderView,
  { paused, creditLow }: { readonly paused: object | null; readonly creditLow: object | null },
): CardOrderShown {
  const { stage, remote } = order
  const credit = stage === 'new' && creditLow !== null ? 'credit' : null
  return {
    reference: order.reference ?? '',
    product: order.product.name,
    price: order.price.amount,
    quantity: order.quantity,
    orderedAt: order.orderedAt,
    stage,
    state: remote?.state ?? null,
    tracking: remote?.tracking ?? null,
    envelope: remote?.envelope ?? null,
    device: remote?.device ?? null,
    wantsForm: order.wantsForm,
    documentEnclosed: order.documentEnclosed,
    papers: order.papers?.state ?? null,
    hasActivation: order.hasActivation,
    sendsPin: order.sendsPin,
    waitsFor: paused !== null && !finalStages.includes(stage) ? 'network' : credit,
  }
}

type Stored = (DocumentSummary & { readonly body?: unknown }) | undefined

/** The order in a row; undefined for one that was erased, and for the price list. */
export function orderIn(stored: Stored): CardOrder | undefined {
  if (stored === undefined || stored.erased || stored.id === pricesId) return undefined
  return stored.body as CardOrder
}

/** What is in the row of the price list. */
export function pricesIn(stored: Stored): CardPrices | undefined {
  return stored === undefined || stored.erased ? undefined : (stored.body as CardPrices)
}

const remoteWords: Readonly<Record<string, string>> = {
  in_registrazione: 'being registered at the service',
  in_riconoscimento: 'the service waits for the person to be recognised: the signed form',
  in_lavorazione: 'being made',
  evasa: 'finished and sent',
}

/** One line that says where the order stands. */
export function stateInWords(order: CardOrderView): string {
  const { stage, remote, undecided } = order
  switch (stage) {
    case 'new':
      return order.attempts === 0 ? 'waits to be sent' : 'waits to be sent again; certainly not bought yet'
    case 'sending':
      return 'being sent'
    case 'unknown':
      return 'sent without an answer: being looked for at the service, and not sent again'
    case 'undecided':
      return undecided === null ? 'a person has to decide' : undecidedWords[undecided.why]
    case 'placed':
      return remoteWords[remote?.state ?? ''] ?? `at the service as “${remote?.state}”, a state that is not known here`
    case 'ended':
      return remoteWords['evasa'] ?? ''
    case 'refused':
      return 'refused by the service; nothing was bought'
    case 'cancelled':
      return 'given up by a person'
  }
}

function placeOf({ client, reference }: CardOrderView): string {
  if (client !== null) return ` by ${client}`
  return reference === null ? '' : ` at the screen as ${reference}`
}

const undecidedWords = {
  none: 'sent without an answer, and not found in two looks: a person has to decide',
  several: 'sent without an answer, and found more than once: a person has to decide',
  'too-many': 'sent without an answer, and too many requests to look through: a person has to decide',
} as const

/** Everything about one order, for a person. */
export function orderLines(order: CardOrderView): string[] {
  const { remote, lastFault, papers } = order
  const many = order.quantity === 1 ? '' : `${order.quantity} × `
  const cost = `${many}${order.price.amount.toFixed(2)} EUR before VAT, by the list of ${order.price.fetchedAt}`
  const codes = [
    remote?.tracking && `tracking ${remote.tracking}`,
    remote?.envelope && `envelope ${remote.envelope}`,
    remote?.device && `device ${remote.device}`,
  ].filter(text => typeof text === 'string')
  return [
    `${order.id}  ${order.stage}  ${order.product.code} ${order.product.name}`,
    `  ${stateInWords(order)}`,
    `  ordered ${order.orderedAt}${placeOf(order)}, ${cost}`,
    ...(remote === null ? [] : [`  request ${remote.id} (${remote.state}), seen ${remote.seenAt}`]),
    ...(codes.length === 0 ? [] : [`  ${codes.join(', ')}`]),
    ...(order.undecided !== null && order.undecided.ids.length > 0
      ? [`  found: ${order.undecided.ids.join(', ')}`]
      : []),
    ...(order.stage === 'undecided' ? [`  mend: ${errorTable.CARD_ORDER_UNDECIDED.mend}`] : []),
    ...(order.wantsForm
      ? [
          `  the form is wanted: compulsa cards form ${order.id} --out F.pdf, sign it, compulsa cards submit ${order.id}`,
        ]
      : []),
    ...(order.hasActivation ? [`  the code to go on with: compulsa cards activation ${order.id}`] : []),
    ...(papers === null ? [] : [`  papers: ${papers.state}`]),
    ...(lastFault === null
      ? []
      : [`  last: ${lastFault.code}: ${lastFault.detail}`, `  mend: ${errorTable[lastFault.code].mend}`]),
    ...(order.nextAt === null ? [] : [`  ${order.endedAt === null ? 'next' : 'erased'} ${order.nextAt}`]),
  ]
}
