// What a person is asked for an order, question by question. Pure.

import { families, type OptionName, type ProductFamily } from './products.ts'

export type FieldKind = 'text' | 'email' | 'phone' | 'fiscalCode' | 'day' | 'postcode' | 'choice' | 'count' | 'order'
export type FieldGroup =
  | 'batch'
  | 'order'
  | 'person'
  | 'birth'
  | 'contact'
  | 'residence'
  | 'delivery'
  | 'document'
  | 'options'

/** Named as the service names them; `consegna`, where to send it to, and `ordine`, an order's code, are the kiosk's own. */
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
  | 'quantita'
  | 'ordine'
  | OptionName

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
  | 'beforeBirth'
  | 'unlikeFiscalCode'
  | 'postcode'
  | 'count'
  | 'order'

export type FieldChoice =
  | 'F'
  | 'M'
  | 'home'
  | 'elsewhere'
  | 'identityCard'
  | 'licence'
  | 'passport'
  | 'ordinary'
  | 'priority'
  | 'fast'
  | 'yes'
  | 'no'

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

const byFamily: Readonly<Record<ProductFamily, readonly Question[]>> = {
  person,
  aruba: person,
  video: contact,
  devices: [...contact, ...address],
  // Where they go to is the configuration's.
  blank: asked('batch', { quantita: 'count' }),
  renewal: [],
  abroad: [],
  recognition: asked('order', { ordine: 'order' }),
}

const options = asked('options', {
  spedizione: ['ordinary', 'priority', 'fast'],
  urgenza: ['yes', 'no'],
  assistenza: ['yes', 'no'],
})

export interface Asked {
  readonly family: ProductFamily
  readonly answers: Answers
  /** Which of the service's options the person chooses. */
  readonly options: readonly OptionName[]
}

/** In their order; without those that an earlier answer makes needless. */
export function questionsOf({ family, answers, options: chosen }: Asked): readonly Question[] {
  const own = byFamily[family]
  const beside = options.filter(({ field }) =>
    chosen.some(name => name === field && families[family].options.includes(name)),
  )
  const sentHome = own === person && answers.consegna === 'home'
  return [...(sentHome ? own.filter(one => !address.includes(one)) : own), ...beside]
}
