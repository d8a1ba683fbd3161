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

/** As published. */
export const catalogue = [
  { nome: 'Rinnovo Certificato Firma', tipo: 'Infocert', codice_prodotto: 'RINFIR', prezzo: 9 },
  { nome: 'Business Key', tipo: 'Infocert', codice_prodotto: 'KEY', prezzo: 40 },
  { nome: 'Lettore Smart Card USB', tipo: 'Infocert', codice_prodotto: 'LETTORE', prezzo: 13, vergine: true },
  { nome: 'Kit Firma Digitale', tipo: 'Infocert', codice_prodotto: 'KIT', prezzo: 39.7 },
  { nome: 'Firma Digitale Remota Infocert', tipo: 'Infocert', codice_prodotto: 'FIRREM', prezzo: 25.7 },
  { nome: 'Business Key CNS', tipo: 'Infocert', codice_prodotto: 'KEYCNS', prezzo: 40.7 },
  { nome: 'Smart Card Infocert CNS', tipo: 'Infocert', codice_prodotto: 'SMARTCARDCNS', prezzo: 25.7 },
  { nome: 'Rinnovo CNS Infocert', tipo: 'Infocert', codice_prodotto: 'RINCNS', prezzo: 9 },
  { nome: 'Kit CNS Infocert', tipo: 'Infocert', codice_prodotto: 'KITCNS', prezzo: 40.3 },
  { nome: 'Smart Card Aruba CNS', tipo: 'Aruba', codice_prodotto: 'SCARUBACNS', prezzo: 22.4 },
  { nome: 'Aruba Key CNS', tipo: 'Aruba', codice_prodotto: 'ARUBAKEYCNS', prezzo: 39.4 },
  { nome: 'Firma Aruba OTP Display', tipo: 'Aruba', codice_prodotto: 'OTPDIS', prezzo: 25.2 },
  { nome: 'Firma Aruba OTP Mobile', tipo: 'Aruba', codice_prodotto: 'OTPMOB', prezzo: 21.7 },
  { nome: 'Firma Estero', tipo: 'Infocert', codice_prodotto: 'FIREST', prezzo: 49.7 },
  { nome: 'Videoriconoscimento Aruba', tipo: 'Aruba', codice_prodotto: 'VIDEORIC', prezzo: 15 },
  { nome: 'Firma Digitale', tipo: 'Infocert', codice_prodotto: 'FIR', prezzo: 22.7 },
  { nome: 'Firma Digitale Vergine', tipo: 'Infocert', codice_prodotto: 'FIR_V', prezzo: 22.7, vergine: true },
  { nome: 'Business Key Vergine', tipo: 'Infocert', codice_prodotto: 'KEY_V', prezzo: 40, vergine: true },
  {
    nome: 'Firma Digitale Remota Infocert Vergine',
    tipo: 'Infocert',
    codice_prodotto: 'FIRREM_V',
    prezzo: 25.7,
    vergine: true,
  },
  { nome: 'Business Key CNS Vergine', tipo: 'Infocert', codice_prodotto: 'KEYCNS_V', prezzo: 40.7, vergine: true },
  {
    nome: 'Smart Card Infocert CNS Vergine',
    tipo: 'Infocert',
    codice_prodotto: 'SMARTCARDCNS_V',
    prezzo: 25.7,
    vergine: true,
  },
  {
    nome: 'Smart Card Infocert CNS Con Videoriconoscimento',
    tipo: 'Infocert',
    codice_prodotto: 'SMARTCARDCNS_VIDEO',
    prezzo: 57.9,
  },
  { nome: 'Business Key CNS Con Videoricoscimento', tipo: 'Infocert', codice_prodotto: 'KEYCNS_VIDEO', prezzo: 77.9 },
  {
    nome: 'Firma Digitale Remota Infocert Con Videoriconoscimento',
    tipo: 'Infocert',
    codice_prodotto: 'FIRREM_VIDEO',
    prezzo: 63.7,
  },
  { nome: 'Rinnovo Firma Remota', tipo: 'Infocert', codice_prodotto: 'RINFIRREM', prezzo: 19.7 },
  { nome: 'Spid Personale', tipo: 'Namirial', codice_prodotto: 'SPID_PER', prezzo: 14.2 },
] as const

/** What must never be seen outside the service. */
export const secrets = {
  pin: '73519-PIN',
  puk: '48820617-PUK',
  codice_utente: 'UTENTE-5520',
  codice_emergenza: 'EMERGENZA-9917',
  codice_carta: 'CARTA-31337',
} as const

/** What a renewal, or a certificate from abroad, is gone on with: for whoever bought it, and kept by nobody. */
export const activationCode = 'jDy7A692DJcx5456'

/** Whether a form is to be signed: of a certificate for somebody who is not recognised by video. */
export function wantsForm({ product, stato, videoriconoscimento }: SoldRequest): boolean {
  if (videoriconoscimento) return false
  return stato === 'in_riconoscimento' || (stato === 'in_registrazione' && isAruba(product))
}

const isAruba = (product: string) => /^(SCARUBA|ARUBA|OTP)/.test(product)

/** In place of a device. */
function credentials(product: string) {
  if (product === 'FIREST') return { codice: activationCode }
  if (product.startsWith('RIN')) return { token: activationCode }
  return product.endsWith('_VIDEO') ? { username: 'utente@example.com' } : undefined
}

export function firstState(product: string): string {
  if (product.startsWith('RIN') || product === 'FIREST') return 'evasa'
  if (isAruba(product)) return 'in_registrazione'
  return /_V$|^LETTORE$|_VIDEO$/.test(product) ? 'in_lavorazione' : 'in_riconoscimento'
}

/** One request as GET and POST tell it. `echo`: whether what came along with the order is given back. */
export function toldRequest(sold: SoldRequest, echo: boolean) {
  const { body, boughtAt } = sold
  const callback = body['callback'] as Readonly<Record<string, unknown>> | undefined
  const done = sold.stato === 'evasa'
  const credenziali = credentials(sold.product)
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
    tipo: catalogue.find(one => one.codice_prodotto === sold.product)?.tipo ?? 'Infocert',
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
    quantita: body['quantita'] ?? 1,
    ...(credenziali === undefined ? { firma: firma(done) } : { credenziali }),
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
