// What a person is asked for an order, question by question, and what is wrong with an answer: a value that the screen has
// words for. Pure; dates are as the service has them (dd/mm/yyyy), `today` is ISO 8601.

import { fiscalCodeFacts } from './fiscal-code.ts'
import type { ProductFamily } from './products.ts'

export type FieldKind = 'text' | 'email' | 'phone' | 'fiscalCode' | 'day' | 'postcode' | 'choice'
export type FieldGroup = 'person' | 'birth' | 'contact' | 'residence' | 'delivery' | 'document'

/** Named as the service names them; `consegna`, where to send it to, is the kiosk's own. */
export type FieldName =
  | 'nome'
  | 'cognome'
  | 'codice_fiscale'
  | 'sesso'
  | 'data_nascita'
  | 'comune_nascita'
  | 'provincia_nascita'
  | 'nazione_nascita'
  | 'email'
  | 'cellulare'
  | 'indirizzo_residenza'
  | 'nazione_residenza'
  | 'cap_residenza'
  | 'comune_residenza'
  | 'provincia_residenza'
  | 'consegna'
  | 'destinatario'
  | 'indirizzo_spedizione'
  | 'cap_spedizione'
  | 'comune_spedizione'
  | 'provincia_spedizione'
  | 'tipo_documento'
  | 'numero_documento'
  | 'soggetto_emittente'
  | 'data_emissione'
  | 'data_scadenza'

export type FieldFault =
  | 'empty'
  | 'long'
  | 'choice'
  | 'email'
  | 'phone'
  | 'fiscalCode'
  | 'day'
  | 'future'
  | 'expired'
  | 'unlikeFiscalCode'
  | 'postcode'

export type FieldChoice = 'F' | 'M' | 'home' | 'elsewhere' | 'identityCard' | 'licence' | 'passport'

export interface Question {
  readonly field: FieldName
  readonly kind: FieldKind
  readonly group: FieldGroup
  /** Of a choice; empty elsewhere. */
  readonly choices: readonly FieldChoice[]
}

export type Answers = Readonly<Partial<Record<FieldName, string>>>

const asked = (group: FieldGroup, fields: Readonly<Partial<Record<FieldName, FieldKind | readonly FieldChoice[]>>>) =>
  Object.entries(fields).map(([field, what]): Question => {
    const isChoice = typeof what !== 'string'
    return { field: field as FieldName, kind: isChoice ? 'choice' : what, group, choices: isChoice ? what : [] }
  })

const contact = asked('contact', { email: 'email', cellulare: 'phone' })
const address = asked('delivery', {
  destinatario: 'text',
  indirizzo_spedizione: 'text',
  cap_spedizione: 'postcode',
  comune_spedizione: 'text',
  provincia_spedizione: 'text',
})
const person: readonly Question[] = [
  ...asked('person', { nome: 'text', cognome: 'text', codice_fiscale: 'fiscalCode', sesso: ['F', 'M'] }),
  ...asked('birth', {
    data_nascita: 'day',
    comune_nascita: 'text',
    provincia_nascita: 'text',
    nazione_nascita: 'text',
  }),
  ...contact,
  ...asked('residence', {
    indirizzo_residenza: 'text',
    nazione_residenza: 'text',
    cap_residenza: 'postcode',
    comune_residenza: 'text',
    provincia_residenza: 'text',
  }),
  ...asked('delivery', { consegna: ['home', 'elsewhere'] }),
  ...address,
  ...asked('document', {
    tipo_documento: ['identityCard', 'licence', 'passport'],
    numero_documento: 'text',
    soggetto_emittente: 'text',
    data_emissione: 'day',
    data_scadenza: 'day',
  }),
]

const byFamily: Readonly<Partial<Record<ProductFamily, readonly Question[]>>> = {
  person,
  video: contact,
  devices: [...contact, ...address],
  renewal: [],
}

/** Whether it can be ordered at the screen: what needs a document at once, or comes without a person, is ordered elsewhere. */
export function isForPeople({ code, family }: { readonly code: string; readonly family: ProductFamily | undefined }) {
  return family !== undefined && byFamily[family] !== undefined && !code.endsWith('_V')
}

/** In their order; without those that an earlier answer makes needless. */
export function questionsOf(family: ProductFamily, answers: Answers): readonly Question[] {
  const all = byFamily[family] ?? []
  const sentHome = all === person && answers.consegna === 'home'
  return sentHome ? all.filter(one => !address.includes(one)) : all
}

/** As it is kept and sent: what a person types in many ways, in one. */
export function tidied({ kind }: Question, typed: string): string {
  const text = typed.normalize('NFC').trim().replaceAll(/\s+/g, ' ')
  if (kind === 'fiscalCode') return text.replaceAll(/[\s.-]/g, '').toUpperCase()
  if (kind === 'phone') return text.replaceAll(/[().-]/g, '')
  if (kind !== 'day') return text
  const [, day = '', month = '', year = ''] = /^(\d{1,2})\D?(\d{1,2})\D?(\d{4})$/.exec(text) ?? []
  return year === '' ? text : `${day.padStart(2, '0')}/${month.padStart(2, '0')}/${year}`
}

/** What is wrong with a tidied answer, in the light of the others. */
export function faultIn(question: Question, value: string, answers: Answers, today: string): FieldFault | null {
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
      return dayFault(question, value, answers, today)
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

/** The fields of the product as the service names them, out of answers without a fault. */
export function bodyOf(family: ProductFamily, answers: Answers): Readonly<Record<string, unknown>> {
  const { consegna, ...given } = answers
  const own = Object.fromEntries(
    questionsOf(family, answers).map(({ field }) => [field, given[field as keyof typeof given]]),
  )
  if (family === 'renewal') return {}
  if (family === 'video') return own
  if (family === 'devices') return { anagrafica_spedizione: own }
  const { consegna: _own, tipo_documento: kind = '', ...rest } = own
  const sentHome = {
    destinatario: `${given.nome} ${given.cognome}`,
    indirizzo_spedizione: given.indirizzo_residenza,
    cap_spedizione: given.cap_residenza,
    comune_spedizione: given.comune_residenza,
    provincia_spedizione: given.provincia_residenza,
  }
  const home = consegna === 'home' ? sentHome : {}
  return { anagrafica: { ...rest, ...home, tipo_documento: documentNames[kind] } }
}
