// Views as the appliance pushes them, one for each situation that the screen can be in: a town hall with three procedures
// and a copy of four pages on its way.

import type {
  CertificateView,
  ClaveView,
  CopyView,
  PageView,
  ProcedureView,
  ResultView,
  View,
} from '../device/http/view.ts'
import type { CheckVerdict, MaintenanceView } from '../device/http/view-maintenance.ts'

export const procedures: readonly ProcedureView[] = [
  {
    id: 'registre',
    title: { ca: 'Registre general', es: 'Registro general', en: 'General registry' },
    description: {
      ca: 'Documents que acompanyen una sol·licitud',
      es: 'Documentos que acompañan a una solicitud',
      en: 'Documents that go with an application',
    },
    sourceNatures: ['original', 'authenticCopy', 'copy'],
    signature: 'local',
    paper: 'returned',
  },
  {
    id: 'padro',
    title: { ca: 'Padró d’habitants', es: 'Padrón de habitantes', en: 'Register of residents' },
    description: {
      ca: 'Contracte de lloguer o escriptura de l’habitatge',
      es: 'Contrato de alquiler o escritura de la vivienda',
      en: 'Rental contract or title deed of the home',
    },
    sourceNatures: ['original'],
    signature: 'none',
    paper: 'kept',
  },
  {
    id: 'beques',
    title: { ca: 'Beques i ajuts', es: 'Becas y ayudas', en: 'Grants' },
    description: null,
    sourceNatures: ['original', 'copy'],
    signature: 'local',
    paper: 'returned',
  },
]

export const emptyView: View = {
  kiosk: {
    languages: ['ca', 'es', 'en'],
    bodyName: { ca: 'Ajuntament de Vilafictícia', es: 'Ayuntamiento de Vilafictícia', en: 'Vilafictícia Town Hall' },
    idleSeconds: 120,
  },
  procedures,
  scanner: { state: 'ready', code: null, paperLoaded: true },
  queue: { waiting: 0, stopped: 0 },
  copy: null,
}

/** `count` pages p1, p2 … that are ready. */
export function readyPages(count: number): PageView[] {
  return Array.from({ length: count }, (_, i) => ({
    id: `p${i + 1}`,
    number: i + 1,
    ready: true,
    blank: false,
    unusable: null,
    turn: 0,
    leftOut: null,
    under: null,
    joinable: false,
  }))
}

export const openedCopy: CopyView = {
  id: 'copy-1',
  reference: 'K7QF-2M9X',
  language: 'ca',
  ...{ procedureId: 'registre', asked: null },
  stage: 'gathering',
  scanning: false,
  pages: [],
  fault: null,
  sheetToFeed: 1,
  size: { bytes: 1_240_000, limitBytes: 10_000_000, reduction: 'none' },
  part: null,
  interrupted: false,
  card: null,
  result: null,
}

/** The view of a copy that differs from a freshly opened one in what is given. */
export function withCopy(copy: Partial<CopyView>, view: Partial<View> = {}): View {
  return { ...emptyView, ...view, copy: { ...openedCopy, ...copy } }
}

export const certificate: CertificateView = {
  tokenId: 'token-1',
  keyId: '0a1b',
  holder: 'Roser Puigdevall i Castellfollit',
  issuer: 'Entitat de Certificació de Prova',
  notAfter: '2028-05-31',
  fault: null,
}

export const otherCertificate: CertificateView = {
  ...certificate,
  keyId: '0a1c',
  holder: 'Ajuntament · Roser Puigdevall',
}
export const expiredCertificate: CertificateView = {
  ...certificate,
  keyId: '0a1d',
  notAfter: '2023-01-31',
  fault: 'CERTIFICATE_EXPIRED',
}

export const result: ResultView = {
  pages: 4,
  bytes: 734_003,
  signer: 'Roser Puigdevall i Castellfollit',
  unsealed: false,
  finishedAt: '2026-03-09T10:42:00.000Z',
  qr: 'https://seu.vilaficticia.example/copia?ref=K7QF-2M9X',
  deliveries: [{ destinationId: 'arxiu', state: 'waiting' }],
  paper: 'returned',
}

/** A copy at `signing` with a card that holds these certificates. */
export function withCard(certificates: readonly CertificateView[], tries: 'unknown' | 'few' | 'last' | 'none'): View {
  return withCopy({ stage: 'signing', pages: readyPages(4), card: { state: 'present', tries, certificates } })
}

