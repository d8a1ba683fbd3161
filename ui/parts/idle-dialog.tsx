// "Are you still there?", with the seconds that are left and one button.

import { useKiosk } from '../context.ts'
import type { Kiosk } from '../kiosk.ts'
import { isUnderWay } from '../signing-of.ts'
import type { TextKey } from '../text/texts.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

export function IdleDialog() {
  const kiosk = useKiosk()
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
      <p>{kiosk.say(silenceText(kiosk))}</p>
      <p class="countdown" role="timer">
        {kiosk.idle.secondsLeft.value}
      </p>
    </Dialog>
  )
}

/** What becomes of what is in hand when nobody answers. */
function silenceText(kiosk: Kiosk): TextKey {
  const { copy, request, cards } = kiosk.view.value ?? {}
  if (copy != null) return kiosk.screen.value === 'receipt' ? 'idle.end' : 'idle.erase'
  if (request === undefined && (cards?.at === 'question' || cards?.at === 'summary' || cards?.at === 'papers'))
    return 'idle.cards'
  if (request === undefined || request.stage === 'finished') return 'idle.end'
  return isUnderWay(request) ? 'idle.stop' : 'idle.refuse'
}
