// Cancelling is asked about, because it erases the pages of a copy, refuses what somebody asks for, or leaves it half done.

import { useKiosk } from '../context.ts'
import { isUnderWay } from '../signing-of.ts'
import type { TextKey } from '../text/texts.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

interface CancelTexts {
  readonly title: TextKey
  readonly text: TextKey
  readonly yes: TextKey
}

const ofCopy: CancelTexts = { title: 'cancel.title', text: 'cancel.text', yes: 'cancel.yes' }
const ofCards: CancelTexts = { title: 'cancel.title', text: 'cards.cancelText', yes: 'cancel.yes' }
const ofRequest: CancelTexts = { title: 'refuse.title', text: 'refuse.text', yes: 'cancel.yes' }
const ofSigning: CancelTexts = { title: 'stop.title', text: 'stop.text', yes: 'stop.yes' }

export function CancelDialog() {
  const kiosk = useKiosk()
  const { copy, request, cards } = kiosk.view.value ?? {}
  const ofAsked = isUnderWay(request) ? ofSigning : ofRequest
  const ofOthers = request !== undefined ? ofAsked : cards !== undefined ? ofCards : ofCopy
  const texts = copy == null ? ofOthers : ofCopy
  const close = (): void => kiosk.change({ dialog: null })
  const cancel = async (): Promise<void> => {
    close()
    await kiosk.leave()
  }
  return (
    <Dialog
      title={kiosk.say(texts.title)}
      onClose={close}
      actions={
        <>
          <Button onPress={close}>{kiosk.say('cancel.no')}</Button>
          <Button kind="danger" onPress={() => void cancel()}>
            {kiosk.say(texts.yes)}
          </Button>
        </>
      }
    >
      <p>{kiosk.say(texts.text)}</p>
    </Dialog>
  )
}
