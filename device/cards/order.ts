// An order of cards, keys or readers, and the only ways it can go. The service has no idempotency key: what was sent and not
// answered is looked for, never sent again by itself.
//
//   new ──sending──► sending ──placed──► placed ──seen: evasa──► ended
//    ▲                │ │ │                ▲  ▲
//    ├────unsent──────┘ │ └──refused──► refused│
//    │                  lost               │  │
//    │                  ▼                  │  │
//    │               unknown ──placed──────┘  │
//    │                  │ two looks in vain, several found
//    │                  ▼                     │
//    └──sentAgain── undecided ──placed────────┘     new, undecided ──cancelled──► cancelled
//
// Pure: time comes with the event, as ISO 8601.

import type { StoredBlob } from '../document/page.ts'
import { type ErrorCode, Fault } from '../errors.ts'
import type { CardRequest } from '../ports.ts'
import { families, type ProductFamily } from './products.ts'

export type CardStage = 'new' | 'sending' | 'unknown' | 'undecided' | 'placed' | 'ended' | 'refused' | 'cancelled'

/** After these nothing more happens to an order but its erasure. */
export const finalStages: readonly CardStage[] = ['ended', 'refused', 'cancelled']

export interface CardFault {
  readonly code: ErrorCode
  readonly detail: string
  readonly at: string
}

export type StoredPaper = StoredBlob & { readonly fileName: string }

/** What was handed in to be uploaded. */
export interface CardPapers {
  readonly state: 'waiting' | 'sent' | 'refused'
  readonly form: StoredPaper
  readonly document: StoredPaper
  readonly givenAt: string
  readonly attempts: number
}

/** The identity document and the signed form, as the service names them. */
export type EnclosedName = 'documento' | 'modulo'

export interface CardOrder {
  readonly stage: CardStage
  readonly product: {
    readonly code: string
    readonly name: string
    readonly kind: string
    readonly family: ProductFamily
  }
  /** What whoever ordered it saw: EUR before VAT, and when the list was read. */
  readonly price: { readonly amount: number; readonly fetchedAt: string }
  /** How many, where it can be more than one; absent: one. */
  readonly quantity?: number
  /** The JSON that is sent, but for the files. */
  readonly body: string
  readonly bodySha256: string
  /** Files that go with the order, by their names in its JSON; absent: none, or within `body`. */
  readonly enclosed?: Readonly<Partial<Record<EnclosedName, StoredPaper>>>
  readonly orderedAt: string
  /** The program that ordered it, and the digest of what it asked for; absent: a person at the kiosk, or an operator. */
  readonly client?: { readonly id: string; readonly askedSha256: string }
  /** What a person types to see the order again; absent where nobody at the screen ordered it. */
  readonly reference?: string
  /** How often it was sent. */
  readonly attempts: number
  readonly sentAt: string | null
  /** Looks since then that went through and found nothing. */
  readonly looks: readonly string[]
  readonly undecided: { readonly why: 'none' | 'several' | 'too-many'; readonly ids: readonly string[] } | null
  readonly remote: (CardRequest & { readonly placedBy: 'answer' | 'look' | 'person'; readonly seenAt: string }) | null
  /** Looks at a placed order since it last changed. */
  readonly quietLooks: number
  readonly papers: CardPapers | null
  readonly lastFault: CardFault | null
  /** When it wants attention next; null: never by itself. */
  readonly nextAt: string | null
  readonly endedAt: string | null
}

interface Later {
  readonly nextAt: string
}

interface Failed extends Later {
  readonly code: ErrorCode
  readonly detail: string
}

export type CardEvent =
  | { readonly type: 'sending' }
  | ({ readonly type: 'unsent' } & Failed)
  | ({ readonly type: 'lost' } & Failed)
  | ({ readonly type: 'placed'; readonly request: CardRequest; readonly by: 'answer' | 'look' | 'person' } & Later)
  | { readonly type: 'refused'; readonly detail: string; readonly nextAt: string }
  | ({ readonly type: 'lookedInVain' } & Later)
  | { readonly type: 'severalFound'; readonly why: 'several' | 'too-many'; readonly ids: readonly string[] }
  /** A look, or an upload, that did not go through. */
  | ({ readonly type: 'postponed' } & Failed)
  | { readonly type: 'sentAgain' }
  | { readonly type: 'cancelled'; readonly nextAt: string }
  | ({ readonly type: 'seen'; readonly request: CardRequest; readonly eraseAt: string } & Later)
  | { readonly type: 'papersGiven'; readonly papers: CardPapers }
  | ({ readonly type: 'papersSent' } & Later)
  | ({ readonly type: 'papersRefused'; readonly detail: string } & Later)
  /** Somebody says that something has changed: it wants attention now. */
  | { readonly type: 'hinted' }

/** The service's word for a request that is finished: made and sent. */
export const finishedState = 'evasa'
/** Between the two looks that must find nothing before a person is asked. */
export const lookApartMs = 10 * 60_000

/** Throws STAGE_CONFLICT for an event that does not belong to the stage. */
export function nextOrder(order: CardOrder, event: CardEvent, at: string): CardOrder {
  if (!allowed[event.type].includes(order.stage)) {
    throw new Fault('STAGE_CONFLICT', `${event.type} does not belong to an order that is ${order.stage}`)
  }
  return event.type in remoteEvents ? followed(order, event, at) : sent(order, event, at)
}

const remoteEvents = { seen: 1, papersGiven: 1, papersSent: 1, papersRefused: 1, hinted: 1, postponed: 1 }

