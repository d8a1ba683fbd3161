// One question of an order: a field to type into with the keyboard below it, or a choice. What is typed stays when the person
// goes back, and Continue tells in plain words what does not fit.

import type { CardErrandView } from '../../device/http/view-cards.ts'
import { useErrand, useKiosk } from '../context.ts'
import type { Kiosk } from '../kiosk.ts'
import { Button } from '../parts/button.tsx'
import { Keyboard, type KeyboardLayer } from '../parts/keyboard.tsx'
import { Screen } from '../parts/screen.tsx'
import { TypedField, useTyped } from '../parts/typed-field.tsx'
import type { TextKey } from '../text/texts.ts'

type QuestionView = Extract<CardErrandView, { at: 'question' }>
type Kind = QuestionView['question']['kind']

export function CardQuestionScreen() {
  const errand = useErrand('question')
  return errand.question.kind === 'choice' ? <Choice errand={errand} /> : <Typing errand={errand} />
}

const layers: Readonly<Partial<Record<Kind, KeyboardLayer>>> = {
  day: 'digits',
  phone: 'digits',
  postcode: 'digits',
  count: 'digits',
}
const hints: Readonly<Partial<Record<Kind, TextKey>>> = {
  day: 'cards.hint.day',
  email: 'cards.hint.email',
  phone: 'cards.hint.phone',
  fiscalCode: 'cards.hint.fiscalCode',
  order: 'cards.hint.order',
  count: 'cards.hint.count',
}

function Typing({ errand }: { readonly errand: QuestionView }) {
  const kiosk = useKiosk()
  const { question, value, fault } = errand
  const { field, kind } = question
  const typed = useTyped(value)
  const hint = hints[kind]
  const title = kiosk.say(`cards.field.${field}`)
  const answer = (): void => void kiosk.ask('cards/answer', { field, value: typed.value })
  return (
    <Screen
      title={title}
      layout="stack"
      class="typing"
      focus={typed.field}
      lead={
        <TypedField
          label={title}
          typed={typed}
          hint={hint === undefined ? null : kiosk.say(hint)}
          fault={fault === null ? null : kiosk.say(`cards.fault.${fault}`)}
          onEnter={answer}
        />
      }
      actions={
        <>
          <Place kiosk={kiosk} errand={errand} />
          <Button onPress={() => void kiosk.ask('cards/back', { value: typed.value })}>
            {kiosk.say('action.back')}
          </Button>
          <Button kind="primary" onPress={answer}>
            {kiosk.say('action.continue')}
          </Button>
        </>
      }
    >
      <Keyboard
        layer={layers[kind] ?? 'letters'}
        capital={kind === 'fiscalCode' || (kind === 'text' && value === '')}
        onType={typed.type}
        onErase={typed.erase}
      />
    </Screen>
  )
}

function Choice({ errand }: { readonly errand: QuestionView }) {
  const kiosk = useKiosk()
  const { question, value, fault } = errand
  const { field, choices } = question
  return (
    <Screen
      title={kiosk.say(`cards.field.${field}`)}
      layout="stack"
      class="nature"
      lead={<p role={fault === null ? undefined : 'alert'}>{fault !== null && kiosk.say(`cards.fault.${fault}`)}</p>}
      actions={
        <>
          <Place kiosk={kiosk} errand={errand} />
          <Button onPress={() => void kiosk.ask('cards/back', {})}>{kiosk.say('action.back')}</Button>
        </>
      }
    >
      <ul class="choices">
        {choices.map(choice => (
          <li key={choice}>
            <button
              type="button"
              class={`button choice ${choice === value ? 'primary' : ''}`}
              aria-pressed={choice === value}
              onClick={() => void kiosk.ask('cards/answer', { field, value: choice })}
            >
              <span class="choice-title">{kiosk.say(`cards.choice.${choice}`)}</span>
            </button>
          </li>
        ))}
      </ul>
    </Screen>
  )
}

/** How far it is. */
function Place({ kiosk, errand }: { readonly kiosk: Kiosk; readonly errand: QuestionView }) {
  return <p class="place">{kiosk.say('cards.place', { number: errand.number, of: errand.of })}</p>
}
