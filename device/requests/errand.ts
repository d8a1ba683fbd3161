// What a page or a program wants of the person at the screen, in one shape: what is shown of it, what is done once the person
// agrees, who is told how it ended, and the desk before the person that does it. Types only.

import type { ErrorCode } from '../errors.ts'
import type { AskerView, RequestedDocumentView, RequestOperation, RequestView, SignAnswer } from '../http/view.ts'
import type { SigningCertificate } from '../ports.ts'
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
    }
  | {
      readonly kind: 'certificate'
      readonly fitting: (certificates: readonly SigningCertificate[]) => readonly SigningCertificate[]
      readonly choose: (certificate: SigningCertificate) => void
    }
  | { readonly kind: 'save'; readonly save: () => Promise<void> }
  | { readonly kind: 'load'; readonly load: (names: readonly string[]) => Promise<void> }

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
