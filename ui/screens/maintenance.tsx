// For whoever looks after the kiosk: each host that is left alone, with one touch to ask it again, and each scanner with its
// last check, with one touch to check it with the test sheet.

import type { PauseView, ScannerCheckView } from '../../device/http/view-maintenance.ts'
import { useKiosk } from '../context.ts'
import { dateText, timeText } from '../dates.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'
import { Verdict } from '../parts/verdict.tsx'

/** A host takes as much room as two scanners. */
const scannersOnScreen = 2

const none = { scanners: [], pauses: [], fault: null, unsureOrders: 0 } as const

export function MaintenanceScreen() {
  const kiosk = useKiosk()
  const { scanners, pauses, fault, unsureOrders } = kiosk.view.value?.maintenance ?? none
  return (
    <Screen
      title={kiosk.say('maintenance.title')}
      layout="split"
      class="maintenance"
      cancel={false}
      lead={
        <>
          <Drawing name={fault === null ? 'feeder' : 'jam'} />
          <p class="large">{kiosk.say(scanners.length === 0 ? 'maintenance.none' : 'maintenance.how')}</p>
          {(pauses.length > 0 || unsureOrders > 0) && (
            <p>
              {pauses.length > 0 && kiosk.say('maintenance.paused')}{' '}
              {unsureOrders > 0 && kiosk.say('maintenance.unsureOrders', { count: unsureOrders })}
            </p>
          )}
        </>
      }
      actions={
        <>
          <Button kind="quiet" onPress={() => void kiosk.leave()}>
            {kiosk.say('action.back')}
          </Button>
          {kiosk.view.value?.offersBlanks === true && (
            <Button onPress={() => void kiosk.ask('cards/open', { language: kiosk.language.value, official: true })}>
              {kiosk.say('cards.officialOffer')}
            </Button>
          )}
        </>
      }
    >
      {fault !== null && (
        <div class="panel" role="alert">
          <FaultText code={fault} />
        </div>
      )}
      <Pager
        items={[...pauses, ...scanners]}
        size={pauses.length === 0 ? scannersOnScreen : 1}
        counted={pauses.length > 0}
        class="scanners"
        draw={one =>
          'host' in one ? (
            <HostChoice key={`${one.service} ${one.host}`} pause={one} />
          ) : (
            <ScannerChoice key={one.id} scanner={one} />
          )
        }
      />
    </Screen>
  )
}

function ScannerChoice({ scanner }: { readonly scanner: ScannerCheckView }) {
  const kiosk = useKiosk()
  const { id, name, fault, at, verdict, due } = scanner
  const last =
    at === null
      ? kiosk.say('maintenance.never')
      : kiosk.say('maintenance.last', { date: dateText(at, kiosk.language.value) })
  return (
    <li>
      <button
        type="button"
        class="button choice"
        disabled={fault !== null}
        onClick={() => void kiosk.ask('maintenance/check', { deviceId: id })}
      >
        <span class="choice-title">{name}</span>
        <span class="choice-text">
          {fault === null ? last : kiosk.say(`error.${fault}`).split('\n')[0]}
          {verdict !== null && <Verdict verdict={verdict} />}
        </span>
        {due && <span class="choice-text due">{kiosk.say('maintenance.due')}</span>}
      </button>
    </li>
  )
}

function HostChoice({ pause }: { readonly pause: PauseView }) {
  const kiosk = useKiosk()
  const { service, host, since, until, code } = pause
  const language = kiosk.language.value
  return (
    <li>
      <button type="button" class="button choice" onClick={() => void kiosk.ask('maintenance/ask', { host })}>
        <span class="choice-title host">{`${kiosk.say(`pause.${service}`)}: ${host}`}</span>
        <span class="choice-text">{kiosk.say(`error.${code}`).split('\n')[0]}</span>
        <span class="choice-text">
          {kiosk.say('pause.times', { since: timeText(since, language), until: timeText(until, language) })}
        </span>
      </button>
    </li>
  )
}
