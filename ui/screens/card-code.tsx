// The code of an order, typed to see where it stands.

import { useErrand, useKiosk } from '../context.ts'
import { TypedCode } from '../parts/typed-code.tsx'

export function CardCodeScreen() {
  const kiosk = useKiosk()
  const { unknown } = useErrand('code')
  return (
    <TypedCode
      title={kiosk.say('cards.codeTitle')}
      layer="letters"
      hint={kiosk.say('cards.codeHint')}
      fault={unknown ? kiosk.say('cards.codeUnknown') : null}
      onEnter={reference => void kiosk.ask('cards/find', { reference })}
      onBack={() => void kiosk.ask('cards/back', {})}
    />
  )
}
