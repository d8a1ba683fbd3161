// Why a store did not take a copy, as the outcome it comes to. Promises: nothing of a server's own text but short names of
// errors; what only an operator can mend waits longer than what passes by itself.

import type { DeliveryLaterCode, DeliveryRefusedCode } from '../../device/ports.ts'
import { HttpError } from '../http-error.ts'
import { retryAfterMs } from '../retry-after.ts'
import { credentialPauseMs, kindOf, pinPauseMs } from './answer.ts'

/** Pause where somebody at the other end has to act: a full disk, a folder that is not there. */
export const operatorPauseMs = credentialPauseMs

/** An attempt that is to be made later, or not again; `message` is for people and holds no secret. */
export class TargetFailure extends Error {
  override readonly name = 'TargetFailure'
  readonly code: DeliveryLaterCode | DeliveryRefusedCode
  readonly retryAfterMs: number | undefined

  constructor(code: TargetFailure['code'], message: string, waitMs?: number, options?: ErrorOptions) {
    super(message, options)
    this.code = code
    this.retryAfterMs = waitMs
  }
}

/** The failure itself, or what a failure of the network comes to; anything else is thrown on. */
export function asTargetFailure(thrown: unknown): TargetFailure {
  if (thrown instanceof TargetFailure) return thrown
  if (!(thrown instanceof HttpError)) throw thrown
  const because = (code: TargetFailure['code'], waitMs?: number) =>
    new TargetFailure(code, thrown.message, waitMs, { cause: thrown })
  if (thrown.kind === 'tls') return because('DESTINATION_UNTRUSTED')
  if (thrown.kind === 'pin') return because('TLS_PIN_MISMATCH', pinPauseMs)
  if (thrown.kind === 'credentials') return because('CREDENTIALS_REFUSED')
  return because('DESTINATION_UNREACHABLE')
}

/** Names of errors by which an S3 service tells what its status does not (S3 API Reference, Error responses). */
const fullNames = /^(QuotaExceeded|InsufficientStorage|XMinioStorageFull|ServiceQuotaExceeded)/
const transitNames = /^(BadDigest|InvalidDigest|XAmzContentSHA256Mismatch|IncompleteBody|RequestTimeout)$/
const credentialNames = /^(AuthorizationHeaderMalformed|ExpiredToken|InvalidToken|InvalidAccessKeyId)$/
const busyNames = /^(ConditionalRequestConflict|OperationAborted|SlowDown)$/

export interface FailedAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** What was asked, and the store's own name of the error where it has one. */
  readonly what: string
  readonly errorName?: string
  readonly now: number
}

/** What an answer that is no success comes to (RFC 9110, 15; RFC 4918, 11 for 507). */
export function failureOf({ status, headers, what, errorName = '', now }: FailedAnswer): TargetFailure {
  const name = /^(?!Unknown)[A-Za-z0-9]{1,60}$/.test(errorName) ? `: ${errorName}` : ''
  const failure = (code: TargetFailure['code'], waitMs?: number) =>
    new TargetFailure(code, `${what} answered ${status}${name}`, waitMs)
  const asked = retryAfterMs(headers, now)
  const slow = Math.max(asked ?? 0, operatorPauseMs)
  if (status === 507 || fullNames.test(errorName)) return failure('DESTINATION_BUSY', slow)
  if (credentialNames.test(errorName)) return failure('CREDENTIALS_REFUSED', slow)
  // 423: somebody holds a lock there (RFC 4918, 11.3).
  if (status === 423 || busyNames.test(errorName)) return failure('DESTINATION_BUSY', asked)
  if (transitNames.test(errorName)) return failure('DESTINATION_UNREACHABLE', asked)
  // Not the copy's fault: the bucket or folder is gone, or stands elsewhere.
  if ([301, 308, 404, 410].includes(status)) return failure('DESTINATION_UNREACHABLE', slow)
  switch (kindOf(status)) {
    case 'credential':
      return failure('CREDENTIALS_REFUSED', slow)
    case 'busy':
      return failure('DESTINATION_BUSY', asked)
    case 'failing':
      return failure('DESTINATION_UNREACHABLE', asked)
    case 'no-receipt':
      return failure('RECEIPT_INVALID', asked)
    case 'refused':
      return failure('DESTINATION_REFUSED')
  }
}
