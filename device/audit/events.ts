// The closed list of what the audit trail may say. An entry names an event and, from that event's own short list of
// fields, counts, digests, flags and machine tokens: there is no field that free text, a name or a secret fits into,
// and what TypeScript cannot see is checked again when the entry is encoded.

type FieldKind = 'count' | 'digest' | 'token' | 'flag'

/** What happens to a document. */
const documentEvents = {
  documentOpened: { mode: 'token', session: 'flag' },
  pageStored: { page: 'count', bytes: 'count', sha256: 'digest' },
  scanEnded: { end: 'token', code: 'token', pages: 'count' },
  pagesChanged: { change: 'token', page: 'count', pages: 'count' },
  approved: { pages: 'count' },
  composed: { pages: 'count', bytes: 'count', sha256: 'digest' },
  signatureIntended: {
    format: 'token',
    level: 'token',
    algorithm: 'token',
    digest: 'digest',
    certificateSha256: 'digest',
  },
  signed: { format: 'token', level: 'token', bytes: 'count', sha256: 'digest', certificateSha256: 'digest' },
  signRefused: { code: 'token' },
  /** The person was sent to Cl@ve Firma. */
  claveStarted: {},
  sealPostponed: { code: 'token', attempt: 'count' },
  /** `by` this kiosk or the service; `declined`: why the service did not. */
  extended: {
    level: 'token',
    bytes: 'count',
    sha256: 'digest',
    answeredEarlier: 'count',
    by: 'token',
    declined: 'token',
  },
  extensionPostponed: { code: 'token', attempt: 'count' },
  delivered: { destination: 'token', sha256: 'digest', receiptSha256: 'digest' },
  deliveryRefused: { destination: 'token', code: 'token' },
  deliveryPostponed: { destination: 'token', code: 'token', attempt: 'count' },
  held: { code: 'token' },
  resumed: { stage: 'token' },
  exported: { sha256: 'digest' },
  discarded: { code: 'token' },
  erased: { reason: 'token' },
} as const satisfies Record<string, Readonly<Record<string, FieldKind>>>

/** What happens to the appliance itself. */
const applianceEvents = {
  applianceStarted: { version: 'token' },
  applianceStopped: {},
  operatorEntered: { certificateSha256: 'digest' },
  operatorLeft: {},
  /** What a program (`client`) has left to be signed; `batch` is its id. */
  batchAccepted: { batch: 'token', client: 'token', documents: 'count', sha256: 'digest' },
  batchTakenUp: { batch: 'token', certificateSha256: 'digest' },
  batchItemSigned: { batch: 'token', item: 'count', format: 'token', sha256: 'digest', ignored: 'token' },
  batchItemFailed: { batch: 'token', item: 'count', code: 'token' },
  batchEnded: { batch: 'token', end: 'token', signed: 'count', failed: 'count' },
  batchErased: { batch: 'token', reason: 'token' },
  /** A program that nobody knows, with those since the entry before that were of its kind. */
  clientRefused: { code: 'token', attempts: 'count', certificateSha256: 'digest' },
  /** A document that was raised for a program. */
  extensionServed: { client: 'token', format: 'token', level: 'token', bytes: 'count', sha256: 'digest' },
  /** What a page (`site` is its host) has asked for at the screen, and what came of it. */
  pageServed: {
    site: 'token',
    operation: 'token',
    documents: 'count',
    signed: 'count',
    failed: 'count',
    certificateSha256: 'digest',
    ignored: 'token',
  },
  pageRefused: { site: 'token', operation: 'token', code: 'token' },
  /** An order at the card service: `sha256` is of what is sent, `cents` the price that was seen, `remote` the service's id. */
  cardOrdered: {
    order: 'token',
    product: 'token',
    cents: 'count',
    /** Where it can be more than one. */
    quantity: 'count',
    sha256: 'digest',
    /** The program that ordered; or somebody at the screen did; neither: an operator. */
    client: 'token',
    screen: 'flag',
  },
  cardOrderSent: { order: 'token', attempt: 'count' },
  cardOrderPostponed: { order: 'token', code: 'token' },
  cardOrderLost: { order: 'token', code: 'token' },
  cardOrderPlaced: { order: 'token', remote: 'token', state: 'token', by: 'token' },
  cardOrderRefused: { order: 'token' },
  cardOrderLooked: { order: 'token', found: 'count' },
  cardOrderDecided: { order: 'token', decision: 'token' },
  cardOrderSeen: { order: 'token', state: 'token' },
  cardPapersGiven: { order: 'token', sha256: 'digest', documentSha256: 'digest' },
  cardPapersEnded: { order: 'token', end: 'token' },
  /** A code was shown to whoever had ordered it: `screen`, `operator` or a client. */
  cardActivationShown: { order: 'token', to: 'token' },
  /** Too many wrong codes of the registration authority at the screen. */
  cardOfficialLocked: { attempts: 'count' },
  cardOrderErased: { order: 'token', reason: 'token' },
  cardPricesRead: { products: 'count', sha256: 'digest' },
  /** What an integrator (`client`) has a copy made by; `session` is its id, `sha256` of the request or of the copy. */
  sessionCreated: { session: 'token', client: 'token', sha256: 'digest' },
  sessionTaken: { session: 'token', document: 'token' },
  sessionPutBack: { session: 'token' },
  sessionMaking: { session: 'token' },
  sessionReady: { session: 'token', sha256: 'digest' },
  /** How long its copy is kept has changed: it is received everywhere, or was found not to be. */
  sessionKept: { session: 'token' },
  sessionFetched: { session: 'token' },
  sessionEnded: { session: 'token', end: 'token', code: 'token', by: 'token' },
  sessionCallback: { session: 'token', notice: 'token', outcome: 'token', code: 'token', attempt: 'count' },
  sessionErased: { session: 'token' },
  pickupLocked: { attempts: 'count' },
  scannerChecked: { device: 'token', verdict: 'token', resolution: 'count', baseline: 'flag', sha256: 'digest' },
} as const satisfies Record<string, Readonly<Record<string, FieldKind>>>

