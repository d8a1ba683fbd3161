// The identity document that goes with an order: into the scanner, a look at what came of it, and on to the summary.

import { useErrand, useKiosk } from '../context.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { PaperPages } from '../parts/paper-pages.tsx'
import { Screen } from '../parts/screen.tsx'

export function CardIdentityScreen() {
  const kiosk = useKiosk()
  const { pages, work, fault } = useErrand('identity')
  const isScanned = pages > 0
  const isBusy = work !== null
  const scan = (): void => void kiosk.ask('cards/scan')
  return (
    <Screen
      title={kiosk.say(isScanned ? 'cards.identity.scanned' : 'cards.identity.title')}
      layout="split"
      class="card-papers"
      lead={
        <>
          {fault !== null && (
            <div class="panel" role="alert">
              <FaultText code={fault} />
            </div>
          )}
          <p class="large">{kiosk.say(isScanned ? 'cards.identity.look' : 'cards.identity.order')}</p>
          <p role="status">{isBusy && kiosk.say('cards.work.scan')}</p>
        </>
      }
      actions={
        <>
          <Button disabled={isBusy} onPress={() => void kiosk.ask('cards/back', {})}>
            {kiosk.say('action.back')}
          </Button>
          <Button kind={isScanned ? 'plain' : 'primary'} disabled={isBusy} onPress={scan}>
            {kiosk.say(isScanned ? 'cards.handIn.again' : 'action.scan')}
          </Button>
          {isScanned && (
            <Button kind="primary" disabled={isBusy} onPress={() => void kiosk.ask('cards/identity')}>
              {kiosk.say('action.continue')}
            </Button>
          )}
        </>
      }
    >
      {isScanned ? <PaperPages paper="identity" count={pages} /> : <Drawing name="feeder" />}
    </Screen>
  )
}
