// The little that the screen remembers by itself: the language, what is open, the last offer to undo. All of it may be
// lost at any moment without losing anything of the copy, and it never outlives the visit it belongs to.

import type { CertificateView, CopyView, ErrorAnswer, RequestView, SignAnswer, View } from '../device/http/view.ts'
import { isTooLarge } from './pages.ts'
import { isUnderWay } from './signing-of.ts'
import type { Language } from './text/texts.ts'

export type ErrorCode = ErrorAnswer['code']

export type OpenDialog = { readonly kind: 'cancel' | 'buy' } | { readonly kind: 'page'; readonly pageId: string }

export interface Local {
  readonly language: Language | null
  readonly dialog: OpenDialog | null
  /** The page that the buttons of the review act on. */
  readonly selectedPageId: string | null
  readonly undo: { readonly pageId: string; readonly number: number } | null
  /** The pages were found good; the nature of the source is being asked. */
  readonly declaring: boolean
  /** The pages that are left out of the copy are being looked at. */
  readonly leftOutShown: boolean
  /** The copy is too large, and what to do about it is being asked. */
  readonly sizing: boolean
  /** The person has read why the scan stopped and went on to the pages. */
  readonly faultRead: boolean
  readonly certificate: Pick<CertificateView, 'tokenId' | 'keyId'> | null
  readonly lastTryAccepted: boolean
  /** Of a copy that Cl@ve would sign: the person signs it with a card. */
  readonly byCard: boolean
  readonly pinSent: boolean
  /** Why the last attempt to sign was refused. */
  readonly refusal: Extract<SignAnswer, { outcome: 'refused' }> | null
  /** The digits of a pick-up code that are typed so far; null while nobody types one. */
  readonly pickup: string | null
  /** The receipt was read, and where the person goes on is shown. */
  readonly onward: boolean
  /** The files that are to be given to a page. */
  readonly chosenFiles: readonly string[]
  /** Why the last thing asked of the appliance was refused. */
  readonly notice: ErrorCode | null
}

export const freshLocal: Local = Object.freeze({
  language: null,
  dialog: null,
  selectedPageId: null,
  undo: null,
  declaring: false,
  leftOutShown: false,
  sizing: false,
  faultRead: false,
  certificate: null,
  lastTryAccepted: false,
  byCard: false,
  pinSent: false,
  refusal: null,
  pickup: null,
  onward: false,
  chosenFiles: [],
  notice: null,
})

/** What is still true to remember after the appliance has told something new. */
export function settle(local: Local, before: View | null, now: View): Local {
  if (before === null) return local
  const was = before.copy
  const is = now.copy
  if (is === null && now.request !== undefined) return settleRequest(local, before.request, now.request)
  if (is === null && now.cards !== undefined) return local
  // Whoever goes back from the list chooses again; whoever has done something is followed by somebody else.
  if (is === null && before.cards?.at === 'catalogue') return { ...freshLocal, language: local.language }
  if (is === null)
    return was === null && before.request === undefined && before.cards === undefined ? local : freshLocal
  if (was?.id !== is.id) return { ...freshLocal, language: local.language }
  if (was.stage !== is.stage || is.interrupted) {
    return { ...freshLocal, language: local.language, selectedPageId: local.selectedPageId }
  }
  return {
    ...local,
    ...(is.scanning ? afterScanStarted : {}),
    ...(cardGone(is) ? afterCardGone : {}),
    leftOutShown: local.leftOutShown && !is.scanning && is.pages.some(page => page.leftOut !== null),
    sizing: local.sizing && !is.scanning && (is.size.bytes === null || isTooLarge(is)),
  }
}

/** Who has signed some of it goes on with the same certificate, so that the choice of it outlasts the card's absence. */
function settleRequest(local: Local, was: RequestView | undefined, is: RequestView): Local {
  const { language, certificate } = local
  if (was?.id !== is.id) return { ...freshLocal, language }
  const begun = isUnderWay(is)
  if (was.stage !== is.stage) {
    return { ...freshLocal, language, certificate, dialog: begun && isUnderWay(was) ? local.dialog : null }
  }
  return cardGone(is) ? { ...local, ...afterCardGone, ...(begun ? { certificate } : {}) } : local
}

/** No card, told as such; while a card is being read or is signing, nothing is known to have changed. */
function cardGone({ card }: Pick<CopyView, 'card'>): boolean {
  return card?.state === 'absent' || card?.state === 'fault'
}

const afterScanStarted = { undo: null, declaring: false, faultRead: false } as const
const afterCardGone = { certificate: null, lastTryAccepted: false } as const
