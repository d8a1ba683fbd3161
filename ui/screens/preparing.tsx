// The copy is being composed; nobody has to do anything.

import { useKiosk } from '../context.ts'
import { Drawing } from '../parts/drawing.tsx'
import { Screen } from '../parts/screen.tsx'

export function PreparingScreen() {
  const kiosk = useKiosk()
  return (
    <Screen title={kiosk.say('preparing.title')} layout="split" lead={<Drawing name="sheets" />}>
      <p class="large" role="status">
        {kiosk.say('preparing.wait')}
      </p>
    </Screen>
  )
}
