// Nobody answers behind the screen. Nothing of the copy is shown meanwhile, and the connection comes back by itself.

import { useKiosk } from '../context.ts'
import { Drawing } from '../parts/drawing.tsx'
import { isLanguage, languages, say } from '../text/texts.ts'

export function LostScreen() {
  const kiosk = useKiosk()
  const known = kiosk.view.value !== null
  const shown = known ? [kiosk.language.value] : languages.filter(isLanguage)
  return (
    <div class="frame lost">
      <main>
        <Drawing name="pause" />
        {shown.map((language, i) => (
          <div key={language} lang={language} role="status">
            {i === 0 ? <h1>{say(language, 'lost.title')}</h1> : <p class="as-title">{say(language, 'lost.title')}</p>}
            {known && <p>{say(language, 'lost.text')}</p>}
          </div>
        ))}
      </main>
    </div>
  )
}
