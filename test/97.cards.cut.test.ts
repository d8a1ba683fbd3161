// The connection breaks after every single byte of an order's exchange, in each direction: at most one order is ever bought,
// and each ends placed, or with a person where certainly nothing was bought.

import { afterAll, describe, expect, it } from 'vitest'
import { cardSite, person } from './97.cards.kit.ts'
import { type CuttingProxy, type Direction, startCuttingProxy } from './sim/cutting-proxy.ts'

const minute = 60_000
const order = { product: 'SMARTCARDCNS', body: { anagrafica: person }, again: true }
/** Orders of one store. */
const chunk = 40
const outcomes = new Set<string>()

afterAll(() => {
  // Both ends were seen, or the cuts were none.
  expect([...outcomes].sort()).toEqual(['placed by answer', 'placed by look', 'undecided'])
})

interface Through {
  readonly plain: boolean
}

async function brokenSite({ plain }: Through) {
  let proxy: CuttingProxy | undefined
  const site = await cardSite({
    plain,
    inMemory: true,
    through: async ({ url }) => {
      const { port, protocol } = new URL(url)
      proxy = await startCuttingProxy(Number(port))
      return `${protocol}//127.0.0.1:${proxy.port}`
    },
  })
  if (proxy === undefined) throw new Error('no proxy')
  await site.desk.prices()
  return { site, proxy, plain }
}

type Broken = Awaited<ReturnType<typeof brokenSite>>

async function orderCutAt({ site, proxy, plain }: Broken, direction: Direction, after: number): Promise<void> {
  site.shop.reset()
  proxy.cut(direction, after)
  const { id } = await site.desk.order(order)
  const stage = () => site.desk.show(id).stage
  await site.pass(0)
  // Where there was no connection yet, it is certain that nothing was sent, and it is sent again.
  while (stage() === 'new') await site.pass(minute)
  if (stage() === 'unknown') await site.pass(6_000)
  if (stage() === 'unknown') await site.pass(10 * minute + 1, 11 * minute)
  const end = site.desk.show(id)
  const sold = site.shop.sold()
  const where = `${direction} ${after}`
  expect(['placed', 'undecided'], where).toContain(end.stage)
  expect(
    sold.map(one => one.id),
    where,
  ).toEqual(end.stage === 'placed' ? [end.remote?.id] : [])
  // Unlike TLS, TCP alone has connected by the time that the relay can break anything.
  if (plain) expect(end.attempts, where).toBe(1)
  outcomes.add(end.stage === 'placed' ? `placed by ${end.remote?.placedBy}` : end.stage)
  if (end.stage === 'undecided') await site.desk.decide(id, { decision: 'drop' })
  else {
    site.shop.move(end.remote?.id ?? '', 'evasa')
    site.desk.poll(id)
    await site.until(id, 'ended')
  }
}

/** Bytes of an exchange that nothing breaks. */
async function bytesOf(broken: Broken, direction: Direction): Promise<number> {
  const { site, proxy } = broken
  const { id } = await site.desk.order(order)
  await site.until(id, 'placed')
  return proxy.carried()[direction]
}

describe.each(['toServer', 'toClient'] as const)('a connection that breaks %s', direction => {
  it('after every byte of the exchange', { timeout: 300_000 }, async () => {
    let broken = await brokenSite({ plain: true })
    const all = await bytesOf(broken, direction)
    expect(all).toBeGreaterThan(900)
    for (let after = 0; after <= all; after += 1) {
      if (after % chunk === chunk - 1) {
        await broken.proxy.stop()
        broken = await brokenSite({ plain: true })
      }
      await orderCutAt(broken, direction, after)
    }
    await broken.proxy.stop()
  })

  it('after every 61st byte of TLS', { timeout: 120_000 }, async () => {
    const broken = await brokenSite({ plain: false })
    const all = await bytesOf(broken, direction)
    for (let after = 0; after <= all; after += 61) await orderCutAt(broken, direction, after)
    await broken.proxy.stop()
  })
})
