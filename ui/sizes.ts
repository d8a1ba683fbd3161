// Sizes of files as a person reads them.

import type { Language } from './text/texts.ts'

/** "1,3 MB": megabytes of a million bytes, one decimal, never a copy that takes nothing. */
export function megabytesText(bytes: number, language: Language): string {
  const megabytes = Math.max(0.1, Math.ceil(bytes / 100_000) / 10)
  return `${new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(megabytes)} MB`
}
