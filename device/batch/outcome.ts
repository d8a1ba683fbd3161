// What becomes of each signature of a batch, and what has to be remembered of it so that a power cut neither loses one nor
// makes one twice. Types only.

import type { SignatureFormat } from '../ades/request.ts'
import type { ErrorCode } from '../errors.ts'
import type { ByteStream } from '../ports.ts'

export type ItemOutcome =
  | {
      readonly outcome: 'signed'
      readonly format: SignatureFormat
      /** Of the signature or signed document. */
      readonly bytes: number
      /** Lower-case hex. */
      readonly sha256: string
      /** Extra parameters that had no effect. */
      readonly ignored: readonly string[]
      /** What was done as asked and has its price, in words. */
      readonly notes?: readonly string[]
    }
  | { readonly outcome: 'failed'; readonly code: ErrorCode; readonly detail: string }

/** Fixed before the signer is first asked, so that whoever takes the signature up again makes the very same one. */
export interface ItemIntent {
  /** Milliseconds since 1970. */
  readonly signingTime: number
  /** Base of the Ids in an XML signature. */
  readonly signatureId: string
}

/** A signature, or a document with its signature, that was made and verified. */
export interface MadeSignature {
  readonly format: SignatureFormat
  /** Each piece in memory of its own, which whoever takes it may keep. */
  readonly bytes: ByteStream
  readonly ignored: readonly string[]
  readonly notes?: readonly string[]
}

/** The memory of one batch. What it has acknowledged survives. */
export interface Ledger {
  /** Undefined where the item is unfinished. */
  outcome(number: number): ItemOutcome | undefined
  /** The intent of the item: the one of before, else `fresh`, which is durable when this resolves. */
  intend(number: number, fresh: ItemIntent): Promise<ItemIntent>
  /** Durable when it resolves. */
  signed(number: number, made: MadeSignature): Promise<ItemOutcome>
  failed(number: number, code: ErrorCode, detail: string): Promise<ItemOutcome>
  /** Of an item that is signed. */
  signature(number: number): ByteStream
}

/** What somebody at a service elsewhere is to sign of a batch with one visit. */
export interface BatchVisit {
  readonly id: string
  /** Number of the person's identity document. */
  readonly subject: string
  /** Where the person goes, and where the service leads them in the end. */
  readonly page: string
  readonly returnUrl: string
  /** Milliseconds since 1970. */
  readonly endsAt: number
  /** Numbers of the items that it is about. */
  readonly items: readonly number[]
  /** Those that the service has signed, once the person was there; null before. */
  readonly signed: readonly number[] | null
}

/** Remembers the visit that is not over. */
export interface VisitMemory {
  visit(): BatchVisit | null
  /** Durable when it resolves. */
  keepVisit(visit: BatchVisit | null): Promise<void>
}
