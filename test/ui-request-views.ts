// Views of what pages and programs ask for, one for each situation that the screen can be in: a portal of a fictitious
// administration with twelve documents, and a program of the town hall's own.

import type { CardView, RequestedDocumentView, RequestView, View } from '../device/http/view.ts'
import { certificate, clavePage, emptyView, endsAt, expiredCertificate, otherCertificate } from './ui-views.ts'

const names = [
  'Sol·licitud d’ajut al lloguer.pdf',
  'Declaració responsable.pdf',
  'Certificat de convivència.pdf',
  'Contracte 2026-0147 amb totes les clàusules i els annexos tècnics revisats (versió definitiva).pdf',
  'factura-2026-03.xml',
  'Acta de la comissió.p7s',
] as const

/** `count` documents to sign, of every format, the fifth to be co-signed and the sixth countersigned. */
export function documents(count: number, states: Partial<RequestedDocumentView> = {}): RequestedDocumentView[] {
  return Array.from({ length: count }, (_, i) => ({
    name: i < names.length ? (names[i] ?? '') : `Expedient ${i + 1}.pdf`,
    format: i === 4 ? 'XAdES' : i === 5 ? 'CAdES' : 'PAdES',
    operation: i === 4 ? 'cosign' : i === 5 ? 'countersign' : 'sign',
    bytes: i === 2 ? null : 230_000 * (i + 1),
    state: 'waiting',
    fault: null,
    ...states,
  }))
}

export const openedRequest: RequestView = {
  id: 'request-1',
  asker: { kind: 'page', name: 'https://seu.vilaficticia.example' },
  operation: 'batch',
  stage: 'asking',
  documents: documents(12),
  total: 12,
  preparedElsewhere: false,
  done: 0,
  failed: 0,
  fault: null,
  card: null,
  cardUsed: true,
  ways: ['card'],
  files: [],
  several: false,
}

/** The view of a request that differs from a freshly opened one in what is given. */
export function withRequest(request: Partial<RequestView>, view: Partial<View> = {}): View {
  return { ...emptyView, ...view, request: { ...openedRequest, ...request } }
}

/** A page's only document. */
export const oneDocument = { operation: 'sign', documents: documents(1), total: 1 } as const

/** A page that wants a certificate, and nothing signed. */
export const certificateWanted = { operation: 'select-certificate', documents: [], total: 0 } as const

export const fileToSave = {
  operation: 'save-file',
  cardUsed: false,
  documents: [],
  total: 0,
  files: [{ name: 'justificant-signat.pdf', bytes: 834_000 }],
} as const

export const filesToLoad = {
  operation: 'load-file',
  cardUsed: false,
  documents: [],
  total: 0,
  files: ['dni.pdf', 'nomina-gener.pdf', 'nomina-febrer.pdf', names[3], 'foto.png', 'escriptura.pdf'].map(
    (name, i) => ({
      name,
      bytes: 120_000 * (i + 1),
    }),
  ),
} as const

/** A card with these certificates, the one that signs where none are given. */
export function cardWith(
  certificates = [certificate],
  tries: 'unknown' | 'few' | 'last' | 'none' = 'unknown',
): CardView {
  return { state: 'present', tries, certificates }
}

/** After a run in which the third document failed and the last two were never reached. */
const ended: readonly RequestedDocumentView[] = documents(12).map((document, i) => {
  if (i === 2) return { ...document, state: 'failed', fault: 'REFERENCE_UNAVAILABLE' }
  if (i === 3) return { ...document, state: 'failed', fault: 'PDF_ENCRYPTED' }
  return { ...document, state: i > 9 ? 'skipped' : 'signed' }
})

export const waiting: NonNullable<View['waiting']> = [
  { id: 'w1', asker: { kind: 'program', name: 'Gestor d’expedients' }, total: 340, done: 120 },
  { id: 'w2', asker: { kind: 'program', name: 'Comptabilitat' }, total: 1, done: 0 },
]

export const portals: NonNullable<View['portals']> = [
  {
    title: { ca: 'Seu electrònica', es: 'Sede electrónica', en: 'Online services' },
    url: 'https://seu.vilaficticia.example/tramits',
  },
]

