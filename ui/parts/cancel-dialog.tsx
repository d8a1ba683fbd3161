// Cancelling is asked about, because it erases the pages.

import { useKiosk } from '../context.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

export function CancelDialog() {
  const kiosk = useKiosk()
  const close = (): void => kiosk.change({ dialog: null })
  const cancel = async (): Promise<void> => {
    close()
    await kiosk.leave()
  }
  return (
    <Dialog
      title={kiosk.say('cancel.title')}
      onClose={close}
      actions={
        <>
          <Button onPress={close}>{kiosk.say('cancel.no')}</Button>
          <Button kind="danger" onPress={() => void cancel()}>
            {kiosk.say('cancel.yes')}
          </Button>
        </>
      }
    >
      <p>{kiosk.say('cancel.text')}</p>
    </Dialog>
  )
}
