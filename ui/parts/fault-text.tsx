// What happened and what to do about it, in the person's words; never a code.

import { useKiosk } from '../context.ts'
import type { ErrorCode } from '../text/error-texts.ts'

export function FaultText({ code }: { readonly code: ErrorCode }) {
  const kiosk = useKiosk()
  const [happened, mend] = kiosk.say(`error.${code}`).split('\n')
  return (
    <div class="fault-text">
      <p class="happened">{happened}</p>
      <p>{mend}</p>
    </div>
  )
}
