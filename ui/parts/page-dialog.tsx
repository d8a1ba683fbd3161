// One page as large as the screen allows.

import { useCopy, useKiosk } from '../context.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { PageImage } from './page-image.tsx'

export function PageDialog({ pageId }: { readonly pageId: string }) {
  const kiosk = useKiosk()
  const page = useCopy().copy.pages.find(one => one.id === pageId)
  const close = (): void => kiosk.change({ dialog: null })
  return (
    <Dialog
      title={kiosk.say('page.number', { number: page?.number ?? '' })}
      class="enlarged"
      onClose={close}
      actions={
        <Button kind="primary" onPress={close}>
          {kiosk.say('action.close')}
        </Button>
      }
    >
      {page !== undefined && <PageImage page={page} />}
    </Dialog>
  )
}
