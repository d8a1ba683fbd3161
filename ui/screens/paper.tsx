// Putting the paper in: what to do, what the scanner says, and the button that starts.

import { useCopy, useKiosk } from '../context.ts'
import { AskedFor } from '../parts/asked-for.tsx'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { ScannerState } from '../parts/scanner-state.tsx'
import { Screen } from '../parts/screen.tsx'

export function PaperScreen() {
  const kiosk = useKiosk()
  const { copy } = useCopy()
  const scanner = kiosk.view.value?.scanner ?? { state: 'absent', code: null, paperLoaded: null }
  return (
    <Screen
      title={kiosk.say('paper.title')}
      layout="split"
      lead={
        <>
          <Drawing name={copy.fault === 'SCANNER_JAM' ? 'jam' : 'feeder'} />
          <AskedFor />
        </>
      }
    >
      {copy.fault === null ? (
        <p class="large">{kiosk.say('paper.how')}</p>
      ) : (
        <div class="panel" role="alert">
          <FaultText code={copy.fault} />
        </div>
      )}
      <ScannerState scanner={scanner} />
      <Button
        kind="primary"
        class="main-button"
        disabled={scanner.state !== 'ready'}
        onPress={() => void kiosk.ask('copy/scan')}
      >
        {kiosk.say('action.scan')}
      </Button>
    </Screen>
  )
}
