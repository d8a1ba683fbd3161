// What the screen shows, as one value. The appliance pushes it whole on every change (server-sent event `view`), so the
// screen holds no state of its own about the copy and a reload or a crash of the browser loses nothing.
//
// Calls of the screen, all on the one copy in hand (loopback only, same origin, header `X-Compulsa-Screen: 1`):
//
// GET  /screen/events                          text/event-stream of `view`
// GET  /screen/copy/pages/{pageId}/preview     image/jpeg
// POST /screen/copy                            {procedureId, language}
// POST /screen/session                         {pickupCode} or {sessionID}: opens the copy that a program asks for
// POST /screen/copy/scan | stop | reopen | leave | stay
// POST /screen/copy/pages/{pageId}/turn        {by: 90 | 180 | 270}
// POST /screen/copy/pages/{pageId}/delete | restore | part
// POST /screen/copy/pages/{pageId}/join        {under: pageId}
// POST /screen/copy/reduce                     {reduction}
// POST /screen/copy/split | next
// POST /screen/copy/order                      {pageIds}
// POST /screen/copy/approve                    {sourceNature}
// POST /screen/copy/sign/{tokenId}/{keyId}     PIN as application/octet-stream → SignAnswer
//
// POST /screen/copy/clave/begin                {number}: of the person's identity document
// POST /screen/copy/clave/finish | cancel
//
// POST /screen/request/accept | refuse         what a page or a program asks for, which the person has read
// POST /screen/request/sign/{tokenId}/{keyId}  PIN as application/octet-stream → SignAnswer; starts, or goes on, signing
// POST /screen/request/certificate/{tokenId}/{keyId}   tells the page this certificate
// POST /screen/request/save                    lets the page save its file
// POST /screen/request/load                    {names}
// POST /screen/request/stop                    what is signed by then stays signed
// POST /screen/request/close                   what has come of it was read
// POST /screen/request/stay                    somebody is still there
// POST /screen/waiting/{requestId}/take        takes up what a program has asked for
//
// POST /screen/maintenance/open | close
// POST /screen/maintenance/check                {deviceId}
// POST /screen/maintenance/ask                  {host}: one that is left alone is asked at once
//
// POST /screen/cards/…                          orders of cards: view-cards.ts
//
// `leave` ends the visit: an unfinished copy is discarded and erased, a finished one goes on in the queue.
// `split` makes several copies of one that is too large, `next` takes the next of them into hand when one is finished.
// `stay` tells that somebody is still there. POSTs answer 204, or ErrorAnswer with the code's status.

import type { LocalisedTexts, SourceNature } from '../config/config.ts'
import type { ErrorCode } from '../errors.ts'
import type { PinTries } from '../ports.ts'
import type { CardErrandView } from './view-cards.ts'
import type { MaintenanceView } from './view-maintenance.ts'

export interface View {
  readonly kiosk: {
    readonly languages: readonly string[]
    readonly bodyName: LocalisedTexts
    /** Without a touch for this long, the screen asks whether somebody is still there. */
    readonly idleSeconds: number
  }
  readonly procedures: readonly ProcedureView[]
  readonly scanner: ScannerView
  /** Finished copies on their way: waiting for the network, and stopped for an operator. */
  readonly queue: { readonly waiting: number; readonly stopped: number }
  readonly copy: CopyView | null
  /** What a page or a program asks for, while it is in hand; never beside a copy. */
  readonly request?: RequestView
  /** What programs ask for and nobody has taken up yet, oldest first. */
  readonly waiting?: readonly WaitingView[]
  /** Whether somebody may come with a pick-up code. */
  readonly pickup?: boolean
  /** Pages of others that the screen offers. */
  readonly portals?: readonly { readonly title: LocalisedTexts; readonly url: string }[]
  /** Whether cards can be ordered here. */
  readonly offersCards?: boolean
  /** Officials of a registration authority can order blank cards here. */
  readonly offersBlanks?: boolean
  /** An order of cards, while somebody is at it; never beside a copy or a request. */
  readonly cards?: CardErrandView
  /** Only while the maintenance screen is open, and never beside a copy. */
  readonly maintenance?: MaintenanceView
}

