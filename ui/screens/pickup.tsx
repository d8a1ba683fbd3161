// The code that a person was given for a copy: nine digits on large keys, shown as they were written down.

import { useCallback } from 'preact/hooks'
import { useKiosk } from '../context.ts'
import { Button } from '../parts/button.tsx'
import { DigitPad } from '../parts/digit-pad.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Screen } from '../parts/screen.tsx'
import { pickupDigits, shownPickup, takePickup, typedPickup } from '../pickup.ts'

export function PickupScreen() {
  const kiosk = useKiosk()
  const { notice, pickup } = kiosk.local.value
  const typed = pickup ?? ''
  const now = useCallback(() => kiosk.local.value.pickup ?? '', [kiosk])
  const type = useCallback(
    (character: string) => kiosk.change({ pickup: typedPickup(now(), character), notice: null }),
    [kiosk, now],
  )
  const eraseLast = useCallback(() => kiosk.change({ pickup: now().slice(0, -1) }), [kiosk, now])
  const enter = useCallback(() => void takePickup(kiosk, now()), [kiosk, now])
  return (
    <Screen
      title={kiosk.say('pickup.title')}
      layout="split"
      class="pin pickup"
      cancel={false}
      notice={false}
      lead={
        <div role="alert" class="large">
          {notice === null ? <p>{kiosk.say('pickup.how')}</p> : <FaultText code={notice} />}
        </div>
      }
      actions={
        <Button kind="quiet" onPress={() => kiosk.change({ pickup: null, notice: null })}>
          {kiosk.say('action.back')}
        </Button>
      }
    >
      <DigitPad
        enter={kiosk.say('action.continue')}
        complete={typed.length === pickupDigits}
        type={type}
        eraseLast={eraseLast}
        onEnter={enter}
      >
        <p class="typed-code" aria-hidden="true">
          {shownPickup(typed)}
        </p>
        <p class="spoken" role="status">
          {kiosk.say('pickup.typed', { digits: [...typed].join(' ') })}
        </p>
      </DigitPad>
    </Screen>
  )
}
