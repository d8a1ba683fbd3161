// What is known of a copy's signature, from when it was made on.

import type { SignatureLevel } from '../ades/request.ts'
import type { ErrorCode } from '../errors.ts'

/** Facts of the signature that was made and verified. */
export interface SignatureFacts {
  readonly signer: string
  /** Reached so far; what was ordered is in the order. */
  readonly level: SignatureLevel
  /** When it was made, ISO 8601. */
  readonly at: string
  /** By a person with Cl@ve Firma, and with no card. */
  readonly clave?: true
  /** When its level was reached, ISO 8601; absent at level B. */
  readonly extendedAt?: string
  /** Who raised it last; absent at level B, and for what an earlier version raised. */
  readonly extendedBy?: ExtendedBy
  /** Why the configured service did not, where it was raised here in its place. */
  readonly declined?: { readonly code: ErrorCode; readonly detail: string }
}

/** This kiosk, or the configured service. */
export type ExtendedBy = 'local' | 'service'
