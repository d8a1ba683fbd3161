// Good, to be watched, or bad: a large sign and its word.

import type { CheckVerdict } from '../../device/http/view-maintenance.ts'
import { useKiosk } from '../context.ts'
import { verdictIcons, verdictTexts } from '../verdicts.ts'
import { Icon } from './icon.tsx'

export function Verdict({ verdict }: { readonly verdict: CheckVerdict }) {
  const kiosk = useKiosk()
  return (
    <span class={`verdict ${verdict}`}>
      <Icon name={verdictIcons[verdict]} />
      {kiosk.say(verdictTexts[verdict])}
    </span>
  )
}
