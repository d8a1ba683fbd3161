// Above a card, a certificate or a PIN: whom it is for and how much of it. Nothing for a copy, which is the kiosk's own.

import { kindOf, nextNumber } from '../asked.ts'
import { useKiosk } from '../context.ts'
import { AskerName } from './asker-name.tsx'

export function SignedFor() {
  const kiosk = useKiosk()
  const request = kiosk.view.value?.request
  if (request === undefined || kiosk.view.value?.copy != null) return null
  const number = nextNumber(request)
  const documents = request.total === 1 ? 'request.documents.one' : 'request.documents.other'
  return (
    <p class="signed-for">
      {kiosk.say('request.for')} <AskerName asker={request.asker} />
      {kindOf(request) === 'sign' && (
        <span>
          {number > 1 || request.stage === 'pin'
            ? kiosk.say('request.next', { number, total: request.total })
            : kiosk.say(documents, { count: request.total })}
        </span>
      )}
    </p>
  )
}
