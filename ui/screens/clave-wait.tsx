// Signing with Cl@ve: the service is being asked.

import { useKiosk, useSigning } from '../context.ts'
import { Drawing } from '../parts/drawing.tsx'
import { RequestProgress } from '../parts/request-progress.tsx'
import { Screen } from '../parts/screen.tsx'

export function ClaveWaitScreen() {
  const kiosk = useKiosk()
  const request = kiosk.view.value?.request
  const finishing = useSigning().clave?.state === 'finishing'
  return (
    <Screen
      title={kiosk.say('clave.wait.title')}
      layout="split"
      cancel={!finishing}
      lead={<Drawing name={finishing ? 'pen' : 'pause'} />}
    >
      <p class="large" role="status">
        {kiosk.say(finishing ? 'clave.wait.finishing' : 'clave.wait.starting')}
      </p>
      {request !== undefined && <RequestProgress request={request} />}
    </Screen>
  )
}
