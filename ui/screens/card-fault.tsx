// The card, or its reader, cannot sign: why, and what to do.

import { useCopy, useKiosk } from '../context.ts'
import { BackToPages } from '../parts/back-to-pages.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Screen } from '../parts/screen.tsx'
import { cardFault } from '../screen-for.ts'

export function CardFaultScreen() {
  const kiosk = useKiosk()
  const { card } = useCopy().copy
  const code = cardFault(card)
  return (
    <Screen
      title={kiosk.say('cardFault.title')}
      layout="split"
      lead={<Drawing name="cardWarning" />}
      actions={<BackToPages />}
    >
      <div class="panel" role="alert">
        {code !== null && <FaultText code={code} />}
      </div>
      {card?.state === 'present' && <p class="large">{kiosk.say('cardFault.other')}</p>}
    </Screen>
  )
}
