// The documents are being signed one by one; one button stops, and asks first.

import { useKiosk, useRequest } from '../context.ts'
import { AskerName } from '../parts/asker-name.tsx'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { RequestProgress } from '../parts/request-progress.tsx'
import { Screen } from '../parts/screen.tsx'

export function RequestSigningScreen() {
  const kiosk = useKiosk()
  const request = useRequest()
  const stop = (): void => kiosk.change({ dialog: { kind: 'cancel' } })
  return (
    <Screen
      title={kiosk.say('requestSigning.title')}
      layout="split"
      class="request-signing"
      cancel={false}
      lead={<Drawing name="pen" />}
      actions={
        request.stage === 'signing' && (
          <Button kind="danger" class="main-button" onPress={stop}>
            {kiosk.say('action.stop')}
          </Button>
        )
      }
    >
      <p class="signed-for">
        {kiosk.say('request.for')} <AskerName asker={request.asker} />
      </p>
      {request.total > 1 && <RequestProgress request={request} />}
      <p class="large">{kiosk.say('signing.wait')}</p>
    </Screen>
  )
}
