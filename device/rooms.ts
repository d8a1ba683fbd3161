// The rooms with locks: each port of the appliance behind the worker that hosts its driver. The only importer of drivers/
// besides test/.

import { stat } from 'node:fs/promises'
import { openedWithFirstCall } from '../drivers/worker/channel.ts'
import { launchWorker, type Worker, type WorkerOptions } from '../drivers/worker/launch.ts'
import { remoteDelivery, remoteImaging, remoteScanner } from '../drivers/worker/remote.ts'
import { remoteCallbacks } from '../drivers/worker/remote-callback.ts'
import { remoteCardShop } from '../drivers/worker/remote-cards.ts'
import { remoteClave, remoteClavePages } from '../drivers/worker/remote-clave.ts'
import { remoteDocuments } from '../drivers/worker/remote-documents.ts'
import { remoteRevocation, remoteTimestamper } from '../drivers/worker/remote-evidence.ts'
import { remoteExtender } from '../drivers/worker/remote-extender.ts'
import { remotePdfPages } from '../drivers/worker/remote-pdf-pages.ts'
import { remotePeers } from '../drivers/worker/remote-peers.ts'
import { remoteReferences, remoteTriphase } from '../drivers/worker/remote-requests.ts'
import { remoteSeals } from '../drivers/worker/remote-seal.ts'
import { remoteSigner } from '../drivers/worker/remote-signer.ts'
import { remoteTarget } from '../drivers/worker/remote-target.ts'
import { remoteTextReader } from '../drivers/worker/remote-text.ts'
import type { DocumentJobs } from './ades/job.ts'
import { type Config, textIn } from './config/config.ts'
import { Fault } from './errors.ts'
import type {
  Callbacks,
  CardShop,
  ClaveFirma,
  ClaveTestPages,
  Clock,
  Delivery,
  Extender,
  Imaging,
  Log,
  PdfPages,
  Peers,
  Random,
  References,
  Revocation,
  Scanner,
  SealService,
  Signer,
  TargetImaging,
  TextReader,
  Timestamper,
  TriphaseServer,
} from './ports.ts'
import { documentLimits, parseLimits, passingOn } from './worker-limits.ts'

