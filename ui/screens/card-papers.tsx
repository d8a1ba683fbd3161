// The papers of an order, one after the other: the form to read and sign, the identity document to scan, and both once more
// before they are handed in.

import type { CardErrandView } from '../../device/http/view-cards.ts'
import { useErrand, useKiosk } from '../context.ts'
import type { Kiosk } from '../kiosk.ts'
import { Button } from '../parts/button.tsx'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { PaperPages } from '../parts/paper-pages.tsx'
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
  // What is handed in is looked at once more: the document, or the form where that is enough.
  const shown = step === 'form' || papers.pages.identity === 0 ? 'form' : 'identity'
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
      {step === 'identity' ? <Drawing name="feeder" /> : <PaperPages paper={shown} count={papers.pages[shown]} />}
    </Screen>
  )
}

function stepOf({ signed, pages, documentEnclosed }: Papers): Step {
  if (!signed) return 'form'
  return pages.identity === 0 && !documentEnclosed ? 'identity' : 'handIn'
}

interface StepProps {
  readonly kiosk: Kiosk
  readonly papers: Papers
  readonly step: Step
}

function How({ kiosk, papers: { work, fault, pages }, step }: StepProps) {
  return (
    <>
      {fault !== null && (
        <div class="panel" role="alert">
          <FaultText code={fault} />
        </div>
      )}
      {step === 'handIn' ? (
        <p class="large">{kiosk.say(pages.identity === 0 ? 'cards.handIn.form' : 'cards.handIn.how')}</p>
      ) : null}
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
      {papers.pages.identity > 0 && (
        <Button disabled={isBusy} onPress={() => void kiosk.ask('cards/scan')}>
          {kiosk.say('cards.handIn.again')}
        </Button>
      )}
      <Button kind="primary" disabled={isBusy} onPress={() => void kiosk.ask('cards/submit')}>
        {kiosk.say('cards.handIn.go')}
      </Button>
    </>
  )
}
