// The desk that serves pages, with the kiosk's real parts behind it and its port in front: a test is the page, and the person at
// the screen.

import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { PageSignRequest } from '../device/afirma/page-desk.ts'
import { loadConfig } from '../device/config/file.ts'
import { newIdFrom, systemRandom } from '../device/host.ts'
import type { RequestStage, RequestView } from '../device/http/view.ts'
import { readAnchors } from '../device/main.ts'
import { openRequests, type Requests } from '../device/requests/requests.ts'
import { openRooms } from '../device/rooms.ts'
import { openStore, type Store } from '../device/store/store.ts'
import { logInto } from './95.afirma.desk.ts'
import { createLeapingClock, type LeapingClock } from './sim/clock.ts'
import { type Site, type SiteOptions, startSite } from './sim/site.ts'

export const origin = 'https://sede.example.cat'

export interface PageStand {
  readonly site: Site
  readonly store: Store
  readonly requests: Requests
  readonly clock: LeapingClock
  /** Where pages may save and load files. */
  readonly folder: string
  readonly logged: readonly string[]
  /** Whether a copy is in hand that somebody works on. */
  copy: boolean
  view(): RequestView
  when(wanted: (view: RequestView) => boolean): Promise<RequestView>
  until(...stages: readonly RequestStage[]): Promise<RequestView>
  /** The person agrees and enters the PIN for the certificate that is shown. */
  agree(pin?: string): Promise<void>
  enterPin(pin?: string): Promise<unknown>
  /** Entries of the trail of this event, the newest last. */
  audited(event: string): readonly Readonly<Record<string, unknown>>[]
  stop(): Promise<void>
}

export async function startPageStand(
  options: Partial<SiteOptions> & {
    readonly serviceHost?: string
    readonly folder?: never
    /** What the desk is given in place of the store. */
    readonly around?: (store: Store) => Store
  } = {},
): Promise<PageStand> {
  const root = await mkdtemp(join(tmpdir(), 'compulsa-pages-'))
  const folder = join(root, 'stick')
  await mkdir(folder)
  const hosts = options.serviceHost === undefined ? [] : [options.serviceHost]
  const { serviceHost: _, around: wrapped = given => given, ...siteOptions } = options
  const site = await startSite({
    sheets: [],
    watched: true,
    ...siteOptions,
    folder: root,
    config: {
      autofirma: { origins: [origin], serviceHosts: hosts, folder, maxMegabytes: 1 },
      batches: { hosts, allowPrivate: hosts },
      ...siteOptions.config,
    },
  })
  const loaded = loadConfig({ configFile: site.configFile, dataFolder: site.dataFolder })
  const { config, dataFolder, deviceKeyFile } = loaded
  const clock = createLeapingClock()
  const logged: string[] = []
  const around = { clock, random: systemRandom, log: logInto(logged) }
  const store = openStore({ folder: dataFolder, deviceKeyFile, ...around, createKeyIfMissing: true })
  const scratchFolder = join(root, 'scratch')
  await mkdir(scratchFolder)
  const rooms = openRooms(config, scratchFolder, around)
  let copy = false
  const newId = () => newIdFrom(systemRandom)
  const anchors = await readAnchors(config)
  const parts = {
    config,
    rooms,
    store: wrapped(store),
    scratchFolder,
    newId,
    anchors,
    ...around,
    copyInHand: () => copy,
    screenUrl: () => 'http://127.0.0.1/',
  }
  const requests = await openRequests(parts)
  return {
    ...person(requests, site),
    site,
    store,
    requests,
    clock,
    folder,
    logged,
    get copy() {
      return copy
    },
    set copy(is: boolean) {
      copy = is
    },
    audited: event =>
      store.audit
        .list({ limit: 10_000 })
        .filter(entry => entry.event === event)
        .map(({ details }) => JSON.parse(details)),
    async stop() {
      await requests.stop()
      await rooms.stop()
      store.close()
      await site.stop()
      await rm(root, { recursive: true })
    },
  }
}

function person({ signing }: Requests, site: Site): Pick<PageStand, 'view' | 'when' | 'until' | 'agree' | 'enterPin'> {
  const view = () => signing.view() ?? fail('nothing is in hand')
  /** Sees every state that the desk tells of, however short it is. */
  const when = async (wanted: (view: RequestView) => boolean): Promise<RequestView> => {
    const { promise, resolve, reject } = Promise.withResolvers<RequestView>()
    const look = () => {
      const now = signing.view()
      if (now !== null && wanted(now)) resolve(now)
    }
    const unsubscribe = signing.subscribe(look)
    const deadline = setTimeout(() => reject(new Error(`not seen: ${JSON.stringify(signing.view())}`)), 10_000)
    try {
      look()
      return await promise
    } finally {
      clearTimeout(deadline)
      unsubscribe()
    }
  }
  const enterPin = async (pin = site.pin) => {
    const { card } = await when(one => one.card?.state === 'present')
    const [certificate] = card?.state === 'present' ? card.certificates : []
    if (certificate === undefined) throw new Error('the card holds no certificate')
    return signing.sign(certificate.tokenId, certificate.keyId, Buffer.from(pin))
  }
  return {
    view,
    when,
    until: (...stages) => when(({ stage }) => stages.includes(stage)),
    enterPin,
    async agree(pin) {
      await when(({ stage }) => stage === 'asking')
      signing.accept()
      expect(await enterPin(pin)).toEqual({ outcome: 'signed' })
    },
  }
}

function fail(message: string): never {
  throw new Error(message)
}

export function signRequest(over: Partial<PageSignRequest> = {}): PageSignRequest {
  return {
    origin,
    operation: 'sign',
    format: 'CAdES',
    algorithm: 'SHA256withRSA',
    extraParams: new Map(),
    data: Buffer.from('what a page wants signed'),
    ...over,
  }
}

/** A page that stays. */
export const staying = () => new AbortController().signal
