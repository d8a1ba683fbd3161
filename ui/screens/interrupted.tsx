// The appliance was restarted in the middle of a copy. Whoever stands here now may be somebody else, so that no page is
// shown before the answer.

import { useCopy, useKiosk } from '../context.ts'
import { keptPages, pagesText } from '../pages.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { Screen } from '../parts/screen.tsx'

export function InterruptedScreen() {
  const kiosk = useKiosk()
  const pages = pagesText(kiosk.say, keptPages(useCopy().copy).length)
  return (
    <Screen title={kiosk.say('interrupted.title')} layout="split" lead={<Drawing name="question" />}>
      <p class="large">{kiosk.say('interrupted.text', { pages })}</p>
      <Button kind="primary" class="main-button" onPress={() => void kiosk.ask('copy/stay')}>
        {kiosk.say('interrupted.go')}
      </Button>
    </Screen>
  )
}
