// The code of a registration authority, before its officials see the blank cards; nobody reads it over a shoulder.

import { useErrand, useKiosk } from '../context.ts'
import { Button } from '../parts/button.tsx'
import { Keyboard } from '../parts/keyboard.tsx'
import { Screen } from '../parts/screen.tsx'
import { TypedField, useTyped } from '../parts/typed-field.tsx'

const refusals = { wrong: 'cards.official.wrong', locked: 'cards.official.locked' } as const

export function CardOfficialScreen() {
  const kiosk = useKiosk()
  const { refused } = useErrand('official')
  const typed = useTyped('')
  const title = kiosk.say('cards.official.title')
  const enter = (): void => {
    void kiosk.ask('cards/official', { code: typed.value })
    typed.set('')
  }
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
          hidden={true}
          hint={kiosk.say('cards.official.hint')}
          fault={refused === null ? null : kiosk.say(refusals[refused])}
          onEnter={enter}
        />
      }
      actions={
        <>
          <Button kind="quiet" class="first" onPress={() => void kiosk.ask('cards/leave')}>
            {kiosk.say('action.back')}
          </Button>
          <Button kind="primary" disabled={typed.value === ''} onPress={enter}>
            {kiosk.say('action.continue')}
          </Button>
        </>
      }
    >
      <Keyboard layer="digits" capital={false} onType={typed.type} onErase={typed.erase} />
    </Screen>
  )
}
