// A document on its way from paper to a delivered copy: its stages as a discriminated union, the events that move it, and
// what can be read off it. The moves themselves, with their diagram, are in transition.ts.

import type { SignatureLevel } from '../ades/request.ts'
import type { ProcedureConfig, SourceNature } from '../config/config.ts'
import { type ErrorCode, Fault, type RetryClass } from '../errors.ts'
import type { Receipt, Reduction } from '../ports.ts'
import type { AskedBy } from '../requests/asked-by.ts'
import type { SignerFacts } from '../trust/signer-facts.ts'
import { type CopyTrail, emptyTrail, type MadeFacts, type ScannerFacts } from './copy-trail.ts'
import type { Page, PreparedImage, ReadText, StoredBlob, StoredPage } from './page.ts'
import type { PendingClave, PendingSignature } from './pending-signature.ts'
import type { ExtendedBy, SignatureFacts } from './signature-facts.ts'

/** What was asked for, fixed when the document is opened, so that a changed configuration never bends a copy in hand. */
export type CopyOrder = Pick<
  ProcedureConfig,
  | 'digitisation'
  | 'document'
  | 'signature'
  | 'attestation'
  | 'elaborationStates'
  | 'sourceNatures'
  | 'retentionHours'
  | 'paper'
  | 'destinations'
> & { readonly procedureId: string; readonly title: string; readonly session?: AskedBy }

/** What the person declared when approving the pages. */
export interface Approval {
  readonly sourceNature: SourceNature
  readonly elaborationState: 'EE03' | 'EE99'
  readonly at: string
}

/** What is tried again by itself until it succeeds: how often it failed so far, and when it is due. */
export interface Attempts {
  readonly attempts: number
  /** ISO 8601; null when it may be tried at once. */
  readonly nextAttemptAt: string | null
  readonly lastFault: { readonly code: ErrorCode; readonly detail: string; readonly at: string } | null
}

export interface DeliveryState extends Attempts {
  readonly destinationId: string
  /** Made once, with the document; the same on every attempt. */
  readonly idempotencyKey: string
  readonly state: 'waiting' | 'delivered' | 'refused'
  readonly receipt: Receipt | null
}

/** Why a document does not go on, and who can make it. */
export interface Hold {
  readonly code: ErrorCode
  readonly detail: string
  readonly retry: RetryClass
  readonly at: string
  readonly attempts: number
  /** ISO 8601; only where the retry class is `later`. */
  readonly retryAt: string | null
}

export type Stage =
  | { readonly name: 'gathering'; readonly scan: 'idle' | 'running' }
  | { readonly name: 'composing'; readonly approval: Approval }
  | {
      readonly name: 'signing'
      readonly approval: Approval
      readonly copy: StoredBlob
      /** Why nothing came of signing with Cl@ve Firma the last time; absent where nobody need be told. */
      readonly refused?: ErrorCode
    }
  | {
      readonly name: 'sealing'
      readonly approval: Approval
      readonly copy: StoredBlob
      readonly pending: PendingSignature
    }
  | {
      /** Somebody signs with Cl@ve Firma, on a phone or at this screen. */
      readonly name: 'authorising'
      readonly approval: Approval
      readonly copy: StoredBlob
      readonly pending: PendingClave
    }
  | {
      /** The copy waits for the seal of the body, which a service puts on; nobody need be there, nothing is delivered yet. */
      readonly name: 'unsealed'
      readonly approval: Approval
      readonly copy: StoredBlob
      /** Null until it is stored what will be signed, and where the service takes the document whole. */
      readonly pending: PendingSignature | null
      readonly sealing: Attempts
      readonly signature: null
      readonly deliveries: readonly DeliveryState[]
    }
  | {
      /** The copy is signed and its level below the ordered one; nothing is delivered yet. */
      readonly name: 'extending'
      readonly approval: Approval
      readonly copy: StoredBlob
      readonly signature: SignatureFacts
      readonly extension: Attempts
      readonly deliveries: readonly DeliveryState[]
    }
  | {
      readonly name: 'delivering' | 'done'
      readonly approval: Approval
      readonly copy: StoredBlob
      readonly signature: SignatureFacts | null
      readonly deliveries: readonly DeliveryState[]
    }
  | { readonly name: 'discarded'; readonly reason: DiscardReason }
  | { readonly name: 'erased' }

export type StageName = Stage['name']
export type DiscardReason = 'person' | 'idle' | 'operator' | 'withdrawn'

export interface Document {
  readonly id: string
  /** Short code that the person takes away. */
  readonly reference: string
  /** Secure verification code, printed on the copy; null where the procedure wants none. */
  readonly csv: string | null
  readonly openedAt: string
  readonly changedAt: string
  readonly language: string
  readonly order: CopyOrder
  /** Which of several copies this one is, where one was too large; the next is in hand when this one is finished. */
  readonly part: { readonly number: number; readonly of: number; readonly nextId: string | null } | null
  /** What its size is brought down by. */
  readonly reduction: Reduction
  /** In the order of the copy, those left out included. */
  readonly pages: readonly Page[]
  readonly hold: Hold | null
  /** For the evidence of the copy. */
  readonly trail: CopyTrail
  readonly stage: Stage
}

interface SignedCopy {
  readonly copy: StoredBlob
  readonly signer: string
  readonly certificate?: SignerFacts
}

