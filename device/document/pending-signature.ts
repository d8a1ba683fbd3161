// What is stored of a signature before it is made: enough to make it once more after a power loss, byte by byte the same.

import type { SigningIntent } from '../cms/signing-intent.ts'
import type { PreparedSignature } from '../pdf/signature-dictionary.ts'
import type { StoredBlob } from './page.ts'

/**
 * A signature about to be made: the bytes to append (their /Contents still empty) and what will be signed. Of a seal,
 * `tokenId` is the service and `keyId` the identity.
 */
export interface PendingSignature {
  readonly tokenId: string
  readonly keyId: string
  readonly slot: Omit<PreparedSignature, 'update'>
  readonly update: StoredBlob
  readonly intent: SigningIntent
}

/** A signature that a person makes at a service elsewhere: what will be appended, and what the service is told of it. */
export interface PendingClave {
  /** The person's number, which goes with this. */
  readonly subject: string
  readonly slot: Omit<PreparedSignature, 'update'>
  readonly update: StoredBlob
  /** SHA-256 of what is signed, Base64. */
  readonly digest: string
  /** Names the way back to this screen. */
  readonly token: string
  /** null until the service has begun; `page` is where the person goes, and `at` when, ISO 8601. */
  readonly transaction: { readonly id: string; readonly page: string; readonly at: string } | null
}
