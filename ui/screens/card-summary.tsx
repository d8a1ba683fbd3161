// Everything that was answered, group by group, each to be changed; the price; and the button that asks once more before it
// costs money.

import type { CardAnswersView, CardErrandView } from '../../device/http/view-cards.ts'
import { useErrand, useKiosk } from '../context.ts'
import { dateTimeText } from '../dates.ts'
import type { Kiosk } from '../kiosk.ts'
import { euroText } from '../money.ts'
import { Button } from '../parts/button.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'
import type { TextKey } from '../text/texts.ts'

const groupsOnScreen = 3

export function CardSummaryScreen() {
  const kiosk = useKiosk()
  const errand = useErrand('summary')
  const price = euroText(errand.total, kiosk.language.value)
  return (
    <Screen
      title={kiosk.say('cards.summary')}
      layout="split"
      class="card-summary"
      lead={<Cost kiosk={kiosk} errand={errand} />}
      actions={
        <>
          {errand.groups.length > 0 && (
            <Button onPress={() => void kiosk.ask('cards/back', {})}>{kiosk.say('action.back')}</Button>
          )}
          <Button onPress={() => void kiosk.ask('cards/list')}>{kiosk.say('cards.toList')}</Button>
          <Button
            kind="primary"
            disabled={errand.refusal !== null}
            onPress={() => kiosk.change({ dialog: { kind: 'buy' } })}
          >
            {kiosk.say('cards.buy', { price })}
          </Button>
        </>
      }
    >
      <Pager
        items={errand.groups}
        size={groupsOnScreen}
        class="answers-given"
        draw={group => <Group key={group.group} group={group} />}
      />
    </Screen>
  )
}

interface CostProps {
  readonly kiosk: Kiosk
  readonly errand: Extract<CardErrandView, { at: 'summary' }>
}

function Cost({ kiosk, errand: { offer, count, total, readAt, deliveredTo, identityGiven, refusal } }: CostProps) {
  const language = kiosk.language.value
  const each = euroText(offer.price, language)
  return (
    <>
      <p class="product">
        <span lang="it">{offer.name}</span>
        {count > 1 && <span>{kiosk.say('cards.many', { count, price: each })}</span>}
        <strong>{kiosk.say('cards.price', { price: euroText(total, language) })}</strong>
      </p>
      {deliveredTo.length > 0 && (
        <p>
          {kiosk.say('cards.deliveredTo')} {deliveredTo.join(', ')}
        </p>
      )}
      <p>{kiosk.say('cards.readAt', { date: dateTimeText(readAt, language) })}</p>
      {identityGiven && <p>{kiosk.say('cards.identityGiven')}</p>}
      {refusal !== null && (
        <div class="panel" role="alert">
          {refusal === 'twice' || refusal === 'price' ? (
            <p class="happened">{kiosk.say(`cards.refusal.${refusal}`)}</p>
          ) : (
            <FaultText code={refusal} />
          )}
        </div>
      )}
    </>
  )
}

function Group({ group: { group, answers } }: { readonly group: CardAnswersView }) {
  const kiosk = useKiosk()
  const values = answers.map(({ value, chosen }) => (chosen ? kiosk.say(`cards.choice.${value}` as TextKey) : value))
  return (
    <li>
      <button type="button" class="button" onClick={() => void kiosk.ask('cards/change', { group })}>
        <span>
          <strong>{kiosk.say(`cards.group.${group}`)}</strong> {values.join(' · ')}
        </span>
        <span class="change">{kiosk.say('cards.change')}</span>
      </button>
    </li>
  )
}
