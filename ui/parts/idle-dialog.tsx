// "Are you still there?", with the seconds that are left and one button.

import { useKiosk } from '../context.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

export function IdleDialog() {
  const kiosk = useKiosk()
  // Nothing is in hand, or nothing that could be lost.
  const finished = kiosk.view.value?.copy == null || kiosk.screen.value === 'receipt'
  return (
    <Dialog
      title={kiosk.say('idle.title')}
      class="idle"
      onClose={() => kiosk.idle.stay()}
      actions={
        <Button kind="primary" onPress={() => kiosk.idle.stay()}>
          {kiosk.say('idle.stay')}
        </Button>
      }
    >
      <p>{kiosk.say(finished ? 'idle.end' : 'idle.erase')}</p>
      <p class="countdown" role="timer">
        {kiosk.idle.secondsLeft.value}
      </p>
    </Dialog>
  )
}
