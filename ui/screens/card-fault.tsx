// The card, or its reader, cannot sign: why, and what to do.

import { useKiosk, useSigning } from '../context.ts'
import { BackToPages } from '../parts/back-to-pages.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Screen } from '../parts/screen.tsx'
import { SignedFor } from '../parts/signed-for.tsx'
import { cardFault } from '../screen-for.ts'

export function CardFaultScreen() {
  const kiosk = useKiosk()
  const signing = useSigning()
  const code = cardFault(signing)
  return (
    <Screen
      title={kiosk.say('cardFault.title')}
      layout="split"
      lead={
        <>
          <Drawing name="cardWarning" />
          <SignedFor />
        </>
      }
      actions={<BackToPages />}
    >
      <div class="panel" role="alert">
        {code !== null && <FaultText code={code} />}
      </div>
      {signing.card?.state === 'present' && <p class="large">{kiosk.say('cardFault.other')}</p>}
    </Screen>
  )
}
