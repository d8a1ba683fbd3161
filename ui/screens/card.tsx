// No card yet: what to put where.

import { useKiosk, useSigning } from '../context.ts'
import { BackToPages } from '../parts/back-to-pages.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { Screen } from '../parts/screen.tsx'
import { SignFault } from '../parts/sign-fault.tsx'
import { SignedFor } from '../parts/signed-for.tsx'

export function CardScreen() {
  const kiosk = useKiosk()
  return (
    <Screen
      title={kiosk.say('card.title')}
      layout="split"
      lead={
        <>
          <Drawing name="card" />
          <SignedFor />
        </>
      }
      actions={<BackToPages />}
    >
      <SignFault />
      <p class="large">{kiosk.say(useSigning().of === 'copy' ? 'card.how' : 'card.how.request')}</p>
    </Screen>
  )
}
