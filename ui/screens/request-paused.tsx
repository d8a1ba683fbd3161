// Some of it is signed and the rest waits for the card: what happened, what brings it on, and the way to stop.

import { useKiosk, useRequest, useSigning } from '../context.ts'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { RequestProgress } from '../parts/request-progress.tsx'
import { Screen } from '../parts/screen.tsx'
import { cardFault } from '../screen-for.ts'
import { type Signing, toldFault } from '../signing-of.ts'
import type { TextKey } from '../text/texts.ts'

export function RequestPausedScreen() {
  const kiosk = useKiosk()
  const request = useRequest()
  const signing = useSigning()
  const code = cardFault(signing) ?? toldFault(signing, request.fault)
  const useless = signing.card?.state === 'present'
  return (
    <Screen
      title={kiosk.say('requestPaused.title')}
      layout="split"
      class="request-paused"
      lead={<Drawing name={code === null ? 'card' : 'cardWarning'} />}
    >
      <div role="alert" class="told">
        {code !== null && (
          <div class="panel">
            {/* What the general words advise, another card, brings nothing on here. */}
            {useless ? <p class="happened">{kiosk.say(`error.${code}`).split('\n')[0]}</p> : <FaultText code={code} />}
          </div>
        )}
        <p class="large">{kiosk.say(wayOn(signing))}</p>
      </div>
      <RequestProgress request={request} />
    </Screen>
  )
}

/** What brings it on: the card, or, where that is there and of no use, stopping. */
function wayOn({ card }: Signing): TextKey {
  if (card === null) return 'reader.wait'
  return card.state === 'present' ? 'requestPaused.useless' : 'requestPaused.card'
}
