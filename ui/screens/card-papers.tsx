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
type Step = 'form' | 'byHand' | 'scanned' | 'identity' | 'handIn'

const titles: Readonly<Record<Step, TextKey>> = {
  form: 'cards.form.title',
  byHand: 'cards.byHand.title',
  scanned: 'cards.scanned.title',
  identity: 'cards.identity.title',
  handIn: 'cards.handIn.title',
}

export function CardPapersScreen() {
  const kiosk = useKiosk()
  const papers = useErrand('papers')
  const step = stepOf(papers)
  const shown = shownAt(step, papers)
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
      {shown === null ? <Drawing name="feeder" /> : <PaperPages paper={shown} count={papers.pages[shown]} />}
    </Screen>
  )
}

/** What can be looked at; null where something is to be put in the scanner. What is handed in is looked at once more. */
function shownAt(step: Step, { pages }: Papers): keyof Papers['pages'] | null {
  if (step === 'byHand' || step === 'identity') return null
  if (step === 'handIn' && pages.identity > 0) return 'identity'
  return pages.signed > 0 ? 'signed' : 'form'
}

function stepOf({ signed, byHand, pages, documentEnclosed }: Papers): Step {
  if (!signed && byHand) return pages.signed === 0 ? 'byHand' : 'scanned'
  if (!signed) return 'form'
  return pages.identity === 0 && !documentEnclosed ? 'identity' : 'handIn'
}

interface StepProps {
  readonly kiosk: Kiosk
  readonly papers: Papers
  readonly step: Step
}

function How({ kiosk, papers: { work, fault, pages, printer }, step }: StepProps) {
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
      {step === 'byHand' ? <p class="large">{kiosk.say('cards.byHand.how')}</p> : null}
      {step === 'scanned' ? (
        <p class="large">{kiosk.say('cards.scanned.how', { pages: pages.signed, of: pages.form })}</p>
      ) : null}
      {step === 'form' ? (
        <>
          <p class="large">{kiosk.say('cards.form.how')}</p>
          <p>{kiosk.say(printer ? 'cards.form.print' : 'cards.form.paper')}</p>
        </>
      ) : null}
      <p role="status">{work !== null && kiosk.say(`cards.work.${work}`)}</p>
    </>
  )
}

function Onward({ kiosk, papers, step }: StepProps) {
  const isBusy = papers.work !== null
  const noForm = isBusy || papers.pages.form === 0
  if (step === 'form')
    return (
      <>
        <Button disabled={noForm} onPress={() => void kiosk.ask('cards/paper')}>
          {kiosk.say('cards.form.onPaper')}
        </Button>
        {papers.printer && (
          <Button disabled={noForm} onPress={() => void kiosk.ask('cards/print')}>
            {kiosk.say('action.print')}
          </Button>
        )}
        <Button kind="primary" disabled={noForm} onPress={() => void kiosk.ask('cards/sign')}>
          {kiosk.say('cards.form.sign')}
        </Button>
      </>
    )
  if (step === 'scanned')
    return (
      <>
        <Button disabled={isBusy} onPress={() => void kiosk.ask('cards/scan')}>
          {kiosk.say('cards.handIn.again')}
        </Button>
        <Button kind="primary" disabled={isBusy} onPress={() => void kiosk.ask('cards/accept')}>
          {kiosk.say('action.continue')}
        </Button>
      </>
    )
  if (step === 'identity' || step === 'byHand')
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