const allowed: Readonly<Record<CardEvent['type'], readonly CardStage[]>> = {
  sending: ['new'],
  unsent: ['sending'],
  lost: ['sending'],
  placed: ['sending', 'unknown', 'undecided'],
  refused: ['sending'],
  lookedInVain: ['unknown'],
  severalFound: ['unknown'],
  postponed: ['unknown', 'placed'],
  sentAgain: ['undecided'],
  cancelled: ['new', 'undecided'],
  seen: ['placed'],
  papersGiven: ['placed'],
  papersSent: ['placed'],
  papersRefused: ['placed'],
  hinted: ['new', 'unknown', 'placed'],
}

function sent(order: CardOrder, event: CardEvent, at: string): CardOrder {
  switch (event.type) {
    case 'sending':
      return { ...order, stage: 'sending', attempts: order.attempts + 1, sentAt: at, looks: [], nextAt: null }
    case 'unsent':
      return { ...order, stage: 'new', sentAt: null, ...failed(event, at) }
    case 'lost':
      return { ...order, stage: 'unknown', ...failed(event, at) }
    case 'placed': {
      const remote = { ...event.request, placedBy: event.by, seenAt: at }
      return { ...order, stage: 'placed', remote, undecided: null, lastFault: null, nextAt: event.nextAt }
    }
    case 'refused': {
      const { detail, nextAt } = event
      return { ...order, stage: 'refused', endedAt: at, nextAt, lastFault: { code: 'CARD_ORDER_REFUSED', detail, at } }
    }
    case 'lookedInVain': {
      const looks = [...order.looks, at]
      const first = Date.parse(looks[0] ?? at)
      if (Date.parse(at) - first < lookApartMs) return { ...order, looks: looks.slice(0, 1), nextAt: event.nextAt }
      return { ...order, stage: 'undecided', looks, undecided: { why: 'none', ids: [] }, nextAt: null }
    }
    case 'severalFound':
      return { ...order, stage: 'undecided', undecided: { why: event.why, ids: event.ids }, nextAt: null }
    case 'sentAgain':
      return { ...order, stage: 'new', sentAt: null, undecided: null, lastFault: null, nextAt: at }
    case 'cancelled':
      return { ...order, stage: 'cancelled', undecided: null, endedAt: at, nextAt: event.nextAt }
    default:
      throw new Fault('STAGE_CONFLICT', `${event.type} is not about sending`)
  }
}

function followed(order: CardOrder, event: CardEvent, at: string): CardOrder {
  const { papers } = order
  switch (event.type) {
    case 'seen':
      return seen(order, event, at)
    case 'postponed': {
      const waiting = papers?.state === 'waiting' ? { papers: { ...papers, attempts: papers.attempts + 1 } } : {}
      return { ...order, ...waiting, ...failed(event, at) }
    }
    case 'papersGiven':
      return { ...order, papers: event.papers, quietLooks: 0, lastFault: null, nextAt: at }
    case 'papersSent':
      return {
        ...order,
        ...(papers !== null && { papers: { ...papers, state: 'sent' } }),
        lastFault: null,
        nextAt: event.nextAt,
      }
    case 'papersRefused': {
      const lastFault = { code: 'CARD_ORDER_REFUSED', detail: event.detail, at } as const
      return {
        ...order,
        ...(papers !== null && { papers: { ...papers, state: 'refused' } }),
        lastFault,
        nextAt: event.nextAt,
      }
    }
    case 'hinted':
      return { ...order, quietLooks: 0, nextAt: at }
    default:
      throw new Fault('STAGE_CONFLICT', `${event.type} is not about following`)
  }
}

function seen(order: CardOrder, event: Extract<CardEvent, { type: 'seen' }>, at: string): CardOrder {
  const { request, nextAt, eraseAt } = event
  const { remote } = order
  if (remote === null) throw new Fault('INTERNAL', 'a placed order without its request')
  const after = { ...remote, ...request, id: remote.id, seenAt: at }
  const quietLooks = remote.state === request.state ? order.quietLooks + 1 : 0
  const followedOrder = { ...order, remote: after, quietLooks, lastFault: null }
  if (request.state !== finishedState) return { ...followedOrder, nextAt }
  return { ...followedOrder, stage: 'ended', endedAt: at, nextAt: eraseAt }
}

function failed({ code, detail, nextAt }: Failed, at: string): Pick<CardOrder, 'lastFault' | 'nextAt'> {
  return { lastFault: { code, detail, at }, nextAt }
}

/** Whether the service still waits for the signed form, or the identity document: not from whom it recognises by video. */
export function wantsForm({ stage, remote, papers, product }: CardOrder): boolean {
  if (stage !== 'placed' || remote === null || papers?.state === 'waiting' || papers?.state === 'sent') return false
  if (families[product.family].document === null || remote.videoRecognition === true) return false
  return remote.formThere !== true || remote.documentThere !== true
}

/** Whether somebody can still be recognised by video in place of a signed form. */
export function isRecognisable({ stage, product, remote }: Pick<CardOrder, 'stage' | 'product' | 'remote'>): boolean {
  if (stage !== 'placed' || remote === null || remote.videoRecognition === true || remote.formThere === true)
    return false
  return Object.values(families).some(({ changes }) => changes === product.family)
}

/** Whether what was bought is a code, and the service has it. */
export function hasActivation({ stage, product, remote }: Pick<CardOrder, 'stage' | 'product' | 'remote'>): boolean {
  return (
    (stage === 'placed' || stage === 'ended') && remote?.state === finishedState && families[product.family].activation
  )
}
