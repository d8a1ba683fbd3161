// The papers of an order at the screen, without a screen; and what whoever looks after the kiosk hears of the card service.

import { expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { createPauses } from '../device/pauses.ts'
import { stand } from './97.counter.kit.ts'

it('whoever looks after the kiosk hears why nothing is bought, and has it tried again', async () => {
  const { desk, clock, shop, pass } = await stand()
  const config = { cards: { url: 'https://cards.example.org' } } as Parameters<typeof createPauses>[0]['config']
  const hosts = { paused: () => [], askNow: () => false, subscribe: () => () => undefined }
  const peers = { resting: async () => [], wake: async () => undefined }
  const queue = {} as Parameters<typeof createPauses>[0]['queue']
  const pauses = createPauses({ config, queue, hosts, peers, cards: desk, clock })
  await expect(pauses.askNow('cards.example.org:443')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  await desk.prices()
  shop.set('creditLow')
  await desk.order({ product: 'RINFIR', body: {} })
  await expect.poll(() => pauses.list()).toMatchObject([{ service: 'cards', code: 'CARD_CREDIT_LOW', copies: null }])
  const [pause] = await pauses.list()
  expect(Date.parse(pause?.until ?? '')).toBeGreaterThan(Date.parse(pause?.since ?? ''))
  shop.set('honest')
  await pauses.askNow('cards.example.org:443')
  await pass(0)
  expect(shop.sold()).toHaveLength(1)
  expect(await pauses.list()).toEqual([])
})

it('the papers of an order: each in its turn, silence while they are worked on is none, and a fault keeps the others', async () => {
  let ended: (signed: Uint8Array | null) => void = () => undefined
  let jammed = true
  const { counter, at, catalogue, fill, clock, pass, shop } = await stand({
    forms: () => ({
      sign: (_form, _order, end) => {
        ended = end
      },
    }),
    scanPaper: async () => {
      if (jammed) throw new Fault('SCANNER_JAM', 'a jam')
      return Buffer.from('%PDF-1.4')
    },
  })
  await catalogue()
  counter.choose('FIR')
  fill()
  expect(() => counter.papers()).toThrow()
  await counter.order(22.7)
  await pass(0)
  counter.papers()
  expect(() => counter.scan()).toThrow(/under way/)
  await expect.poll(() => at('papers')).toMatchObject({ pages: { form: 1, identity: 0 }, work: null, fault: null })
  expect(() => counter.scan()).toThrow(/form comes first/)
  await expect(counter.submit()).rejects.toThrow(/paper is missing/)
  counter.sign()
  expect([counter.busy(), at('papers').work]).toEqual([false, null])
  expect(() => counter.sign()).toThrow(/under way/)
  const passing = async (ms: number) => {
    const woken = clock.sleep(ms)
    clock.leap(ms)
    await woken
    await new Promise(resolve => setImmediate(resolve))
  }
  // Longer than the silence that ends a visit, and almost as long once more.
  await passing(100_000)
  await passing(80_000)
  ended(Buffer.from([0x30, 0x80]))
  await passing(60_000)
  expect(at('papers')).toMatchObject({ signed: true })
  expect(counter.busy()).toBe(true)
  counter.scan()
  await expect.poll(() => at('papers')).toMatchObject({ fault: 'SCANNER_JAM', signed: true, work: null })
  jammed = false
  counter.scan()
  await expect.poll(() => at('papers')).toMatchObject({ fault: null, pages: { identity: 1 } })
  await counter.submit()
  expect(at('order').order.papers).toMatch(/waiting|sent/)
  await pass(0)
  expect(shop.sold()[0]?.papers).toMatchObject([{ nome_modulo: 'modulo.pdf.p7m', nome_documento: 'documento.pdf' }])
  expect(() => counter.image('form', 1)).toThrow(/no page/)
})
