// The surroundings of one kiosk, simulated: a document scanner, an official's card, a back office that receives copies,
// and the configuration that names them. The appliance itself is the real one.

import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { scratchFolderOf } from '../../device/main.ts'
import { type EsclSimulator, startEsclSimulator } from './escl.ts'
import type { SheetImage } from './escl-sheets.ts'
import type { FireSimulator } from './fire.ts'
import type { IppPrinterOptions, IppPrinterSimulator } from './ipp-printer.ts'
import { createTestPki, pem, type SignerKind, type TestPki } from './pki.ts'
import { type Receiver, startReceiver } from './receiver.ts'
import type { SealServer } from './seal-server.ts'
import { claveProcedure, type SiteClave, startSiteClave } from './site-clave.ts'
import { startSitePrinter } from './site-printer.ts'
import { type SiteSeal, sealedProcedure, startSiteSeal } from './site-seal.ts'
import { createSoftToken, softHsmModule } from './token.ts'
import { createTrustServices, type TrustServices } from './trust-services.ts'
import type { TrustedxFault } from './trustedx.ts'
import { createWatchedCard, type WatchedCard } from './watched-card.ts'

export interface SiteOptions {
  /** Made if absent; a card that is already there is used again. */
  readonly folder: string
  readonly sheets: readonly SheetImage[]
  /** What lies on the card; none: a card without any certificate. */
  readonly signers?: readonly SignerKind[]
  /** No token at all. */
  readonly withoutCard?: boolean
  /** The keys ask for the PIN before each signature. */
  readonly pinEachTime?: boolean
  /** A reader in which the card can be pulled and its signatures counted, and a second card, `Other card`, that can be put in. */
  readonly watched?: boolean
  /** Programs that may leave batches, each with a token, at a port of loopback. */
  readonly clients?: readonly string[]
  /** Of those, the ones whose batches the seals of these bodies may sign, by INE10. */
  readonly clientSeals?: Readonly<Record<string, readonly string[]>>
  /** Default: a free one. */
  readonly apiPort?: number
  /** Lets the clients have copies made, and says which hosts they may name. */
  readonly sessions?: { readonly limits?: object; readonly hosts?: readonly string[] }
  /**
   * With a time-stamping authority, OCSP and CRLs, and the first procedure of the shipped ones at level LTA. The card is then
   * a new one, for its authority is.
   */
  readonly trustServices?: boolean
  /** A seal service, TrustedX, with the seal of the kiosk's body. */
  readonly seal?: boolean
  /** A printer; what it prints is kept in `printed` below the folder. */
  readonly printer?: boolean | IppPrinterOptions
  /** FIRe with Cl@ve Firma, and what of its configuration is to be otherwise. */
  readonly clave?: Readonly<Record<string, unknown>>
  /** Milliseconds since 1970: the time of the trust services; default: the machine's. */
  readonly now?: () => number
  /** Replaces parts of the configuration; as a function where they depend on the trust services. */
  readonly config?: Readonly<Record<string, unknown>> | SiteConfigure
}

export type SiteConfigure = (trust: TrustServices | undefined) => Promise<Readonly<Record<string, unknown>>>

export interface Site {
  readonly scanner: EsclSimulator
  readonly receiver: Receiver
  readonly trust: TrustServices | undefined
  /** Where it was asked for (`seal`). */
  readonly seal: SealServer<TrustedxFault> | undefined
  /** Where it was asked for (`printer`). */
  readonly printer: IppPrinterSimulator | undefined
  /** Where it was asked for (`clave`). */
  readonly clave: FireSimulator | undefined
  readonly configFile: string
  /** DER of the signers' certificates that were put on a new card. */
  readonly certificates: readonly Uint8Array[]
  /** PEM of the authority that issued the card. */
  readonly trustFile: string
  /** For `--data`. */
  readonly dataFolder: string
  readonly pin: string
  /** Where it was asked for (`watched`). */
  readonly watched: WatchedCard | undefined
  /** The token of a client. */
  token(client: string): string
  /** What callbacks to any client are signed with. */
  readonly callbackSecret: string
  stop(): Promise<void>
}

const pin = '123456'
const shipped = new URL('../../system/rootfs/etc/compulsa/compulsa.json', import.meta.url)

