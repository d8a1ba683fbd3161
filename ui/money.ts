// Prices as a person reads them: euros with two decimals, in the language of the screen.

import type { Language } from './text/texts.ts'

export function euroText(amount: number, language: Language): string {
  return new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 }).format(amount)
}
