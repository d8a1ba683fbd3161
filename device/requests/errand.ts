// What a page or a program wants of the person at the screen, in one shape: what is shown of it, what is done once the person
// agrees, who is told how it ended, and the desk before the person that does it. Types only.

import type { BatchVisit } from '../batch/outcome.ts'
import type { ErrorCode } from '../errors.ts'
import type { AskerView, RequestedDocumentView, RequestOperation, RequestView, SignAnswer } from '../http/view.ts'
import type { ClaveOrder, SigningCertificate } from '../ports.ts'
import type { KeyHolder } from './key-holder.ts'

/**
 * `finished`: all that could be done is. `refused`: the person does not want it. `stopped`: the person ended it midway.
 * `left`: nobody was there any more. `gone`: whoever asked is not there any more. `failed`: with the fault.
 */
export type ErrandEnd =
  | { readonly end: 'finished' | 'refused' | 'stopped' | 'left' | 'gone' }
  | { readonly end: 'failed'; readonly fault: unknown }

export type DocumentState = Pick<RequestedDocumentView, 'state' | 'fault'>

export interface Errand {
  readonly asker: AskerView
  readonly operation: RequestOperation
  readonly documents: readonly Omit<RequestedDocumentView, 'state' | 'fault'>[]
  /** What became of the document of that number before. */
  readonly before?: (number: number) => DocumentState | undefined
  readonly total: number
  readonly preparedElsewhere: boolean
  readonly files: readonly { readonly name: string; readonly bytes: number }[]
  readonly several: boolean
  readonly work: ErrandWork
  /** Called once, when nothing of it is under way any more. */
  ended(end: ErrandEnd): void
}

export type ErrandWork =
  | {
      readonly kind: 'sign'
      /** Those of the certificates that may sign. */
      readonly fitting: (certificates: readonly SigningCertificate[]) => readonly SigningCertificate[]
      /** Signs with a key that is open. Throws what ends it, or the signal's reason. */
      readonly sign: (key: KeyHolder, tell: ErrandProgress, signal: AbortSignal) => Promise<void>
      /** Where a person may sign it with Cl@ve Firma, too. */
      readonly person?: PersonErrand
    }
  | {
      readonly kind: 'certificate'
      readonly fitting: (certificates: readonly SigningCertificate[]) => readonly SigningCertificate[]
      readonly choose: (certificate: SigningCertificate) => void
    }
  | { readonly kind: 'save'; readonly save: () => Promise<void> }
  | { readonly kind: 'load'; readonly load: (names: readonly string[]) => Promise<void> }

/** Signing with Cl@ve Firma in place of a card: one visit to the service's page after the other. */
export interface PersonErrand {
  /** Whether there is a reader for cards, too. */
  readonly cardToo: boolean
  /** The visit that was left open, where it can still come to something. */
  open(): BatchVisit | null
  /** The next one; null where nothing is left for it. Throws the CLAVE_ faults, and what ends a run. */
  begin(order: ClaveOrder, tell: ErrandProgress, signal: AbortSignal): Promise<BatchVisit | null>
  /** The person is done. Throws as `begin` does; where it can be asked again, the visit is still open. */
  finish(tell: ErrandProgress, signal: AbortSignal): Promise<void>
  /** The visit is over, here and at the service, if one is open. */
  forget(): Promise<void>
}

/** Tells that a document is signed, or why it is not. */
export type ErrandProgress = (number: number, fault: ErrorCode | null) => void

export interface SigningDesk {
  view(): RequestView | null
  subscribe(listener: () => void): () => void
  /**
   * Puts an errand before the person. Throws KIOSK_BUSY while a copy or another errand is in hand. Aborting ends it: whoever
   * asked has gone.
   */
  begin(errand: Errand, signal?: AbortSignal): void
  /** Throws KIOSK_BUSY where `begin` would. */
  free(): void
  /** Shows for a while that something was refused, where nothing else is in hand. */
  show(asker: AskerView, operation: RequestOperation, code: ErrorCode): void
  /** Whether something is in hand that is not finished. */
  busy(): boolean
  accept(): void
  /** The person wants to sign with Cl@ve Firma. Throws STAGE_CONFLICT where that is not offered. */
  acceptClave(): void
  /** Throws IDENTITY_NUMBER_INVALID, STAGE_CONFLICT; what the service says is told by the view. */
  beginClave(typed: string, language: string): void
  /** The person is done at the service's page. Throws STAGE_CONFLICT. */
  finishClave(): void
  /** Gives up the visit that is open; another can be begun. */
  cancelClave(): Promise<void>
  /** The service's page has led back to this screen; unknown tokens are nothing. */
  returned(token: string): void
  refuse(): void
  /** The PIN is overwritten before this resolves. */
  sign(tokenId: string, keyId: string, pin: Uint8Array): Promise<SignAnswer>
  certificate(tokenId: string, keyId: string): void
  save(): Promise<void>
  load(names: readonly string[]): Promise<void>
  stop(): void
  /** What came of it was read. */
  close(): void
  /** Somebody is there. */
  stay(): void
  end(): Promise<void>
}
