// The number pad of the PIN. Keys do not light up and the typed characters are shown as dots only; what is typed goes
// into the kiosk's PIN buffer and nowhere else. A keyboard beside the screen works too.

import { useEffect } from 'preact/hooks'
import { useKiosk } from '../context.ts'
import { longestPin, shortestPin } from '../pin-buffer.ts'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

const digits = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const

export function PinPad({ onEnter }: { onEnter(): void }) {
  const kiosk = useKiosk()
  const { pin } = kiosk
  const tooShort = pin.length.value < shortestPin
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (event.key === 'Backspace') pin.eraseLast()
      else if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) onEnter()
      else if (event.key !== ' ') pin.type(event.key)
    }
    document.addEventListener('keydown', key)
    return () => document.removeEventListener('keydown', key)
  }, [pin, onEnter])
  return (
    <fieldset class="pin-pad" aria-label={kiosk.say('pin.pad')}>
      <Dots />
      {digits.map(digit => (
        <PinKey key={digit} digit={digit} />
      ))}
      <button type="button" class="button pin-key erase" onClick={() => pin.eraseLast()}>
        <Icon name="erase" />
        <span class="spoken">{kiosk.say('pin.eraseLast')}</span>
      </button>
      <PinKey digit="0" />
      <Button kind="primary" class="pin-key" disabled={tooShort} onPress={onEnter}>
        {kiosk.say('action.sign')}
      </Button>
    </fieldset>
  )
}

function PinKey({ digit }: { readonly digit: string }) {
  const { pin } = useKiosk()
  return (
    <button type="button" class="button pin-key" onClick={() => pin.type(digit)}>
      {digit}
    </button>
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