export type DocumentEvent =
  | { readonly type: 'scanStarted'; readonly device?: ScannerFacts }
  | { readonly type: 'pageStored'; readonly page: StoredPage }
  | { readonly type: 'scanEnded'; readonly end: 'empty' | 'limit' | 'stopped' }
  | { readonly type: 'scanFailed'; readonly code: ErrorCode; readonly detail: string }
  | { readonly type: 'pagePrepared'; readonly pageId: string; readonly prepared: PreparedImage }
  | { readonly type: 'pageUnusable'; readonly pageId: string; readonly code: ErrorCode }
  | { readonly type: 'pageTurned'; readonly pageId: string; readonly by: 90 | 180 | 270 }
  | { readonly type: 'pageDeleted' | 'pageRestored'; readonly pageId: string }
  | { readonly type: 'pagesOrdered'; readonly pageIds: readonly string[] }
  /** `under` comes to stand below `pageId` on one sheet of the copy. */
  | { readonly type: 'pagesJoined'; readonly pageId: string; readonly under: string }
  | { readonly type: 'pagesParted'; readonly pageId: string }
  | { readonly type: 'pageRead'; readonly pageId: string; readonly text: ReadText }
  | { readonly type: 'reduced'; readonly reduction: Reduction }
  /** The pages went to other copies, of which `nextId` comes first. */
  | { readonly type: 'pagesMoved'; readonly pageIds: readonly string[]; readonly of: number; readonly nextId: string }
  | { readonly type: 'approved'; readonly sourceNature: SourceNature }
  | { readonly type: 'reopened' }
  | {
      readonly type: 'composed'
      readonly copy: StoredBlob
      readonly deliveryKeys: readonly string[]
      readonly made?: MadeFacts
    }
  | { readonly type: 'signatureIntended'; readonly pending: PendingSignature }
  | { readonly type: 'signatureDropped' }
  | { readonly type: 'claveIntended'; readonly pending: PendingClave }
  | { readonly type: 'claveStarted'; readonly transaction: NonNullable<PendingClave['transaction']> }
  /** Nothing came of it, and the person's number is forgotten; `told` where they did not do it themselves. */
  | { readonly type: 'claveDropped'; readonly code: ErrorCode; readonly told: boolean }
  | ({ readonly type: 'signed'; readonly deliveryKeys: readonly string[] } & SignedCopy)
  | ({ readonly type: 'sealed' } & SignedCopy)
  | {
      readonly type: 'sealPostponed'
      readonly code: ErrorCode
      readonly detail: string
      readonly nextAttemptAt: string
    }
  | {
      readonly type: 'extended'
      readonly copy: StoredBlob
      readonly level: Exclude<SignatureLevel, 'B'>
      /** Certificates whose state is known only from before the time-stamp. */
      readonly answeredEarlier: number
      /** The earliest time that a time-stamp proves, ISO 8601. */
      readonly provenAt?: string
      readonly by: ExtendedBy
      readonly declined?: NonNullable<SignatureFacts['declined']>
    }
  | {
      readonly type: 'extensionPostponed'
      readonly code: ErrorCode
      readonly detail: string
      readonly nextAttemptAt: string
    }
  | { readonly type: 'delivered'; readonly destinationId: string; readonly receipt: Receipt }
  | {
      readonly type: 'deliveryPostponed'
      readonly destinationId: string
      readonly code: ErrorCode
      readonly detail: string
      readonly nextAttemptAt: string
    }
  | {
      readonly type: 'deliveryRefused'
      readonly destinationId: string
      readonly code: ErrorCode
      readonly detail: string
    }
  /** An operator's word; all that are not delivered, or those to these destinations that wait. */
  | { readonly type: 'deliveriesRetried'; readonly destinationIds?: readonly string[] }
  | {
      readonly type: 'held'
      readonly code: ErrorCode
      readonly detail: string
      readonly retry: RetryClass
      readonly retryAt: string | null
    }
  | { readonly type: 'resumed' }
  | { readonly type: 'discarded'; readonly reason: DiscardReason }
  | { readonly type: 'erased' }

export interface Opening {
  readonly id: string
  readonly reference: string
  readonly language: string
  readonly order: CopyOrder
  readonly csv: string | null
  readonly at: string
  /** A copy that takes over pages of one that was too large. */
  readonly continued?: Pick<Document, 'part' | 'pages' | 'reduction' | 'trail'>
}

export function openDocument(opening: Opening): Document {
  const { id, reference, language, order, csv, at, continued } = opening
  return {
    id,
    reference,
    language,
    order,
    csv,
    openedAt: at,
    changedAt: at,
    part: null,
    reduction: 'none',
    pages: [],
    trail: emptyTrail,
    ...continued,
    hold: null,
    stage: { name: 'gathering', scan: 'idle' },
  }
}

/** The pages of the copy, in order. */
export function keptPages(document: Document): readonly Page[] {
  return document.pages.filter(page => page.leftOut === null)
}

/** EExx from the declared nature of the source (RD 203/2021 art. 49; NTI de Copiado Auténtico, V). */
export function elaborationState(order: CopyOrder, nature: SourceNature): 'EE03' | 'EE99' {
  if (!order.sourceNatures.includes(nature)) {
    throw new Fault(
      'COPY_STATE_REFUSED',
      `the procedure ${order.procedureId} does not take a source declared as ${nature}`,
    )
  }
  return order.elaborationStates[nature]
}

/** The blobs that the document still needs; everything else in its folder may go. */
export function blobNames({ pages, stage }: Document): ReadonlySet<string> {
  const ofPages = pages.flatMap(({ image, prepared, text }) => [
    image,
    prepared?.preview,
    prepared?.rendition.blob,
    text?.blob ?? undefined,
  ])
  const copy = 'copy' in stage ? stage.copy : undefined
  const update = 'pending' in stage ? stage.pending?.update : undefined
  return new Set([...ofPages, copy, update].flatMap(blob => (blob === undefined ? [] : [blob.name])))
}
