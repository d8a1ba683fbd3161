// What is being signed: the copy in hand, or what a page or a program asks for. The screens of the card, the certificate
// and the PIN are the same for both and ask nothing else about it.

import type { CardView, ClaveView, RequestStage, RequestView, View } from '../device/http/view.ts'
import type { ErrorCode } from './text/error-texts.ts'

export interface Signing {
  /** The first part of the path below /screen/ that its calls go to. */
  readonly of: 'copy' | 'request'
  readonly card: CardView | null
  /** How far somebody is who signs with Cl@ve; null where nobody does. */
  readonly clave: ClaveView | null
  /** Why it does not go on. */
  readonly fault: ErrorCode | null
  /** Only a certificate is shown to whoever asks: nothing is signed, and no PIN is wanted. */
  readonly shownOnly: boolean
  /** Some of it may be signed already. */
  readonly begun: boolean
}

/** What is being signed, or null where nothing is in hand. */
export function signingOf(view: View | null): Signing | null {
  if (view?.copy != null) {
    const { card, fault, clave = null } = view.copy
    return { of: 'copy', card, clave, fault, shownOnly: false, begun: false }
  }
  if (view?.request === undefined) return null
  const { card, fault, operation, clave = null } = view.request
  return {
    of: 'request',
    card,
    clave,
    fault,
    shownOnly: operation === 'select-certificate',
    begun: isUnderWay(view.request),
  }
}

const underWay: ReadonlySet<RequestStage> = new Set(['signing', 'pin', 'paused'])

/** Whether some of it may be signed already, so that it can only be stopped and no longer be refused. */
export function isUnderWay(request: RequestView | undefined): boolean {
  if (request?.stage === 'clave') return request.done + request.failed > 0 || request.clave?.state === 'finishing'
  return request !== undefined && underWay.has(request.stage)
}

/** What tells, in its general words, that nothing was signed, or that a card is to be put in. */
const beforeAnything: ReadonlySet<ErrorCode> = new Set(['TOKEN_REMOVED', 'TOKEN_ABSENT', 'REQUEST_DECLINED'])

/** What to tell of a fault: nothing where its words would deny what is signed already. */
export function toldFault({ begun }: Pick<Signing, 'begun'>, code: ErrorCode | null): ErrorCode | null {
  return code !== null && begun && beforeAnything.has(code) ? null : code
}
