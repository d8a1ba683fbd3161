// Where an order stands, for whoever made it or has typed its code: what is bought and what is not, in plain words, what is
// waited for, and the numbers that go with what is sent.

import type { CardActivationView, CardOrderShown } from '../../device/http/view-cards.ts'
import { useErrand, useKiosk } from '../context.ts'
import { dateTimeText } from '../dates.ts'
import type { Kiosk } from '../kiosk.ts'
import { euroText } from '../money.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Screen } from '../parts/screen.tsx'
import type { TextKey } from '../text/texts.ts'

export function CardOrderScreen() {
  const kiosk = useKiosk()
  const { order, activation, recognition } = useErrand('order')
  const goesOn = order.wantsForm || (order.hasActivation && activation.code === null)
  return (
    <Screen
      title={kiosk.say('cards.orderTitle')}
      layout="split"
      class="receipt card-order"
      cancel={false}
      lead={<Facts kiosk={kiosk} order={order} />}
      actions={
        <>
          <Button kind={goesOn ? 'plain' : 'primary'} onPress={() => void kiosk.leave()}>
            {kiosk.say('action.finish')}
          </Button>
          {recognition !== null && (
            <Button onPress={() => void kiosk.ask('cards/recognise')}>
              {kiosk.say('cards.recognise', { price: euroText(recognition.price, kiosk.language.value) })}
            </Button>
          )}
          {order.hasActivation && activation.code === null && (
            <Button kind="primary" disabled={activation.work} onPress={() => void kiosk.ask('cards/activation')}>
              {kiosk.say('cards.activation.show')}
            </Button>
          )}
          {order.wantsForm && (
            <Button kind="primary" onPress={() => void kiosk.ask('cards/papers')}>
              {kiosk.say('cards.openForm')}
            </Button>
          )}
        </>
      }
    >
      <p class="reference">
        {kiosk.say('cards.code')}
        <strong>{order.reference}</strong>
      </p>
      <p>{kiosk.say('cards.keep')}</p>
      {order.hasActivation && <Activation kiosk={kiosk} activation={activation} />}
      {order.sendsPin && <p class="caution">{kiosk.say('cards.pin')}</p>}
    </Screen>
  )
}

/** The code that was bought, once it was asked for. */
function Activation({ kiosk, activation: { code, work, fault } }: ActivationProps) {
  return (
    <>
      {code !== null && (
        <p class="reference activation">
          {kiosk.say('cards.activation')}
          <strong>{code}</strong>
        </p>
      )}
      {fault !== null && (
        <div class="panel" role="alert">
          <FaultText code={fault} />
        </div>
      )}
      <p role="status">{kiosk.say(work ? 'cards.activation.work' : 'cards.activation.how')}</p>
    </>
  )
}

interface ActivationProps {
  readonly kiosk: Kiosk
  readonly activation: CardActivationView
}

function Facts({ kiosk, order }: { readonly kiosk: Kiosk; readonly order: CardOrderShown }) {
  const language = kiosk.language.value
  const numbers: readonly (readonly [TextKey, string | null])[] = [
    ['cards.product', order.product],
    ['cards.cost', costText(kiosk, order)],
    ['receipt.date', dateTimeText(order.orderedAt, language)],
    ['cards.tracking', order.tracking],
    ['cards.envelope', order.envelope],
    ['cards.device', order.device],
  ]
  return (
    <>
      <Drawing name={isWell(order) ? 'done' : 'sheetWarning'} />
      <p class="large" role="status">
        {whereText(kiosk, order)}
      </p>
      <dl>
        {numbers.map(
          ([key, value]) =>
            value !== null && (
              <div key={key}>
                <dt>{kiosk.say(key)}</dt>
                <dd>{value}</dd>
              </div>
            ),
        )}
      </dl>
    </>
  )
}

function costText(kiosk: Kiosk, { price: each, quantity: count }: CardOrderShown): string {
  const price = euroText(each, kiosk.language.value)
  return count === 1 ? kiosk.say('cards.price', { price }) : kiosk.say('cards.many', { count, price })
}

function isWell({ stage, papers }: CardOrderShown): boolean {
  return !['unknown', 'undecided', 'refused', 'cancelled'].includes(stage) && papers !== 'refused'
}

const stageTexts: Readonly<Record<Exclude<CardOrderShown['stage'], 'placed'>, TextKey>> = {
  new: 'cards.stage.new',
  sending: 'cards.stage.sending',
  unknown: 'cards.stage.unknown',
  undecided: 'cards.stage.undecided',
  ended: 'cards.stage.ended',
  refused: 'cards.stage.refused',
  cancelled: 'cards.stage.cancelled',
}

const stateTexts: Readonly<Record<string, TextKey>> = {
  in_registrazione: 'cards.state.registering',
  in_riconoscimento: 'cards.state.recognising',
  in_lavorazione: 'cards.state.making',
}

function whereText(kiosk: Kiosk, order: CardOrderShown): string {
  const { stage, state, waitsFor, wantsForm, documentEnclosed, papers } = order
  if (order.hasActivation) return kiosk.say('cards.stage.activation')
  if (stage === 'new' && waitsFor !== null) return kiosk.say(`cards.waits.${waitsFor}`)
  if (stage !== 'placed') return kiosk.say(stageTexts[stage])
  if (papers === 'refused') return kiosk.say('cards.papers.refused')
  if (wantsForm) return kiosk.say(documentEnclosed ? 'cards.papers.formWanted' : 'cards.papers.wanted')
  if (papers === 'waiting') return kiosk.say('cards.papers.waiting')
  const known = stateTexts[state ?? '']
  return known === undefined ? kiosk.say('cards.state.other', { state: state ?? '' }) : kiosk.say(known)
}
