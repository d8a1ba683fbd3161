// The keyboard of the touchscreen: letters, digits and signs, letters with accents. It types into the field that has the
// focus and leaves it there, so that a keyboard beside the screen goes on where the finger stopped.

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { useKiosk } from '../context.ts'
import type { TextKey } from '../text/texts.ts'
import { Icon } from './icon.tsx'

export type KeyboardLayer = 'letters' | 'digits' | 'accents'

/** Three rows of eleven keys; the last of the first row erases, the first of the third makes capitals where there are any. */
const rows: Readonly<Record<KeyboardLayer, readonly string[]>> = {
  letters: ['qwertyuiop', 'asdfghjklñç', "zxcvbnm'.,"],
  digits: ['1234567890', '/-.,:;+()&_', '@#ºª€%!?"*\''],
  accents: ['àáâäãåæèéê', 'ëìíîïòóôöõø', 'ùúûüýñçßœ·'],
}
const switches: Readonly<Record<KeyboardLayer, { readonly face: string; readonly name: TextKey }>> = {
  letters: { face: 'abc', name: 'keyboard.letters' },
  digits: { face: '123', name: 'keyboard.digits' },
  accents: { face: 'àéü', name: 'keyboard.accents' },
}

export interface KeyboardProps {
  /** What is shown first. */
  readonly layer: KeyboardLayer
  /** Whether the first letter is a capital. */
  readonly capital: boolean
  onType(character: string): void
  onErase(): void
}

export function Keyboard({ layer: first, capital, onType, onErase }: KeyboardProps) {
  const kiosk = useKiosk()
  const [layer, setLayer] = useState(first)
  const [isCapital, setCapital] = useState(capital)
  const type = (character: string): void => {
    onType(character)
    setCapital(false)
  }
  const hasCapitals = layer !== 'digits'
  const others = (Object.keys(rows) as KeyboardLayer[]).filter(one => one !== layer)
  return (
    <fieldset class="keyboard" aria-label={kiosk.say('keyboard.label')} onPointerDown={keepFocus}>
      {rows[layer].map((row, number) => (
        <div class="keys" key={row}>
          {number === 2 && hasCapitals && (
            <Key pressed={isCapital} name={kiosk.say('keyboard.capitals')} onPress={() => setCapital(!isCapital)}>
              ⇧
            </Key>
          )}
          {[...row].map(character => {
            const shown = isCapital && hasCapitals && character !== 'ß' ? character.toUpperCase() : character
            return (
              <Key key={character} onPress={() => type(shown)}>
                {shown}
              </Key>
            )
          })}
          {number === 0 && (
            <Key name={kiosk.say('keyboard.erase')} onPress={onErase}>
              <Icon name="erase" />
            </Key>
          )}
        </div>
      ))}
      <div class="keys">
        {others.map(one => (
          <Key key={one} name={kiosk.say(switches[one].name)} onPress={() => setLayer(one)} wide>
            {switches[one].face}
          </Key>
        ))}
        <Key onPress={() => type(' ')} space>
          {kiosk.say('keyboard.space')}
        </Key>
        <Key onPress={() => type('@')}>@</Key>
        <Key onPress={() => type('-')}>-</Key>
      </div>
    </fieldset>
  )
}

interface KeyProps {
  readonly children: ComponentChildren
  /** Where what it shows does not say it. */
  readonly name?: string
  readonly pressed?: boolean
  readonly wide?: boolean
  readonly space?: boolean
  onPress(): void
}

function Key({ children, name, pressed, wide = false, space = false, onPress }: KeyProps) {
  return (
    <button
      type="button"
      class={`button key ${wide ? 'wide' : ''} ${space ? 'space' : ''}`}
      aria-pressed={pressed}
      onClick={onPress}
    >
      <span aria-hidden={name !== undefined}>{children}</span>
      {name !== undefined && <span class="spoken">{name}</span>}
    </button>
  )
}

function keepFocus(event: PointerEvent): void {
  event.preventDefault()
}
