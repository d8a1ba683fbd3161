// The test sheet goes through the scanner and is measured; one button stops.

import { useKiosk } from '../context.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { Screen } from '../parts/screen.tsx'

export function CheckingScreen() {
  const kiosk = useKiosk()
  const measuring = kiosk.view.value?.maintenance?.work === 'measuring'
  return (
    <Screen
      title={kiosk.say(measuring ? 'checking.measuring' : 'checking.scanning')}
      layout="split"
      class="checking"
      cancel={false}
      lead={<Drawing name={measuring ? 'sheets' : 'feeder'} />}
      actions={
        <Button kind="danger" class="main-button" onPress={() => void kiosk.leave()}>
          {kiosk.say('action.stop')}
        </Button>
      }
    >
      <p class="large">{kiosk.say('checking.wait')}</p>
    </Screen>
  )
}
