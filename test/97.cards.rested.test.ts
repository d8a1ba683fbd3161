// The card service is left alone like every other: after a few failures, whoever asks and whatever for, and seen to be; a
// credit that is used up is no failure of the service's.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { wireBody } from '../device/cards/order-body.ts'
import { createBreakers } from '../drivers/breakers.ts'
import { createOpenapiCardShop } from '../drivers/cardshop/openapi.ts'
import { cardSite, credentials, person } from './97.cards.kit.ts'
import { startCardShop } from './sim/cardshop.ts'

async function stand() {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-cardshop-'))
  const shop = await startCardShop({ now: () => 1_800_000_000_000 })
  onTestFinished(async () => {
    await shop.stop()
    await rm(folder, { recursive: true })
  })
  const time = { now: 0 }
  const breakers = createBreakers(() => time.now)
  const options = { url: shop.url, ...(await credentials(folder, shop)), now: () => time.now }
  const driver = createOpenapiCardShop(options, breakers)
  const names = { order: 'ORDER-1', kiosk: 'kiosk-17', callbackUrl: 'https://office.example.org/hook' }
  const body = Buffer.from(wireBody({ anagrafica: person }, { ...names, family: 'person' }))
  const host = new URL(shop.url).host
  return { shop, time, breakers, driver, host, order: () => driver.order('SMARTCARDCNS', body) }
}

it('an order whose answer is lost counts, and the next is not sent: it is later, not unknown', async () => {
  const { shop, time, breakers, driver, host, order } = await stand()
  shop.set('dropAfterAccept')
  for (let i = 0; i < 3; i += 1) expect(await order()).toMatchObject({ outcome: 'unknown' })
  expect(breakers.resting()).toMatchObject([{ service: 'cards', id: 'cards', host, code: 'DESTINATION_UNREACHABLE' }])
  shop.set('honest')
  const later = { outcome: 'later', code: 'DESTINATION_UNREACHABLE', retryAfterMs: 15_000 }
  const [sold, asked] = [shop.sold().length, shop.exchanges().length]
  expect(await order()).toMatchObject(later)
  expect(await driver.products()).toMatchObject(later)
  expect(await driver.form('5f7ef1e83a716836d3152662')).toMatchObject(later)
  expect([shop.sold().length, shop.exchanges().length]).toEqual([sold, asked])
  time.now += 15_000
  expect(await driver.products()).toMatchObject({ outcome: 'listed' })
  expect(breakers.resting()).toEqual([])
})

it('is not left alone for what it says of the kiosk, of a credit that is used up or of what it is asked', async () => {
  const { shop, breakers, driver, order } = await stand()
  shop.set('creditLow')
  for (let i = 0; i < 4; i += 1) expect(await order()).toMatchObject({ code: 'CARD_CREDIT_LOW' })
  shop.set('unauthorised')
  for (let i = 0; i < 4; i += 1) expect(await order()).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
  shop.set('honest')
  for (let i = 0; i < 4; i += 1) expect(await driver.request('no-such-id')).toEqual({ outcome: 'missing' })
  expect(breakers.resting()).toEqual([])
})

it('is asked at once where somebody has the orders looked at', async () => {
  const site = await cardSite()
  await site.desk.prices()
  site.shop.set('busy')
  const { id } = await site.desk.order({ product: 'SMARTCARDCNS', body: { anagrafica: person } })
  await expect.poll(() => site.desk.state().paused).toMatchObject({ code: 'DESTINATION_BUSY' })
  site.shop.set('honest')
  site.desk.poll()
  await site.until(id, 'placed')
  expect(site.shop.sold()).toHaveLength(1)
})
