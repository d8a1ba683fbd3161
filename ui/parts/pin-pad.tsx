// The number pad of the PIN. Keys do not light up and the typed characters are shown as dots only; what is typed goes
// into the kiosk's PIN buffer and nowhere else.

import { useKiosk } from '../context.ts'
import { longestPin, shortestPin } from '../pin-buffer.ts'
import { DigitPad } from './digit-pad.tsx'

export function PinPad({ onEnter }: { onEnter(): void }) {
  const kiosk = useKiosk()
  const { pin } = kiosk
  return (
    <DigitPad
      enter={kiosk.say('action.sign')}
      complete={pin.length.value >= shortestPin}
      type={pin.type}
      eraseLast={pin.eraseLast}
      onEnter={onEnter}
    >
      <Dots />
    </DigitPad>
  )
}

function Dots() {
  const { pin } = useKiosk()
  const typed = pin.length.value
  return (
    <p class="dots" aria-hidden="true">
      {Array.from({ length: Math.min(Math.max(typed, 4), longestPin) }, (_, i) => (
        <span key={i} class={i < typed ? 'typed' : ''} />
      ))}
    </p>
  )
}
