// A number pad of ten large keys, one that erases and one that goes on. A keyboard beside the screen works too, and so does a
// code reader that types.

import type { ComponentChildren } from 'preact'
import { useEffect } from 'preact/hooks'
import { useKiosk } from '../context.ts'
import { Button } from './button.tsx'
import { Icon } from './icon.tsx'

const digits = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const

export interface DigitPadProps {
  /** What is typed so far, as far as it may be seen. */
  readonly children: ComponentChildren
  /** On the key that goes on. */
  readonly enter: string
  readonly complete: boolean
  /** One character; a keyboard has others than digits. */
  type(character: string): void
  eraseLast(): void
  onEnter(): void
}

export function DigitPad({ children, enter, complete, type, eraseLast, onEnter }: DigitPadProps) {
  const kiosk = useKiosk()
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      if (event.key === 'Backspace') eraseLast()
      else if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) onEnter()
      else if (event.key !== ' ') type(event.key)
    }
    document.addEventListener('keydown', key)
    return () => document.removeEventListener('keydown', key)
  }, [type, eraseLast, onEnter])
  return (
    <fieldset class="pin-pad" aria-label={kiosk.say('pin.pad')}>
      {children}
      {digits.map(digit => (
        <DigitKey key={digit} digit={digit} type={type} />
      ))}
      <button type="button" class="button pin-key erase" onClick={eraseLast}>
        <Icon name="erase" />
        <span class="spoken">{kiosk.say('pin.eraseLast')}</span>
      </button>
      <DigitKey digit="0" type={type} />
      <Button kind="primary" class="pin-key" disabled={!complete} onPress={onEnter}>
        {enter}
      </Button>
    </fieldset>
  )
}

function DigitKey({ digit, type }: { readonly digit: string; type(digit: string): void }) {
  return (
    <button type="button" class="button pin-key" onClick={() => type(digit)}>
      {digit}
    </button>
  )
}
