// What the scanner is doing, in one sentence, and whether a scan can begin.

import type { ScannerView } from '../../device/http/view.ts'
import { useKiosk } from '../context.ts'
import { FaultText } from './fault-text.tsx'

const paperTexts = { true: 'paper.loaded', false: 'paper.empty', null: 'paper.ready' } as const

export function ScannerState({ scanner }: { readonly scanner: ScannerView }) {
  const kiosk = useKiosk()
  return (
    <div class={`scanner-state ${scanner.paperLoaded === false ? 'waiting' : scanner.state}`} aria-live="polite">
      {scanner.state === 'ready' && <p>{kiosk.say(paperTexts[`${scanner.paperLoaded}`])}</p>}
      {scanner.state === 'busy' && <p>{kiosk.say('paper.busy')}</p>}
      {scanner.state === 'absent' && <FaultText code={scanner.code ?? 'SCANNER_ABSENT'} />}
      {scanner.state === 'fault' && <FaultText code={scanner.code ?? 'SCANNER_FAILED'} />}
    </div>
  )
}
