// A screen that asks for one code by the large keys: what it is, the field, the way back and onward.

import { useKiosk } from '../context.ts'
import { Button } from './button.tsx'
import { Keyboard, type KeyboardProps } from './keyboard.tsx'
import { Screen } from './screen.tsx'
import { TypedField, type TypedFieldProps, useTyped } from './typed-field.tsx'

export interface TypedCodeProps
  extends Pick<TypedFieldProps, 'hidden' | 'hint' | 'fault'>,
    Pick<KeyboardProps, 'layer'> {
  readonly title: string
  /** What was typed is gone from the screen by then where it is hidden. */
  onEnter(code: string): void
  onBack(): void
}

export function TypedCode({ title, layer, hidden = false, hint, fault, onEnter, onBack }: TypedCodeProps) {
  const kiosk = useKiosk()
  const typed = useTyped('')
  const enter = (): void => {
    onEnter(typed.value)
    if (hidden) typed.set('')
  }
  return (
    <Screen
      title={title}
      layout="stack"
      class="typing"
      cancel={false}
      focus={typed.field}
      lead={<TypedField label={title} typed={typed} hidden={hidden} hint={hint} fault={fault} onEnter={enter} />}
      actions={
        <>
          <Button kind="quiet" class="first" onPress={onBack}>
            {kiosk.say('action.back')}
          </Button>
          <Button kind="primary" disabled={typed.value === ''} onPress={enter}>
            {kiosk.say('action.continue')}
          </Button>
        </>
      }
    >
      <Keyboard layer={layer} capital={false} onType={typed.type} onErase={typed.erase} />
    </Screen>
  )
}
