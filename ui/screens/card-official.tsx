// The code of a registration authority, before its officials see the blank cards; nobody reads it over a shoulder.

import { useErrand, useKiosk } from '../context.ts'
import { TypedCode } from '../parts/typed-code.tsx'

const refusals = { wrong: 'cards.official.wrong', locked: 'cards.official.locked' } as const

export function CardOfficialScreen() {
  const kiosk = useKiosk()
  const { refused } = useErrand('official')
  return (
    <TypedCode
      title={kiosk.say('cards.official.title')}
      layer="digits"
      hidden={true}
      hint={kiosk.say('cards.official.hint')}
      fault={refused === null ? null : kiosk.say(refusals[refused])}
      onEnter={code => void kiosk.ask('cards/official', { code })}
      onBack={() => void kiosk.ask('cards/leave')}
    />
  )
}
