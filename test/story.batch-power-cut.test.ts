// kill -9 at many moments while a batch is taken in and while it is signed: what was acknowledged is there after each start,
// finished signatures stay byte for byte what they were, and nothing is signed in two ways.

import { createHash } from 'node:crypto'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../device/config/file.ts'
import { systemClock, systemRandom } from '../device/host.ts'
import { openStore } from '../device/store/store.ts'
import { type PoweredKiosk, power } from './power.kit.ts'
import { accept, done, enterPin, judged, type Program, programAt, takeUp, textBatch } from './requests.kit.ts'
import { freePort } from './sim/free-port.ts'
import { seededRandom } from './sim/paper.ts'
import { type Site, startSite } from './sim/site.ts'
import type { WatchedCard } from './sim/watched-card.ts'

const documents = 120
const cutsWhileSigning = 12
const cutsWhileTakenIn = 6

let folder: string
let site: Site
let ledger: Program
let card: WatchedCard
let id = ''
let running: PoweredKiosk | undefined

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-batch-power-'))
  const apiPort = await freePort()
  site = await startSite({ folder, sheets: [], watched: true, clients: ['ledger'], apiPort })
  if (site.watched === undefined) throw new Error('no watched card')
  card = site.watched
  ledger = programAt(`http://127.0.0.1:${apiPort}/`, site.token('ledger'))
})
afterAll(async () => {
  await running?.cut()
  await site.stop()
  await rm(folder, { recursive: true })
})

async function start(): Promise<PoweredKiosk> {
  const { cut, ...powered } = await power(site)
  const kiosk = {
    ...powered,
    async cut() {
      running = undefined
      await cut()
    },
  }
  running = kiosk
  return kiosk
}

/** Calls of a dying kiosk fail: what holds after the next start is what counts. */
async function untilCut(kiosk: PoweredKiosk, work: () => Promise<unknown>, ms: number): Promise<void> {
  const ended = work().catch(() => undefined)
  await delay(ms)
  await kiosk.cut()
  await ended
}

async function signing({ screen }: PoweredKiosk, total: number): Promise<void> {
  await takeUp(screen, id)
  await accept(screen)
  await enterPin(screen, site.pin)
  // Step by step: all of it may take longer than a screen waits for one thing.
  for (let step = 0; step < total; step += 50)
    await screen.until(({ request }) => (request?.done ?? 0) >= step, `${step} signed`)
  await screen.until(({ request }) => request?.stage === 'finished', 'all signed')
}

/** Starts, signs and is cut as often, each time within so many signatures of its life; gives how many were finished by then. */
async function signedThrough(cuts: number, total: number, within: number): Promise<number> {
  const random = seededRandom(20260302 + total)
  let signed = 0
  for (let life = 0; life < cuts; life++) {
    const kiosk = await start()
    const state = await ledger.state(id)
    expect(state).toMatchObject({ stage: 'waiting', total })
    expect(Number(state['signed'])).toBeGreaterThanOrEqual(signed)
    signed = Number(state['signed'])
    const before = card.signatures().length
    const ended = signing(kiosk, total).catch(() => undefined)
    const until = before + Math.floor(random() * within)
    for (let left = 2_000; left > 0 && card.signatures().length < until; left--) await delay(5)
    await delay(random() * 15)
    await kiosk.cut()
    await ended
  }
  return signed
}

describe('a batch that is being taken in', () => {
  it('is there once, whole, or not at all', async () => {
    const random = seededRandom(5)
    const batch = textBatch(documents, { later: 'x'.repeat(4_000_000) })
    const keyed = { 'idempotency-key': 'the-one' }
    for (let cuts = 0; cuts < cutsWhileTakenIn; cuts++)
      await untilCut(await start(), () => ledger.call('POST', '/api/v1/batches', batch, keyed), 20 + 250 * random())
    const kiosk = await start()
    const { status, body } = await ledger.call('POST', '/api/v1/batches', batch, keyed)
    expect([200, 201]).toContain(status)
    id = (body as { id: string }).id
    const { waiting } = await kiosk.screen.until(view => view.waiting?.length === 1, 'the batch')
    expect(waiting).toMatchObject([{ id, total: documents, done: 0 }])
    await kiosk.cut()
    const folders = await readdir(join(site.dataFolder, 'data', 'blobs'))
    expect(folders).toEqual([id])
  }, 120_000)
})

