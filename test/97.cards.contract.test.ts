// The driver of the card service against the published interface: what it sends is as published and recorded, what it reads
// are the published examples, and what it says of an answer never holds more than it should.

import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { wireBody } from '../device/cards/order-body.ts'
import type { CardShop } from '../device/ports.ts'
import { envelopeIn, marksIn, productsIn, requestIn, requestsIn } from '../drivers/cardshop/answers.ts'
import { createOpenapiCardShop } from '../drivers/cardshop/openapi.ts'
import { laterOf, refusalOf } from '../drivers/cardshop/outcomes.ts'
import { credentials, delivery, papers, person } from './97.cards.kit.ts'
import { activationCode, secrets } from './sim/cardshop.answers.ts'
import { type CardShopSimulator, startCardShop } from './sim/cardshop.ts'

const recordings = new URL('./recordings/cardshop/', import.meta.url)

async function service(): Promise<{ readonly shop: CardShopSimulator; readonly driver: CardShop }> {
  const folder = await mkdtemp(join(tmpdir(), 'compulsa-cardshop-'))
  const shop = await startCardShop({ now: () => 1_800_000_000_000 })
  onTestFinished(async () => {
    await shop.stop()
    await rm(folder, { recursive: true })
  })
  return { shop, driver: createOpenapiCardShop({ url: shop.url, ...(await credentials(folder, shop)) }) }
}

const names = { order: 'ORDER-1', kiosk: 'kiosk-17', callbackUrl: 'https://office.example.org/hook' }
const card = Buffer.from(wireBody({ anagrafica: person, spedizione: 'veloce' }, { ...names, family: 'person' }))
const batch = Buffer.from(wireBody({ anagrafica_spedizione: delivery, quantita: 50 }, { ...names, family: 'devices' }))

describe('what goes over the wire', () => {
  it('is as published, and as recorded', async () => {
    const { shop, driver } = await service()
    await driver.products()
    await driver.requests('SMARTCARDCNS')
    const placed = await driver.order('SMARTCARDCNS', card)
    const id = placed.outcome === 'placed' ? placed.request.id : ''
    await driver.order('SMARTCARDCNS_V', batch)
    await driver.order('RINFIR', Buffer.from(wireBody({}, { ...names, family: 'renewal' })))
    await driver.form(id)
    await driver.submit(id, papers)
    await driver.submit(id, papers)
    await driver.requests('SMARTCARDCNS')
    await driver.request(id)
    await driver.form('no-such-id')
    await driver.request('no-such-id')
    expect(shop.broken()).toEqual([])
    const recorded = `${JSON.stringify(shop.exchanges(), null, 2)}\n`
    await expect(recorded).toMatchFileSnapshot(new URL('exchanges.json', recordings).pathname)
  })

  it('a form that is refused in plain text is none, an empty list is a list', async () => {
    const { driver } = await service()
    expect(await driver.requests('FIR')).toEqual({ outcome: 'listed', requests: [] })
    expect(await driver.request('5f7ef1e83a716836d3152662')).toEqual({ outcome: 'missing' })
    expect(await driver.form('5f7ef1e83a716836d3152662')).toEqual({ outcome: 'none' })
    expect(await driver.form('bad')).toEqual({ outcome: 'none' })
  })

  it('nothing goes anywhere but to a plain https address, and no name leaves its place in a path', async () => {
    const { driver } = await service()
    for (const url of [
      'http://cards.example.org',
      'https://u:p@cards.example.org',
      'https://cards.example.org/x',
      'nothing',
    ])
      expect(() => createOpenapiCardShop({ url, tokenFile: 't' }), url).toThrow('CONFIG_INVALID')
    await expect(driver.request('../prodotti')).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    await expect(driver.order('FIR?x=1', card)).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
  })
})

describe('an order that is answered by anything but a purchase', () => {
  it.each([
    ['creditLow', { outcome: 'later', code: 'CARD_CREDIT_LOW' }],
    ['unauthorised', { outcome: 'later', code: 'CREDENTIALS_REFUSED' }],
    ['busy', { outcome: 'later', code: 'DESTINATION_BUSY', retryAfterMs: 120_000 }],
    ['error500', { outcome: 'unknown' }],
    ['html', { outcome: 'unknown' }],
    ['dropBeforeAccept', { outcome: 'unknown' }],
    ['dropAfterAccept', { outcome: 'unknown' }],
    ['truncatedAfterAccept', { outcome: 'unknown' }],
  ] as const)('%s', async (preset, expected) => {
    const { shop, driver } = await service()
    shop.set(preset, 1)
    expect(await driver.order('SMARTCARDCNS', card)).toMatchObject(expected)
  })

  it('is certainly not bought where there was no connection', async () => {
    const { shop, driver } = await service()
    await shop.online(false)
    expect(await driver.order('SMARTCARDCNS', card)).toMatchObject({
      outcome: 'later',
      code: 'DESTINATION_UNREACHABLE',
    })
    await shop.online(true)
    expect(await driver.order('NOTHING', Buffer.from('{}'))).toMatchObject({ outcome: 'refused' })
  })

  it('tells later, refused and unknown apart by status alone where the body is none', () => {
    const bare = (status: number) => ({ status, error: null })
    expect([401, 402, 403, 407, 429].every(status => laterOf(bare(status)) !== undefined)).toBe(true)
    expect([400, 404, 406, 422, 428].every(status => refusalOf(bare(status)) !== undefined)).toBe(true)
    for (const status of [200, 201, 202, 204, 301, 302, 408, 409, 425, 500, 502, 503, 504])
      expect([laterOf(bare(status)), refusalOf(bare(status))], String(status)).toEqual([undefined, undefined])
  })
})