/** One view for each situation, by a name; together they show every screen of a request. */
export const requestSituations: Readonly<Record<string, View>> = {
  request: withRequest({}),
  requestOne: withRequest(oneDocument),
  requestMany: withRequest({
    asker: { kind: 'program', name: 'Gestor d’expedients' },
    documents: documents(200),
    total: 1000,
  }),
  requestElsewhere: withRequest({
    asker: {
      kind: 'page',
      name: 'https://tramits.serveis-socials.consell-comarcal-del-pallars.vilaficticia.example:8443',
    },
    documents: documents(200),
    total: 1000,
    preparedElsewhere: true,
  }),
  requestCertificate: withRequest(certificateWanted),
  requestSave: withRequest(fileToSave),
  requestLoad: withRequest(filesToLoad),
  requestLoadSeveral: withRequest({ ...filesToLoad, several: true }),
  requestLoadNone: withRequest({ ...filesToLoad, files: [] }),
  requestWays: withRequest({ ways: ['card', 'clave'] }),
  requestClaveOnly: withRequest({ ...oneDocument, ways: ['clave'] }),
  requestClaveNumber: withRequest({ stage: 'clave', clave: { state: 'number', fault: null, cardToo: false } }),
  requestClavePage: withRequest({
    stage: 'clave',
    done: 10,
    clave: { state: 'page', on: 'phone', page: clavePage, endsAt, fault: null },
  }),
  requestReader: withRequest({ stage: 'card' }),
  requestCard: withRequest({ stage: 'card', card: { state: 'absent' } }),
  requestCardFault: withRequest({ stage: 'card', card: cardWith([expiredCertificate]) }),
  requestChoice: withRequest({ stage: 'card', card: cardWith([certificate, otherCertificate, expiredCertificate]) }),
  requestShown: withRequest({ ...certificateWanted, stage: 'card', card: cardWith([certificate]) }),
  requestShownLocked: withRequest({ ...certificateWanted, stage: 'card', card: cardWith([certificate], 'none') }),
  requestPin: withRequest({ stage: 'card', card: cardWith() }),
  requestLastTry: withRequest({ stage: 'card', card: cardWith([certificate], 'last') }),
  requestSigning: withRequest({ stage: 'signing', done: 4, failed: 1, card: { state: 'signing' } }),
  requestSigningOne: withRequest({ ...oneDocument, stage: 'signing', card: { state: 'signing' } }),
  requestNextPin: withRequest({ stage: 'pin', done: 3, card: cardWith() }),
  requestPaused: withRequest({
    stage: 'paused',
    done: 4,
    failed: 1,
    fault: 'TOKEN_REMOVED',
    card: { state: 'absent' },
  }),
  requestPausedLocked: withRequest({
    stage: 'paused',
    done: 4,
    fault: 'PIN_LOCKED',
    card: cardWith([certificate], 'none'),
  }),
  requestPausedBack: withRequest({ stage: 'paused', done: 4, fault: 'TOKEN_REMOVED', card: cardWith() }),
  requestPausedPin: withRequest({
    stage: 'paused',
    done: 4,
    fault: 'PIN_WRONG',
    card: cardWith([certificate], 'last'),
  }),
  requestDone: withRequest({
    stage: 'finished',
    done: 12,
    documents: documents(12, { state: 'signed' }),
  }),
  requestDoneSome: withRequest({ stage: 'finished', done: 8, failed: 2, documents: ended }),
  requestDoneNone: withRequest({
    ...oneDocument,
    stage: 'finished',
    failed: 1,
    documents: documents(1, { state: 'failed', fault: 'PDF_CERTIFIED' }),
  }),
  requestDoneFault: withRequest({ stage: 'finished', fault: 'BATCH_SERVICE_FAILED' }),
  requestDoneCertificate: withRequest({ ...certificateWanted, stage: 'finished' }),
  requestDoneSave: withRequest({ ...fileToSave, stage: 'finished' }),
  requestDoneLoad: withRequest({ ...filesToLoad, stage: 'finished' }),
  requestDoneLoadFault: withRequest({ ...filesToLoad, stage: 'finished', fault: 'FILE_UNREADABLE' }),
}
