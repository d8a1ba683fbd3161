// An order whose answer is lost, in every way in which it can be: it is looked for, a person decides where that does not
// settle it, and nothing is bought twice.

import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { cardSite, person } from './97.cards.kit.ts'
import type { CardShopPreset } from './sim/cardshop.ts'

const minute = 60_000
const day = 24 * 60 * minute
const order = { product: 'SMARTCARDCNS', body: { anagrafica: person, spedizione: 'veloce' } }

describe('an answer that is lost', () => {
  const kinds: readonly (readonly [CardShopPreset, number])[] = [
    ['dropAfterAccept', 1],
    ['error500AfterAccept', 1],
    ['truncatedAfterAccept', 1],
    ['html', 0],
    ['error500', 0],
    ['dropBeforeAccept', 0],
  ]

  it.each(kinds)('%s: is looked for, and nothing is bought twice', async (preset, bought) => {
    const site = await cardSite({ callbackUrl: 'https://office.example.org/hook' })
    await site.desk.prices()
    site.shop.set(preset, 1)
    const { id } = await site.desk.order(order)
    await site.until(id, 'unknown')
    expect(site.shop.sold()).toHaveLength(bought)
    await site.pass(12 * minute)
    if (bought === 1) expect(await site.until(id, 'placed')).toMatchObject({ remote: { placedBy: 'look' } })
    else
      expect(await site.until(id, 'undecided')).toMatchObject({
        undecided: { why: 'none' },
        looks: [expect.any(String), expect.any(String)],
      })
    await site.pass(2 * day, 60 * minute)
    expect(site.shop.sold()).toHaveLength(bought)
    expect(site.shop.exchanges().filter(one => one.method === 'POST').length).toBeLessThanOrEqual(1)
  })

  it('is not found by somebody else’s purchases, and is not asked about in less than ten minutes', async () => {
    const site = await cardSite()
    await site.desk.prices()
    site.shop.foreign('SMARTCARDCNS', { anagrafica: { ...person, codice_fiscale: 'RSSMRA80A01H501U' } })
    site.shop.set('dropBeforeAccept', 1)
    const { id } = await site.desk.order(order)
    await site.until(id, 'unknown')
    await site.pass(9 * minute)
    expect(site.desk.show(id)).toMatchObject({ stage: 'unknown', looks: [expect.any(String)] })
    await site.pass(2 * minute)
    await site.until(id, 'undecided')
  })

  it('a look that does not go through is no look', async () => {
    const site = await cardSite()
    await site.desk.prices()
    site.shop.set('dropBeforeAccept', 1)
    const { id } = await site.desk.order(order)
    await site.until(id, 'unknown')
    await site.shop.online(false)
    await site.pass(3 * 60 * minute)
    expect(site.desk.show(id)).toMatchObject({ stage: 'unknown', looks: [] })
    await site.shop.online(true)
    await site.pass(3 * 60 * minute)
    await site.until(id, 'undecided')
  })

  it('is found by the person and the time where the service gives nothing back; twice, and a person decides', async () => {
    const site = await cardSite()
    await site.desk.prices()
    site.shop.set('dropAfterAccept', 1)
    const { id } = await site.desk.order(order)
    await site.until(id, 'unknown')
    site.shop.set('noEcho')
    await site.pass(minute)
    expect(await site.until(id, 'placed')).toMatchObject({ remote: { placedBy: 'look' } })

    site.shop.set('dropAfterAccept', 1)
    const second = await site.desk.order({ ...order, again: true })
    await site.until(second.id, 'unknown')
    const other = site.shop.foreign('SMARTCARDCNS', { anagrafica: person })
    site.shop.set('noEcho')
    await site.pass(minute)
    expect(await site.until(second.id, 'undecided')).toMatchObject({
      undecided: { why: 'several', ids: [expect.any(String), other.id] },
    })
    const decided = await site.desk.decide(second.id, { decision: 'placed', remoteId: site.shop.sold()[1]?.id ?? '' })
    expect(decided).toMatchObject({ stage: 'placed', remote: { placedBy: 'person' } })
    const first = site.desk.show(id).remote?.id ?? ''
    await expect(site.desk.decide(second.id, { decision: 'placed', remoteId: first })).rejects.toMatchObject({
      code: 'STAGE_CONFLICT',
    })
  })

  it('is sent again only by a person, who may give it up too', async () => {
    const site = await cardSite()
    await site.desk.prices()
    site.shop.set('dropBeforeAccept', 1)
    const { id } = await site.desk.order(order)
    await site.until(id, 'unknown')
    await site.pass(12 * minute)
    await site.until(id, 'undecided')
    site.shop.set('dropBeforeAccept', 1)
    await site.desk.decide(id, { decision: 'send-again' })
    await site.until(id, 'unknown')
    await site.pass(12 * minute)
    await site.until(id, 'undecided')
    await site.desk.decide(id, { decision: 'send-again' })
    await site.until(id, 'placed')
    expect(site.shop.sold()).toHaveLength(1)
    await expect(site.desk.decide(id, { decision: 'send-again' })).rejects.toMatchObject({ code: 'STAGE_CONFLICT' })
    await expect(site.desk.decide(id, { decision: 'drop' })).rejects.toMatchObject({ code: 'STAGE_CONFLICT' })
  })

  it('a restart that finds it being sent looks for it', async () => {
    const held = Promise.withResolvers<void>()
    const site = await cardSite({
      wrap: driver => ({
        ...driver,
        // The order arrives, and the answer never does.
        order: async (code, body, signal) => {
          await driver.order(code, body)
          held.resolve()
          return new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason)))
        },
      }),
    })
    const { id } = await site.desk.order(order)
    await held.promise
    expect(site.desk.show(id).stage).toBe('sending')
    await site.restart()
    await site.until(id, 'placed')
    expect(site.desk.show(id)).toMatchObject({ attempts: 1, remote: { placedBy: 'look' } })
    expect(site.shop.sold()).toHaveLength(1)
  })

  it('a worker that is lost with it may have sent it', async () => {
    const site = await cardSite({
      wrap: driver => ({
        ...driver,
        order: async (code, body, signal) => {
          await driver.order(code, body, signal)
          throw new Fault('WORKER_LOST', 'the net worker stopped')
        },
      }),
    })
    const { id } = await site.desk.order(order)
    await site.until(id, 'unknown')
    await site.pass(minute)
    expect(await site.until(id, 'placed')).toMatchObject({ remote: { placedBy: 'look' } })
    expect(site.shop.sold()).toHaveLength(1)
  })

  it('a success that is told within the message is a success', async () => {
    const site = await cardSite()
    await site.desk.prices()
    site.shop.set('nestedAfterAccept', 1)
    const { id } = await site.desk.order(order)
    expect(await site.until(id, 'placed')).toMatchObject({ remote: { placedBy: 'answer' } })
  })
})