/** The maintenance screen, with a feeder that was checked and a flatbed that never was. */
export function maintained(maintenance: Partial<MaintenanceView>): View {
  const scanners: MaintenanceView['scanners'] = [
    {
      id: 'feeder',
      name: 'Fujitsu fi-8170 del taulell d’atenció',
      fault: null,
      at: '2026-03-09T10:42:00.000Z',
      verdict: 'ok',
      due: false,
    },
    { id: 'glass', name: 'Canon LiDE 400', fault: 'SCANNER_ABSENT', at: null, verdict: null, due: true },
  ]
  return {
    ...emptyView,
    maintenance: { work: 'none', scanners, pauses: [], unsureOrders: 0, result: null, fault: null, ...maintenance },
  }
}

/** A back office that is away, a seal service that is, and an extension service with another key. */
export const pausedHosts: MaintenanceView['pauses'] = [
  {
    service: 'delivery',
    host: 'arxiu.ajuntament-de-sant-esteve-de-les-roures.example:8443',
    since: '2026-03-09T10:42:00.000Z',
    until: '2026-03-09T11:05:00.000Z',
    code: 'DESTINATION_UNREACHABLE',
  },
  {
    service: 'seal',
    host: 'segell.example:443',
    since: '2026-03-09T10:42:00.000Z',
    until: '2026-03-09T10:58:00.000Z',
    code: 'SEAL_UNREACHABLE',
  },
  {
    service: 'extension',
    host: 'ampliacio.example:443',
    since: '2026-03-09T10:42:00.000Z',
    until: '2026-03-09T10:58:00.000Z',
    code: 'TLS_PIN_MISMATCH',
  },
]

const longestHost = `xn--${'a'.repeat(59)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'w'.repeat(54)}.example`

/** One of each service, two by two of a host, and one with the longest name there can be. */
export const manyPausedHosts: MaintenanceView['pauses'] = (
  [
    ['delivery', 'DESTINATION_UNREACHABLE'],
    ['callback', 'CREDENTIALS_REFUSED'],
    ['seal', 'SEAL_UNREACHABLE'],
    ['extension', 'EXTENDER_UNAVAILABLE'],
    ['time-stamping', 'TSA_UNREACHABLE'],
    ['clave', 'CLAVE_UNREACHABLE'],
    ['cards', 'CARD_CREDIT_LOW'],
    ['revocation', 'REVOCATION_UNAVAILABLE'],
    ['references', 'TLS_PIN_MISMATCH'],
    ['three-phase', 'BATCH_SERVICE_FAILED'],
  ] as const
).map(([service, code], i) => ({
  service,
  host: i === 7 ? `${longestHost}:8443` : i % 2 === 0 ? (pausedHosts[0]?.host ?? '') : 'segell.example:443',
  since: '2026-03-09T10:42:00.000Z',
  until: '2026-03-09T11:05:00.000Z',
  code,
}))

/** A check with one verdict for everything but the resolution, which is good. */
export function checkedAs(verdict: CheckVerdict): View {
  const topics = (['resolution', 'geometry', 'gray', 'colour', 'streaks', 'drift'] as const).map((topic, i) => ({
    topic,
    verdict: i === 0 ? ('ok' as const) : verdict,
  }))
  const at = '2026-03-09T10:42:00.000Z'
  return maintained({ result: { deviceId: 'feeder', at, verdict, ppi: [300, 299], topics } })
}

/** Pages of every sort: turned, blank, unusable, still being prepared. */
export const mixedPages: readonly PageView[] = readyPages(7).map((page, i) => {
  if (i === 1) return { ...page, turn: 90 as const }
  if (i === 2) return { ...page, blank: true }
  if (i === 4) return { ...page, ready: false, unusable: 'IMAGE_UNREADABLE' as const }
  return i === 6 ? { ...page, ready: false } : page
})

/** Three sheets, the backs of two of them blank. */
export const blankBacks: readonly PageView[] = readyPages(6).map((page, i) => {
  const isBlank = i === 1 || i === 5
  return { ...page, blank: isBlank, leftOut: isBlank ? ('blank' as const) : null, number: isBlank ? null : page.number }
})

export const endsAt = '2026-03-09T10:52:00.000Z'
export const clavePage = `https://fire.example.org/fire-signature/public/entry?transactionid=${'0123456789abcdef'.repeat(2)}0123&subjectref=Zm9vYmFyYmF6cXV1eA&language=ca`

/** A copy that somebody signs with Cl@ve Firma. */
export function withClave(clave: ClaveView): View {
  return withCopy({ stage: 'signing', pages: readyPages(4), clave })
}
