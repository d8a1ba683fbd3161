// A card desk on a store of its own, with the real driver, before the simulated service; hours pass by leaps.

import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import type { CardStage } from '../device/cards/order.ts'
import { newIdFrom, systemRandom } from '../device/host.ts'
import { type CardDesk, createCardDesk } from '../device/orders/desk.ts'
import type { CardOrderView } from '../device/orders/view.ts'
import type { CardShop, Log } from '../device/ports.ts'
import { openStore, type Store } from '../device/store/store.ts'
import { createBreakers } from '../drivers/breakers.ts'
import { createOpenapiCardShop, type OpenapiCardShopOptions } from '../drivers/cardshop/openapi.ts'
import { type CardShopOptions, type CardShopSimulator, startCardShop } from './sim/cardshop.ts'
import { createLeapingClock, type LeapingClock } from './sim/clock.ts'

/** Somebody who does not exist, as the service wants them. */
export const person = {
  nome: 'Alberta',
  cognome: 'Neri',
  email: 'a.neri@example.com',
  cellulare: '+39 349 0000018',
  codice_fiscale: 'NRELRT00T68L117D',
  data_nascita: '28/12/2000',
  sesso: 'F',
  comune_nascita: 'Terni',
  provincia_nascita: 'TR',
  nazione_nascita: 'Italia',
  indirizzo_residenza: 'via Rossi 2',
  comune_residenza: 'Terni',
  provincia_residenza: 'TR',
  cap_residenza: '05100',
  nazione_residenza: 'Italia',
  destinatario: 'Alberta Neri',
  indirizzo_spedizione: 'via Rossi 2',
  comune_spedizione: 'Terni',
  provincia_spedizione: 'TR',
  cap_spedizione: '05100',
  tipo_documento: 'patente',
  numero_documento: 'U1234567',
  soggetto_emittente: 'MCTC',
  data_emissione: '05/11/2019',
  data_scadenza: '12/12/2029',
}

/** As a person gives them, in their order; a fiscal code with the right check character, and dates as they come. */
export const given: Readonly<Record<string, string>> = {
  ...person,
  codice_fiscale: 'nrelrt 00t68 l117x',
  data_nascita: '28 12 2000',
  consegna: 'home',
  tipo_documento: 'licence',
  data_emissione: '5.11.2019',
}

export const delivery = {
  destinatario: 'Ajuntament de Mostra',
  email: 'compres@example.org',
  cellulare: '+34 600000000',
  indirizzo_spedizione: 'plaça Major 1',
  comune_spedizione: 'Mostra',
  provincia_spedizione: 'Barcelona',
  cap_spedizione: '08000',
}

export const papers = {
  form: { fileName: 'form.pdf.p7m', bytes: Buffer.from([0x30, 0x80, 1, 2, 3]) },
  document: { fileName: 'id.jpg', bytes: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 9]) },
}

export interface CardSite {
  readonly shop: CardShopSimulator
  readonly driver: CardShop
  readonly clock: LeapingClock
  readonly folder: string
  readonly logged: readonly string[]
  readonly store: Store
  readonly desk: CardDesk
  /** Closes desk and store and opens them again on the same data. */
  restart(): Promise<void>
  /** Sets the clock forward in steps, with time for what is due at each; 0 waits for what is due now. */
  pass(ms: number, step?: number): Promise<void>
  /** The order once it is at a stage. */
  until(id: string, stage: CardStage): Promise<CardOrderView>
}

export interface CardSiteOptions extends CardShopOptions {
  readonly callbackUrl?: string
  /** Where the driver goes in place of the simulator itself. */
  readonly through?: (shop: CardShopSimulator) => Promise<string>
  readonly wrap?: (driver: CardShop) => CardShop
  readonly erasePersonalDataDays?: number
  /** In memory, where what is tested is no medium and thousands of commits are made. */
  readonly inMemory?: boolean
}

const quick = 2

