// What changes without a touch, said once more in a line that only a screen reader speaks.

import { useKiosk } from '../context.ts'
import { keptPages, pagesText } from '../pages.ts'

export function LiveText() {
  const kiosk = useKiosk()
  return (
    <p class="spoken" role="status">
      {liveText(kiosk)}
    </p>
  )
}

function liveText(kiosk: ReturnType<typeof useKiosk>): string {
  const copy = kiosk.view.value?.copy
  switch (kiosk.screen.value) {
    case 'scanning':
      return copy == null ? '' : pagesText(kiosk.say, keptPages(copy).length)
    case 'checking':
      return kiosk.say(kiosk.view.value?.maintenance?.work === 'measuring' ? 'checking.measuring' : 'checking.scanning')
    case 'pin': {
      const typed = kiosk.pin.length.value
      return typed === 0 ? '' : kiosk.say(typed === 1 ? 'pin.typed.one' : 'pin.typed.other', { count: typed })
    }
    default:
      return ''
  }
}
