// Signing with Cl@ve: the number of the person's identity document, typed here and forgotten with this screen.

import { useCallback, useEffect, useState } from 'preact/hooks'
import { useKiosk, useSigning } from '../context.ts'
import { BackToPages } from '../parts/back-to-pages.tsx'
import { Button } from '../parts/button.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Icon } from '../parts/icon.tsx'
import { Screen } from '../parts/screen.tsx'

const digits = '1234567890'
/** Those that a DNI or NIE can have. */
const letters = 'ABCDEFGHJKLMNPQRSTVWXYZ'
const longest = 9

export function ClaveNumberScreen() {
  const kiosk = useKiosk()
  const { of, clave } = useSigning()
  const [number, setNumber] = useState('')
  const changed = useCallback(
    (change: (typed: string) => string) => {
      // What was wrong with it is not told of another number.
      kiosk.change({ notice: null })
      setNumber(change)
    },
    [kiosk],
  )
  const type = useCallback((key: string) => changed(typed => (typed + key).slice(0, longest)), [changed])
  const erase = useCallback(() => changed(typed => typed.slice(0, -1)), [changed])
  const go = useCallback(() => {
    const spoken = of === 'request' ? { language: kiosk.language.value } : {}
    if (number.length === longest) void kiosk.ask(`${of}/clave/begin`, { number, ...spoken })
  }, [kiosk, number, of])
  useKeys({ type, erase, go })
  const fault = kiosk.local.value.notice ?? (clave?.state === 'number' ? clave.fault : null)
  const cardToo = clave?.state === 'number' && clave.cardToo
  return (
    <Screen
      title={kiosk.say('clave.number.title')}
      layout="stack"
      class="clave"
      notice={false}
      lead={
        <>
          {fault === null ? (
            <p>{kiosk.say('clave.number.how')}</p>
          ) : (
            <div role="alert">
              <FaultText code={fault} />
            </div>
          )}
          <p class="typed-number" role="status" aria-label={kiosk.say('clave.number.typed')}>
            {number || ' '}
          </p>
        </>
      }
      actions={
        <>
          <BackToPages />
          {cardToo && (
            <Button onPress={() => kiosk.change({ byCard: true, notice: null })}>{kiosk.say('clave.card')}</Button>
          )}
          <Button kind="primary" disabled={number.length < longest} onPress={go}>
            {kiosk.say('action.continue')}
          </Button>
        </>
      }
    >
      <fieldset class="number-pad" aria-label={kiosk.say('clave.number.pad')}>
        {[...digits].map(key => (
          <NumberKey key={key} name={key} onType={type} />
        ))}
        <button type="button" class="button erase" onClick={erase}>
          <Icon name="erase" />
          <span class="spoken">{kiosk.say('pin.eraseLast')}</span>
        </button>
        {[...letters].map(key => (
          <NumberKey key={key} name={key} onType={type} />
        ))}
      </fieldset>
    </Screen>
  )
}

function NumberKey({ name, onType }: { readonly name: string; onType(key: string): void }) {
  return (
    <button type="button" class="button" onClick={() => onType(name)}>
      {name}
    </button>
  )
}

/** A keyboard beside the screen works too. */
function useKeys({ type, erase, go }: { type(key: string): void; erase(): void; go(): void }): void {
  useEffect(() => {
    const key = (event: KeyboardEvent): void => {
      const name = event.key.toUpperCase()
      if (event.key === 'Backspace') erase()
      else if (event.key === 'Enter' && !(event.target instanceof HTMLButtonElement)) go()
      else if (name.length === 1 && (digits + letters).includes(name)) type(name)
    }
    document.addEventListener('keydown', key)
    return () => document.removeEventListener('keydown', key)
  }, [type, erase, go])
}
