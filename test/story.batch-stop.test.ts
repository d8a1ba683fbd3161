// A batch that does not run to its end: refused, stopped midway, left by whoever began it, or stopped by its first failure. What
// is signed stays signed where it can be used, and nothing is signed twice.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { base64 } from './93.batch.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import {
  accept,
  done,
  enterPin,
  judged,
  type Program,
  program,
  requestIn,
  signAll,
  takeUp,
  textBatch,
  until,
} from './requests.kit.ts'
import type { WatchedCard } from './sim/watched-card.ts'

let kiosk: Kiosk
let ledger: Program
let card: WatchedCard
beforeAll(async () => {
  kiosk = await startKiosk({ sheets: [], watched: true, clients: ['ledger'] })
  if (kiosk.site.watched === undefined) throw new Error('no watched card')
  ledger = program(kiosk)
  card = kiosk.site.watched
})
afterAll(() => kiosk.stop())

/** A batch that is being signed, so slowly that some of it is still to be signed whatever happens. */
async function midway(count: number, signed: number): Promise<string> {
  card.slow(60)
  const id = await ledger.leave(textBatch(count))
  await takeUp(kiosk.screen, id)
  await accept(kiosk.screen)
  expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
  await kiosk.screen.until(view => requestIn(view).done >= signed, `${signed} signed`)
  return id
}

const results = async (id: string) => (await ledger.result(id)).map(({ result }) => result)

describe('a batch that the person does not want', () => {
  it('is done, and nothing of it was signed', async () => {
    const before = card.signatures().length
    const id = await ledger.leave(textBatch(2))
    await takeUp(kiosk.screen, id)
    await done(kiosk.screen, '/screen/request/refuse')
    await kiosk.screen.until(view => view.request === undefined, 'nothing in hand')
    expect(await ledger.state(id)).toMatchObject({ stage: 'done', end: 'refused', signed: 0, failed: 0 })
    expect(await results(id)).toEqual(['SKIPPED', 'SKIPPED'])
    expect(await ledger.call('GET', `/api/v1/batches/${id}/signatures/doc-0`)).toMatchObject({ status: 404 })
    expect(card.signatures()).toHaveLength(before)
  })

  it('may be refused with the card question open too', async () => {
    const id = await ledger.leave(textBatch(1))
    await takeUp(kiosk.screen, id)
    await accept(kiosk.screen)
    await done(kiosk.screen, '/screen/request/refuse')
    expect(await ledger.state(id)).toMatchObject({ stage: 'done', end: 'refused' })
  })
})

describe('a batch that is stopped midway', () => {
  it('keeps what is signed, leaves the rest, and tells both', async () => {
    const id = await midway(20, 3)
    const answer = await ledger.call('GET', `/api/v1/batches/${id}/result`)
    expect(answer).toMatchObject({ status: 409, body: { code: 'STAGE_CONFLICT' } })
    await done(kiosk.screen, '/screen/request/stop')
    const request = await until(kiosk.screen, 'finished')
    const state = await ledger.state(id)
    expect(state).toMatchObject({ stage: 'done', end: 'stopped', signed: request.done, failed: 0 })
    expect(request.done).toBeLessThan(20)
    expect(request.documents.filter(one => one.state === 'skipped')).toHaveLength(20 - request.done)
    const told = await ledger.result(id)
    for (const { id: item, result, signature, description } of told) {
      if (result === 'DONE_AND_SAVED') await judged('CAdES', Buffer.from(signature ?? '', 'base64'))
      else expect([item, result, description]).toEqual([item, 'SKIPPED', 'stopped before it was signed'])
    }
    expect(told.filter(({ result }) => result === 'DONE_AND_SAVED')).toHaveLength(request.done)
    await done(kiosk.screen, '/screen/request/close')
  })
})

describe('a batch that is left midway', () => {
  it('waits again with what is signed of it, is taken up again, and no signature is made twice', async () => {
    const before = card.signatures().length
    const id = await midway(12, 2)
    card.pull()
    const paused = await until(kiosk.screen, 'paused')
    expect(paused.fault).toBe('TOKEN_REMOVED')
    kiosk.clock.leap(600_000)
    await kiosk.screen.until(view => view.request === undefined, 'nothing in hand')
    const { waiting } = await kiosk.screen.until(view => view.waiting?.length === 1, 'it waits again')
    const kept = Number((await ledger.state(id))['signed'])
    expect(waiting).toMatchObject([{ id, total: 12, done: kept }])
    expect(await ledger.state(id)).toMatchObject({ stage: 'waiting', end: null, expiresAt: expect.any(String) })
    card.insert('Sample card')
    card.slow(0)
    expect(await takeUp(kiosk.screen, id)).toMatchObject({ done: kept, total: 12 })
    await accept(kiosk.screen)
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    expect(await until(kiosk.screen, 'finished')).toMatchObject({ done: 12, failed: 0 })
    expect(await results(id)).toEqual(Array(12).fill('DONE_AND_SAVED'))
    const made = card.signatures().slice(before)
    expect(new Set(made).size).toBe(12)
    expect(made).toHaveLength(12)
  })

  it('is not ended by silence while it is being signed', async () => {
    const id = await midway(8, 1)
    kiosk.clock.leap(600_000)
    expect(await until(kiosk.screen, 'finished')).toMatchObject({ done: 8 })
    expect(await ledger.state(id)).toMatchObject({ end: 'finished' })
  })

  it('waits again where nobody has even read it', async () => {
    const id = await ledger.leave(textBatch(1))
    await takeUp(kiosk.screen, id)
    kiosk.clock.leap(600_000)
    await kiosk.screen.until(view => view.waiting?.some(one => one.id === id) === true, 'it waits again')
    expect(await ledger.call('DELETE', `/api/v1/batches/${id}`)).toMatchObject({ status: 204 })
    await kiosk.screen.until(view => view.waiting?.length === 0, 'it waits no more')
    expect(await ledger.call('DELETE', `/api/v1/batches/${id}`)).toMatchObject({ status: 404 })
  })
})

describe('a batch that stops on error', () => {
  it('is all or nothing: what was signed by then is not given out', async () => {
    card.slow(0)
    const singlesigns = [
      { id: 'first', datareference: base64('one') },
      { id: 'broken', datareference: base64('no pdf'), format: 'PAdES' },
      ...Array.from({ length: 6 }, (_, n) => ({ id: `later-${n}`, datareference: base64(`${n}`) })),
    ]
    const id = await ledger.leave(textBatch(0, { stoponerror: true, singlesigns }))
    const request = await signAll(kiosk.screen, kiosk.site, id)
    expect(request).toMatchObject({ failed: 1 })
    expect(request.done).toBeLessThan(7)
    expect(await results(id)).toEqual(['SKIPPED', 'ERROR_PRE', ...Array(6).fill('SKIPPED')])
    expect(await ledger.call('GET', `/api/v1/batches/${id}/signatures/first`)).toMatchObject({ status: 404 })
  })
})

describe('what is touched twice', () => {
  it('is done once: one PIN is one try at the card', async () => {
    const id = await ledger.leave(textBatch(3))
    await takeUp(kiosk.screen, id)
    await accept(kiosk.screen)
    const pins = await Promise.all(['000000', '000000'].map(pin => enterPin(kiosk.screen, pin)))
    expect(pins).toContainEqual({ outcome: 'refused', code: 'PIN_WRONG', tries: 'few' })
    expect(pins).toContainEqual(expect.objectContaining({ code: 'STAGE_CONFLICT' }))
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    await until(kiosk.screen, 'finished')
    await done(kiosk.screen, '/screen/request/close')
  })
})