/** Goes with the test. */
export async function cardSite(options: CardSiteOptions = {}): Promise<CardSite> {
  const inMemory = options.inMemory === true && existsSync('/dev/shm')
  const folder = await mkdtemp(join(inMemory ? '/dev/shm' : tmpdir(), 'compulsa-cards-'))
  const clock = createLeapingClock()
  const shop = await startCardShop({ now: clock.now, ...options })
  const files = await credentials(folder, shop)
  const url = (await options.through?.(shop)) ?? shop.url
  const breakers = createBreakers(clock.now)
  const peers = { wake: async () => breakers.wake(new URL(url).host) }
  const made = createOpenapiCardShop({ url, ...files, deadlineMs: 20_000, now: clock.now }, breakers)
  const driver = options.wrap?.(made) ?? made
  const logged: string[] = []
  const note = (level: string) => (event: string, fields?: object) =>
    void logged.push(JSON.stringify({ level, event, ...fields }))
  const log: Log = { info: note('info'), warn: note('warn'), error: note('error') }
  const open = () => {
    const store = openStore({
      folder: join(folder, 'data'),
      deviceKeyFile: join(folder, 'device.key'),
      clock,
      random: systemRandom,
      createKeyIfMissing: true,
      reserveBytes: 0,
    })
    const cards = {
      url: shop.url,
      ...files,
      pollMinutes: 15,
      erasePersonalDataDays: options.erasePersonalDataDays ?? 30,
      screen: true,
      screenOptions: [],
      clients: [] as string[],
      ...(options.callbackUrl !== undefined && { callback: { url: options.callbackUrl, clients: [] } }),
    }
    const kiosk = { id: 'kiosk-17' } as CardDeskKiosk
    const parts = { config: { kiosk, cards }, store, shop: driver, peers, clock, random: systemRandom, log }
    const desk = createCardDesk({ ...parts, newId: () => newIdFrom(systemRandom) })
    desk.start()
    return { store, desk }
  }
  let running = open()
  const close = async () => {
    await running.desk.stop()
    running.store.close()
  }
  onTestFinished(async () => {
    await close()
    await shop.stop()
    await rm(folder, { recursive: true })
  })
  return {
    shop,
    driver,
    clock,
    folder,
    logged,
    get store() {
      return running.store
    },
    get desk() {
      return running.desk
    },
    async restart() {
      await close()
      running = open()
    },
    async pass(ms: number, step = 60_000) {
      if (ms === 0) await settled(running, clock)
      for (let left = ms; left > 0; left -= step) {
        clock.leap(Math.min(step, left))
        await settled(running, clock)
      }
    },
    until: async (id: string, stage: CardStage) => {
      if (running.desk.show(id).stage !== stage)
        await expect.poll(() => running.desk.show(id).stage, { interval: quick }).toBe(stage)
      return running.desk.show(id)
    },
  }
}

/** Until nothing is due that may be worked on. */
async function settled({ desk, store }: { desk: CardDesk; store: Store }, { now }: LeapingClock): Promise<void> {
  const working = () => {
    const live = store.cards.list({ stages: ['new', 'sending', 'unknown', 'placed'] })
    if (live.length === 0) return false
    const { paused, creditLow } = desk.state()
    return live.some(({ stage, wakeAt }) => {
      if (stage === 'sending') return true
      return paused === null && wakeAt !== null && wakeAt <= now() && !(stage === 'new' && creditLow !== null)
    })
  }
  while (working()) await new Promise(resolve => setTimeout(resolve, quick))
}

type CardDeskKiosk = Parameters<typeof createCardDesk>[0]['config']['kiosk']

/** Token and CA files as a kiosk has them. */
export async function credentials(
  folder: string,
  { token, caPem }: Pick<CardShopSimulator, 'token' | 'caPem'>,
): Promise<Pick<OpenapiCardShopOptions, 'tokenFile' | 'caFile'>> {
  const tokenFile = join(folder, 'cards.token')
  await writeFile(tokenFile, `${token}\n`, { mode: 0o600 })
  if (caPem === '') return { tokenFile }
  const caFile = join(folder, 'cards-ca.pem')
  await writeFile(caFile, caPem)
  return { tokenFile, caFile }
}
