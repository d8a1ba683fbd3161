// The languages of the interface and how a text is found: by language and key, with its values filled in. Every key
// exists in every language, which the compiler checks.

import { ca } from './ca.ts'
import { en, type Texts } from './en.ts'
import { es } from './es.ts'

export type TextKey = keyof Texts

export const languages = ['ca', 'es', 'en'] as const
export type Language = (typeof languages)[number]

export const texts: Readonly<Record<Language, Texts>> = { ca, es, en }

export function isLanguage(value: unknown): value is Language {
  return languages.some(language => language === value)
}

/** The text with each `{name}` replaced by its value; a name without a value stays as it is. */
export function say(language: Language, key: TextKey, values: Readonly<Record<string, string | number>> = {}): string {
  return texts[language][key].replace(/\{(\w+)\}/g, (placeholder, name: string) => String(values[name] ?? placeholder))
}
