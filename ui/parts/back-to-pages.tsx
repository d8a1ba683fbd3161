// From signing back to the pages of a copy; what was composed is made anew afterwards. Nothing where a request is signed.

import { useKiosk, useSigning } from '../context.ts'
import { Button } from './button.tsx'

export function BackToPages() {
  const kiosk = useKiosk()
  if (useSigning().of === 'request') return null
  // From the card back to the way that the procedure has.
  if (kiosk.local.value.byCard) {
    return <Button onPress={() => kiosk.change({ byCard: false })}>{kiosk.say('clave.other')}</Button>
  }
  return <Button onPress={() => void kiosk.ask('copy/reopen')}>{kiosk.say('action.pages')}</Button>
}
