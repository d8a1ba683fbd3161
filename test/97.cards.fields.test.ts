// What is asked for each product at the screen, and what is wrong with an answer.

import { describe, expect, it } from 'vitest'
import { bodyOf, faultIn, tidied } from '../device/cards/answers.ts'
import { type FieldName, questionsOf } from '../device/cards/fields.ts'
import { fiscalCodeFacts } from '../device/cards/fiscal-code.ts'
import { readOrderBody } from '../device/cards/order-body.ts'
import { families, optionNames, type ProductFamily } from '../device/cards/products.ts'
import { delivery, given } from './97.cards.kit.ts'

const rules = {
  today: '2026-11-27T08:00:00.000Z',
  mostCards: 50,
  recognisable: (reference: string) => reference === 'K7QF-0001',
}
const asked = (family: ProductFamily) => ({ family, answers: {}, options: optionNames })
const question = (field: FieldName) => {
  const all = (['person', 'blank', 'recognition'] as const).flatMap(family => questionsOf(asked(family)))
  const found = all.find(one => one.field === field)
  if (found === undefined) throw new Error(field)
  return found
}
const wrong = (field: FieldName, typed: string, answers = {}) =>
  faultIn(question(field), tidied(question(field), typed), answers, rules)

describe('an answer', () => {
  it.each([
    ['codice_fiscale', 'RSSMRA85T10A562S', null],
    // Digits written as letters, where two people would have the same.
    ['codice_fiscale', 'rssmra85t10a56nh', null],
    ['codice_fiscale', 'MRTMTT91D08F205J', null],
    ['codice_fiscale', 'RSSMRA85T10A562X', 'fiscalCode'],
    ['codice_fiscale', 'RSSMRA85T10A562', 'fiscalCode'],
    ['codice_fiscale', '12345678901', 'fiscalCode'],
    ['data_nascita', '28/12/2000', null],
    ['data_nascita', '28122000', null],
    ['data_nascita', '29/2/2023', 'day'],
    ['data_nascita', '2000-12-28', 'day'],
    ['data_nascita', '28/11/2026', 'future'],
    ['data_emissione', '27/11/2026', null],
    ['data_scadenza', '27/11/2026', null],
    ['data_scadenza', '26/11/2026', 'expired'],
    ['email', 'a.neri@example.com', null],
    ['email', 'a.neri@example', 'email'],
    ['email', 'a neri@example.com', 'email'],
    ['cellulare', '(349) 000-0018', null],
    ['cellulare', '+39 349 0000018', null],
    ['cellulare', '12345', 'phone'],
    ['cap_spedizione', '05100', null],
    ['cap_spedizione', '0510', 'postcode'],
    ['nome', '  ', 'empty'],
    ['nome', 'Ñuñu·la d’Àvila', null],
    ['nome', 'x'.repeat(201), 'long'],
    ['sesso', 'X', 'choice'],
    ['sesso', 'F', null],
    ['quantita', '50', null],
    ['quantita', '51', 'count'],
    ['quantita', '0', 'count'],
    ['quantita', '1,5', 'count'],
    ['ordine', 'K7QF-0001', null],
    ['ordine', 'K7QF-0002', 'order'],
    ['spedizione', 'fast', null],
    ['spedizione', 'veloce', 'choice'],
  ] as const)('%s %j: %s', (field, typed, fault) => {
    expect(wrong(field, typed)).toBe(fault)
  })

  it('is held against the others: the birth and the fiscal code, the postcode and the country', () => {
    const answers = { codice_fiscale: 'NRELRT00T68L117X' }
    expect(fiscalCodeFacts(answers.codice_fiscale)).toEqual({ born: '00-12-28', sex: 'F' })
    expect(wrong('data_nascita', '28/12/2000', answers)).toBeNull()
    expect(wrong('data_nascita', '27/12/2000', answers)).toBe('unlikeFiscalCode')
    expect(wrong('data_emissione', '27/12/2000', { data_nascita: '28/12/2000' })).toBe('beforeBirth')
    expect(wrong('data_emissione', '28/12/2000', { data_nascita: '28/12/2000' })).toBeNull()
    expect(wrong('sesso', 'M', answers)).toBe('unlikeFiscalCode')
    expect(wrong('cap_residenza', 'SW1A 1AA', { nazione_residenza: 'Regno Unito' })).toBeNull()
    expect(wrong('cap_residenza', 'SW1A 1AA', { nazione_residenza: 'Italia' })).toBe('postcode')
    expect(wrong('cap_residenza', '0800', { nazione_residenza: 'Espanya' })).toBe('postcode')
  })

  it('of every product make a body that the service takes, with what is chosen beside', () => {
    const all: Readonly<Record<string, string>> = {
      ...given,
      ...{ quantita: '12', ordine: 'K7QF-0001', spedizione: 'fast', urgenza: 'yes', assistenza: 'no' },
    }
    const document = { fileName: 'documento.pdf', bytes: Buffer.from('%PDF-1.4') }
    for (const [name, facts] of Object.entries(families))
      for (const consegna of ['home', 'elsewhere']) {
        const family = name as ProductFamily
        const answers: Record<string, string> = { consegna }
        const draft = { ...asked(family), answers }
        for (const one of questionsOf(draft))
          answers[one.field] = tidied(one, one.field === 'consegna' ? consegna : (all[one.field] ?? ''))
        const beside = facts.document === 'with-order' ? { document } : {}
        const body = bodyOf(draft, { order: 'ORDER-1', delivery, ...beside })
        expect(readOrderBody(family, body), family).toBe(body)
        const chosen = { spedizione: 'veloce', urgenza: true, assistenza: false }
        for (const option of optionNames)
          expect(body[option], `${family} ${option}`).toBe(facts.options.includes(option) ? chosen[option] : undefined)
      }
  })

  it('is wanted about nothing that the kiosk does not ask', () => {
    expect(questionsOf({ ...asked('renewal'), options: [] })).toEqual([])
    expect(questionsOf(asked('abroad')).map(one => one.field)).toEqual(['assistenza'])
    expect(questionsOf(asked('blank')).map(one => one.field)).toEqual(['quantita', ...optionNames])
  })
})
