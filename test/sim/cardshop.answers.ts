// What the card service's simulator sells and how its answers look: as the published examples do, with their oddities.

export interface SoldRequest {
  readonly id: string
  readonly product: string
  readonly body: Readonly<Record<string, unknown>>
  /** Seconds since 1970. */
  readonly boughtAt: number
  stato: string
  modulo: boolean
  documento: boolean
  videoriconoscimento: boolean
  readonly papers: Readonly<Record<string, unknown>>[]
}

export const catalogue = [
  { nome: 'Smart Card', tipo: 'Infocert', codice_prodotto: 'FIR', prezzo: 22.7 },
  { nome: 'Smart Card CNS', tipo: 'Infocert', codice_prodotto: 'SMARTCARDCNS', prezzo: 25.7 },
  {
    nome: 'Smart Card CNS Con Videoriconoscimento',
    tipo: 'Infocert',
    codice_prodotto: 'SMARTCARDCNS_VIDEO',
    prezzo: 57.9,
  },
  { nome: 'Smart Card CNS Vergine', tipo: 'Infocert', codice_prodotto: 'SMARTCARDCNS_V', prezzo: 25.7, vergine: true },
  { nome: 'Business Key', tipo: 'Infocert', codice_prodotto: 'KEY', prezzo: 40 },
  { nome: 'Lettore di Smart Card', tipo: 'Infocert', codice_prodotto: 'LETTORE', prezzo: 13, vergine: true },
  { nome: 'Rinnovo Certificato Firma', tipo: 'Infocert', codice_prodotto: 'RINFIR', prezzo: 9 },
  { nome: 'Firma Estero', tipo: 'Infocert', codice_prodotto: 'FIREST', prezzo: 49.7 },
  { nome: 'Smart Card CNS Aruba', tipo: 'Aruba', codice_prodotto: 'SCARUBACNS', prezzo: 22.4 },
  { nome: 'Videoriconoscimento', tipo: 'Aruba', codice_prodotto: 'VIDEORIC', prezzo: 15 },
] as const

/** What must never be seen outside the service. */
export const secrets = {
  pin: '73519-PIN',
  puk: '48820617-PUK',
  codice_utente: 'UTENTE-5520',
  codice_emergenza: 'EMERGENZA-9917',
  codice_carta: 'CARTA-31337',
  credenziali: 'CREDENZIALI-4711',
} as const

export function firstState(product: string): string {
  if (product.startsWith('RIN') || product === 'FIREST') return 'evasa'
  if (/^(SCARUBA|ARUBA|OTP)/.test(product)) return 'in_registrazione'
  return /_V$|^LETTORE$|_VIDEO$/.test(product) ? 'in_lavorazione' : 'in_riconoscimento'
}

/** One request as GET and POST tell it. `echo`: whether what came along with the order is given back. */
export function toldRequest(sold: SoldRequest, echo: boolean) {
  const { body, boughtAt } = sold
  const callback = body['callback'] as Readonly<Record<string, unknown>> | undefined
  const done = sold.stato === 'evasa'
  return {
    ...(body['anagrafica'] !== undefined && { anagrafica: person(body['anagrafica'], echo) }),
    ...(body['anagrafica_spedizione'] !== undefined && {
      anagrafica_spedizione: person(body['anagrafica_spedizione'], echo),
    }),
    ...(body['email'] !== undefined && { email: body['email'], cellulare: body['cellulare'] }),
    ...(callback !== undefined && { callback: { ...callback, data: echo ? callback['data'] : {} } }),
    id: sold.id,
    codice_richiesta: 'd1e4a',
    prodotto: 'Firma Digitale',
    codice_prodotto: sold.product,
    tipo: 'Infocert',
    stato: sold.stato,
    // As a number in one example, as a text with a comma behind it in another.
    timestamp: {
      acquisto: sold.product === 'FIREST' ? `${boughtAt},` : boughtAt,
      ...(done && { evasione: boughtAt + 86_400 }),
    },
    owner: 'a.neri@example.com',
    assistenza: body['assistenza'] ?? false,
    urgenza: body['urgenza'] ?? false,
    spedizione: body['spedizione'] ?? false,
    videoriconoscimento: sold.videoriconoscimento,
    quantita: 1,
    ...(sold.product === 'FIREST' ? { credenziali: { codice: secrets.credenziali } } : { firma: firma(done) }),
    modulo: sold.modulo,
    documento: sold.documento,
  }
}

/** The list's entries: `_id` for `id`, a number for a code, no person, no callback. */
export function listedRequest(sold: SoldRequest) {
  const { id, ...told } = toldRequest(sold, false)
  const {
    anagrafica: _a,
    anagrafica_spedizione: _s,
    callback: _c,
    email: _e,
    cellulare: _m,
    ...rest
  } = told as Readonly<Record<string, unknown>>
  return { ...rest, _id: id, codice_richiesta: 1 }
}

function person(given: unknown, echo: boolean) {
  return { ...(given as object), ...(!echo && { note: '' }) }
}

function firma(done: boolean) {
  const { pin, puk, codice_utente, codice_emergenza, codice_carta } = secrets
  if (!done) return { codice_spedizione: '', pin: '', puk: '', numero_dispositivo: '', numero_busta: '' }
  const sent = { codice_spedizione: 'TRACK123456IT', numero_busta: 'BUSTA-0042', numero_dispositivo: '7420000123' }
  return { ...sent, pin, puk, codice_utente, codice_emergenza, codice_carta, iut: 'IUT-1', alias: '' }
}

const formText =
  'BT /F1 20 Tf 60 760 Td (Modulo di riconoscimento) Tj 0 -40 Td /F1 12 Tf (Da firmare e restituire con il documento) Tj ET'

/** One page, by PDF 1.4 without a table of its objects, as careless generators write it. */
export const formPdf = Buffer.from(
  [
    '%PDF-1.4',
    '1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj',
    '2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj',
    '3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R/Resources<</Font<</F1 5 0 R>>>>>>endobj',
    `4 0 obj<</Length ${formText.length}>>stream\n${formText}\nendstream endobj`,
    '5 0 obj<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>endobj',
    'trailer<</Root 1 0 R>>',
    '%%EOF',
    '',
  ].join('\n'),
)
