// Views of orders of cards, one for each place that somebody at the screen can be at, with long names and long answers.

import type { View } from '../device/http/view.ts'
import type { CardErrandView, CardOrderShown } from '../device/http/view-cards.ts'
import { given } from './97.cards.kit.ts'
import { emptyView } from './ui-views.ts'

type At<Name extends CardErrandView['at']> = Omit<Extract<CardErrandView, { at: Name }>, 'language' | 'at'>

const offers = [
  { code: 'FIR', name: 'Smart Card', kind: 'Infocert', price: 22.7 },
  { code: 'SMARTCARDCNS', name: 'Smart Card CNS', kind: 'Infocert', price: 25.7 },
  { code: 'SMARTCARDCNS_VIDEO', name: 'Smart Card CNS Con Videoriconoscimento', kind: 'Infocert', price: 57.9 },
  { code: 'KEY', name: 'Business Key', kind: 'Infocert', price: 40 },
  { code: 'LETTORE', name: 'Lettore di Smart Card', kind: 'Infocert', price: 13 },
]
const offer = {
  code: 'SMARTCARDCNS_VIDEO',
  name: 'Smart Card CNS Con Videoriconoscimento',
  kind: 'Infocert',
  price: 57.9,
}
const blank = { code: 'SMARTCARDCNS_V', name: 'Smart Card Infocert CNS Vergine', kind: 'Infocert', price: 25.7 }
const readAt = '2026-03-09T10:42:00.000Z'

function errand<Name extends CardErrandView['at']>(at: Name, more: At<Name>): View {
  return { ...emptyView, offersCards: true, cards: { language: 'ca', at, ...more } as unknown as CardErrandView }
}

export const catalogue = { official: false, offers, readAt, stale: false, unavailable: false, fault: null }

export const question = {
  offer,
  question: { field: 'provincia_spedizione', kind: 'text', group: 'delivery', choices: [] },
  number: 21,
  of: 26,
  value: '',
  fault: null,
} as const satisfies At<'question'>

const groups: At<'summary'>['groups'] = [
  ['person', ['nome', 'cognome', 'codice_fiscale']],
  ['birth', ['data_nascita', 'comune_nascita', 'provincia_nascita', 'nazione_nascita']],
  ['contact', ['email', 'cellulare']],
  ['residence', ['indirizzo_residenza', 'nazione_residenza', 'cap_residenza', 'comune_residenza']],
  ['delivery', ['consegna', 'destinatario', 'indirizzo_spedizione', 'cap_spedizione', 'comune_spedizione']],
  ['document', ['tipo_documento', 'numero_documento', 'soggetto_emittente', 'data_emissione', 'data_scadenza']],
].map(([group, fields]) => ({
  group: group as At<'summary'>['groups'][number]['group'],
  answers: (fields as readonly At<'summary'>['groups'][number]['answers'][number]['field'][]).map(field => ({
    field,
    value:
      field === 'indirizzo_residenza'
        ? 'carrer de la Mare de Déu de Montserrat 214, escala B, 3r 2a'
        : (given[field] ?? ''),
    chosen: ['consegna', 'tipo_documento'].includes(field),
  })),
}))

export const order: CardOrderShown = {
  reference: 'K7QF-2M9X',
  product: offer.name,
  price: offer.price,
  quantity: 1,
  orderedAt: readAt,
  stage: 'placed',
  state: 'in_lavorazione',
  tracking: null,
  envelope: null,
  device: null,
  wantsForm: false,
  documentEnclosed: false,
  papers: null,
  hasActivation: false,
  sendsPin: true,
  waitsFor: null,
}

const papers: At<'papers'> = {
  reference: 'K7QF-2M9X',
  pages: { form: 2, identity: 0 },
  signed: false,
  documentEnclosed: false,
  work: null,
  fault: null,
}

const unasked = { work: false, code: null, fault: null }
export const withOrder = (more: Partial<CardOrderShown>, beside: Partial<Omit<At<'order'>, 'order'>> = {}): View =>
  errand('order', { order: { ...order, ...more }, activation: unasked, recognition: null, ...beside })
export const asking = (more: Partial<At<'question'>>): View => errand('question', { ...question, ...more })

const summary: At<'summary'> = {
  ...{ offer, count: 1, total: offer.price, readAt, deliveredTo: [], identityGiven: false, groups: [], refusal: null },
}