export interface Surroundings {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

export type WorkerName = 'scan' | 'sign' | 'net' | 'parse' | 'text' | 'document'

interface WorkerKind {
  readonly configuration: object
  readonly limits: Pick<WorkerOptions, 'deathSignal' | 'maxHeapMegabytes' | 'youngHeapMegabytes' | 'maxDataBytes'>
}

/** The ports of the appliance, each behind its worker, which starts when something is first asked of it. */
export interface Rooms {
  scanner(): Scanner
  signer(): Signer
  seals(): SealService
  clave(): ClaveFirma
  claveTestPages(): ClaveTestPages
  delivery(): Delivery
  imaging(): Imaging
  textReader(): TextReader
  targets(): TargetImaging
  pdfPages(): PdfPages
  /** Throws TSA_ABSENT where no authority is configured. */
  timestamper(): Timestamper
  revocation(): Revocation
  /** Throws EXTENDER_ABSENT where no service is configured. */
  extender(): Extender
  references(): References
  triphase(): TriphaseServer
  cardShop(): CardShop
  callbacks(): Callbacks
  peers(): Peers
  documents(): DocumentJobs
  /** Starts workers before anything is asked of them, for whoever knows that something soon will be. */
  start(...names: readonly WorkerName[]): void
  stop(): Promise<void>
}

/** `scratchFolder` is where the scan worker may put files while it scans. */
export function openRooms(config: Config, scratchFolder: string, { clock, log }: Surroundings): Rooms {
  const workers = new Map<WorkerName, Worker>()
  const { environment, scanners, tokenModules, keyStores } = config.devices
  const kinds: Readonly<Record<WorkerName, WorkerKind>> = {
    scan: {
      configuration: { devices: scanners, scratchFolder, saneEnvironment: environment },
      // It loads no vendor code, and left to itself it cancels its job at the scanner when the device is gone.
      limits: { ...passingOn, deathSignal: 'none' },
    },
    sign: { configuration: { modules: tokenModules.map(path => ({ path })), keyStores }, limits: passingOn },
    net: { configuration: netConfiguration(config), limits: passingOn },
    parse: { configuration: {}, limits: parseLimits },
    text: { configuration: {}, limits: passingOn },
    document: { configuration: {}, limits: documentLimits },
  }
  const started = (name: WorkerName) => {
    const { configuration, limits } = kinds[name]
    const options = { name, entry: `${name}.ts`, config: { environment, ...configuration }, log, clock, ...limits }
    const worker = workers.get(name) ?? launchWorker(options)
    workers.set(name, worker)
    return worker.channel
  }
  const to = (name: WorkerName) => openedWithFirstCall(() => started(name))
  return Object.freeze({
    scanner: () => remoteScanner(to('scan')),
    signer: () => remoteSigner(to('sign')),
    seals: () => remoteSeals(to('net')),
    clave: () => remoteClave(to('net')),
    claveTestPages: () => remoteClavePages(to('net')),
    delivery: () => remoteDelivery(to('net')),
    imaging: () => remoteImaging(to('parse')),
    textReader: () => remoteTextReader(to('text')),
    targets: () => remoteTarget(to('parse')),
    pdfPages: () => remotePdfPages(to('parse')),
    timestamper: () => {
      if (config.timestamping !== undefined) return remoteTimestamper(to('net'))
      throw new Fault('TSA_ABSENT', 'no time-stamping authority is configured')
    },
    revocation: () => remoteRevocation(to('net')),
    extender: () => {
      if (config.extension !== undefined) return remoteExtender(to('net'))
      throw new Fault('EXTENDER_ABSENT', 'no extension service is configured')
    },
    references: () => remoteReferences(to('net')),
    triphase: () => remoteTriphase(to('net')),
    cardShop: () => remoteCardShop(to('net')),
    callbacks: () => remoteCallbacks(to('net')),
    peers: () => {
      const remote = remotePeers(to('net'))
      // A worker that was never started has left nobody alone.
      const resting = async (signal?: AbortSignal) => (workers.has('net') ? remote.resting(signal) : [])
      return { ...remote, resting }
    },
    documents: () => {
      const sizeOf = async (path: string) => (await stat(path)).size
      return remoteDocuments(to('document'), { sizeOf })
    },
    start: (...names: readonly WorkerName[]) => {
      for (const name of names) started(name)
    },
    async stop(): Promise<void> {
      await Promise.all([...workers.values()].map(worker => worker.stop()))
    },
  })
}

function netConfiguration({
  body,
  destinations,
  seal,
  clave,
  timestamping,
  extension,
  revocation,
  batches,
  cards,
  api,
}: Config) {
  const { maxCrlMegabytes, ...certificateHosts } = revocation
  const { hosts, pins, caFiles, allowPrivate, maxDocumentMegabytes } = batches
  return {
    destinations,
    seal: seal ?? { services: [], table: [] },
    ...(clave !== undefined && { clave: claveOptions(clave, textIn(body.name, 'es')) }),
    ...(timestamping !== undefined && { timestamping }),
    ...(extension !== undefined && { extension: extensionOptions(extension.service) }),
    ...(cards !== undefined && { cards: { url: cards.url, tokenFile: cards.tokenFile, ...ownTrust(cards) } }),
    revocation: { ...certificateHosts, maxCrlBytes: maxCrlMegabytes * 1024 * 1024 },
    callbackClients: (api?.clients ?? []).map(
      ({ name: _name, tokenFile: _token, certificate: _certificate, seals: _seals, ...client }) => client,
    ),
    references: { hosts, pins, caFiles, allowPrivate, maxBytes: maxDocumentMegabytes * 1024 * 1024 },
  }
}

function claveOptions(clave: NonNullable<Config['clave']>, applicationName: string) {
  const { page: _page, returnUrl: _url, frameOrigins: _origins, minutes: _minutes, ...options } = clave
  return { ...options, applicationName }
}

function extensionOptions(service: NonNullable<Config['extension']>['service']) {
  const { driver: _, maxMegabytes, deadlineSeconds, ...options } = service
  return { ...options, maxBytes: maxMegabytes * 1024 * 1024, deadlineMs: deadlineSeconds * 1000 }
}

function ownTrust({ caFile, pins }: { readonly caFile?: string; readonly pins?: readonly string[] }) {
  return { ...(caFile !== undefined && { caFile }), ...(pins !== undefined && { pins }) }
}
