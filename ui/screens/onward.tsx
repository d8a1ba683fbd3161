// After the receipt of a copy that somebody asked for: where the person goes on, as a code for the telephone, since this
// browser leads nowhere else.

import { askerName } from '../asked.ts'
import { useCopy, useKiosk } from '../context.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { Qr } from '../parts/qr.tsx'
import { Screen } from '../parts/screen.tsx'

export function OnwardScreen() {
  const kiosk = useKiosk()
  const { asked } = useCopy().copy
  const url = asked?.redirectUrl ?? null
  if (asked === null || url === null) return null
  const asker = askerName(asked.asker)
  return (
    <Screen
      title={kiosk.say('onward.title')}
      layout="split"
      class="receipt afterwards"
      cancel={false}
      lead={
        <>
          <Drawing name="done" />
          <p class="large">{kiosk.say('onward.how', { asker })}</p>
        </>
      }
      actions={
        <Button kind="primary" onPress={() => void kiosk.leave()}>
          {kiosk.say('action.finish')}
        </Button>
      }
    >
      <Qr text={url} label={kiosk.say('onward.qr', { asker })} />
      <p>{new URL(url).host}</p>
    </Screen>
  )
}
