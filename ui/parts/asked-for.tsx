// Who asks for the copy in hand, and what for.

import { plainName } from '../asked.ts'
import { useCopy, useKiosk } from '../context.ts'
import { AskerName } from './asker-name.tsx'

export function AskedFor() {
  const kiosk = useKiosk()
  const { asked } = useCopy().copy
  if (asked === null) return null
  return (
    <p class="asked-for">
      {kiosk.say('asked.for')}
      <AskerName asker={asked.asker} />
      {plainName(asked.title)}
    </p>
  )
}
