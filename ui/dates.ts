// Dates as a person reads them, in the language of the screen and the time zone of the appliance.

import type { Language } from './text/texts.ts'

/** Day before month in every language, as everything else in this country is dated. */
const locales: Readonly<Record<Language, string>> = { ca: 'ca-ES', es: 'es-ES', en: 'en-GB' }

/** The day of an ISO 8601 date. */
export function dateText(iso: string, language: Language): string {
  return new Intl.DateTimeFormat(locales[language], { dateStyle: 'long' }).format(new Date(iso))
}

/** Day and time of an ISO 8601 instant. */
export function dateTimeText(iso: string, language: Language): string {
  return new Intl.DateTimeFormat(locales[language], { dateStyle: 'long', timeStyle: 'short' }).format(new Date(iso))
}

/** The time of an ISO 8601 instant, with its day where that is not today. */
export function timeText(iso: string, language: Language): string {
  const at = new Date(iso)
  const day = at.toDateString() === new Date().toDateString() ? {} : ({ dateStyle: 'short' } as const)
  return new Intl.DateTimeFormat(locales[language], { ...day, timeStyle: 'short' }).format(at)
}
