// The one question before an order costs money, with the price in it.

import { useKiosk } from '../context.ts'
import { euroText } from '../money.ts'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'

export function BuyDialog() {
  const kiosk = useKiosk()
  const errand = kiosk.view.value?.cards
  if (errand?.at !== 'summary') return null
  const { offer, total } = errand
  const close = (): void => kiosk.change({ dialog: null })
  const buy = (): void => {
    close()
    void kiosk.ask('cards/order', { price: offer.price })
  }
  return (
    <Dialog
      title={kiosk.say('cards.buyTitle')}
      onClose={close}
      actions={
        <>
          <Button onPress={close}>{kiosk.say('cards.buyNo')}</Button>
          <Button kind="primary" onPress={buy}>
            {kiosk.say('cards.buyYes')}
          </Button>
        </>
      }
    >
      <p>{kiosk.say('cards.buyText', { price: euroText(total, kiosk.language.value) })}</p>
    </Dialog>
  )
}
