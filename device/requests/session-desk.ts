// Integrators' sessions: asked for over HTTP, taken up by whoever comes to the kiosk with the pick-up code, made as any other
// copy in the one queue, kept there to be fetched, told to the client, and gone when their time is over. A session holds no
// copy: it follows the document that was opened for it, also over a restart at any moment.

import { signedEvidence } from '../attachments.ts'
import type { Config } from '../config/config.ts'
import type { Document, Opening } from '../document/document.ts'
import { writeEni } from '../eni/document.ts'
import { eniOfCopy } from '../eni/of-copy.ts'
import { Fault } from '../errors.ts'
import type { SignedJson } from '../evidence/signed.ts'
import type { Blobs } from '../path/step.ts'
import type { ByteStream, Callbacks, Clock, Log, Random } from '../ports.ts'
import { liveStages, type Queue } from '../queue.ts'
import { answerOf, type SessionAnswer } from '../session/answer.ts'
import { eventFrom, eventWithout } from '../session/follow.ts'
import { csvOfSession, orderOfSession } from '../session/order.ts'
import { createPickupAttempts } from '../session/pickup-attempts.ts'
import { newPickupCode, pickupCodeIn } from '../session/pickup-code.ts'
import { type ApiWithSessions, checkPossible } from '../session/possible.ts'
import { readSessionRequest, requestDigest, suppliedCsv } from '../session/request.ts'
import type { Session } from '../session/session.ts'
import type { Store } from '../store/store.ts'
import { createTasks } from '../tasks.ts'
import { type CallbackHosts, createNotices } from './session-notices.ts'
import { isOver, openSessionRecords } from './session-records.ts'

/** How a person says which session it is. */
export type Pickup = { readonly pickupCode: string } | { readonly sessionID: string }

/** A copy to be opened at the screen. */
export type AskedCopy = Pick<Opening, 'order' | 'csv' | 'language'>

export interface FetchedCopy {
  readonly bytes: number
  readonly sha256: string
  readonly fileName: string
  readonly body: ByteStream
  /** All of it was sent. */
  fetched(): void
}

export interface SessionsOfClients {
  /**
   * The session of before where the client repeats its idempotency key. Throws SESSION_INVALID, SESSION_NOT_POSSIBLE,
   * ADDRESS_REFUSED, IDEMPOTENCY_KEY_REUSED, KIOSK_BUSY, DISK_FULL.
   */
  create(request: { readonly client: string; readonly idempotencyKey: string | null; readonly json: unknown }): {
    readonly answer: SessionAnswer
    readonly created: boolean
  }
  /** Throws NOT_FOUND, also for another client's; so do all below. */
  state(id: string, client: string): SessionAnswer
  /** Throws STAGE_CONFLICT before it is ready, SESSION_GONE afterwards; so do the next two. */
  document(id: string, client: string): FetchedCopy
  /** The ENI document. Throws SIGNATURE_ABSENT where nothing proves the copy. */
  metadata(id: string, client: string): { readonly fileName: string; readonly body: ByteStream }
  evidence(id: string, client: string): SignedJson
  /** Erases what there is. Harmless for one that is over. Throws STAGE_CONFLICT while it is in a person's hand. */
  withdraw(id: string, client: string): Promise<void>
}

export interface Sessions extends SessionsOfClients {
  /** Opens the copy by `open`. Throws PICKUP_CODE_WRONG, PICKUP_CODE_LOCKED, and what `open` throws. */
  take(pickup: Pickup, open: (copy: AskedCopy) => void): void
  /** As `withdraw`, by an operator: the client is told. */
  withdrawAny(id: string): Promise<void>
  readonly callbacks: CallbackHosts
  /** Takes up what was left: sessions whose copies went on without them, callbacks, times that are over. */
  start(): void
  stop(): Promise<void>
}

