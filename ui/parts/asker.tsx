// Who asks, large, and what for, in one sentence.

import type { RequestView } from '../../device/http/view.ts'
import { wishText } from '../asked.ts'
import { useKiosk } from '../context.ts'
import { AskerName } from './asker-name.tsx'

export function Asker({ request }: { readonly request: RequestView }) {
  const kiosk = useKiosk()
  const { asker, total } = request
  return (
    <p class="asker">
      {kiosk.say(`request.${asker.kind}`)}
      <AskerName asker={asker} />
      {kiosk.say(wishText(request), { count: total })}
    </p>
  )
}
