// The composition root: configuration → workers → store → path → screen.
// What is started here is stopped here, in the opposite order, and every failure on the way down is reported.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAttach } from './attachments.ts'
import { keepCalibration } from './calibration.ts'
import { createClaveDesk } from './clave-desk.ts'
import { frameOrigins } from './config/clave.ts'
import type { Config } from './config/config.ts'
import type { LoadedConfig } from './config/file.ts'
import { createDesk } from './desk.ts'
import { blobNames } from './document/document.ts'
import { documentIn } from './document/shape.ts'
import { openDoors } from './doors.ts'
import { asFault, Fault } from './errors.ts'
import { ensureEvidenceKey, evidenceKeyFile } from './evidence-key.ts'
import { extensionParts, servedExtension } from './extending.ts'
import { createHealth } from './health.ts'
import { newIdFrom, newReferenceFrom } from './host.ts'
import { createMaintenance } from './http/maintenance.ts'
import type { Server } from './http/server.ts'
import { createVisit } from './http/visit.ts'
import { scanIdentityDocument } from './identity-document.ts'
import { legendParts } from './legend-parts.ts'
import { cardBlobNames } from './orders/record.ts'
import { type CardService, openCardService } from './orders/service.ts'
import { createPath } from './path.ts'
import { createPauses } from './pauses.ts'
import type { Log } from './ports.ts'
import { createQueue } from './queue.ts'
import { batchBlobNames } from './requests/batch-ledger.ts'
import { openRequests, type Requests } from './requests/requests.ts'
import { servedSessions } from './requests/served-sessions.ts'
import { openRooms, type Surroundings } from './rooms.ts'
import { statusOf } from './status.ts'
import { openStore, type Store } from './store/store.ts'
import { certificatesInPem } from './trust/pem.ts'
import { version } from './version.ts'

const uiFolder = new URL('../ui/dist', import.meta.url).pathname

export interface Appliance {
  readonly url: string
  stop(): Promise<void>
}

export function operatorSocket(dataFolder: string): string {
  return join(dataFolder, 'operator.sock')
}

