// Orders of cards by other programs, over the simulated service: who may, the same key the same order for ever, whose orders
// are whose, and that nothing of the person or the card is told to anybody.

import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { parseConfig } from '../device/config/config.ts'
import { apiStand, card, wirePapers } from './97.cards.api.kit.ts'
import { delivery, person } from './97.cards.kit.ts'
import { activationCode, secrets } from './sim/cardshop.answers.ts'

describe('a program', () => {
  it('reads prices, orders, fetches the form, hands the papers in and follows it to the tracking number', async () => {
    const { call, shop, pass, until, logged } = await apiStand()
    const listed = await call('office', 'GET', 'products')
    expect(listed.body).toMatchObject({ fetchedAt: expect.stringMatching(/Z$/), stale: null, vat: 'excluded' })
    expect(listed.body.products).toContainEqual(
      expect.objectContaining({ code: 'SMARTCARDCNS', price: 25.7, blank: false, fields: 'person' }),
    )
    const placed = await call('office', 'POST', 'orders', card, randomUUID())
    const { id, url } = placed.body
    expect([placed.status, placed.location, url]).toEqual([201, url, `/api/v1/cards/orders/${id}`])
    await until(id, 'placed')
    expect((await call('office', 'GET', `orders/${id}`)).body).toMatchObject({
      stage: 'placed',
      price: { amount: 25.7 },
      wantsForm: true,
      request: { id: shop.sold()[0]?.id, state: 'in_riconoscimento', tracking: null },
    })
    expect((await call('office', 'GET', `orders/${id}/form`)).text).toMatch(/^%PDF-/)
    const submitted = await call('office', 'POST', `orders/${id}/submit`, wirePapers)
    expect([submitted.status, submitted.body.papers]).toEqual([202, 'waiting'])
    await pass(0)
    expect(shop.sold()[0]?.papers).toMatchObject([{ nome_modulo: 'form.pdf.p7m', nome_documento: 'id.jpg' }])
    expect((await call('office', 'POST', `orders/${id}/submit`, wirePapers)).status).toBe(409)
    shop.move(shop.sold()[0]?.id ?? '', 'evasa')
    await pass(6 * 3_600_000, 900_000)
    const end = await call('office', 'GET', `orders/${id}`)
    expect(end.body).toMatchObject({
      stage: 'ended',
      request: { tracking: 'TRACK123456IT', envelope: 'BUSTA-0042', device: '7420000123' },
    })
    const told = [listed.text, placed.text, submitted.text, end.text, ...logged].join('\n')
    for (const secret of [...Object.values(secrets), person.codice_fiscale, person.cognome, person.email])
      expect(told).not.toContain(secret)
    expect(shop.broken()).toEqual([])
  })

  it('orders what wants the identity document at once, and hands in the form alone', async () => {
    const { call, shop, pass, until } = await apiStand()
    const { document, form } = wirePapers
    const enclosed = { documento: document?.base64, nome_documento: 'id.jpg' }
    const aruba = { product: 'SCARUBACNS', body: { anagrafica: person, ...enclosed } }
    const { id } = (await call('office', 'POST', 'orders', aruba, randomUUID())).body
    await until(id, 'placed')
    expect(shop.sold()[0]?.body).toMatchObject(enclosed)
    // The same with another scan is the same.
    const rescanned = { ...aruba, body: { ...aruba.body, documento: 'JVBERi0xLjQ=' } }
    expect((await call('office', 'POST', 'orders', rescanned, randomUUID())).status).toBe(409)
    expect((await call('office', 'GET', `orders/${id}`)).body).toMatchObject({
      wantsForm: true,
      documentEnclosed: true,
      recognisable: true,
    })
    expect((await call('office', 'POST', `orders/${id}/submit`, { form })).status).toBe(202)
    await pass(0)
    expect(shop.sold()[0]?.papers).toMatchObject([{ nome_modulo: 'form.pdf.p7m', ...enclosed }])
    const plain = (await call('office', 'POST', 'orders', card, randomUUID())).body.id
    await until(plain, 'placed')
    expect((await call('office', 'POST', `orders/${plain}/submit`, { form })).body.detail).toMatch(/^document: none/)
    for (const documento of ['', 'AAAA'])
      expect(
        (await call('office', 'POST', 'orders', { ...aruba, body: { ...aruba.body, documento } }, randomUUID())).status,
      ).toBe(400)
    expect(shop.broken()).toEqual([])
  })

  it('has the state asked for now, and fetches the code that was bought, which is nowhere else', async () => {
    const { call, shop, pass, store, logged } = await apiStand()
    const { id } = (await call('office', 'POST', 'orders', card, randomUUID())).body
    expect((await call('office', 'GET', `orders/${id}/activation`)).status).toBe(404)
    await pass(0)
    shop.move(shop.sold()[0]?.id ?? '', 'in_lavorazione')
    expect((await call('office', 'POST', `orders/${id}/poll`)).status).toBe(202)
    await pass(0)
    expect((await call('office', 'GET', `orders/${id}`)).body.request.state).toBe('in_lavorazione')
    const asked = shop.exchanges().length
    await call('office', 'POST', `orders/${id}/poll`)
    await pass(0)
    expect(shop.exchanges()).toHaveLength(asked)
    const renewal = (await call('office', 'POST', 'orders', { product: 'RINCNS', body: {} }, randomUUID())).body.id
    await pass(0)
    const end = await call('office', 'GET', `orders/${renewal}`)
    expect(end.body).toMatchObject({ stage: 'ended', hasActivation: true })
    expect((await call('other', 'GET', `orders/${renewal}/activation`)).status).toBe(404)
    const code = await call('office', 'GET', `orders/${renewal}/activation`)
    expect([code.status, code.body]).toEqual([200, { code: activationCode }])
    const kept = store.cards.list().map(one => store.cards.load(one.id))
    expect(JSON.stringify([kept, store.audit.list({}), logged, end])).not.toContain(activationCode)
  })

  it('orders once by one key, whatever happens between: a repeat, a race, a restart, an answer that was lost', async () => {
    const { call, shop, restart, pass } = await apiStand()
    const key = randomUUID()
    const atOnce = (asked: object) => Promise.all([1, 2, 3].map(() => call('office', 'POST', 'orders', asked, key)))
    // The price list is read meanwhile.
    const first = await atOnce(card)
    expect(first.map(one => one.status).sort()).toEqual([200, 200, 201])
    const { id } = first[0]?.body ?? {}
    expect(new Set(first.map(one => one.body.id))).toEqual(new Set([id]))
    await pass(0)
    expect(shop.sold()).toHaveLength(1)
    await restart()
    await pass(25 * 3_600_000, 3_600_000)
    const lists = () => shop.exchanges().filter(one => one.path === '/prodotti').length
    const before = lists()
    const again = await call('office', 'POST', 'orders', card, key.toUpperCase())
    expect([again.status, again.body.id, again.body.stage, lists()]).toEqual([200, id, 'placed', before])
    const other = { ...card, body: { anagrafica: { ...person, nome: 'Berta' } } }
    expect(await call('office', 'POST', 'orders', other, key)).toMatchObject({
      status: 422,
      body: { code: 'IDEMPOTENCY_KEY_REUSED', detail: expect.stringContaining(id) },
    })
    expect((await call('office', 'POST', 'orders', card, randomUUID())).body.detail).toContain(id)
    shop.set('dropAfterAccept', 1)
    const lost = randomUUID()
    const twice = await call('office', 'POST', 'orders', { ...card, again: true }, lost)
    expect(twice.status).toBe(201)
    await pass(60_000, 10_000)
    const found = await call('office', 'POST', 'orders', { ...card, again: true }, lost)
    expect([found.status, found.body.id, found.body.stage]).toEqual([200, twice.body.id, 'placed'])
    expect(shop.sold()).toHaveLength(2)
  })

  it('orders nothing by a key whose order was erased', async () => {
    const { call, shop, pass, store } = await apiStand({ erasePersonalDataDays: 1 })
    const key = randomUUID()
    const renewal = { product: 'RINFIR', body: {} }
    const { id } = (await call('office', 'POST', 'orders', renewal, key)).body
    await pass(2 * 24 * 3_600_000, 6 * 3_600_000)
    await expect.poll(() => store.cards.load(id)?.erased).toBe(true)
    expect((await call('office', 'POST', 'orders', renewal, key)).body).toMatchObject({ code: 'STAGE_CONFLICT' })
    expect((await call('office', 'GET', `orders/${id}`)).status).toBe(404)
    expect(shop.sold()).toHaveLength(1)
  })

  it('sees its own orders only, and not even by whom the same was ordered', async () => {
    const { call, desk, shop, pass, store } = await apiStand()
    const { id } = (await call('office', 'POST', 'orders', card, randomUUID())).body
    const atScreen = await desk.order({ product: 'LETTORE', body: { anagrafica_spedizione: delivery } })
    expect((await call('other', 'GET', 'orders')).body).toEqual({ orders: [] })
    expect((await call('office', 'GET', 'orders')).body.orders.map((one: { id: string }) => one.id)).toEqual([id])
    for (const foreign of [id, atScreen.id, 'nothing'])
      for (const [method, path, body] of [
        ['GET', `orders/${foreign}`],
        ['GET', `orders/${foreign}/form`],
        ['POST', `orders/${foreign}/submit`, wirePapers],
      ] as const)
        expect((await call('other', method, path, body)).status, path).toBe(404)
    const same = await call('other', 'POST', 'orders', card, randomUUID())
    expect(same.body).toMatchObject({ code: 'STAGE_CONFLICT', detail: 'the same is ordered already' })
    const video = { product: 'VIDEORIC', body: { id } }
    await pass(0)
    expect((await call('other', 'POST', 'orders', video, randomUUID())).status).toBe(201)
    await pass(0)
    expect(shop.sold().map(one => one.videoriconoscimento)).toEqual([false, false])
    const ordered = store.audit.list({ event: 'cardOrdered' }).map(one => one.details)
    expect(ordered.map(one => JSON.stringify(one).includes('office'))).toEqual([true, false, false])
  })

  it('that is not named may do nothing of it, and what is no order costs nothing', async () => {
    const { call, shop } = await apiStand()
    for (const [method, path, body] of [
      ['GET', 'products'],
      ['GET', 'orders'],
      ['POST', 'orders', card],
      ['GET', 'orders/x'],
      ['GET', 'orders/x/form'],
      ['POST', 'orders/x/submit', wirePapers],
      ['POST', 'callback', {}],
    ] as const)
      expect((await call('reader', method, path, body, randomUUID())).status, path).toBe(403)
    expect((await call('office', 'POST', 'callback', {})).status).toBe(403)
    expect((await call('office', 'POST', 'orders', card)).body.detail).toContain('Idempotency-Key')
    expect((await call('office', 'POST', 'orders', card, 'order-1')).status).toBe(400)
    const wrong = [
      { ...card, price: 1 },
      { product: 'SMARTCARDCNS', body: { anagrafica: { ...person, cap_residenza: '' } } },
      '{"codice_fiscale": "NRELRT',
      '',
    ]
    for (const body of wrong) {
      const refused = await call('office', 'POST', 'orders', body, randomUUID())
      expect(refused.status, refused.text).toBe(400)
      expect(refused.text).not.toMatch(/NRELRT|Neri/)
    }
    expect((await call('office', 'POST', 'orders', { ...card, product: 'NOTHING' }, randomUUID())).status).toBe(404)
    expect(shop.sold()).toEqual([])
  })
})

it('clients that do not exist are told by the configuration', () => {
  const cards = { url: 'https://cards.example.org', tokenFile: '/x', clients: ['nobody'] }
  const least = {
    body: { name: { ca: 'Ajuntament' }, ine10: '9821920002', dir3: 'L01080193' },
    procedures: [{ id: 'copy', title: { ca: 'Còpia' } }],
  }
  expect(() => parseConfig({ ...least, cards })).toThrow(/cards\.clients names nobody/)
})