export const cardSituations: Readonly<Record<string, View>> = {
  cardCatalogue: errand('catalogue', catalogue),
  cardStale: errand('catalogue', { ...catalogue, stale: true }),
  cardUnavailable: errand('catalogue', { ...catalogue, unavailable: true }),
  cardNoList: errand('catalogue', { ...catalogue, offers: [], readAt: null, fault: 'DESTINATION_UNREACHABLE' }),
  cardTyping: asking({}),
  cardTypingWrong: asking({
    question: { field: 'codice_fiscale', kind: 'fiscalCode', group: 'person', choices: [] },
    value: 'NRELRT00T68L117D',
    fault: 'fiscalCode',
  }),
  cardDay: asking({
    question: { field: 'data_nascita', kind: 'day', group: 'birth', choices: [] },
    value: '29/02/2023',
    fault: 'day',
  }),
  cardChoice: asking({
    question: {
      field: 'tipo_documento',
      kind: 'choice',
      group: 'document',
      choices: ['identityCard', 'licence', 'passport'],
    },
    value: 'licence',
  }),
  cardSummary: errand('summary', { ...summary, groups }),
  cardTwice: errand('summary', { ...summary, groups, refusal: 'twice' }),
  cardRenewal: errand('summary', summary),
  cardBatch: errand('summary', {
    ...summary,
    offer: blank,
    count: 50,
    total: 1285,
    deliveredTo: ['Camera di Commercio dell’Umbria', 'via Cacciatori delle Alpi 42', '06121 Perugia'],
    groups: [{ group: 'batch', answers: [{ field: 'quantita', value: '50', chosen: false }] }],
  }),
  cardEnclosed: errand('summary', { ...summary, groups, identityGiven: true }),
  cardOfficial: errand('official', { refused: null }),
  cardOfficialWrong: errand('official', { refused: 'locked' }),
  cardBlanks: errand('catalogue', { ...catalogue, official: true, offers: [blank] }),
  cardCount: asking({
    question: { field: 'quantita', kind: 'count', group: 'batch', choices: [] },
    value: '500',
    fault: 'count',
  }),
  cardWhichOrder: asking({
    question: { field: 'ordine', kind: 'order', group: 'order', choices: [] },
    value: 'K7QF-2M9X',
    fault: 'order',
  }),
  cardIdentity: errand('identity', { offer, pages: 0, work: null, fault: null }),
  cardIdentityScanned: errand('identity', { offer, pages: 2, work: null, fault: null }),
  cardCode: errand('code', { unknown: false }),
  cardCodeUnknown: errand('code', { unknown: true }),
  cardOrderCredit: withOrder({ stage: 'new', state: null, waitsFor: 'credit' }),
  cardOrderUnknown: withOrder({ stage: 'unknown', state: null }),
  cardOrderEnded: withOrder({
    stage: 'ended',
    state: 'evasa',
    tracking: 'TRACK123456IT',
    envelope: 'BUSTA-0042',
    device: '7420000123',
  }),
  cardOrderMany: withOrder({ product: blank.name, price: blank.price, quantity: 50, sendsPin: false }),
  cardOrderVideo: withOrder(
    { state: 'in_registrazione', wantsForm: true, documentEnclosed: true },
    { recognition: { code: 'VIDEORIC', name: 'Videoriconoscimento Aruba', kind: 'Aruba', price: 15 } },
  ),
  cardOrderCode: withOrder({ stage: 'ended', state: 'evasa', hasActivation: true, sendsPin: false }),
  cardOrderCodeShown: withOrder(
    { stage: 'ended', state: 'evasa', hasActivation: true, sendsPin: false },
    { activation: { ...unasked, code: 'jDy7A692DJcx5456' } },
  ),
  cardHandInForm: errand('papers', { ...papers, signed: true, documentEnclosed: true }),
  cardForm: errand('papers', papers),
  cardFormFault: errand('papers', { ...papers, pages: { form: 0, identity: 0 }, fault: 'DESTINATION_UNREACHABLE' }),
  cardIdentityFault: errand('papers', { ...papers, signed: true, fault: 'SCANNER_JAM' }),
  cardHandIn: errand('papers', { ...papers, signed: true, pages: { form: 2, identity: 1 } }),
  cardOrderForm: withOrder({ state: 'in_riconoscimento', wantsForm: true }),
}
