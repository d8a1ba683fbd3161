// What is printed, above the screen from which it was asked for: how far it is, what the printer lacks, and what came of it.
// Where nobody knows whether it was printed, the person looks and says so, for it is never printed a second time by itself.

import type { PrintView } from '../../device/http/view-print.ts'
import { useKiosk } from '../context.ts'
import type { TextKey } from '../text/texts.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { FaultText } from './fault-text.tsx'

/** Each question is a dialog of its own, so that it is announced; how far it is stays one. */
export function dialogOf({ step }: PrintView): string {
  return step === 'printed' || step === 'failed' || step === 'unsure' ? step : 'going on'
}

export function PrintDialog({ print }: { readonly print: PrintView }) {
  const kiosk = useKiosk()
  const { step, code, pages } = print
  return (
    <Dialog title={kiosk.say(titleOf(print))} class="print" actions={<Answers print={print} />}>
      <div role="status">
        {code !== null && step !== 'unsure' && <FaultText code={code} />}
        {step === 'printed' && <p>{kiosk.say(`print.printed.${print.what}`)}</p>}
        {step === 'unsure' && <p>{kiosk.say('print.unsure.how')}</p>}
        {step === 'printing' && pages !== null && pages > 0 && <p>{kiosk.say('print.pages', { pages })}</p>}
      </div>
    </Dialog>
  )
}

function titleOf({ step, code }: PrintView): TextKey {
  if (step === 'printed' || step === 'failed' || step === 'unsure') return `print.${step}`
  return code === null ? `print.${step}` : 'print.waiting'
}

function Answers({ print: { step } }: { readonly print: PrintView }) {
  const kiosk = useKiosk()
  if (step === 'unsure') {
    const answer = (cameOut: boolean) => () => void kiosk.ask('print/answer', { cameOut })
    return (
      <>
        <Button onPress={answer(false)}>{kiosk.say('print.unsure.no')}</Button>
        <Button kind="primary" onPress={answer(true)}>
          {kiosk.say('print.unsure.yes')}
        </Button>
      </>
    )
  }
  if (step === 'printed' || step === 'failed') {
    return (
      <Button kind="primary" onPress={() => void kiosk.ask('print/close')}>
        {kiosk.say(step === 'printed' ? 'action.continue' : 'action.back')}
      </Button>
    )
  }
  return <Button onPress={() => void kiosk.ask('print/cancel')}>{kiosk.say('print.cancel')}</Button>
}
