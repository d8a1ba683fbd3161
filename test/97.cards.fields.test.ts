// What is asked for each product at the screen, and what is wrong with an answer.

import { describe, expect, it } from 'vitest'
import { bodyOf, type FieldName, faultIn, isForPeople, questionsOf, tidied } from '../device/cards/fields.ts'
import { fiscalCodeFacts } from '../device/cards/fiscal-code.ts'
import { readOrderBody } from '../device/cards/order-body.ts'
import { given } from './97.cards.kit.ts'

const today = '2026-11-27T08:00:00.000Z'
const question = (field: FieldName) => {
  const found = questionsOf('person', {}).find(one => one.field === field)
  if (found === undefined) throw new Error(field)
  return found
}
const wrong = (field: FieldName, typed: string, answers = {}) =>
  faultIn(question(field), tidied(question(field), typed), answers, today)

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
  ] as const)('%s %j: %s', (field, typed, fault) => {
    expect(wrong(field, typed)).toBe(fault)
  })

  it('is held against the others: the birth and the fiscal code, the postcode and the country', () => {
    const answers = { codice_fiscale: 'NRELRT00T68L117X' }
    expect(fiscalCodeFacts(answers.codice_fiscale)).toEqual({ born: '00-12-28', sex: 'F' })
    expect(wrong('data_nascita', '28/12/2000', answers)).toBeNull()
    expect(wrong('data_nascita', '27/12/2000', answers)).toBe('unlikeFiscalCode')
    expect(wrong('sesso', 'M', answers)).toBe('unlikeFiscalCode')
    expect(wrong('cap_residenza', 'SW1A 1AA', { nazione_residenza: 'Regno Unito' })).toBeNull()
    expect(wrong('cap_residenza', 'SW1A 1AA', { nazione_residenza: 'Italia' })).toBe('postcode')
    expect(wrong('cap_residenza', '0800', { nazione_residenza: 'Espanya' })).toBe('postcode')
  })

  it('of every product that is offered make a body that the service takes', () => {
    const all: Readonly<Record<string, string>> = given
    const families = ['person', 'video', 'devices', 'renewal'] as const
    for (const family of families)
      for (const consegna of ['home', 'elsewhere']) {
        const answers: Record<string, string> = { consegna }
        for (const one of questionsOf(family, { consegna }))
          answers[one.field] = tidied(one, { ...all, consegna }[one.field as string] ?? '')
        expect(() => readOrderBody(family, bodyOf(family, answers)), family).not.toThrow()
      }
    const offered = ['FIR', 'LETTORE', 'RINFIR', 'KEYCNS_VIDEO'] as const
    expect(offered.every(code => isForPeople({ code, family: 'devices' }))).toBe(true)
    expect(isForPeople({ code: 'KEY_V', family: 'devices' })).toBe(false)
    for (const family of ['aruba', 'abroad', 'recognition', undefined] as const)
      expect(isForPeople({ code: 'X', family })).toBe(false)
  })
})