export async function startSite(options: SiteOptions): Promise<Site> {
  const folder = resolve(options.folder)
  await mkdir(folder, { recursive: true })
  const trustFile = join(folder, 'card-authority.pem')
  await using started = new AsyncDisposableStack()
  const trust = options.trustServices
    ? started.adopt(await createTrustServices({ now: options.now ?? Date.now }), one => one.stop())
    : undefined
  const seal = options.seal ? await startSiteSeal(folder, trust?.pki) : undefined
  if (seal !== undefined) started.adopt(seal.server, one => one.stop())
  const clave = options.clave && (await startSiteClave(folder, trust?.pki, { now: options.now ?? Date.now }))
  if (clave !== undefined) started.adopt(clave.server, one => one.stop())
  const printer = options.printer && (await startSitePrinter(join(folder, 'printed'), options.printer))
  if (printer) started.adopt(printer, one => one.stop())
  const made = await card(folder, trustFile, trust?.pki, options)
  const watched = options.watched ? await createWatchedCard(join(folder, 'reader')) : undefined
  const environment = { ...made.environment, ...watched?.environment }
  const scanner = started.adopt(await startEsclSimulator({ sheets: options.sheets }), one => one.stop())
  const receiver = started.adopt(await startReceiver({ folder: join(folder, 'received') }), one => one.stop())
  const caFile = join(folder, 'receiver-ca.pem')
  await writeFile(caFile, receiver.caPem)
  const configFile = join(folder, 'compulsa.json')
  const config = await configuration({
    scannerUrl: scanner.url,
    printerUrl: printer ? printer.url : undefined,
    receiverUrl: receiver.url,
    caFile,
    trustFile,
    tokenModule: watched?.modulePath ?? softHsmModule,
    environment,
    trust,
    seal,
    clave: clave && { ...clave, configuration: { ...clave.configuration, ...options.clave } },
  })
  const api = await apiConfiguration(folder, options)
  const over = typeof options.config === 'function' ? await options.config(trust) : options.config
  await writeFile(configFile, JSON.stringify({ ...config, ...api, ...over }, null, 2))
  const dataFolder = join(folder, 'kiosk')
  // A kiosk that was killed leaves to its next start what only a test knows will not come.
  started.defer(() => rm(scratchFolderOf(join(dataFolder, 'data')), { recursive: true, force: true }))
  const running = started.move()
  return {
    scanner,
    receiver,
    trust,
    seal: seal?.server,
    clave: clave?.server,
    printer: printer || undefined,
    configFile,
    certificates: made.certificates,
    trustFile,
    dataFolder,
    pin,
    watched,
    token: tokenOf,
    callbackSecret,
    stop: () => running.disposeAsync(),
  }
}

/** An official's card in a private SoftHSM2 token store. */
async function card(
  folder: string,
  trustFile: string,
  served: TestPki | undefined,
  { signers = ['good'], withoutCard = false, pinEachTime = false, watched = false }: SiteOptions,
): Promise<Pick<Site, 'certificates'> & { readonly environment: Record<string, string> }> {
  const tokenFolder = join(folder, 'card')
  if (served !== undefined) await rm(tokenFolder, { recursive: true, force: true })
  const environment = { SOFTHSM2_CONF: join(tokenFolder, 'softhsm2.conf') }
  if (existsSync(environment.SOFTHSM2_CONF)) return { environment, certificates: [] }
  const pki = served ?? (await createTestPki({ now: Date.now() }))
  const identities = await Promise.all(
    signers.map(kind => pki.signer({ kind, commonName: 'Núria Vidal i Serra (sample)' })),
  )
  await writeFile(trustFile, pem('CERTIFICATE', pki.root))
  if (withoutCard) return { environment: await emptyTokenStore(tokenFolder), certificates: [] }
  const token = await createSoftToken({
    folder: tokenFolder,
    label: 'Sample card',
    pin,
    entries: identities.map(identity => ({ identity, alwaysAuthenticate: pinEachTime })),
  })
  if (watched) {
    const other = await pki.signer({ commonName: 'Pere Mas Puig (sample)' })
    await createSoftToken({ folder: tokenFolder, label: 'Other card', pin, entries: [{ identity: other }] })
    await mkdir(join(folder, 'reader'), { recursive: true })
    await writeFile(join(folder, 'reader', 'inserted'), 'Sample card')
  }
  return { environment: token.environment, certificates: identities.map(({ certificate }) => certificate) }
}