/** Who asks: a page by its origin, a program by its name in the configuration, an order of cards by its code. */
export interface AskerView {
  readonly kind: 'page' | 'program' | 'order'
  readonly name: string
}

export interface WaitingView {
  readonly id: string
  readonly asker: AskerView
  readonly total: number
  /** How many were signed before it was interrupted. */
  readonly done: number
}

export type RequestOperation =
  | 'sign'
  | 'cosign'
  | 'countersign'
  | 'batch'
  | 'select-certificate'
  | 'save-file'
  | 'load-file'

/**
 * `asking`: the person reads what it is. `card`: card, certificate and PIN. `signing`: progress. `pin`: the card wants the PIN
 * before each signature. `paused`: the card is gone, or a PIN was refused; with the card back it goes on by a PIN.
 * `finished`: what came of it, until it is closed.
 */
export type RequestStage = 'asking' | 'card' | 'signing' | 'pin' | 'paused' | 'finished'

export interface RequestView {
  readonly id: string
  readonly asker: AskerView
  readonly operation: RequestOperation
  readonly stage: RequestStage
  /** What is to be signed, in its order; the first 200. Empty where nothing is signed. */
  readonly documents: readonly RequestedDocumentView[]
  readonly total: number
  /** The page's own server prepares what is signed, and the kiosk cannot look at it. */
  readonly preparedElsewhere: boolean
  readonly done: number
  readonly failed: number
  /** Why it is paused, or was refused as a whole. */
  readonly fault: ErrorCode | null
  readonly card: CardView | null
  /** `save-file`: the file; `load-file`: what may be chosen. */
  readonly files: readonly { readonly name: string; readonly bytes: number }[]
  /** `load-file`: whether several may be chosen. */
  readonly several: boolean
}

export interface RequestedDocumentView {
  readonly name: string
  /** null where the document itself will tell. */
  readonly format: 'PAdES' | 'CAdES' | 'XAdES' | null
  readonly operation: 'sign' | 'cosign' | 'countersign'
  /** null where it is fetched later. */
  readonly bytes: number | null
  readonly state: 'waiting' | 'signed' | 'failed' | 'skipped'
  readonly fault: ErrorCode | null
}

export interface ProcedureView {
  readonly id: string
  readonly title: LocalisedTexts
  readonly description: LocalisedTexts | null
  readonly sourceNatures: readonly SourceNature[]
  readonly signature: 'none' | 'local' | 'seal' | 'clave'
  readonly paper: 'returned' | 'kept'
}

export interface ScannerView {
  readonly state: 'ready' | 'busy' | 'absent' | 'fault'
  readonly code: ErrorCode | null
  /** null where the device cannot tell. */
  readonly paperLoaded: boolean | null
}

/** `delivering`: finished for whoever stands there; it may still be extended before it is sent. */
export type CopyStage = 'gathering' | 'composing' | 'signing' | 'delivering' | 'done'

export interface CopyView {
  readonly id: string
  /** Short code that the person takes away. */
  readonly reference: string
  readonly language: string
  readonly procedureId: string
  /** The session that it is made for; null where it is one of the kiosk's procedures. */
  readonly asked: AskedView | null
  readonly stage: CopyStage
  readonly scanning: boolean
  /** In the order of the copy, those left out included. */
  readonly pages: readonly PageView[]
  /** Why it does not go on, e.g. SCANNER_JAM after page 2; the pages stay. */
  readonly fault: ErrorCode | null
  /** The sheet, 1-based, from which on paper has to be fed again after a fault. */
  readonly sheetToFeed: number
  readonly size: SizeView
  /** Which of several copies this is, where one was too large. */
  readonly part: { readonly number: number; readonly of: number; readonly hasNext: boolean } | null
  /** True after a restart of the appliance until the person goes on: "we were interrupted". */
  readonly interrupted: boolean
  readonly card: CardView | null
  /** At the stage `signing`, where the person signs with Cl@ve Firma. */
  readonly clave?: ClaveView
  readonly result: ResultView | null
}

