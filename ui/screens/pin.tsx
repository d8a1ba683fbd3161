// The PIN: who will sign, what the card says, the number pad, and the one button that signs.

import { useCallback } from 'preact/hooks'
import { useKiosk, useSigning } from '../context.ts'
import { BackToPages } from '../parts/back-to-pages.tsx'
import { PinPad } from '../parts/pin-pad.tsx'
import { Screen } from '../parts/screen.tsx'
import { SignFault } from '../parts/sign-fault.tsx'
import { SignedFor } from '../parts/signed-for.tsx'
import { shortestPin } from '../pin-buffer.ts'
import { chosenCertificate } from '../screen-for.ts'

export function PinScreen() {
  const kiosk = useKiosk()
  const { card } = useSigning()
  const certificate = chosenCertificate(card, kiosk.local.value)
  const sign = useCallback(() => {
    if (kiosk.pin.length.value >= shortestPin) void kiosk.sign()
  }, [kiosk])
  return (
    <Screen
      title={kiosk.say('pin.title')}
      layout="split"
      class="pin"
      lead={
        <>
          <p class="holder">
            {kiosk.say('pin.holder')}
            <strong>{certificate?.holder}</strong>
          </p>
          <SignedFor />
          <SignFault />
        </>
      }
      actions={<BackToPages />}
    >
      <PinPad onEnter={sign} />
    </Screen>
  )
}
