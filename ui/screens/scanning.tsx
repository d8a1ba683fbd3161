// The feeder runs: the newest pages appear as they are made, with their number, and one button stops.

import { useCopy, useKiosk } from '../context.ts'
import { keptPages, pagesText } from '../pages.ts'
import { Button } from '../parts/button.tsx'
import { PageImage } from '../parts/page-image.tsx'
import { Screen } from '../parts/screen.tsx'

/** A wide screen shows fewer; the style sheet leaves out the older ones. */
const newestShown = 12

export function ScanningScreen() {
  const kiosk = useKiosk()
  const pages = keptPages(useCopy().copy)
  return (
    <Screen
      title={kiosk.say('scanning.title')}
      layout="stack"
      class="scanning"
      lead={
        <>
          <p class="count">{pagesText(kiosk.say, pages.length)}</p>
          <p>{kiosk.say('scanning.wait')}</p>
        </>
      }
      actions={
        <Button kind="danger" class="main-button" onPress={() => void kiosk.ask('copy/stop')}>
          {kiosk.say('action.stop')}
        </Button>
      }
    >
      <ol class="arriving">
        {pages.slice(-newestShown).map(page => (
          <li key={page.id}>
            <PageImage page={page} />
            <span class="number">{page.number}</span>
          </li>
        ))}
      </ol>
    </Screen>
  )
}
