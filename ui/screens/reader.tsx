// The card reader has not said yet what is in it; it takes a moment.

import { useKiosk } from '../context.ts'
import { BackToPages } from '../parts/back-to-pages.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { Screen } from '../parts/screen.tsx'

export function ReaderScreen() {
  const kiosk = useKiosk()
  return (
    <Screen title={kiosk.say('reader.title')} layout="split" lead={<Drawing name="card" />} actions={<BackToPages />}>
      <p class="large">{kiosk.say('reader.wait')}</p>
    </Screen>
  )
}
