// Which screen belongs to what the appliance says: one table over the situations of a visit, each answered by a pure
// function of the pushed view and of the little that the screen remembers by itself. Nothing else chooses a screen.

import type {
  CardView,
  CertificateView,
  ClaveView,
  CopyStage,
  CopyView,
  RequestStage,
  View,
} from '../device/http/view.ts'
import type { CardErrandView } from '../device/http/view-cards.ts'
import type { MaintenanceView } from '../device/http/view-maintenance.ts'
import type { Local } from './local.ts'
import { type Signing, signingOf } from './signing-of.ts'

export type ScreenName =
  | 'lost'
  | 'welcome'
  | 'maintenance'
  | 'checking'
  | 'checked'
  | 'procedures'
  | 'pickup'
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
  | 'claveNumber'
  | 'claveWait'
  | 'clavePage'
  | 'receipt'
  | 'onward'
  | 'request'
  | 'requestSigning'
  | 'requestPaused'
  | 'requestDone'
  | 'cardOfficial'
  | 'cardCatalogue'
  | 'cardQuestion'
  | 'cardIdentity'
  | 'cardSummary'
  | 'cardCode'
  | 'cardOrder'
  | 'cardPapers'

const byStage: Record<CopyStage, (copy: CopyView, local: Local, signing: Signing) => ScreenName> = {
  gathering: gatheringScreen,
  composing: copy => (copy.fault === null ? 'preparing' : 'stopped'),
  signing: ({ clave }, local, signing) =>
    clave === undefined || local.byCard ? signScreen(signing, local) : byClave[clave.state],
  delivering: resultScreen,
  done: resultScreen,
}

const byClave: Record<ClaveView['state'], ScreenName> = {
  number: 'claveNumber',
  starting: 'claveWait',
  page: 'clavePage',
  finishing: 'claveWait',
}

const byRequestStage: Record<RequestStage, (signing: Signing, local: Local) => ScreenName> = {
  asking: () => 'request',
  card: signScreen,
  signing: () => 'requestSigning',
  pin: goOnScreen,
  paused: goOnScreen,
  finished: () => 'requestDone',
}

const byErrand: Record<CardErrandView['at'], ScreenName> = {
  official: 'cardOfficial',
  catalogue: 'cardCatalogue',
  question: 'cardQuestion',
  identity: 'cardIdentity',
  summary: 'cardSummary',
  code: 'cardCode',
  order: 'cardOrder',
  papers: 'cardPapers',
}

/** The screen to show; `view` is null while the appliance cannot be reached. */
export function screenFor(view: View | null, local: Local): ScreenName {
  if (view === null) return 'lost'
  const signing = signingOf(view)
  if (signing !== null) return inHandScreen(view, local, signing)
  if (view.cards !== undefined) return byErrand[view.cards.at]
  if (view.maintenance !== undefined) return maintenanceScreen(view.maintenance)
  if (local.language === null) return 'welcome'
  return view.pickup === true && local.pickup !== null ? 'pickup' : 'procedures'
}

function inHandScreen({ copy, request }: View, local: Local, signing: Signing): ScreenName {
  if (copy === null) return request === undefined ? 'lost' : byRequestStage[request.stage](signing, local)
  return copy.interrupted ? 'interrupted' : byStage[copy.stage](copy, local, signing)
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

const byCard: Record<CardView['state'], (signing: Signing, local: Local) => ScreenName> = {
  absent: () => 'card',
  fault: () => 'cardFault',
  signing: signingScreen,
  present: presentCardScreen,
}

function signScreen(signing: Signing, local: Local): ScreenName {
  if (local.pinSent) return signingScreen(signing)
  return signing.card === null ? 'reader' : byCard[signing.card.state](signing, local)
}

function signingScreen({ of }: Signing): ScreenName {
  return of === 'copy' ? 'signing' : 'requestSigning'
}

function presentCardScreen(signing: Signing, local: Local): ScreenName {
  const { card, shownOnly } = signing
  if (cardFault(signing) !== null) return 'cardFault'
  // Whom a certificate names is shown before it is given away, even where there is no choice.
  if (shownOnly || chosenCertificate(card, local) === null) return 'certificate'
  return tries(card) === 'last' && !local.lastTryAccepted ? 'lastTry' : 'pin'
}

/** Some of it is signed: only the card and the PIN bring it on, and what stands in their way is told on one screen. */
function goOnScreen(signing: Signing, local: Local): ScreenName {
  if (local.pinSent || signing.card?.state === 'signing') return 'requestSigning'
  const ready = signing.card?.state === 'present' && cardFault(signing) === null
  return ready ? presentCardScreen(signing, local) : 'requestPaused'
}

function resultScreen(copy: CopyView, local: Local): ScreenName {
  if (copy.result === null) return 'preparing'
  return local.onward && copy.asked?.redirectUrl != null ? 'onward' : 'receipt'
}

/** Why the card in the reader cannot do what is wanted of it, or null where it can. */
export function cardFault({ card, shownOnly }: Pick<Signing, 'card' | 'shownOnly'>): CertificateView['fault'] {
  if (card?.state === 'fault') return card.code
  if (card?.state !== 'present') return null
  if (card.tries === 'none' && !shownOnly) return 'PIN_LOCKED'
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
