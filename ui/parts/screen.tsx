// The frame of every screen: who offers the service and which step this is, one question, and at the foot the buttons
// and the languages. On a tall screen whatever is touched lies in the lower two thirds.

import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import { useKiosk } from '../context.ts'
import { isUnderWay } from '../signing-of.ts'
import { stepFor } from '../steps.ts'
import { Button } from './button.tsx'
import { FaultText } from './fault-text.tsx'
import { LanguageBar } from './language-bar.tsx'

export interface ScreenProps {
  /** The question of this screen; it gets the focus when the screen appears. */
  readonly title: string
  /** `split`: lead and controls beside each other on a wide screen; `stack`: below each other. */
  readonly layout: 'split' | 'stack'
  /** What is looked at: a drawing, an explanation. */
  readonly lead?: ComponentChildren
  /** What is touched. */
  readonly children?: ComponentChildren
  /** The buttons that lead on or back. */
  readonly actions?: ComponentChildren
  /** False where cancelling is no longer possible or not yet sensible. */
  readonly cancel?: boolean
  /** False where the screen itself says why the last touch did not do what it should. */
  readonly notice?: boolean
  readonly class?: string
  /** What gets the focus in place of the question. */
  readonly focus?: { readonly current: HTMLElement | null }
}

export function Screen(props: ScreenProps) {
  const { title, layout, lead, children, actions, cancel = true, notice = true, class: extra = '', focus } = props
  const kiosk = useKiosk()
  const heading = useRef<HTMLHeadingElement>(null)
  useEffect(() => (focus ?? heading).current?.focus(), [])
  return (
    <div class={`frame ${extra}`}>
      <Header />
      <main class={layout}>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        <div class="lead">{lead}</div>
        <div class="controls">{children}</div>
      </main>
      <footer>
        {notice && <Notice />}
        <div class="actions">
          {cancel && (
            <Button kind="quiet" class="cancel" onPress={() => kiosk.change({ dialog: { kind: 'cancel' } })}>
              {kiosk.say(isUnderWay(kiosk.view.value?.request) ? 'action.stop' : 'action.cancel')}
            </Button>
          )}
          <div class="onward">{actions}</div>
        </div>
      </footer>
      <LanguageBar />
    </div>
  )
}

function Header() {
  const kiosk = useKiosk()
  const view = kiosk.view.value
  const what = view?.copy?.asked ?? view?.procedures.find(one => one.id === view.copy?.procedureId)
  // The steps are those of a copy.
  const step =
    view?.request !== undefined || view?.cards !== undefined
      ? null
      : stepFor(kiosk.screen.value, what?.signature ?? 'local')
  return (
    <header>
      <p class="body-name">{kiosk.textIn(view?.kiosk.bodyName ?? null)}</p>
      {step !== null && (
        <p class="step">
          {kiosk.say('bar.step', { step: step.step, steps: step.steps })}
          <span class="step-name">{kiosk.say(step.name)}</span>
        </p>
      )}
    </header>
  )
}

/** Why the last touch did not do what it should. */
function Notice() {
  const kiosk = useKiosk()
  const code = kiosk.local.value.notice
  return <div role="alert">{code !== null && <FaultText code={code} />}</div>
}
