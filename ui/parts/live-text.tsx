// What changes without a touch, said once more in a line that only a screen reader speaks.

import type { RequestView } from '../../device/http/view.ts'
import { passed } from '../asked.ts'
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
  const { copy, request } = kiosk.view.value ?? {}
  switch (kiosk.screen.value) {
    case 'scanning':
      return copy == null ? '' : pagesText(kiosk.say, keptPages(copy).length)
    case 'requestSigning':
      return request === undefined ? '' : kiosk.say('requestSigning.said', { percent: 10 * tenthsOf(request) })
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

/** Said at every tenth, not at every document: a hundred of them may pass in the time of one sentence. */
function tenthsOf(request: RequestView): number {
  return request.total === 0 ? 0 : Math.floor((10 * passed(request)) / request.total)
}
