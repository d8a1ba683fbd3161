// Composing did not go on: what happened, what to do, and the way back to the pages, which are kept.

import { useCopy, useKiosk } from '../context.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Screen } from '../parts/screen.tsx'

export function StoppedScreen() {
  const kiosk = useKiosk()
  const { copy } = useCopy()
  return (
    <Screen title={kiosk.say('stopped.title')} layout="split" lead={<Drawing name="pause" />}>
      <div class="panel" role="alert">
        {copy.fault !== null && <FaultText code={copy.fault} />}
      </div>
      <Button kind="primary" class="main-button" onPress={() => void kiosk.ask('copy/reopen')}>
        {kiosk.say('action.pages')}
      </Button>
    </Screen>
  )
}