export interface SessionsParts {
  readonly config: Config & { readonly api: ApiWithSessions }
  readonly store: Pick<Store, 'sessions' | 'audit'>
  readonly queue: Queue
  readonly blobs: Blobs
  readonly callbacks: Callbacks
  /** Beside it lies the key that evidence is signed with. */
  readonly deviceKeyFile: string
  /** Where the screen answers. */
  readonly screenUrl: () => string
  readonly newId: () => string
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export function createSessions(parts: SessionsParts): Sessions {
  const { config, store, queue, blobs, clock, random, log, newId } = parts
  const { sessions: limits } = config.api
  const tasks = createTasks({ clock, log })
  const records = openSessionRecords({ store, clock, newId })
  const notices = createNotices({ ...parts, records, tasks })
  const attempts = createPickupAttempts({ now: clock.now })
  /** What held a copy last, for when an operator gives it up. */
  const holds = new Map<string, string>()
  let unsubscribe: (() => void) | undefined

  const copyOf = ({ documentId }: Session) => (documentId === null ? undefined : queue.find(documentId))
  const answer = (id: string, session: Session): SessionAnswer =>
    answerOf(id, session, { url: `${parts.screenUrl()}#session=${id}`, copy: copyOf(session) })
  const ofClient = (id: string, client: string): Session => {
    const session = records.find(id)
    if (session?.client !== client) throw new Fault('NOT_FOUND', `no session ${id}`)
    return session
  }
  const inMs = (ms: number) => new Date(clock.now() + ms).toISOString()

  function create({ client, idempotencyKey, json }: Parameters<Sessions['create']>[0]) {
    const { request, warnings } = readSessionRequest(json)
    const requestSha256 = requestDigest(json)
    const earlier = idempotencyKey === null ? undefined : records.askedBefore(client, idempotencyKey)
    if (earlier !== undefined) {
      const session = records.load(earlier)
      if (session.requestSha256 === requestSha256) return { answer: answer(earlier, session), created: false }
      throw new Fault('IDEMPOTENCY_KEY_REUSED', `the key came with another request, of the session ${earlier}`)
    }
    checkPossible(request, client, config)
    const csv = suppliedCsv(request)
    if (csv !== undefined && records.hasCsv(csv))
      throw new Fault('SESSION_INVALID', '$.signature.csv: the copy of another session has this code')
    if (records.waitingOf(client) >= limits.maxWaiting)
      throw new Fault('KIOSK_BUSY', `${limits.maxWaiting} sessions of yours wait already (api.sessions.maxWaiting)`)
    const id = newId()
    const waitsUntil = inMs(limits.waitingHours * 3_600_000)
    records.create(id, {
      ...freshSession,
      ...{ client, idempotencyKey, requestSha256, request, warnings, waitsUntil },
      pickupCode: freeCode(),
      createdAt: inMs(0),
      endsAt: waitsUntil,
    })
    return { answer: answer(id, records.load(id)), created: true }
  }

  function freeCode(): string {
    for (;;) {
      const code = newPickupCode(random.bytes)
      if (records.waitingFor(code) === undefined) return code
    }
  }

  function pickedUp(pickup: Pickup): string {
    if ('sessionID' in pickup) return pickup.sessionID
    const code = pickupCodeIn(pickup.pickupCode)
    if (code === undefined) throw new Fault('PICKUP_CODE_WRONG', 'the code is mistyped')
    const waitMs = attempts.waitMs()
    if (waitMs > 0) throw new Fault('PICKUP_CODE_LOCKED', `no code is taken for ${Math.ceil(waitMs / 1000)} s`)
    const id = records.waitingFor(code)
    if (id !== undefined) {
      attempts.right()
      return id
    }
    const failures = attempts.wrong()
    if (attempts.waitMs() > 0) store.audit.append({ event: 'pickupLocked', details: { attempts: failures } })
    throw new Fault('PICKUP_CODE_WRONG', 'no session waits for this code')
  }

  function take(pickup: Pickup, open: (copy: AskedCopy) => void): void {
    const id = pickedUp(pickup)
    const session = records.find(id)
    if (session?.stage !== 'waiting' || session.request === null || isLate(session))
      throw new Fault('PICKUP_CODE_WRONG', 'no such session waits')
    const { request, client } = session
    const order = orderOfSession({ id, client, request }, config.api)
    const csv = csvOfSession(request, order, { random: random.bytes, body: config.body, now: clock.now() })
    open({ order, csv, language: request.document.language ?? config.kiosk.languages[0] ?? 'ca' })
  }

  const isLate = ({ endsAt }: Session) => endsAt !== null && Date.parse(endsAt) <= clock.now()

  /** Brings the session of a copy to where the copy is. */
  function follow(copy: Document): void {
    const { session: asked, retentionHours } = copy.order
    if (asked === undefined) return
    if (copy.hold !== null) holds.set(copy.id, `${copy.hold.code}: ${copy.hold.detail}`)
    const session = records.find(asked.id)
    if (session === undefined || isOfAnother(session, copy)) return
    // As the queue counts it (queue.ts, wakeAt).
    const endsAt = new Date(Date.parse(copy.changedAt) + retentionHours * 3_600_000).toISOString()
    const event = eventFrom(session, copy, { endsAt, heldBy: holds.get(copy.id) })
    if (event !== null) records.apply(asked.id, event)
    // Whoever withdrew it while it went elsewhere too wants it gone as soon as it has arrived there.
    if (session.stage === 'withdrawn') tasks.run(`drop:${asked.id}`, () => dropCopy(session))
    if (copy.stage.name === 'erased') holds.delete(copy.id)
  }

  const isOfAnother = ({ documentId }: Session, { id }: Document) => documentId !== null && documentId !== id

  /** What was left undone: by a power cut between a copy's commit and its session's, or between a session's and the erasing. */
  function reconcile(): void {
    for (const { id } of queue.list({ stages: [...liveStages] })) follow(queue.get(id))
    for (const { id } of records.ids()) {
      const session = records.load(id)
      if (session.documentId === null) continue
      if (session.stage === 'withdrawn') tasks.run(`drop:${id}`, () => dropCopy(session))
      else if (!isOver(session) && copyOf(session) === undefined) {
        const event = eventWithout(session)
        if (event !== null) records.apply(id, event)
      }
    }
  }

  /** Nobody wants it any more: gone, unless it is on its way to somebody else too. */
  async function dropCopy(session: Session): Promise<void> {
    const copy = copyOf(session)
    if (copy === undefined) return
    const { name } = copy.stage
    if (name === 'done') await queue.erase(copy.id)
    if ((name === 'unsealed' || name === 'extending') && copy.order.destinations.length === 0)
      queue.commit(copy.id, { type: 'discarded', reason: 'withdrawn' })
  }

  async function sweep(): Promise<void> {
    for (const { id, wakeAt } of records.ids()) {
      if (wakeAt === null || wakeAt > clock.now()) continue
      const session = records.load(id)
      // Of a copy that is over, the queue keeps the time itself.
      if (isOver(session)) await records.forget(id)
      else records.apply(id, { type: 'expired' })
    }
    sweepLater()
  }

  function sweepLater(): void {
    const times = records.ids().flatMap(({ wakeAt }) => (wakeAt === null ? [] : [wakeAt]))
    if (times.length > 0) tasks.at('sweep', Math.min(...times), () => tasks.run('sweep', sweep))
  }

  async function withdraw(id: string, session: Session, by: 'client' | 'operator'): Promise<void> {
    if (isOver(session)) return
    await dropCopy(records.apply(id, { type: 'withdrawn', by }))
  }

  const finished = (id: string, client: string) => {
    const session = ofClient(id, client)
    if (isOver(session)) throw new Fault('SESSION_GONE', `the session is over: ${session.stage}`)
    const copy = copyOf(session)
    if (session.stage !== 'ready') throw new Fault('STAGE_CONFLICT', `the session is ${session.stage}`)
    if (copy === undefined || !('deliveries' in copy.stage)) throw new Fault('SESSION_GONE', 'the copy is erased')
    return { copy, blob: copy.stage.copy }
  }

  return Object.freeze({
    create,
    state: (id: string, client: string) => answer(id, ofClient(id, client)),
    document(id: string, client: string): FetchedCopy {
      const { copy, blob } = finished(id, client)
      const { bytes, sha256, name } = blob
      const body = blobs.read(copy.id, name)
      const fetched = () => {
        const session = records.find(id)
        if (session?.stage === 'ready' && session.fetchedAt === null) records.apply(id, { type: 'fetched' })
      }
      return { bytes, sha256, fileName: `${copy.reference}.pdf`, body, fetched }
    },
    metadata(id: string, client: string) {
      const { copy, blob } = finished(id, client)
      const body = writeEni(eniOfCopy(copy, config.body), blobs.read(copy.id, blob.name))
      return { fileName: `${copy.reference}.xml`, body }
    },
    evidence: (id: string, client: string) =>
      signedEvidence(finished(id, client).copy, { audit: store.audit, clock, deviceKeyFile: parts.deviceKeyFile })
        .signed,
    withdraw: async (id: string, client: string) => withdraw(id, ofClient(id, client), 'client'),
    withdrawAny: async (id: string) => withdraw(id, records.load(id), 'operator'),
    callbacks: notices,
    take,
    start() {
      records.subscribe((id, session) => {
        notices.look(id, session)
        sweepLater()
      })
      reconcile()
      // The copy is committed: whatever its session meets, the copy must not hear of it.
      unsubscribe = queue.subscribe(copy => {
        if (copy.order.session !== undefined)
          tasks.run(`follow:${copy.id}`, async () => follow(queue.find(copy.id) ?? copy))
      })
      for (const { id } of records.ids()) notices.look(id, records.load(id))
      tasks.run('sweep', sweep)
    },
    async stop() {
      unsubscribe?.()
      await tasks.stop()
    },
  })
}

const freshSession = {
  stage: 'waiting',
  documentId: null,
  made: null,
  why: null,
  readyAt: null,
  fetchedAt: null,
  notices: [],
} as const satisfies Partial<Session>
