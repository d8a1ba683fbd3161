// The declared nature of the source, which decides the value of the copy (RD 203/2021 art. 49). Asked only where the
// procedure takes more than one.

import { useCopy, useKiosk } from '../context.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { Screen } from '../parts/screen.tsx'

export function NatureScreen() {
  const kiosk = useKiosk()
  const { natures } = useCopy()
  return (
    <Screen
      title={kiosk.say('nature.title')}
      layout="stack"
      lead={<Drawing name="question" />}
      class="nature"
      actions={<Button onPress={() => kiosk.change({ declaring: false })}>{kiosk.say('action.pages')}</Button>}
    >
      <ul class="choices">
        {natures.map(nature => (
          <li key={nature}>
            <button
              type="button"
              class="button choice"
              onClick={() => void kiosk.ask('copy/approve', { sourceNature: nature })}
            >
              <span class="choice-title">{kiosk.say(`nature.${nature}`)}</span>
              <span class="choice-text">{kiosk.say(`nature.${nature}.hint`)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Screen>
  )
}
