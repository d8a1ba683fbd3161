// Documents at every stage and the events that move them, for the tests of the state machine.

import { parseConfig } from '../device/config/config.ts'
import { orderOf } from '../device/desk.ts'
import { type Document, type DocumentEvent, openDocument, type StageName } from '../device/document/document.ts'
import { next } from '../device/document/transition.ts'

export const at = '2026-03-01T10:00:00.000Z'
export const blob = (name: string) => ({ name, bytes: 10, sha256: '0'.repeat(64) })

const config = parseConfig({
  body: { name: { ca: 'Ens' }, ine10: '9821920002', dir3: 'L01080193' },
  destinations: [
    { id: 'one', driver: 'https', url: 'https://one.invalid/' },
    { id: 'two', driver: 'https', url: 'https://two.invalid/' },
  ],
  timestamping: { url: 'https://tsa.invalid/' },
  trust: ['roots.pem'],
  seal: {
    services: [
      {
        id: 'aoc',
        driver: 'trustedx',
        url: 'https://seal.invalid',
        tokenUrl: 'https://seal.invalid/token',
        clientId: 'kiosk',
        clientSecretFile: 'secret',
      },
    ],
    table: [{ ens: '9821920002', service: 'aoc', identity: 'seal' }],
  },
  procedures: [
    {
      id: 'sealed',
      title: { ca: 'Amb segell' },
      signature: { mode: 'seal' },
      attestation: { by: 'automated', resolution: '12/2026' },
      destinations: ['one', 'two'],
    },
    { id: 'signed', title: { ca: 'Amb signatura' }, destinations: ['one', 'two'] },
    { id: 'archived', title: { ca: 'Per sempre' }, signature: { level: 'LTA' }, destinations: ['one', 'two'] },
    { id: 'stored', title: { ca: 'Desada' }, signature: { level: 'T' } },
    { id: 'plain', title: { ca: 'Sense' }, sourceNatures: ['copy'], signature: { mode: 'none' } },
  ],
})

export function opened(procedureId = 'signed'): Document {
  return openDocument({
    id: 'D',
    reference: 'AAAA-BBBB',
    language: 'ca',
    csv: null,
    order: orderOf(config, procedureId, 'ca'),
    at,
  })
}

export function moved(document: Document, ...events: readonly DocumentEvent[]): Document {
  return events.reduce((state, event) => next(state, event, at), document)
}

export const pageStored = (id: string): DocumentEvent => ({
  type: 'pageStored',
  page: { id, image: blob(`image-${id}`), mediaType: 'image/jpeg', side: 'front', resolution: 300, fedTurn: 0 },
})
const frame = { left: 0, top: 0, width: 10, height: 10 }
export const pagePrepared = (pageId: string): DocumentEvent => ({
  type: 'pagePrepared',
  pageId,
  prepared: {
    verdict: {
      width: 10,
      height: 10,
      resolution: 300,
      colour: 'gray',
      blank: false,
      turn: 0,
      turnConfident: false,
      skewDegrees: 0,
      sheet: frame,
    },
    preview: blob(`preview-${pageId}`),
    reduction: 'none',
    rendition: { blob: blob(`image-${pageId}`), encoding: 'jpeg', width: 10, height: 10, straightenDegrees: 0, frame },
  },
})
export const pending = {
  tokenId: 't',
  keyId: '01',
  update: blob('update'),
  slot: { fieldName: 'Signature1', byteRange: [0, 1, 2, 3], contentsOffset: 1, reservedBytes: 1 },
  intent: { algorithm: 'SHA256withRSA', signedAttributes: '', certificates: ['AA=='] },
} as const
export const pendingClave = {
  subject: '00000001R',
  update: blob('update'),
  slot: pending.slot,
  digest: 'AA==',
  token: 't',
  transaction: null,
} as const
export const claveIntended = { type: 'claveIntended', pending: pendingClave } as const satisfies DocumentEvent
export const claveStarted = {
  type: 'claveStarted',
  transaction: { id: 'one', page: 'https://fire.example/entry', at },
} as const satisfies DocumentEvent
export const claveDropped = {
  type: 'claveDropped',
  code: 'CLAVE_CANCELLED',
  told: false,
} as const satisfies DocumentEvent
export const approve = { type: 'approved', sourceNature: 'original' } as const satisfies DocumentEvent
export const composed = {
  type: 'composed',
  copy: blob('copy'),
  deliveryKeys: ['k1', 'k2'],
} as const satisfies DocumentEvent
export const signed = {
  type: 'signed',
  copy: blob('signed'),
  signer: 'N',
  deliveryKeys: ['k1', 'k2'],
} as const satisfies DocumentEvent
export const extended = (level: 'T' | 'LT' | 'LTA'): DocumentEvent => ({
  type: 'extended',
  copy: blob(`copy-${level}`),
  level,
  answeredEarlier: 0,
  by: 'local',
})
export const extensionPostponed: DocumentEvent = {
  type: 'extensionPostponed',
  code: 'TSA_UNREACHABLE',
  detail: 'no answer',
  nextAttemptAt: at,
}
export const operatorHold: DocumentEvent = {
  type: 'held',
  code: 'HELD_BY_OPERATOR',
  detail: '',
  retry: 'operator',
  retryAt: null,
}
export const certificate = {
  certificateSha256: 'b'.repeat(64),
  subject: 'C=ES, CN=N',
  issuer: 'C=ES, CN=A',
  serialNumber: '01',
  notBefore: at,
  notAfter: at,
  algorithm: 'SHA256withRSA',
} as const
export const sealed: DocumentEvent = { type: 'sealed', copy: blob('sealed'), signer: 'S', certificate }
export const sealPostponed: DocumentEvent = {
  type: 'sealPostponed',
  code: 'SEAL_UNREACHABLE',
  detail: 'no answer',
  nextAttemptAt: at,
}
const receipt = { reference: 'R', sha256: '0'.repeat(64), receivedAt: at }
export const delivered = (destinationId: string): DocumentEvent => ({ type: 'delivered', destinationId, receipt })

function gatheredFor(procedureId: string): Document {
  const pages = [pageStored('a'), pageStored('b')]
  return moved(opened(procedureId), { type: 'scanStarted' }, ...pages, { type: 'scanEnded', end: 'empty' })
}
export function signedFor(procedureId: string, deliveryKeys = ['k1', 'k2']): Document {
  const intended = { type: 'signatureIntended', pending } as const
  return moved(gatheredFor(procedureId), approve, composed, intended, { ...signed, deliveryKeys })
}
export const gathered = gatheredFor('signed')
export const stages: Readonly<Record<Exclude<StageName, 'erased'>, Document>> = {
  gathering: gathered,
  composing: moved(gathered, approve),
  signing: moved(gathered, approve, composed),
  sealing: moved(gathered, approve, composed, { type: 'signatureIntended', pending }),
  authorising: moved(gathered, approve, composed, claveIntended),
  unsealed: moved(gatheredFor('sealed'), approve, composed),
  extending: signedFor('archived'),
  delivering: moved(gathered, approve, composed, { type: 'signatureIntended', pending }, signed),
  done: moved(
    gathered,
    approve,
    composed,
    { type: 'signatureIntended', pending },
    signed,
    delivered('one'),
    delivered('two'),
  ),
  discarded: moved(gathered, { type: 'discarded', reason: 'person' }),
}
