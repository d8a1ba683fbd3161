// The card service through the net worker: what the driver says arrives as it was said, and what no driver could have said,
// such as a PIN beside a request, ends the worker's session.

import { randomBytes } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import type { CardRequest, CardShop } from '../device/ports.ts'
import { cardHandlers } from '../drivers/worker/card-handlers.ts'
import { type Channel, openChannel } from '../drivers/worker/channel.ts'
import { remoteCardShop } from '../drivers/worker/remote-cards.ts'
import { type Handler, type Handlers, serveChannel } from '../drivers/worker/serve.ts'
import { socketPair } from './20.worker.setup.ts'
import { papers } from './97.cards.kit.ts'

async function channelTo(handlers: Handlers): Promise<Channel> {
  const [near, far] = await socketPair()
  serveChannel({ input: far, output: far }, handlers)
  return openChannel({ input: near, output: near })
}

const request: CardRequest = {
  id: '5f7ef1e83a716836d3152662',
  productCode: 'FIR',
  state: 'in_riconoscimento',
  boughtAt: 1_800_000_000_000,
  shippedAt: null,
  tracking: null,
  envelope: null,
  device: null,
  formThere: false,
  documentThere: false,
  videoRecognition: false,
}
const marks = { order: 'X', fiscalCode: null, email: null, mobile: null }
const form = randomBytes(700_000)

const honest: CardShop = {
  products: async () => ({
    outcome: 'listed',
    products: [{ code: 'FIR', name: 'Smart Card', kind: 'Infocert', price: 22.7, blank: false }],
  }),
  order: async (_code, body) =>
    body.length > 300_000 ? { outcome: 'placed', request } : { outcome: 'unknown', detail: 'lost' },
  requests: async () => ({ outcome: 'listed', requests: Array.from({ length: 5_000 }, () => request) }),
  request: async id => (id === 'none' ? { outcome: 'missing' } : { outcome: 'found', request, marks }),
  form: async id => (id === 'none' ? { outcome: 'none' } : { outcome: 'form', bytes: form }),
  activation: async id => (id === 'none' ? { outcome: 'none' } : { outcome: 'code', code: 'jDy7A692DJcx5456' }),
  submit: async (_id, given) =>
    Buffer.from(given.form.bytes).equals(papers.form.bytes) && given.document.fileName === 'id.jpg'
      ? { outcome: 'taken', request }
      : { outcome: 'refused', detail: 'other papers', serviceError: null },
}

describe('through a channel', () => {
  it('everything arrives as it was said, also what is larger than a frame', async () => {
    const shop = remoteCardShop(await channelTo(cardHandlers(honest)))
    expect(await shop.products()).toEqual(await honest.products())
    expect(await shop.order('FIR', randomBytes(3_000_000))).toEqual({ outcome: 'placed', request })
    expect(await shop.order('FIR', randomBytes(10))).toEqual({ outcome: 'unknown', detail: 'lost' })
    expect(await shop.requests('FIR')).toEqual(await honest.requests('FIR'))
    expect(await shop.request('one')).toEqual({ outcome: 'found', request, marks })
    expect(await shop.request('none')).toEqual({ outcome: 'missing' })
    const told = await shop.form('one')
    expect(told.outcome === 'form' && form.equals(told.bytes)).toBe(true)
    expect(await shop.form('none')).toEqual({ outcome: 'none' })
    expect(await shop.activation('one')).toEqual({ outcome: 'code', code: 'jDy7A692DJcx5456' })
    expect(await shop.activation('none')).toEqual({ outcome: 'none' })
    expect(await shop.submit('one', papers)).toEqual({ outcome: 'taken', request })
  })

  it('without a service each call says so', async () => {
    const shop = remoteCardShop(await channelTo(cardHandlers(undefined)))
    await expect(shop.products()).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    await expect(shop.order('FIR', Buffer.alloc(1))).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })
})

describe('a worker that says what none may say', () => {
  const says = (method: string, answer: unknown, item?: Uint8Array): Handlers => {
    const handler: Handler = async (_params, { emit }) => {
      if (item !== undefined)
        await emit(
          null,
          (async function* () {
            yield item
          })(),
        )
      return answer
    }
    return new Map([[method, handler]])
  }
  const wrong: readonly (readonly [string, Handlers, (shop: CardShop) => Promise<unknown>])[] = [
    [
      'a PIN beside a request',
      says('card-request', { outcome: 'found', request: { ...request, pin: '1' }, marks }),
      shop => shop.request('a'),
    ],
    [
      'a person beside the marks',
      says('card-request', { outcome: 'found', request, marks: { ...marks, nome: 'A' } }),
      shop => shop.request('a'),
    ],
    ['an order in another way', says('card-order', { outcome: 'bought' }), shop => shop.order('FIR', Buffer.alloc(1))],
    [
      'a request whose id is a path',
      says('card-order', { outcome: 'placed', request: { ...request, id: '../x' } }),
      shop => shop.order('FIR', Buffer.alloc(1)),
    ],
    [
      'a list that is not JSON',
      says('card-products', { outcome: 'listed' }, Buffer.from('[')),
      shop => shop.products(),
    ],
    ['a list that is missing', says('card-requests', { outcome: 'listed' }), shop => shop.requests('FIR')],
    ['a form without its bytes', says('card-form', { outcome: 'form' }), shop => shop.form('a')],
  ]

  it.each(wrong)('%s: FRAME_INVALID, and its session is over', async (_what, handlers, ask) => {
    const channel = await channelTo(handlers)
    const failed = await ask(remoteCardShop(channel)).catch((thrown: unknown) => thrown)
    expect(failed).toBeInstanceOf(Fault)
    expect(failed).toMatchObject({ code: 'FRAME_INVALID' })
    expect(await channel.closed).toMatchObject({ code: 'FRAME_INVALID' })
  })
})
