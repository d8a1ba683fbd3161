// The languages of the kiosk, each in its own name, on every screen. The choice changes the words and nothing else.

import { useKiosk } from '../context.ts'
import { isLanguage, say } from '../text/texts.ts'

export function LanguageBar() {
  const kiosk = useKiosk()
  const offered = (kiosk.view.value?.kiosk.languages ?? []).filter(isLanguage)
  if (offered.length < 2) return <nav class="languages" aria-label={kiosk.say('bar.language')} />
  return (
    <nav class="languages" aria-label={kiosk.say('bar.language')}>
      {offered.map(language => (
        <button
          key={language}
          type="button"
          lang={language}
          class="button quiet"
          aria-pressed={language === kiosk.language.value}
          onClick={() => kiosk.change({ language })}
        >
          {say(language, 'language.name')}
        </button>
      ))}
    </nav>
  )
}
