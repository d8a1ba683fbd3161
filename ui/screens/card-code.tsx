// The code of an order, typed to see where it stands.

import { useErrand, useKiosk } from '../context.ts'
import { Button } from '../parts/button.tsx'
import { Keyboard } from '../parts/keyboard.tsx'
import { Screen } from '../parts/screen.tsx'
import { TypedField, useTyped } from '../parts/typed-field.tsx'

export function CardCodeScreen() {
  const kiosk = useKiosk()
  const { unknown } = useErrand('code')
  const typed = useTyped('')
  const title = kiosk.say('cards.codeTitle')
  const find = (): void => void kiosk.ask('cards/find', { reference: typed.value })
  return (
    <Screen
      title={title}
      layout="stack"
      class="typing"
      cancel={false}
      focus={typed.field}
      lead={
        <TypedField
          label={title}
          typed={typed}
          hint={kiosk.say('cards.codeHint')}
          fault={unknown ? kiosk.say('cards.codeUnknown') : null}
          onEnter={find}
        />
      }
      actions={
        <>
          <Button kind="quiet" class="first" onPress={() => void kiosk.ask('cards/back', {})}>
            {kiosk.say('action.back')}
          </Button>
          <Button kind="primary" onPress={find}>
            {kiosk.say('action.continue')}
          </Button>
        </>
      }
    >
      <Keyboard layer="letters" capital={false} onType={typed.type} onErase={typed.erase} />
    </Screen>
  )
}
