// A document on its way from paper to a delivered copy: its stages as a discriminated union, the events that move it, and
// what can be read off it. The moves themselves, with their diagram, are in transition.ts.

import type { SignatureLevel } from './ades/request.ts'
import type { SigningIntent } from './cms/signing-intent.ts'
import type { ProcedureConfig, SourceNature } from './config.ts'
import { type ErrorCode, Fault, type RetryClass } from './errors.ts'
import type { PreparedSignature } from './pdf/signature-dictionary.ts'
import type { ImageType, PageEncoding, PageVerdict, Receipt, RenditionGeometry } from './ports.ts'

/** Bytes in the store: name of the encrypted blob, size and SHA-256 (lower-case hex) of the plaintext. */
export interface StoredBlob {
  readonly name: string
  readonly bytes: number
  readonly sha256: string
}

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
> & { readonly procedureId: string; readonly title: string }

export type QuarterTurn = 0 | 90 | 180 | 270

export interface PreparedImage {
  readonly verdict: PageVerdict
  readonly preview: StoredBlob
  /** The blob that goes into the PDF: the scanner's own bytes, or a better encoding of them. */
  readonly rendition: RenditionGeometry & { readonly blob: StoredBlob; readonly encoding: PageEncoding }
}

export interface Page {
  readonly id: string
  readonly image: StoredBlob
  readonly mediaType: ImageType
  readonly side: 'front' | 'back'
  /** Pixels per inch asked of the scanner. */
  readonly resolution: number
  readonly prepared: PreparedImage | null
  /** Why the image cannot be used; the sheet must be scanned again. */
  readonly unusable: ErrorCode | null
  /** Quarter turns clockwise chosen by a person, on top of the verdict's. */
  readonly turn: QuarterTurn
  readonly deleted: boolean
}

/** What the person declared when approving the pages. */
export interface Approval {
  readonly sourceNature: SourceNature
  readonly elaborationState: 'EE03' | 'EE99'
  readonly at: string
}

/** Facts of the signature that was made and verified. */
export interface SignatureFacts {
  readonly signer: string
  /** Reached so far; what was ordered is in the order. */
  readonly level: SignatureLevel
  /** When it was made, ISO 8601. */
  readonly at: string
  /** When its level was reached, ISO 8601; absent at level B. */
  readonly extendedAt?: string
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

/** A signature about to be made: the bytes to append (their /Contents still empty) and what will be signed. */
export interface PendingSignature {
  readonly tokenId: string
  readonly keyId: string
  readonly slot: Omit<PreparedSignature, 'update'>
  readonly update: StoredBlob
  readonly intent: SigningIntent
}

export type Stage =
  | { readonly name: 'gathering'; readonly scan: 'idle' | 'running' }
  | { readonly name: 'composing'; readonly approval: Approval }
  | { readonly name: 'signing'; readonly approval: Approval; readonly copy: StoredBlob }
  | {
      readonly name: 'sealing'
      readonly approval: Approval
      readonly copy: StoredBlob
      readonly pending: PendingSignature
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
export type DiscardReason = 'person' | 'idle' | 'operator'

export interface Document {
  readonly id: string
  /** Short code that the person takes away. */
  readonly reference: string
  readonly openedAt: string
  readonly changedAt: string
  readonly language: string
  readonly order: CopyOrder
  /** In the order of the copy, deleted ones included. */
  readonly pages: readonly Page[]
  readonly hold: Hold | null
  readonly stage: Stage
}

export type DocumentEvent =
  | { readonly type: 'scanStarted' }
  | { readonly type: 'pageStored'; readonly page: Pick<Page, 'id' | 'image' | 'mediaType' | 'side' | 'resolution'> }
  | { readonly type: 'scanEnded'; readonly end: 'empty' | 'limit' | 'stopped' }
  | { readonly type: 'scanFailed'; readonly code: ErrorCode; readonly detail: string }
  | { readonly type: 'pagePrepared'; readonly pageId: string; readonly prepared: PreparedImage }
  | { readonly type: 'pageUnusable'; readonly pageId: string; readonly code: ErrorCode }
  | { readonly type: 'pageTurned'; readonly pageId: string; readonly by: 90 | 180 | 270 }
  | { readonly type: 'pageDeleted' | 'pageRestored'; readonly pageId: string }
  | { readonly type: 'pagesOrdered'; readonly pageIds: readonly string[] }
  | { readonly type: 'approved'; readonly sourceNature: SourceNature }
  | { readonly type: 'reopened' }
  | { readonly type: 'composed'; readonly copy: StoredBlob; readonly deliveryKeys: readonly string[] }
  | { readonly type: 'signatureIntended'; readonly pending: PendingSignature }
  | { readonly type: 'signatureDropped' }
  | {
      readonly type: 'signed'
      readonly copy: StoredBlob
      readonly signer: string
      readonly deliveryKeys: readonly string[]
    }
  | {
      readonly type: 'extended'
      readonly copy: StoredBlob
      readonly level: Exclude<SignatureLevel, 'B'>
      /** Certificates whose state is known only from before the time-stamp. */
      readonly answeredEarlier: number
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
  | { readonly type: 'deliveriesRetried' }
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
  readonly at: string
}

export function openDocument(opening: Opening): Document {
  const { id, reference, language, order, at } = opening
  return {
    id,
    reference,
    language,
    order,
    openedAt: at,
    changedAt: at,
    pages: [],
    hold: null,
    stage: { name: 'gathering', scan: 'idle' },
  }
}

/** The pages of the copy, in order. */
export function keptPages(document: Document): readonly Page[] {
  return document.pages.filter(page => !page.deleted)
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
  const ofPages = pages.flatMap(({ image, prepared }) => [image, prepared?.preview, prepared?.rendition.blob])
  const copy = 'copy' in stage ? stage.copy : undefined
  const update = stage.name === 'sealing' ? stage.pending.update : undefined
  return new Set([...ofPages, copy, update].flatMap(blob => (blob === undefined ? [] : [blob.name])))
}
