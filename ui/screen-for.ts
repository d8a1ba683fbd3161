// Which screen belongs to what the appliance says: one table over the situations of a visit, each answered by a pure
// function of the pushed view and of the little that the screen remembers by itself. Nothing else chooses a screen.

import type { CardView, CertificateView, CopyStage, CopyView, MaintenanceView, View } from '../device/http/view.ts'
import type { Local } from './local.ts'

export type ScreenName =
  | 'lost'
  | 'welcome'
  | 'maintenance'
  | 'checking'
  | 'checked'
  | 'procedures'
  | 'interrupted'
  | 'paper'
  | 'scanning'
  | 'scanFault'
  | 'review'
  | 'leftOut'
  | 'tooLarge'
  | 'nature'
  | 'preparing'
  | 'stopped'
  | 'reader'
  | 'card'
  | 'cardFault'
  | 'certificate'
  | 'lastTry'
  | 'pin'
  | 'signing'
  | 'receipt'

const byStage: Record<CopyStage, (copy: CopyView, local: Local) => ScreenName> = {
  gathering: gatheringScreen,
  composing: copy => (copy.fault === null ? 'preparing' : 'stopped'),
  signing: signScreen,
  delivering: resultScreen,
  done: resultScreen,
}

/** The screen to show; `view` is null while the appliance cannot be reached. */
export function screenFor(view: View | null, local: Local): ScreenName {
  if (view === null) return 'lost'
  if (view.copy === null && view.maintenance !== undefined) return maintenanceScreen(view.maintenance)
  if (view.copy === null) return local.language === null ? 'welcome' : 'procedures'
  if (view.copy.interrupted) return 'interrupted'
  return byStage[view.copy.stage](view.copy, local)
}

function maintenanceScreen({ work, result }: MaintenanceView): ScreenName {
  if (work !== 'none') return 'checking'
  return result === null ? 'maintenance' : 'checked'
}

function gatheringScreen(copy: CopyView, local: Local): ScreenName {
  if (copy.scanning) return 'scanning'
  if (copy.pages.length === 0) return 'paper'
  if (copy.fault !== null && !local.faultRead) return 'scanFault'
  if (local.leftOutShown) return 'leftOut'
  if (local.sizing) return 'tooLarge'
  return local.declaring ? 'nature' : 'review'
}

const byCard: Record<CardView['state'], (copy: CopyView, local: Local) => ScreenName> = {
  absent: () => 'card',
  fault: () => 'cardFault',
  signing: () => 'signing',
  present: presentCardScreen,
}

function signScreen(copy: CopyView, local: Local): ScreenName {
  if (local.pinSent) return 'signing'
  return copy.card === null ? 'reader' : byCard[copy.card.state](copy, local)
}

function presentCardScreen(copy: CopyView, local: Local): ScreenName {
  if (cardFault(copy.card) !== null) return 'cardFault'
  if (chosenCertificate(copy.card, local) === null) return 'certificate'
  return tries(copy.card) === 'last' && !local.lastTryAccepted ? 'lastTry' : 'pin'
}

function resultScreen(copy: CopyView): ScreenName {
  return copy.result === null ? 'preparing' : 'receipt'
}

/** Why the card in the reader cannot sign, or null where it can. */
export function cardFault(card: CardView | null): CertificateView['fault'] {
  if (card?.state === 'fault') return card.code
  if (card?.state !== 'present') return null
  if (card.tries === 'none') return 'PIN_LOCKED'
  if (card.certificates.some(certificate => certificate.fault === null)) return null
  return card.certificates[0]?.fault ?? 'CERTIFICATE_ABSENT'
}

/** The certificate to sign with: the one chosen, or the only one that can sign; null while there is a choice to make. */
export function chosenCertificate(card: CardView | null, local: Local): CertificateView | null {
  if (card?.state !== 'present') return null
  const usable = card.certificates.filter(certificate => certificate.fault === null)
  const chosen = usable.find(one => one.tokenId === local.certificate?.tokenId && one.keyId === local.certificate.keyId)
  return chosen ?? (usable.length === 1 ? (usable[0] ?? null) : null)
}

/** What the card tells of its remaining tries. */
export function tries(card: CardView | null): Extract<CardView, { state: 'present' }>['tries'] {
  return card?.state === 'present' ? card.tries : 'unknown'
}
