// The first screen: each language in its own name, and one touch begins the visit in it.

import { useKiosk } from '../context.ts'
import { Drawing } from '../parts/drawing.tsx'
import { FaultText } from '../parts/fault-text.tsx'
import { isLanguage, say } from '../text/texts.ts'

export function WelcomeScreen() {
  const kiosk = useKiosk()
  const view = kiosk.view.value
  const offered = (view?.kiosk.languages ?? []).filter(isLanguage)
  return (
    <div class="frame welcome">
      <main class="split">
        <div class="lead">
          <Drawing name="sheets" />
          <h1>{kiosk.textIn(view?.kiosk.bodyName ?? null)}</h1>
          {offered.map(language => (
            <p key={language} lang={language}>
              {say(language, 'welcome.title')}
            </p>
          ))}
        </div>
        <nav class="controls" aria-label={kiosk.say('bar.language')}>
          {offered.map(language => (
            <button
              key={language}
              type="button"
              lang={language}
              class="button primary choice"
              onClick={() => kiosk.change({ language, notice: null })}
            >
              <span class="choice-title">{say(language, 'language.name')}</span>
              <span class="choice-text">{say(language, 'welcome.start')}</span>
            </button>
          ))}
          <QueueText />
          <MaintenanceRefused />
        </nav>
      </main>
    </div>
  )
}

/** Why maintenance could not be opened, for whoever asked for it; gone when a person begins. */
function MaintenanceRefused() {
  const kiosk = useKiosk()
  const code = kiosk.local.value.notice
  return <div role="alert">{code !== null && <FaultText code={code} />}</div>
}

/** Copies on their way, and signatures that are waited for, for whoever looks after the kiosk. */
function QueueText() {
  const kiosk = useKiosk()
  const { waiting, stopped } = kiosk.view.value?.queue ?? { waiting: 0, stopped: 0 }
  const asked = kiosk.view.value?.waiting?.length ?? 0
  const texts = [
    asked > 0 && kiosk.say(asked === 1 ? 'queue.asked.one' : 'queue.asked.other', { count: asked }),
    waiting > 0 && kiosk.say(waiting === 1 ? 'queue.waiting.one' : 'queue.waiting.other', { count: waiting }),
    stopped > 0 && kiosk.say(stopped === 1 ? 'queue.stopped.one' : 'queue.stopped.other', { count: stopped }),
  ]
  return <p class="queue">{texts.filter(text => text !== false).join(' · ')}</p>
}
