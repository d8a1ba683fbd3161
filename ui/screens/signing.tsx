// The card is signing; it has to stay where it is.

import { useKiosk } from '../context.ts'
import { Drawing } from '../parts/drawing.tsx'
import { Screen } from '../parts/screen.tsx'

export function SigningScreen() {
  const kiosk = useKiosk()
  return (
    <Screen title={kiosk.say('signing.title')} layout="split" cancel={false} lead={<Drawing name="pen" />}>
      <p class="large" role="status">
        {kiosk.say('signing.wait')}
      </p>
    </Screen>
  )
}
