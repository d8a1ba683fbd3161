// What a person answers to the questions of an order: tidied, judged, and made into what is sent. Pure; dates are as the
// service has them (dd/mm/yyyy).

import { Buffer } from 'node:buffer'
import type { CardPaper } from '../ports.ts'
import { type Answers, type Asked, type FieldFault, type Question, questionsOf } from './fields.ts'
import { fiscalCodeFacts } from './fiscal-code.ts'

/** As it is kept and sent: what a person types in many ways, in one. */
export function tidied({ kind }: Question, typed: string): string {
  const text = typed.normalize('NFC').trim().replaceAll(/\s+/g, ' ')
  if (kind === 'fiscalCode') return text.replaceAll(/[\s.-]/g, '').toUpperCase()
  if (kind === 'phone') return text.replaceAll(/[().-]/g, '')
  if (kind !== 'day') return text
  const [, day = '', month = '', year = ''] = /^(\d{1,2})\D?(\d{1,2})\D?(\d{4})$/.exec(text) ?? []
  return year === '' ? text : `${day.padStart(2, '0')}/${month.padStart(2, '0')}/${year}`
}

/** What answers are held against beside each other. */
export interface AnswerRules {
  /** ISO 8601. */
  readonly today: string
  /** Cards in one batch. */
  readonly mostCards: number
  /** Whether there is an order of that code that can be recognised by video. */
  readonly recognisable: (reference: string) => boolean
}

/** What is wrong with a tidied answer, in the light of the others: a value that the screen has words for. */
export function faultIn(question: Question, value: string, answers: Answers, rules: AnswerRules): FieldFault | null {
  if (value === '') return 'empty'
  if (value.length > 200) return 'long'
  switch (question.kind) {
    case 'choice':
      return choiceFault(question, value, answers)
    case 'email':
      return /^[^@\s]+@[^@\s]+\.[^@\s.]{2,}$/.test(value) ? null : 'email'
    case 'phone':
      return /^\+?[0-9 ]{6,20}$/.test(value) && value.replaceAll(/\D/g, '').length >= 6 ? null : 'phone'
    case 'fiscalCode':
      return fiscalCodeFacts(value) === undefined ? 'fiscalCode' : null
    case 'postcode':
      return isPostcode(question, value, answers) ? null : 'postcode'
    case 'day':
      return dayFault(question, value, answers, rules.today)
    case 'count':
      return /^\d{1,6}$/.test(value) && Number(value) >= 1 && Number(value) <= rules.mostCards ? null : 'count'
    case 'order':
      return rules.recognisable(value) ? null : 'order'
    case 'text':
      return null
  }
}

function choiceFault({ field, choices }: Question, value: string, answers: Answers): FieldFault | null {
  if (!choices.some(one => one === value)) return 'choice'
  const facts = field === 'sesso' ? fiscalCodeFacts(answers.codice_fiscale ?? '') : undefined
  return facts === undefined || facts.sex === value ? null : 'unlikeFiscalCode'
}

/** Five digits in Italy and in Spain; elsewhere they may have letters. */
function isPostcode({ field }: Question, value: string, { nazione_residenza: country = '' }: Answers): boolean {
  const five = field === 'cap_spedizione' || /^(ital|spa|esp)/i.test(country)
  return five ? /^\d{5}$/.test(value) : /^[A-Za-z0-9][A-Za-z0-9 -]{1,9}$/.test(value)
}

function dayFault({ field }: Question, value: string, answers: Answers, today: string): FieldFault | null {
  const iso = isoOf(value)
  if (iso === undefined) return 'day'
  if (field === 'data_scadenza') return iso < today.slice(0, 10) ? 'expired' : null
  if (iso > today.slice(0, 10)) return 'future'
  const born = field === 'data_emissione' ? isoOf(answers.data_nascita ?? '') : undefined
  if (born !== undefined && iso < born) return 'beforeBirth'
  const facts = field === 'data_nascita' ? fiscalCodeFacts(answers.codice_fiscale ?? '') : undefined
  return facts === undefined || iso.slice(2) === facts.born ? null : 'unlikeFiscalCode'
}

/** `2000-12-28` of a day that there is. */
function isoOf(value: string): string | undefined {
  const [, day, month, year] = /^(\d\d)\/(\d\d)\/((?:19|20)\d\d)$/.exec(value) ?? []
  const iso = `${year}-${month}-${day}`
  const date = new Date(`${iso}T00:00:00Z`)
  return Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== iso ? undefined : iso
}

const documentNames: Readonly<Record<string, string>> = {
  identityCard: 'carta di identita',
  licence: 'patente',
  passport: 'passaporto',
}

const shippings: Readonly<Record<string, string>> = { ordinary: 'ordinaria', priority: 'prioritaria', fast: 'veloce' }

/** What an order needs that nobody is asked for. */
export interface Beside {
  /** The order at hand that a recognition is for. */
  readonly order?: string | undefined
  /** Where blank cards go to. */
  readonly delivery?: object | undefined
  /** The identity document that goes with the order. */
  readonly document?: CardPaper | null
}

/** The fields of the product as the service names them, out of answers without a fault. */
export function bodyOf(draft: Asked, { order, delivery, document }: Beside): Readonly<Record<string, unknown>> {
  const { family, answers } = draft
  const given = Object.fromEntries(questionsOf(draft).map(({ field }) => [field, answers[field]]))
  const { spedizione, urgenza, assistenza, ...own } = given
  const options = {
    ...(spedizione !== undefined && { spedizione: shippings[spedizione] }),
    ...(urgenza !== undefined && { urgenza: urgenza === 'yes' }),
    ...(assistenza !== undefined && { assistenza: assistenza === 'yes' }),
  }
  switch (family) {
    case 'person':
    case 'aruba':
      return { ...options, anagrafica: personIn(own), ...(document != null && enclosedIn(document)) }
    case 'video':
      return { ...options, ...own }
    case 'devices':
      return { ...options, anagrafica_spedizione: own }
    case 'blank':
      return { ...options, anagrafica_spedizione: delivery, quantita: Number(own['quantita']) }
    case 'renewal':
    case 'abroad':
      return options
    case 'recognition':
      return { id: order }
  }
}

function personIn({ consegna, tipo_documento: kind = '', ...rest }: Readonly<Record<string, string | undefined>>) {
  const sentHome = {
    destinatario: `${rest['nome']} ${rest['cognome']}`,
    indirizzo_spedizione: rest['indirizzo_residenza'],
    cap_spedizione: rest['cap_residenza'],
    comune_spedizione: rest['comune_residenza'],
    provincia_spedizione: rest['provincia_residenza'],
  }
  return { ...rest, ...(consegna === 'home' && sentHome), tipo_documento: documentNames[kind] }
}

function enclosedIn({ fileName, bytes }: CardPaper) {
  return { documento: Buffer.from(bytes).toString('base64'), nome_documento: fileName }
}
