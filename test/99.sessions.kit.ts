// Sessions over the real interface, queue and store, without devices: what happens at the kiosk, a test says.

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import type { Document, DocumentEvent } from '../device/document/document.ts'
import { ensureEvidenceKey, evidenceKeyFile } from '../device/evidence-key.ts'
import { newIdFrom } from '../device/host.ts'
import { startApi } from '../device/http/api.ts'
import type { CallbackOutcome, CallbackRequest } from '../device/ports.ts'
import { createQueue, type Queue } from '../device/queue.ts'
import type { Batches } from '../device/requests/batches.ts'
import { createSessions, type Pickup, type Sessions } from '../device/requests/session-desk.ts'
import { openStore, type Store } from '../device/store/store.ts'
import { approve, composed, pageStored, pending, signed } from './11.document.kit.ts'
import { newPlace, optionsFor, seeded, streamOf } from './25.store.setup.ts'
import { logInto } from './95.afirma.desk.ts'
import { type Program, programAt } from './requests.kit.ts'
import { createLeapingClock, type LeapingClock } from './sim/clock.ts'

export const path = '/api/v1/sessions'
export const tokens = { ledger: 'the-token-of-the-ledger', other: 'the-token-of-the-other' } as const

/** What an integrator sends; the ENS is the one of all examples of AOC. */
export const asked = {
  ens: '9821920002',
  user: 'Anna Roca',
  digitisation: { resolution: 300, colour: 'auto', paper: 'A4', duplex: true, source: 'adf', ocr: false },
  document: {
    title: 'Certificat d’empadronament',
    type: 'TD14',
    organ: 'L01080193',
    origin: 'citizen',
    sourceNature: 'original',
    sia: '203948',
    language: 'ca',
  },
  signature: { mode: 'local', format: 'PAdES', level: 'B' },
  result: { callbackUrl: 'https://ledger.example/compulsa', redirectUrl: 'https://ledger.example/go?on=1' },
} as const

export interface Opened {
  readonly sessionID: string
  readonly url: string
  readonly pickupCode: string
  readonly expiresAt: string
  readonly warnings?: readonly string[]
}

export interface SessionStand {
  readonly url: string
  /** Of the data. */
  readonly folder: string
  readonly store: Store
  readonly queue: Queue
  readonly sessions: Sessions
  readonly clock: LeapingClock
  readonly logged: readonly string[]
  /** Every callback that was attempted; `answer` says how the next ones go. */
  readonly called: readonly CallbackRequest[]
  answer(outcome: CallbackOutcome): void
  program(client?: keyof typeof tokens): Program
  /** Asks for a session that is granted. */
  ask(over?: object, client?: keyof typeof tokens): Promise<Opened>
  /** As somebody at the kiosk; the copy that is opened. */
  take(pickup: Pickup): Document
  /** From the pages to where the signed copy can be fetched; without `to`, to its end. */
  make(id: string, to?: 'scanned' | 'approved'): Promise<void>
  /** Stops everything and starts it again on the same data. */
  restart(): Promise<SessionStand>
}

interface Options {
  readonly sessions?: object
  readonly clients?: object
  readonly config?: object
}

export const made = '%PDF-1.7 the signed copy'

export function sessionConfig(root: string, { sessions = {}, clients = {}, config = {} }: Options = {}) {
  const named = Object.keys(tokens).map(id => ({
    ...{ id, name: `Program ${id}`, tokenFile: join(root, `${id}.token`) },
    ...{ hosts: ['ledger.example'], callbackSecretFile: 'secret', ...clients },
  }))
  const parsed = parseConfig({
    body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
    devices: { tokenModules: ['opensc-pkcs11.so'] },
    api: { port: 0, clients: named, sessions: { resolution: 'Decret 12/2026', ...sessions } },
    procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
    ...config,
  })
  const { api } = parsed
  if (api?.sessions === undefined) throw new Error('no sessions')
  return { ...parsed, api: { ...api, sessions: api.sessions } }
}

/** Gone after the test. */
export function sessionStand(options: Options = {}): Promise<SessionStand> {
  return standAt(newPlace(), createLeapingClock(), options)
}

async function standAt(
  place: ReturnType<typeof newPlace>,
  clock: LeapingClock,
  options: Options,
): Promise<SessionStand> {
  const config = sessionConfig(place.root, options)
  for (const [id, token] of Object.entries(tokens)) {
    writeFileSync(join(place.root, `${id}.token`), `${token}\n`, { mode: 0o600 })
  }
  const store = openStore({ ...optionsFor(place), clock })
  const logged: string[] = []
  const called: CallbackRequest[] = []
  const log = logInto(logged)
  const random = seeded(`sessions ${Math.random()}`)
  const newId = () => newIdFrom(random)
  const queue = createQueue({ store, clock })
  const keyFile = evidenceKeyFile(place.deviceKeyFile)
  ensureEvidenceKey(keyFile, { kioskId: 'k', clock, random })
  let outcome: CallbackOutcome = { outcome: 'delivered' }
  const sessions = createSessions({
    ...{ config, store, queue, blobs: store.blobs, newId, clock, random, log },
    deviceKeyFile: place.deviceKeyFile,
    screenUrl: () => 'http://127.0.0.1:8080/',
    callbacks: {
      async call(request) {
        called.push(request)
        return outcome
      },
      check: async () => ({ random: true }),
    },
  })
  sessions.start()
  const around = { audit: store.audit, clock, log }
  const api = await startApi({ ...around, config: config.api, maxBodyBytes: 2 ** 20, batches: {} as Batches, sessions })
  let stopped = false
  const stop = async () => {
    if (stopped) return
    stopped = true
    await api.close()
    await sessions.stop()
    store.close()
  }
  onTestFinished(stop)
  const program = (client: keyof typeof tokens = 'ledger') => programAt(api.url, tokens[client])
  const commit = (id: string, ...events: readonly DocumentEvent[]) => {
    for (const event of events) queue.commit(id, event)
  }
  return {
    folder: place.folder,
    ...{ url: api.url, store, queue, sessions, clock, logged, called, program },
    answer(next) {
      outcome = next
    },
    async ask(over = {}, client = 'ledger') {
      const { status, body } = await program(client).call('POST', path, { ...asked, ...over })
      if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`)
      return body as Opened
    },
    take(pickup) {
      let opened: Document | undefined
      sessions.take(pickup, copy => {
        opened = queue.open({ id: newId(), reference: 'AAAA-BBBB', ...copy })
      })
      if (opened === undefined) throw new Error('no copy was opened')
      return opened
    },
    async make(id, to) {
      commit(id, pageStored('p1'))
      if (to === 'scanned') return
      const { sourceNatures, signature } = queue.get(id).order
      commit(id, { ...approve, sourceNature: sourceNatures[0] ?? 'original' })
      if (to === 'approved') return
      const copy = await store.blobs.write(id, streamOf(Buffer.from(made)))
      const deliveryKeys = queue.get(id).order.destinations.map(name => `key-${name}`)
      commit(id, { ...composed, copy, deliveryKeys })
      if (signature.mode === 'local') {
        commit(id, { type: 'signatureIntended', pending }, { ...signed, copy, deliveryKeys })
      }
    },
    async restart() {
      await stop()
      return standAt(place, clock, options)
    },
  }
}