const events: Readonly<Record<string, Readonly<Record<string, FieldKind>>>> = { ...documentEvents, ...applianceEvents }

const digestPattern = /^(?:[0-9a-f]{64}|[0-9a-f]{96}|[0-9a-f]{128})$/
const tokenPattern = /^[A-Za-z0-9][A-Za-z0-9._:+-]{0,63}$/

type Value<Kind> = Kind extends 'count' ? number : Kind extends 'flag' ? boolean : string

type EntryOf<Table> = {
  [Event in keyof Table]: {
    readonly event: Event
    readonly details?: { readonly [Field in keyof Table[Event]]?: Value<Table[Event][Field]> | undefined }
  }
}[keyof Table]

/** An event of one document; the store adds the sequence, the time and the document id. */
export type DocumentEntry = EntryOf<typeof documentEvents>

/** An event that belongs to no document. */
export type ApplianceEntry = EntryOf<typeof applianceEvents>

export type AuditEntry = DocumentEntry | ApplianceEntry
export type AuditEvent = AuditEntry['event']

export const auditEvents = Object.keys(events) as readonly AuditEvent[]

/** The details of an entry as JSON, fields in the order of the table; throws TypeError for what the list does not know. */
export function encodeDetails(entry: AuditEntry): string {
  const fields = Object.hasOwn(events, entry.event) ? events[entry.event] : undefined
  if (fields === undefined) throw new TypeError(`unknown audit event ${entry.event}`)
  const given = new Map<string, unknown>(Object.entries(entry.details ?? {}))
  const known = Object.entries(fields).flatMap(([field, kind]) => {
    const value = given.get(field)
    given.delete(field)
    if (value === undefined) return []
    if (!fits(kind, value)) throw new TypeError(`audit field ${entry.event}.${field} takes a ${kind} only`)
    return [[field, value] as const]
  })
  if (given.size > 0) throw new TypeError(`audit event ${entry.event} has no field ${[...given.keys()].join(', ')}`)
  return JSON.stringify(Object.fromEntries(known))
}

function fits(kind: FieldKind, value: unknown): boolean {
  switch (kind) {
    case 'count':
      return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
    case 'flag':
      return typeof value === 'boolean'
    case 'digest':
      return typeof value === 'string' && digestPattern.test(value)
    case 'token':
      return typeof value === 'string' && tokenPattern.test(value)
  }
}
