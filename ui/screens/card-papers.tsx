// The papers of an order, one after the other: the form to read and sign, the identity document to scan, and both once more
// before they are handed in.

import type { CardErrandView } from '../../device/http/view-cards.ts'
import { useErrand, useKiosk } from '../context.ts'
import type { Kiosk } from '../kiosk.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { Pager } from '../parts/pager.tsx'
import { Screen } from '../parts/screen.tsx'
import type { TextKey } from '../text/texts.ts'

type Papers = Extract<CardErrandView, { at: 'papers' }>
type Step = 'form' | 'identity' | 'handIn'

const titles: Readonly<Record<Step, TextKey>> = {
  form: 'cards.form.title',
  identity: 'cards.identity.title',
  handIn: 'cards.handIn.title',
}

export function CardPapersScreen() {
  const kiosk = useKiosk()
  const papers = useErrand('papers')
  const step = stepOf(papers)
  return (
    <Screen
      title={kiosk.say(titles[step])}
      layout="split"
      class="card-papers"
      cancel={false}
      lead={<How kiosk={kiosk} papers={papers} step={step} />}
      actions={
        <>
          <Button
            kind="quiet"
            class="first"
            disabled={papers.work !== null}
            onPress={() => void kiosk.ask('cards/back', {})}
          >
            {kiosk.say('action.back')}
          </Button>
          <Onward kiosk={kiosk} papers={papers} step={step} />
        </>
      }
    >
      {step === 'identity' ? (
        <Drawing name="feeder" />
      ) : (
        <Pages
          paper={step === 'form' ? 'form' : 'identity'}
          count={papers.pages[step === 'form' ? 'form' : 'identity']}
        />
      )}
    </Screen>
  )
}

function stepOf({ signed, pages }: Papers): Step {
  if (!signed) return 'form'
  return pages.identity === 0 ? 'identity' : 'handIn'
}

interface StepProps {
  readonly kiosk: Kiosk
  readonly papers: Papers
  readonly step: Step
}

function How({ kiosk, papers: { work, fault }, step }: StepProps) {
  return (
    <>
      {fault !== null && (
        <div class="panel" role="alert">
          <FaultText code={fault} />
        </div>
      )}
      {step === 'handIn' ? <p class="large">{kiosk.say('cards.handIn.how')}</p> : null}
      {step === 'identity' ? <p class="large">{kiosk.say('cards.identity.how')}</p> : null}
      {step === 'form' ? (
        <>
          <p class="large">{kiosk.say('cards.form.how')}</p>
          <p>{kiosk.say('cards.form.paper')}</p>
        </>
      ) : null}
      <p role="status">{work !== null && kiosk.say(`cards.work.${work}`)}</p>
    </>
  )
}

function Onward({ kiosk, papers, step }: StepProps) {
  const isBusy = papers.work !== null
  if (step === 'form')
    return (
      <Button kind="primary" disabled={isBusy || papers.pages.form === 0} onPress={() => void kiosk.ask('cards/sign')}>
        {kiosk.say('cards.form.sign')}
      </Button>
    )
  if (step === 'identity')
    return (
      <Button kind="primary" disabled={isBusy} onPress={() => void kiosk.ask('cards/scan')}>
        {kiosk.say('action.scan')}
      </Button>
    )
  return (
    <>
      <Button disabled={isBusy} onPress={() => void kiosk.ask('cards/scan')}>
        {kiosk.say('cards.handIn.again')}
      </Button>
      <Button kind="primary" disabled={isBusy} onPress={() => void kiosk.ask('cards/submit')}>
        {kiosk.say('cards.handIn.go')}
      </Button>
    </>
  )
}

function Pages({ paper, count }: { readonly paper: 'form' | 'identity'; readonly count: number }) {
  const kiosk = useKiosk()
  const numbers = Array.from({ length: count }, (_, i) => i + 1)
  return (
    <Pager
      items={numbers}
      size={1}
      class="paper-pages"
      draw={number => (
        <li key={number}>
          <img
            src={`/screen/cards/pages/${paper}/${number}`}
            alt={kiosk.say('page.number', { number })}
            draggable={false}
          />
        </li>
      )}
    />
  )
}
