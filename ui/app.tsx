// The whole screen: one component for each name that screenFor can give, the dialogs above it, and the line that a screen
// reader speaks when something changes by itself.

import type { ComponentType } from 'preact'
import { useEffect } from 'preact/hooks'
import type { View } from '../device/http/view.ts'
import { useKiosk } from './context.ts'
import { BuyDialog } from './parts/buy-dialog.tsx'
import { CancelDialog } from './parts/cancel-dialog.tsx'
import { IdleDialog } from './parts/idle-dialog.tsx'
import { LiveText } from './parts/live-text.tsx'
import { PageDialog } from './parts/page-dialog.tsx'
import type { ScreenName } from './screen-for.ts'
import { CardScreen } from './screens/card.tsx'
import { CardCatalogueScreen } from './screens/card-catalogue.tsx'
import { CardCodeScreen } from './screens/card-code.tsx'
import { CardFaultScreen } from './screens/card-fault.tsx'
import { CardIdentityScreen } from './screens/card-identity.tsx'
import { CardOfficialScreen } from './screens/card-official.tsx'
import { CardOrderScreen } from './screens/card-order.tsx'
import { CardPapersScreen } from './screens/card-papers.tsx'
import { CardQuestionScreen } from './screens/card-question.tsx'
import { CardSummaryScreen } from './screens/card-summary.tsx'
import { CertificateScreen } from './screens/certificate.tsx'
import { CheckedScreen } from './screens/checked.tsx'
import { CheckingScreen } from './screens/checking.tsx'
import { ClaveNumberScreen } from './screens/clave-number.tsx'
import { ClavePageScreen } from './screens/clave-page.tsx'
import { ClaveWaitScreen } from './screens/clave-wait.tsx'
import { InterruptedScreen } from './screens/interrupted.tsx'
import { LastTryScreen } from './screens/last-try.tsx'
import { LeftOutScreen } from './screens/left-out.tsx'
import { LostScreen } from './screens/lost.tsx'
import { MaintenanceScreen } from './screens/maintenance.tsx'
import { NatureScreen } from './screens/nature.tsx'
import { OnwardScreen } from './screens/onward.tsx'
import { PaperScreen } from './screens/paper.tsx'
import { PickupScreen } from './screens/pickup.tsx'
import { PinScreen } from './screens/pin.tsx'
import { PreparingScreen } from './screens/preparing.tsx'
import { ProceduresScreen } from './screens/procedures.tsx'
import { ReaderScreen } from './screens/reader.tsx'
import { ReceiptScreen } from './screens/receipt.tsx'
import { RequestScreen } from './screens/request.tsx'
import { RequestDoneScreen } from './screens/request-done.tsx'
import { RequestPausedScreen } from './screens/request-paused.tsx'
import { RequestSigningScreen } from './screens/request-signing.tsx'
import { ReviewScreen } from './screens/review.tsx'
import { ScanFaultScreen } from './screens/scan-fault.tsx'
import { ScanningScreen } from './screens/scanning.tsx'
import { SigningScreen } from './screens/signing.tsx'
import { StoppedScreen } from './screens/stopped.tsx'
import { TooLargeScreen } from './screens/too-large.tsx'
import { WelcomeScreen } from './screens/welcome.tsx'

const screens: Readonly<Record<ScreenName, ComponentType>> = {
  lost: LostScreen,
  welcome: WelcomeScreen,
  maintenance: MaintenanceScreen,
  checking: CheckingScreen,
  checked: CheckedScreen,
  procedures: ProceduresScreen,
  pickup: PickupScreen,
  interrupted: InterruptedScreen,
  paper: PaperScreen,
  scanning: ScanningScreen,
  scanFault: ScanFaultScreen,
  review: ReviewScreen,
  leftOut: LeftOutScreen,
  tooLarge: TooLargeScreen,
  nature: NatureScreen,
  preparing: PreparingScreen,
  stopped: StoppedScreen,
  reader: ReaderScreen,
  card: CardScreen,
  cardFault: CardFaultScreen,
  certificate: CertificateScreen,
  lastTry: LastTryScreen,
  pin: PinScreen,
  signing: SigningScreen,
  claveNumber: ClaveNumberScreen,
  claveWait: ClaveWaitScreen,
  clavePage: ClavePageScreen,
  receipt: ReceiptScreen,
  onward: OnwardScreen,
  request: RequestScreen,
  requestSigning: RequestSigningScreen,
  requestPaused: RequestPausedScreen,
  requestDone: RequestDoneScreen,
  cardOfficial: CardOfficialScreen,
  cardCatalogue: CardCatalogueScreen,
  cardQuestion: CardQuestionScreen,
  cardIdentity: CardIdentityScreen,
  cardSummary: CardSummaryScreen,
  cardCode: CardCodeScreen,
  cardOrder: CardOrderScreen,
  cardPapers: CardPapersScreen,
}

export function App() {
  const kiosk = useKiosk()
  const language = kiosk.language.value
  const name = kiosk.screen.value
  useEffect(() => {
    document.documentElement.lang = language
  }, [language])
  useEffect(() => {
    document.documentElement.dataset['screen'] = name
  }, [name])
  const Screen = screens[name]
  return (
    <>
      {/* Of two requests or questions in a row each is a screen of its own, so that the second is announced as the first was. */}
      <Screen key={`${name} ${partOf(kiosk.view.value)}`} />
      <LiveText />
      <Dialogs />
    </>
  )
}

function partOf(view: View | null): string {
  if (view?.request !== undefined) return view.request.id
  const cards = view?.cards
  if (cards?.at === 'papers') return `${cards.signed} ${cards.pages.identity > 0}`
  if (cards?.at === 'identity') return `${cards.pages > 0}`
  return cards?.at === 'question' ? cards.question.field : ''
}

function Dialogs() {
  const kiosk = useKiosk()
  const dialog = kiosk.local.value.dialog
  if (kiosk.screen.value === 'lost') return null
  if (kiosk.idle.secondsLeft.value !== null) return <IdleDialog />
  if (dialog?.kind === 'cancel') return <CancelDialog />
  if (dialog?.kind === 'buy') return <BuyDialog />
  if (dialog?.kind === 'page') return <PageDialog pageId={dialog.pageId} />
  return null
}
