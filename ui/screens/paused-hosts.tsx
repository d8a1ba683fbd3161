// For whoever looks after the kiosk: each host that is left alone, why and until when, with one touch to have it asked again.

import type { PauseView } from '../../device/http/view-maintenance.ts'
import { useKiosk } from '../context.ts'
import { timeText } from '../dates.ts'
import { Button } from '../parts/button.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'

const hostsOnScreen = 2
/** A name may have 253 characters; where it begins and where it ends tell hosts apart. */
const longestName = 40

export interface PausedHostsScreenProps {
  readonly pauses: readonly PauseView[]
  readonly unsureOrders: number
  readonly onScanners: () => void
}

export function PausedHostsScreen({ pauses, unsureOrders, onScanners }: PausedHostsScreenProps) {
  const kiosk = useKiosk()
  return (
    <Screen
      title={kiosk.say('maintenance.hosts')}
      layout="stack"
      class="maintenance"
      cancel={false}
      lead={
        <p>
          {kiosk.say('maintenance.paused')}{' '}
          {unsureOrders > 0 && kiosk.say('maintenance.unsureOrders', { count: unsureOrders })}
        </p>
      }
      actions={
        <>
          <Button kind="plain" class="first" onPress={onScanners}>
            {kiosk.say('maintenance.toScanners')}
          </Button>
          <Button kind="quiet" onPress={() => void kiosk.leave()}>
            {kiosk.say('action.back')}
          </Button>
        </>
      }
    >
      <Pager
        items={pauses}
        size={hostsOnScreen}
        counted
        class="scanners"
        draw={pause => <HostChoice key={`${pause.service} ${pause.host}`} pause={pause} />}
      />
    </Screen>
  )
}

function HostChoice({ pause }: { readonly pause: PauseView }) {
  const kiosk = useKiosk()
  const { service, host, since, until, code } = pause
  const language = kiosk.language.value
  return (
    <li>
      <button type="button" class="button choice" onClick={() => void kiosk.ask('maintenance/ask', { host })}>
        <span class="choice-title host">{`${kiosk.say(`pause.${service}`)}: ${shortened(host)}`}</span>
        <span class="choice-text">
          <span>{kiosk.say(`error.${code}`).split('\n')[0]}</span>
          <span>
            {kiosk.say('pause.times', { since: timeText(since, language), until: timeText(until, language) })}
          </span>
        </span>
      </button>
    </li>
  )
}

function shortened(host: string): string {
  if (host.length <= longestName) return host
  const half = (longestName - 1) / 2
  return `${host.slice(0, Math.floor(half))}…${host.slice(-Math.ceil(half))}`
}
