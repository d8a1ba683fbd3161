// The texts of the screen: every language has every key and every code, fills in the same values, and says about a failure
// both what happened and what to do.

import { globSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { errorCodes } from '../device/errors.ts'
import { isLanguage, languages, say, type TextKey, texts } from '../ui/text/texts.ts'

const keys = Object.keys(texts.en) as TextKey[]
const root = new URL('..', import.meta.url).pathname

describe.each(languages)('the texts in %s', language => {
  const entries = Object.entries(texts[language])

  it('have the same keys as the others', () => {
    expect(Object.keys(texts[language]).sort()).toEqual([...keys].sort())
  })

  it('have one text for each code of the appliance, and none for a code that is gone', () => {
    const told = Object.keys(texts[language]).filter(key => key.startsWith('error.'))
    expect(told.sort()).toEqual(errorCodes.map(code => `error.${code}`).sort())
  })

  it('fill in the same values as the English ones', () => {
    const values = (text: string) => [...text.matchAll(/\{\w+\}/g)].map(([value]) => value).sort()
    for (const key of keys) expect(values(texts[language][key]), key).toEqual(values(texts.en[key]))
  })

  it('say what happened in one line and what to do in another, each a sentence', () => {
    for (const code of errorCodes) {
      const lines = texts[language][`error.${code}`].split('\n')
      expect(lines, code).toHaveLength(2)
      for (const line of lines) expect(line, code).toMatch(/^\p{Lu}.*\.$/u)
    }
  })

  it('speak to a person: no codes, no empty texts, no straight apostrophes, no stray spaces', () => {
    for (const [key, text] of entries) {
      expect(text, key).not.toMatch(/[A-Z]{3,}_[A-Z]|^$|'| {2}|^ | $|\.\.\./)
    }
  })
})

describe('the languages', () => {
  it('are written in themselves: hardly any text is the same in two of them', () => {
    const pairs = [
      ['ca', 'es'],
      ['ca', 'en'],
      ['es', 'en'],
    ] as const
    for (const [a, b] of pairs) {
      const same = keys.filter(key => texts[a][key] === texts[b][key])
      expect(same.length, `${a} and ${b}: ${same.join(', ')}`).toBeLessThan(4)
    }
  })

  it('address the person formally in Catalan and Spanish', () => {
    const familiar = {
      ca: /\b(posa|treu|avisa|espera|torna-ho|introdueix|tecleja|comprova|fes|el teu|la teva|els teus|pots|vols)\b/i,
      es: /\b(pon|quita|avisa|espera|introduce|teclea|comprueba|usa|tu|tus|puedes|quieres|toca|inténtalo)\b/i,
    }
    for (const language of ['ca', 'es'] as const) {
      const found = Object.entries(texts[language]).filter(([, text]) => familiar[language].test(text))
      expect(found).toEqual([])
    }
  })

  it('are known by their own codes', () => {
    expect(languages.every(isLanguage)).toBe(true)
    expect(isLanguage('eu')).toBe(false)
  })
})

describe('say', () => {
  it('fills in values and leaves an unknown place as it stands', () => {
    expect(say('ca', 'page.number', { number: 3 })).toBe('Pàgina 3')
    expect(say('es', 'bar.step', { step: 2 })).toBe('Paso 2 de {steps}')
  })
})

it('no text is left that nothing shows', () => {
  const source = globSync('ui/**/*.{ts,tsx}', { cwd: root, exclude: ['ui/dist/**', 'ui/text/??.ts'] })
    .map(path => readFileSync(`${root}${path}`, 'utf8'))
    .join('\n')
  // Keys that are put together where they are used.
  const composed =
    /^(error|nature|pin\.tries|receipt\.paper|legend|pause)\.|^leftOut\.(blank|person|half-sheet)$|^request\.(page|program|order)$|^cards\.(field|choice|group|fault|refusal|waits|work)\.|^size\.(gray|lower-quality|split)|^print\.(preparing|sending|printing|printed|failed|unsure)$|^print\.printed\.|^maintenance\.printer\.(paper|toner)$/
  const unused = keys.filter(key => !composed.test(key) && !source.includes(`'${key}'`))
  expect(unused).toEqual([])
})
