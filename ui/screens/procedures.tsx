// What a person can do here: sign what programs wait for, make a copy for one of the procedures of this kiosk, order
// a card, or open a page of others. Where there are only procedures, the question is what the copy is for.

import type { ProcedureView, View, WaitingView } from '../../device/http/view.ts'
import { askerName } from '../asked.ts'
import { useKiosk } from '../context.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'

const choicesOnScreen = 4

type Portal = NonNullable<View['portals']>[number]
type Choice =
  | { readonly kind: 'pickup' }
  | { readonly kind: 'waiting'; readonly waiting: WaitingView }
  | { readonly kind: 'procedure'; readonly procedure: ProcedureView }
  | { readonly kind: 'cards' }
  | { readonly kind: 'portal'; readonly portal: Portal }

export function ProceduresScreen() {
  const kiosk = useKiosk()
  const choices = choicesOf(kiosk.view.value)
  const onlyCopies = choices.every(choice => choice.kind === 'procedure')
  return (
    <Screen
      title={kiosk.say(onlyCopies ? 'procedures.title' : 'procedures.all')}
      layout="stack"
      class="procedures"
      cancel={false}
      lead={choices.length === 0 ? <p class="large">{kiosk.say('procedures.none')}</p> : <Drawing name="sheets" />}
      actions={
        <Button kind="quiet" onPress={() => void kiosk.leave()}>
          {kiosk.say('action.back')}
        </Button>
      }
    >
      <Pager items={choices} size={choicesOnScreen} class="choices" draw={drawChoice} />
    </Screen>
  )
}

/** What waits for somebody, or what somebody was sent for, comes first; what leads away from the kiosk's own comes last. */
function choicesOf(view: View | null): readonly Choice[] {
  return [
    ...(view?.pickup === true ? [{ kind: 'pickup' as const }] : []),
    ...(view?.waiting ?? []).map(waiting => ({ kind: 'waiting' as const, waiting })),
    ...(view?.procedures ?? []).map(procedure => ({ kind: 'procedure' as const, procedure })),
    ...(view?.offersCards === true ? [{ kind: 'cards' as const }] : []),
    ...(view?.portals ?? []).map(portal => ({ kind: 'portal' as const, portal })),
  ]
}

function drawChoice(choice: Choice) {
  if (choice.kind === 'pickup') return <PickupChoice key="pickup" />
  if (choice.kind === 'waiting') return <Waiting key={`waiting ${choice.waiting.id}`} waiting={choice.waiting} />
  if (choice.kind === 'cards') return <CardsChoice key="cards" />
  if (choice.kind === 'portal') return <PortalChoice key={`portal ${choice.portal.url}`} portal={choice.portal} />
  return <Procedure key={choice.procedure.id} procedure={choice.procedure} />
}

function PickupChoice() {
  const kiosk = useKiosk()
  return (
    <li>
      <button type="button" class="button choice" onClick={() => kiosk.change({ pickup: '', notice: null })}>
        <span class="choice-title">{kiosk.say('pickup.choice')}</span>
        <span class="choice-text">{kiosk.say('pickup.choice.hint')}</span>
      </button>
    </li>
  )
}

function Waiting({ waiting }: { readonly waiting: WaitingView }) {
  const kiosk = useKiosk()
  const { id, asker, total, done } = waiting
  return (
    <li>
      <button
        type="button"
        class="button choice"
        onClick={() => void kiosk.ask(`waiting/${encodeURIComponent(id)}/take`)}
      >
        <span class="choice-title">{askerName(asker)}</span>
        <span class="choice-text">
          {kiosk.say(total === 1 ? 'waiting.one' : 'waiting.other', { count: total })}
          {done > 0 && ` · ${kiosk.say('waiting.done', { count: done })}`}
        </span>
      </button>
    </li>
  )
}

function CardsChoice() {
  const kiosk = useKiosk()
  return (
    <li>
      <button
        type="button"
        class="button choice"
        onClick={() => void kiosk.ask('cards/open', { language: kiosk.language.value })}
      >
        <span class="choice-title">{kiosk.say('cards.offer')}</span>
        <span class="choice-text">{kiosk.say('cards.offerHint')}</span>
      </button>
    </li>
  )
}

/** Another window of the same browser, which knows nothing of this one (HTML, `noopener`). */
function PortalChoice({ portal }: { readonly portal: Portal }) {
  const kiosk = useKiosk()
  return (
    <li>
      <button
        type="button"
        class="button choice"
        onClick={() => void window.open(portal.url, '_blank', 'noopener,noreferrer')}
      >
        <span class="choice-title">{kiosk.textIn(portal.title)}</span>
        <span class="choice-text">
          {kiosk.say('portal.opens', { host: askerName({ kind: 'page', name: portal.url }) })}
        </span>
      </button>
    </li>
  )
}

function Procedure({ procedure }: { readonly procedure: ProcedureView }) {
  const kiosk = useKiosk()
  const open = (): void => {
    void kiosk.ask('copy', { procedureId: procedure.id, language: kiosk.language.value })
  }
  return (
    <li>
      <button type="button" class="button choice" onClick={open}>
        <span class="choice-title">{kiosk.textIn(procedure.title)}</span>
        {procedure.description !== null && <span class="choice-text">{kiosk.textIn(procedure.description)}</span>}
      </button>
    </li>
  )
}
