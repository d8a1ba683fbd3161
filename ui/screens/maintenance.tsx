// For whoever looks after the kiosk: each scanner with its last check, with one touch to check it with the test sheet; and
// first of all, where there are any, the hosts that are left alone.

import { useState } from 'preact/hooks'
import type { MaintenanceView, ScannerCheckView } from '../../device/http/view-maintenance.ts'
import { useKiosk } from '../context.ts'
import { dateText } from '../dates.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'
import { Verdict } from '../parts/verdict.tsx'
import { PausedHostsScreen } from './paused-hosts.tsx'

const scannersOnScreen = 2

const none = { scanners: [], pauses: [], fault: null, unsureOrders: 0 } as const

export function MaintenanceScreen() {
  const { scanners, pauses, fault, unsureOrders } = useKiosk().view.value?.maintenance ?? none
  const [wanted, setWanted] = useState<'hosts' | 'scanners'>('hosts')
  // A check that failed is told beside the scanners, whoever is left alone.
  return wanted === 'hosts' && pauses.length > 0 && fault === null ? (
    <PausedHostsScreen pauses={pauses} unsureOrders={unsureOrders} onScanners={() => setWanted('scanners')} />
  ) : (
    <ScannersScreen
      scanners={scanners}
      fault={fault}
      paused={pauses.length}
      unsureOrders={unsureOrders}
      onHosts={() => setWanted('hosts')}
    />
  )
}

interface ScannersScreenProps extends Pick<MaintenanceView, 'scanners' | 'fault' | 'unsureOrders'> {
  /** How many hosts are left alone. */
  readonly paused: number
  readonly onHosts: () => void
}

function ScannersScreen({ scanners, fault, paused, unsureOrders, onHosts }: ScannersScreenProps) {
  const kiosk = useKiosk()
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
          {unsureOrders > 0 && <p>{kiosk.say('maintenance.unsureOrders', { count: unsureOrders })}</p>}
        </>
      }
      actions={
        <>
          {paused > 0 && (
            <Button kind="plain" class="first" onPress={onHosts}>
              {kiosk.say('maintenance.toHosts', { count: paused })}
            </Button>
          )}
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
        items={scanners}
        size={scannersOnScreen}
        class="scanners"
        draw={one => <ScannerChoice key={one.id} scanner={one} />}
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
