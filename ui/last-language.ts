// The language that was chosen last at this kiosk, for what comes by itself when nobody has chosen: a request of a page, in
// a window of its own. It says nothing about anybody, and a browser that keeps nothing only makes it the first language.

import { isLanguage, type Language } from './text/texts.ts'

const place = 'language'

export function rememberLanguage(language: Language): void {
  storage()?.setItem(place, language)
}

/** null where none was chosen yet. */
export function rememberedLanguage(): Language | null {
  const language = storage()?.getItem(place)
  return isLanguage(language) ? language : null
}

/** null in a browser whose policy allows pages no storage (HTML, 12.2.3). */
function storage(): Storage | null {
  try {
    return globalThis.localStorage
  } catch (error) {
    if (error instanceof DOMException && error.name === 'SecurityError') return null
    throw error
  }
}
