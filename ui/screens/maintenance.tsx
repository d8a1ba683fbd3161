// For whoever looks after the kiosk: each scanner with its last check, and one touch to check it with the test sheet.

import type { ScannerCheckView } from '../../device/http/view.ts'
import { useKiosk } from '../context.ts'
import { dateText } from '../dates.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'
import { Verdict } from '../parts/verdict.tsx'

const scannersOnScreen = 2

export function MaintenanceScreen() {
  const kiosk = useKiosk()
  const { scanners, fault } = kiosk.view.value?.maintenance ?? { scanners: [], fault: null }
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
        </>
      }
      actions={
        <Button kind="quiet" onPress={() => void kiosk.leave()}>
          {kiosk.say('action.back')}
        </Button>
      }
    >
      {fault !== null && (
        <div class="panel" role="alert">
          <FaultText code={fault} />
        </div>
      )}
      <Pager
        items={scanners}
        size={scannersOnScreen}
        class="scanners"
        draw={scanner => <ScannerChoice key={scanner.id} scanner={scanner} />}
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