/** Who asks for a copy, and what for. */
export interface AskedView {
  readonly asker: AskerView
  readonly title: string
  /** Where the person goes on afterwards, shown as a QR code. */
  readonly redirectUrl: string | null
  readonly sourceNatures: readonly SourceNature[]
  readonly signature: ProcedureView['signature']
}

/**
 * `number`: the person's number is asked for; `cardToo`: the copy can be signed with a card as well. `page`: the person is at
 * the service's page, on a phone by the QR code or in a frame here, until `endsAt` (ISO 8601); `fault`: why the signature could
 * not be fetched a moment ago. `starting`, `finishing`: the service is being asked.
 */
export type ClaveView =
  | { readonly state: 'number'; readonly fault: ErrorCode | null; readonly cardToo: boolean }
  | { readonly state: 'starting' | 'finishing' }
  | {
      readonly state: 'page'
      readonly on: 'phone' | 'kiosk'
      readonly page: string
      readonly endsAt: string
      readonly fault: ErrorCode | null
    }
export interface PageView {
  readonly id: string
  /** The page of the copy, 1-based, the same for images that share a sheet; null for one that is left out. */
  readonly number: number | null
  /** False while the page is being prepared. `GET /screen/copy/pages/{id}/preview` then answers 409. */
  readonly ready: boolean
  readonly blank: boolean
  readonly unusable: ErrorCode | null
  /** Quarter turns that the preview lacks, to be applied to it by the screen. */
  readonly turn: 0 | 90 | 180 | 270
  readonly leftOut: 'person' | 'blank' | 'half-sheet' | null
  /** The page below which this one stands on one sheet. */
  readonly under: string | null
  /** Small enough to share a sheet with another such page. */
  readonly joinable: boolean
}

/** How large the signed copy will be at most. */
export interface SizeView {
  /** null until every page is prepared. */
  readonly bytes: number | null
  readonly limitBytes: number
  /** What it was brought down by so far. */
  readonly reduction: 'none' | 'gray' | 'lower-quality'
}

/** The card reader, while the copy is at the stage `signing`. */
export type CardView =
  | { readonly state: 'absent' }
  | { readonly state: 'fault'; readonly code: ErrorCode }
  | { readonly state: 'present'; readonly tries: PinTries; readonly certificates: readonly CertificateView[] }
  | { readonly state: 'signing' }

export interface CertificateView {
  readonly tokenId: string
  readonly keyId: string
  readonly holder: string
  readonly issuer: string
  /** ISO 8601 date. */
  readonly notAfter: string
  /** Why it cannot sign now, e.g. CERTIFICATE_EXPIRED. */
  readonly fault: ErrorCode | null
}

export interface ResultView {
  readonly pages: number
  readonly bytes: number
  readonly signer: string | null
  /** The seal of the body is still to be put on, by itself. */
  readonly unsealed: boolean
  /** ISO 8601. */
  readonly finishedAt: string
  /** What the receipt's QR code holds. */
  readonly qr: string
  readonly deliveries: readonly {
    readonly destinationId: string
    readonly state: 'waiting' | 'delivered' | 'refused'
  }[]
  readonly paper: 'returned' | 'kept'
}

/** Answer of `POST /screen/copy/sign/{tokenId}/{keyId}`, whose body is the PIN as UTF-8 octets. */
export type SignAnswer =
  | { readonly outcome: 'signed' }
  | { readonly outcome: 'refused'; readonly code: ErrorCode; readonly tries: PinTries }

/** Body of every error answer. */
export interface ErrorAnswer {
  readonly code: ErrorCode
  readonly detail: string
}
