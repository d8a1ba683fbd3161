// Why the last attempt to sign did not succeed, with what the card tells of the tries that are left.

import { useKiosk, useSigning } from '../context.ts'
import { tries } from '../screen-for.ts'
import { toldFault } from '../signing-of.ts'
import { FaultText } from './fault-text.tsx'

export function SignFault() {
  const kiosk = useKiosk()
  const signing = useSigning()
  const { card } = signing
  const { refusal } = kiosk.local.value
  const code = toldFault(signing, refusal?.code ?? signing.fault)
  if (code === null) return <div role="alert" />
  // The view is newer than the answer where the card tells anything at all.
  const left = tries(card) === 'unknown' ? (refusal?.tries ?? 'unknown') : tries(card)
  return (
    <div role="alert" class="panel">
      <FaultText code={code} />
      {/* Where one try is left, the screen's own question says so. */}
      {code === 'PIN_WRONG' && kiosk.screen.value !== 'lastTry' && (
        <p class="tries">{kiosk.say(`pin.tries.${left}`)}</p>
      )}
    </div>
  )
}
