// Signing with Cl@ve: the way to the service's page, by a QR code for the person's phone or in a frame here. On a phone nobody
// but the person knows when it is done; the frame leads back by itself.

import { passed } from '../asked.ts'
import { useKiosk, useSigning } from '../context.ts'
import { timeText } from '../dates.ts'
import { Button } from '../parts/button.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Qr } from '../parts/qr.tsx'
import { Screen } from '../parts/screen.tsx'

export function ClavePageScreen() {
  const kiosk = useKiosk()
  const { of, clave } = useSigning()
  if (clave?.state !== 'page') return null
  const { on, page, endsAt, fault } = clave
  const until = kiosk.say('clave.until', { time: timeText(endsAt, kiosk.language.value) })
  const request = kiosk.view.value?.request
  // Why they are asked to go there once more.
  const before = request !== undefined && passed(request) > 0 && (
    <strong>{kiosk.say('request.progress', { done: passed(request), total: request.total })}. </strong>
  )
  const actions = (
    <>
      <Button onPress={() => void kiosk.ask(`${of}/clave/cancel`)}>{kiosk.say('clave.again')}</Button>
      <Button kind="primary" onPress={() => void kiosk.ask(`${of}/clave/finish`)}>
        {kiosk.say('clave.done')}
      </Button>
    </>
  )
  const told = fault !== null && (
    <div class="panel" role="alert">
      <FaultText code={fault} />
    </div>
  )
  if (on === 'kiosk') {
    return (
      <Screen
        title={kiosk.say('clave.kiosk.title')}
        layout="stack"
        class="clave framed"
        lead={
          told || (
            <p>
              {before}
              {until}
            </p>
          )
        }
        actions={actions}
      >
        {/* It may fill in forms and run its scripts at its own site; it cannot reach this page, or leave its frame. */}
        <iframe
          title={kiosk.say('clave.kiosk.frame')}
          src={page}
          allow="loopback-network"
          sandbox="allow-forms allow-scripts allow-same-origin"
          referrerpolicy="no-referrer"
        />
      </Screen>
    )
  }
  return (
    <Screen
      title={kiosk.say('clave.phone.title')}
      layout="split"
      class="clave"
      lead={
        <>
          {told || (
            <ol class="large steps">
              <li>{kiosk.say('clave.phone.scan')}</li>
              <li>{kiosk.say('clave.phone.sign')}</li>
              <li>{kiosk.say('clave.phone.back')}</li>
            </ol>
          )}
          <p>
            {before}
            {until}
          </p>
        </>
      }
      actions={actions}
    >
      <Qr text={page} label={kiosk.say('clave.phone.qr')} />
    </Screen>
  )
}