describe('the published examples', () => {
  type Examples = Readonly<Record<string, { readonly value: { readonly data: unknown } }>>
  type Answer = {
    readonly content: { readonly 'application/json': { readonly examples?: Examples; readonly example?: unknown } }
  }
  const { paths } = JSON.parse(readFileSync(new URL('firmadigitale.openapi.json', recordings), 'utf8')) as {
    paths: Readonly<Record<string, Readonly<Record<string, { responses: Readonly<Record<string, Answer>> }>>>>
  }
  const answer = (path: string, method: string, status: string) =>
    paths[path]?.[method]?.responses[status]?.content['application/json']
  const examples = [
    ...Object.entries(answer('/richiesta/{codice_prodotto}', 'post', '200')?.examples ?? {}),
    ...Object.entries(answer('/richiesta/{id}', 'get', '200')?.examples ?? {}),
    ...Object.entries(answer('/richiesta/{id}', 'patch', '200')?.examples ?? {}),
  ]

  it('of requests are read, each of them', () => {
    expect(examples.length).toBeGreaterThan(15)
    for (const [name, { value }] of examples) {
      const request = requestIn(value.data)
      expect(request, name).toMatchObject({
        id: '5f7ef1e83a716836d3152662',
        state: expect.stringMatching(/^(in_|evasa)/),
      })
      // Also where it is written "1693574555,".
      expect(request?.boughtAt, name).toBeGreaterThan(1_500_000_000_000)
    }
  })

  it('of the list and the prices are read', () => {
    const list = answer('/richiesta', 'get', '200')?.example as { data: unknown }
    expect(requestsIn(list.data)).toMatchObject([{ id: '5f774d903a71681fce3c71d3' }, { state: 'evasa' }])
    const prices = answer('/prodotti', 'get', '200')?.example as { data: unknown }
    expect(productsIn(prices.data)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ code: 'SMARTCARDCNS_VIDEO', price: 57.9 }),
        expect.objectContaining({ code: 'KEY_V', blank: true }),
      ]),
    )
  })
})

describe('what is said of a request', () => {
  it('never holds a PIN, a code or the person, whatever the service sends', async () => {
    const { shop, driver } = await service()
    const placed = await driver.order('SMARTCARDCNS', card)
    const id = placed.outcome === 'placed' ? placed.request.id : ''
    shop.move(id, 'evasa')
    const found = await driver.request(id)
    expect(found).toMatchObject({
      request: { tracking: 'TRACK123456IT', device: '7420000123' },
      marks: { order: 'ORDER-1' },
    })
    for (const secret of Object.values(secrets)) expect(JSON.stringify([placed, found])).not.toContain(secret)
    expect(JSON.stringify([placed, found.outcome === 'found' ? found.request : null])).not.toMatch(/Neri|NRELRT/)
    expect(Object.keys(found.outcome === 'found' ? found.marks : {}).sort()).toEqual([
      'email',
      'fiscalCode',
      'mobile',
      'order',
    ])
  })

  it('holds the code of a renewal, or from abroad, only where it is asked for by itself', async () => {
    const { shop, driver } = await service()
    for (const [product, expected] of [
      ['RINFIR', { outcome: 'code', code: activationCode }],
      ['FIREST', { outcome: 'code', code: activationCode }],
      // Its credentials are a name to log in by, which is no code.
      ['KEYCNS_VIDEO', { outcome: 'none' }],
      ['SMARTCARDCNS', { outcome: 'none' }],
    ] as const) {
      const { id } = shop.foreign(product, { email: 'a@example.com', cellulare: '1' })
      shop.move(id, 'evasa')
      expect(await driver.activation(id), product).toEqual(expected)
      expect(JSON.stringify(await driver.request(id))).not.toContain(activationCode)
    }
    expect(await driver.activation('no-such-id')).toEqual({ outcome: 'none' })
    shop.set('unauthorised', 1)
    expect(await driver.activation(shop.sold()[0]?.id ?? '')).toMatchObject({ code: 'CREDENTIALS_REFUSED' })
  })

  it('is nothing where nothing can be read', () => {
    const bytes = (text: string) => Buffer.from(text)
    for (const text of ['', '<html>', '[]', 'null', '"x"', '{}', '{"a":1}'])
      expect(envelopeIn(bytes(text)), text).toBeUndefined()
    for (const data of [
      null,
      [],
      {},
      { id: 'a' },
      { stato: 'x' },
      { id: '../x', stato: 'x' },
      { id: 'a', stato: 'x\u0000' },
    ])
      expect(requestIn(data), JSON.stringify(data)).toBeUndefined()
    expect(marksIn(null)).toEqual({ order: null, fiscalCode: null, email: null, mobile: null })
    expect(requestsIn({})).toBeUndefined()
    expect(requestsIn([{ _id: 'a', stato: 'x' }, { stato: 'no id' }, 4])).toHaveLength(1)
    expect(
      productsIn([{ codice_prodotto: 'FIR', prezzo: '22.7' }, { codice_prodotto: 'X', prezzo: -1 }, null]),
    ).toHaveLength(1)
  })
})
