// One wrong PIN would lock the card; the PIN is asked for only after somebody has said to be sure of it.

import { useKiosk } from '../context.ts'
import { BackToPages } from '../parts/back-to-pages.tsx'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { Screen } from '../parts/screen.tsx'
import { SignFault } from '../parts/sign-fault.tsx'
import { SignedFor } from '../parts/signed-for.tsx'

export function LastTryScreen() {
  const kiosk = useKiosk()
  return (
    <Screen
      title={kiosk.say('lastTry.title')}
      layout="split"
      lead={
        <>
          <Drawing name="cardWarning" />
          <SignedFor />
        </>
      }
      actions={<BackToPages />}
    >
      <SignFault />
      <p class="large">{kiosk.say('lastTry.text')}</p>
      <Button class="main-button" onPress={() => kiosk.change({ lastTryAccepted: true, refusal: null })}>
        {kiosk.say('lastTry.go')}
      </Button>
    </Screen>
  )
}
