// How far a request has come: a bar, the same in words, and how many documents failed.

import type { RequestView } from '../../device/http/view.ts'
import { passed } from '../asked.ts'
import { useKiosk } from '../context.ts'

export function RequestProgress({ request }: { readonly request: RequestView }) {
  const kiosk = useKiosk()
  const { failed, total } = request
  const text = kiosk.say('request.progress', { done: passed(request), total })
  return (
    <div class="request-progress">
      <progress max={total} value={passed(request)} aria-label={text} />
      <p class="count">{text}</p>
      {failed > 0 && (
        <p class="failed">
          {kiosk.say(failed === 1 ? 'request.failed.one' : 'request.failed.other', { count: failed })}
        </p>
      )}
    </div>
  )
}
