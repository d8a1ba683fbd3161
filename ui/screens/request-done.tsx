// What has come of a request: how much of it was signed, and by name what was not, and why.

import type { RequestedDocumentView, RequestView } from '../../device/http/view.ts'
import { kindOf, outcomeText, shortName, skipped } from '../asked.ts'
import { useKiosk, useRequest } from '../context.ts'
import { AskerName } from '../parts/asker-name.tsx'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'
import { toldFault } from '../signing-of.ts'
import type { TextKey } from '../text/texts.ts'

const failuresOnScreen = 3

export function RequestDoneScreen() {
  const kiosk = useKiosk()
  const request = useRequest()
  const failures = request.documents.filter(document => document.state === 'failed')
  const fault = toldFault({ begun: request.done > 0 }, request.fault)
  const isGood = request.fault === null && request.failed === 0
  return (
    <Screen
      title={kiosk.say(outcomeText(request))}
      layout="split"
      class="request-done"
      cancel={false}
      lead={<Summary request={request} isGood={isGood} />}
      actions={
        <Button kind="primary" onPress={() => void kiosk.leave()}>
          {kiosk.say('action.close')}
        </Button>
      }
    >
      {fault !== null && (
        <div class="panel" role="alert">
          <FaultText code={fault} />
        </div>
      )}
      {failures.length > 0 && (
        <Pager items={failures} size={failuresOnScreen} class="failures" draw={one => <Failure document={one} />} />
      )}
      {request.cardUsed && <p class="take">{kiosk.say('receipt.card')}</p>}
    </Screen>
  )
}

function Summary({ request, isGood }: { readonly request: RequestView; readonly isGood: boolean }) {
  const kiosk = useKiosk()
  const counts: readonly (readonly [TextKey, number])[] = [
    ['requestDone.signed', request.done],
    ['requestDone.notSigned', request.failed],
    ['requestDone.skipped', skipped(request)],
  ]
  return (
    <>
      <Drawing name={isGood ? 'done' : 'sheetWarning'} />
      <p class="signed-for">
        {kiosk.say('request.for')} <AskerName asker={request.asker} />
      </p>
      {kindOf(request) === 'sign' && (
        <dl>
          {counts
            .filter(([key, count]) => count > 0 || key === 'requestDone.signed')
            .map(([key, count]) => (
              <div key={key}>
                <dt>{kiosk.say(key)}</dt>
                <dd>{count}</dd>
              </div>
            ))}
        </dl>
      )}
    </>
  )
}

function Failure({ document }: { readonly document: RequestedDocumentView }) {
  const kiosk = useKiosk()
  const reason = document.fault === null ? '' : (kiosk.say(`error.${document.fault}`).split('\n')[0] ?? '')
  return (
    <li>
      <strong>{shortName(document.name)}</strong>
      <span>{reason}</span>
    </li>
  )
}