async function emptyTokenStore(folder: string): Promise<Record<string, string>> {
  const tokens = join(folder, 'tokens')
  await mkdir(tokens, { recursive: true })
  const file = join(folder, 'softhsm2.conf')
  await writeFile(file, `directories.tokendir = ${tokens}\nobjectstore.backend = file\nlog.level = ERROR\n`)
  return { SOFTHSM2_CONF: file }
}

function tokenOf(client: string): string {
  return `a-token-of-${client}-that-is-long-enough`
}

const callbackSecret = `whsec_${Buffer.alloc(32, 'callback').toString('base64')}`

async function apiConfiguration(
  folder: string,
  { clients = [], clientSeals = {}, apiPort = 0, sessions }: SiteOptions,
): Promise<object> {
  if (clients.length === 0) return {}
  const named = clients.map(id => ({ id, tokenFile: join(folder, `${id}.token`), seals: clientSeals[id] ?? [] }))
  for (const { id, tokenFile } of named) await writeFile(tokenFile, `${tokenOf(id)}\n`, { mode: 0o600 })
  if (sessions === undefined) return { api: { port: apiPort, clients: named } }
  const { limits = {}, hosts = [] } = sessions
  const callbackSecretFile = join(folder, 'callback.secret')
  await writeFile(callbackSecretFile, `${callbackSecret}\n`, { mode: 0o600 })
  const told = named.map(client => ({ ...client, hosts, allowPrivate: hosts, callbackSecretFile }))
  return { api: { port: apiPort, clients: told, sessions: { resolution: 'Decret 12/2026', ...limits } } }
}

/** What certificates point to is on this machine, which is otherwise no place to ask. */
function trustConfiguration({ tsaUrl, base }: TrustServices) {
  return { timestamping: { url: tsaUrl }, revocation: { allowPrivate: [new URL(base).host] } }
}

interface Named {
  readonly scannerUrl: string
  readonly printerUrl: string | undefined
  readonly receiverUrl: string
  readonly caFile: string
  readonly trustFile: string
  readonly tokenModule: string
  readonly environment: Readonly<Record<string, string>>
  readonly trust: TrustServices | undefined
  readonly seal: SiteSeal | undefined
  readonly clave: SiteClave | undefined
}

/** The shipped configuration with simulated devices in it. */
async function configuration({
  scannerUrl,
  printerUrl,
  receiverUrl,
  caFile,
  trustFile,
  tokenModule,
  environment,
  trust,
  seal,
  clave,
}: Named): Promise<Record<string, unknown>> {
  const base: { body: { ine10: string }; procedures: readonly { signature: object }[] } = JSON.parse(
    await readFile(shipped, 'utf8'),
  )
  return {
    kiosk: { id: 'simulated-kiosk', port: 8080 },
    body: { ...base.body, verificationUrl: 'https://copies.example.org/check?reference={reference}' },
    devices: {
      scanners: [{ id: 'feeder', driver: 'escl', url: scannerUrl }],
      ...(printerUrl !== undefined && { printer: { url: printerUrl } }),
      tokenModules: [tokenModule],
      environment,
    },
    destinations: [{ id: 'archive', driver: 'https', url: receiverUrl, caFile }],
    trust: [trustFile, ...[seal, clave].flatMap(one => one?.trustFile ?? [])],
    ...(seal !== undefined && { seal: seal.configuration(base.body.ine10) }),
    ...(clave !== undefined && { clave: clave.configuration }),
    ...(trust !== undefined && trustConfiguration(trust)),
    procedures: [
      ...base.procedures,
      ...(seal === undefined ? [] : [sealedProcedure]),
      ...(clave === undefined ? [] : [claveProcedure]),
    ].map((procedure, i) => ({
      ...procedure,
      ...(trust !== undefined && i === 0 && { signature: { ...procedure.signature, level: 'LTA' } }),
      destinations: ['archive'],
    })),
  }
}