/** Everything, until `stop`. Throws the faults of configuration, store and port; nothing keeps running then. */
export async function startAppliance(
  { config, dataFolder, deviceKeyFile }: LoadedConfig,
  port: number,
  around: Surroundings,
): Promise<Appliance> {
  const { clock, random, log } = around
  await using started = new AsyncDisposableStack()
  const store = started.adopt(
    openStore({ folder: dataFolder, deviceKeyFile, clock, random, createKeyIfMissing: true }),
    held => held.close(),
  )
  const scratchFolder = started.adopt(await emptyScratch(dataFolder), folder =>
    rm(folder, { recursive: true, force: true }),
  )
  ensureEvidenceKey(evidenceKeyFile(deviceKeyFile), { kioskId: config.kiosk.id, clock, random })
  const rooms = started.adopt(openRooms(config, scratchFolder, around), held => held.stop())
  const queue = createQueue({ store, clock })
  const newId = () => newIdFrom(random)
  const anchors = await readAnchors(config)
  const common = { config, queue, blobs: store.blobs, clock, random, newId, anchors, log, ...legendParts() }
  const scanner = rooms.scanner()
  const signer = rooms.signer()
  await store.blobs.sweep(referencedBlobs(store))
  const path = started.adopt(
    createPath({
      ...common,
      ...extensionParts(config, rooms, { anchors, newId, clock, folder: scratchFolder }),
      imaging: rooms.imaging(),
      textReader: rooms.textReader(),
      delivery: rooms.delivery(),
      attach: createAttach({ config, deviceKeyFile, audit: store.audit, clock }),
      seals: rooms.seals(),
    }),
    held => held.stop(),
  )
  const desk = started.adopt(
    createDesk({ ...common, scanner, signer, newReference: () => newReferenceFrom(random) }),
    held => held.stop(),
  )
  const clave =
    config.clave === undefined
      ? undefined
      : started.adopt(createClaveDesk({ ...common, clave: rooms.clave(), screenUrl: () => server.url }), held =>
          held.stop(),
        )
  const visit = started.adopt(createVisit({ ...common, desk, clave, scanner, signer }), held => held.stop())
  const { cards, counter }: CardService = started.adopt(
    openCardService({
      ...common,
      store,
      shop: () => rooms.cardShop(),
      peers: rooms.peers(),
      newReference: () => newReferenceFrom(random),
      forms: () => requests.forms,
      pdfPages: rooms.pdfPages(),
      scanIdentity: (language, signal) =>
        scanIdentityDocument({ config, rooms, scratchFolder, newId }, language, signal),
      othersBusy: () => visit.busy() || requests.signing.busy(),
    }),
    held => held.stop(),
  )
  const sessions = servedSessions({ ...common, rooms, store, deviceKeyFile, screenUrl: () => server.url })
  if (sessions !== undefined) started.adopt(sessions, held => held.stop())
  const minding = { hosts: path.hosts, peers: rooms.peers(), cards, callbacks: sessions?.callbacks }
  const pauses = createPauses({ config, queue, clock, ...minding })
  const maintenance = started.adopt(
    createMaintenance({ ...common, visit, pauses, cards, scanner, store, targets: rooms.targets() }),
    held => held.stop(),
  )
  const copyInHand = () => visit.busy() || counter?.busy() === true
  const requests: Requests = started.adopt(
    await openRequests({ ...common, rooms, store, scratchFolder, copyInHand }),
    held => held.stop(),
  )
  path.start()
  visit.start()
  cards?.start()
  sessions?.start()
  const startedAt = new Date(clock.now()).toISOString()
  const operator = {
    status: () =>
      statusOf({
        ...{ config, store, scanner, queue, pauses, cards, startedAt, url: server.url, api: doors.api },
        now: clock.now(),
      }),
    retry: (id: string) => ({ stage: desk.retry(id).stage.name }),
    hold: (id: string) => ({ stage: desk.hold(id).stage.name }),
    discard: (id: string) => desk.discard(id, 'operator'),
    cards,
    sessions,
    pauses,
    keepCalibration: (given: unknown) => void keepCalibration(store, given),
  }
  // Only where it is needed: a verb of the command line that signs starts faster without it.
  const { startServer } = await import('./http/server.ts')
  const server: Server = started.adopt(
    await startServer({
      ...requests,
      visit,
      desk,
      clave,
      maintenance,
      frameOrigins: frameOrigins(config.clave),
      counter,
      portals: config.autofirma?.portals ?? [],
      sessions,
      operator,
      health: createHealth({ config, store, queue, scanner, signer, pauses, clock, startedAt }),
      uiFolder,
      port,
      operatorSocket: operatorSocket(dataFolder),
      log,
    }),
    held => held.close(),
  )
  const extension = servedExtension(config, rooms, { ...around, anchors, newId, folder: scratchFolder, store })
  const doors = await openDoors(
    config,
    dataFolder,
    { ...requests, extension, cards, sessions, audit: store.audit },
    around,
  )
  for (const one of doors.open) started.adopt(one, held => held.close())
  store.audit.append({ event: 'applianceStarted', details: { version } })
  const running = started.move()
  return { url: server.url, stop: () => stopAll(running, store, log) }
}

/** Images that a scanner program writes as files pass through memory, never over the disk in clear; what a kill left goes. */
async function emptyScratch(dataFolder: string): Promise<string> {
  const folder = scratchFolderOf(dataFolder)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true, mode: 0o700 })
  return folder
}

/** Where the images that pass through memory lie while the appliance of this data folder runs. */
export function scratchFolderOf(dataFolder: string): string {
  const memory = existsSync('/dev/shm') ? '/dev/shm' : tmpdir()
  return join(memory, `compulsa-${createHash('sha256').update(dataFolder).digest('hex').slice(0, 16)}`)
}

async function stopAll(running: AsyncDisposableStack, store: Store, log: Log): Promise<void> {
  try {
    store.audit.append({ event: 'applianceStopped' })
  } catch (thrown) {
    log.error('the stop could not be noted', { code: asFault(thrown).code })
  }
  await running.disposeAsync()
}

/** DER of the configured trust anchors. Throws FILE_UNREADABLE, CERTIFICATE_UNREADABLE. */
export async function readAnchors(config: Config): Promise<readonly Uint8Array[]> {
  const files = config.trust.map(async path => {
    try {
      return certificatesInPem(await readFile(path, 'utf8'))
    } catch (thrown) {
      if (thrown instanceof Fault) throw thrown
      throw new Fault('FILE_UNREADABLE', `${path}: ${asFault(thrown).detail}`, { cause: thrown })
    }
  })
  return (await Promise.all(files)).flat()
}

function referencedBlobs(store: Store): (documentId: string) => ReadonlySet<string> {
  return id => {
    const ofOthers = batchBlobNames(store, id) ?? cardBlobNames(store, id)
    if (ofOthers !== undefined) return ofOthers
    const stored = store.load(id)
    return stored === undefined || stored.erased ? new Set() : blobNames(documentIn(stored.body))
  }
}
