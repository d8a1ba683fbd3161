// The scan stopped before the paper was through: what happened, which pages are safe, what to do.

import { useCopy, useKiosk } from '../context.ts'
import { keptPages } from '../pages.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { PageImage } from '../parts/page-image.tsx'
import { ScannerState } from '../parts/scanner-state.tsx'
import { Screen } from '../parts/screen.tsx'

export function ScanFaultScreen() {
  const kiosk = useKiosk()
  const { copy } = useCopy()
  const kept = keptPages(copy)
  const count = kept.length
  const last = kept.at(-1)
  const scanner = kiosk.view.value?.scanner
  // A scanner may go on reporting the fault until it is asked again, so that only absence and business hold it back.
  const held = scanner?.state === 'absent' || scanner?.state === 'busy'
  return (
    <Screen
      title={kiosk.say('scanFault.title')}
      layout="split"
      lead={<Drawing name={copy.fault === 'FEEDER_EMPTY' ? 'feeder' : 'jam'} />}
      actions={<Button onPress={() => kiosk.change({ faultRead: true })}>{kiosk.say('scanFault.review')}</Button>}
    >
      <div class="panel" role="alert">
        {last?.ready === true && (
          <span class="last-safe">
            <PageImage page={last} />
          </span>
        )}
        {copy.fault !== null && <FaultText code={copy.fault} />}
        <p class="safe">{kiosk.say(safeKey(count), { count })}</p>
        <p class="safe">{kiosk.say('scanFault.back', { sheet: copy.sheetToFeed })}</p>
      </div>
      {held && scanner !== undefined && scanner.code !== copy.fault && <ScannerState scanner={scanner} />}
      <Button kind="primary" class="main-button" disabled={held} onPress={() => void kiosk.ask('copy/scan')}>
        {kiosk.say('scanFault.more')}
      </Button>
    </Screen>
  )
}

function safeKey(count: number): 'safe.none' | 'safe.one' | 'safe.many' {
  if (count === 0) return 'safe.none'
  return count === 1 ? 'safe.one' : 'safe.many'
}
