// Why the last attempt to sign did not succeed, with what the card tells of the tries that are left.

import { useCopy, useKiosk } from '../context.ts'
import { tries } from '../screen-for.ts'
import { FaultText } from './fault-text.tsx'

export function SignFault() {
  const kiosk = useKiosk()
  const { copy } = useCopy()
  const { refusal } = kiosk.local.value
  const code = refusal?.code ?? copy.fault
  if (code === null) return <div role="alert" />
  // The view is newer than the answer where the card tells anything at all.
  const left = tries(copy.card) === 'unknown' ? (refusal?.tries ?? 'unknown') : tries(copy.card)
  return (
    <div role="alert" class="panel">
      <FaultText code={code} />
      {code === 'PIN_WRONG' && <p class="tries">{kiosk.say(`pin.tries.${left}`)}</p>}
    </div>
  )
}