describe(`${cutsWhileSigning} cuts while it is signed`, () => {
  it('lose none that was finished, and the rest is signed after each start', async () => {
    card.slow(5)
    const signed = await signedThrough(cutsWhileSigning, documents, 10)
    expect(signed).toBeGreaterThan(cutsWhileSigning)
    expect(signed).toBeLessThan(documents)
  }, 180_000)

  it('and in the end the program has every signature, each valid', async () => {
    card.slow(0)
    const kiosk = await start()
    await signing(kiosk, documents)
    await done(kiosk.screen, '/screen/request/close')
    expect(await ledger.state(id)).toMatchObject({ stage: 'done', end: 'finished', signed: documents, failed: 0 })
    const told = await ledger.result(id)
    expect(told.map(({ result }) => result)).toEqual(Array(documents).fill('DONE_AND_SAVED'))
    for (const { signature } of told) await judged('CAdES', Buffer.from(signature ?? '', 'base64'))
    await kiosk.cut()
    const digests = told.map(({ signature = '' }) => createHash('sha256').update(signature, 'base64').digest('hex'))
    expect(signedByTrail(id)).toEqual(digests.map((sha256, item) => ({ item, sha256 })))
  }, 120_000)

  it('had the card sign nothing but the very same again', () => {
    const made = card.signatures()
    expect(new Set(made).size).toBe(documents)
    // At most the one in the card and the one behind it were not written down yet.
    expect(made.length).toBeLessThanOrEqual(documents + 2 * cutsWhileSigning)
  })

  it('left nothing on the disk that no batch refers to', async () => {
    const kiosk = await start()
    await kiosk.cut()
    expect(await readdir(join(site.dataFolder, 'data', 'blobs', id))).toHaveLength(documents + 1)
  })
})

describe('a batch of 1,000 documents that is cut three times', () => {
  const many = 1_000
  const cuts = 3

  it('is signed to its end, nothing of it in two ways', async () => {
    const before = card.signatures().length
    const first = await start()
    id = await ledger.leave(textBatch(many))
    await first.cut()
    expect(await signedThrough(cuts, many, 200)).toBeGreaterThan(0)
    const kiosk = await start()
    await signing(kiosk, many)
    const told = await ledger.result(id)
    await kiosk.cut()
    const digests = told.map(({ signature = '' }) => createHash('sha256').update(signature, 'base64').digest('hex'))
    expect(signedByTrail(id)).toEqual(digests.map((sha256, item) => ({ item, sha256 })))
    for (const { signature } of told.filter((_, number) => number % 50 === 0))
      await judged('CAdES', Buffer.from(signature ?? '', 'base64'))
    const made = card.signatures().slice(before)
    expect(new Set(made).size).toBe(many)
    expect(made.length).toBeLessThanOrEqual(many + 2 * cuts)
  }, 180_000)
})

/** What the audit trail says was signed, by item: one entry each. */
function signedByTrail(batch: string): readonly object[] {
  const { dataFolder, deviceKeyFile } = loadConfig({ configFile: site.configFile, dataFolder: site.dataFolder })
  const common = { clock: systemClock, random: systemRandom }
  const store = openStore({ folder: dataFolder, deviceKeyFile, ...common, readOnly: true })
  try {
    expect(store.audit.verify()).toMatchObject({ chain: 'intact' })
    const entries = store.audit.list({ limit: 10_000 }).filter(({ event }) => event === 'batchItemSigned')
    const told = entries.map(({ details }) => JSON.parse(details) as { batch: string; item: number; sha256: string })
    const items = told.filter(one => one.batch === batch)
    return items.sort((one, other) => one.item - other.item).map(({ item, sha256 }) => ({ item, sha256 }))
  } finally {
    store.close()
  }
}
