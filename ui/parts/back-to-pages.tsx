// From signing back to the pages; what was composed is made anew afterwards.

import { useKiosk } from '../context.ts'
import { Button } from './button.tsx'

export function BackToPages() {
  const kiosk = useKiosk()
  return <Button onPress={() => void kiosk.ask('copy/reopen')}>{kiosk.say('action.pages')}</Button>
}
