// Orders of cards before the simulated service: from the order to the tracking number, offline first and online later.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { cardSite, delivery, papers, person } from './97.cards.kit.ts'

const minute = 60_000
const order = { product: 'SMARTCARDCNS', body: { anagrafica: person, spedizione: 'veloce' } }

describe('an order', () => {
  it('goes from the price list to the tracking number, by looks', async () => {
    const site = await cardSite({ callbackUrl: 'https://office.example.org/hook' })
    const prices = await site.desk.prices()
    expect(prices).toMatchObject({
      stale: null,
      products: expect.arrayContaining([expect.objectContaining({ code: 'FIR', price: 22.7 })]),
    })
    const { id, price } = await site.desk.order(order)
    expect(price).toEqual({ amount: 25.7, fetchedAt: prices.fetchedAt })
    const placed = await site.until(id, 'placed')
    expect(placed).toMatchObject({ wantsForm: true, remote: { state: 'in_riconoscimento', placedBy: 'answer' } })
    const [sold] = site.shop.sold()
    expect(sold?.body).toMatchObject({
      spedizione: 'veloce',
      anagrafica: { ...person, note: `[compulsa ${id}]` },
      callback: {
        url: 'https://office.example.org/hook',
        method: 'JSON',
        field: 'data',
        data: { kiosk: 'kiosk-17', order: id },
      },
    })
    expect(Buffer.from(await site.desk.form(id)).toString()).toMatch(/^%PDF-/)
    await site.desk.submit(id, papers)
    await expect.poll(() => site.desk.show(id)).toMatchObject({ wantsForm: false, papers: { state: 'sent' } })
    expect(sold?.papers).toEqual([
      { modulo: 'MIABAgM=', nome_modulo: 'form.pdf.p7m', documento: '/9j/4Ak=', nome_documento: 'id.jpg' },
    ])
    site.shop.move(sold?.id ?? '', 'in_lavorazione')
    await site.pass(40 * minute)
    await expect.poll(() => site.desk.show(id).remote?.state).toBe('in_lavorazione')
    site.shop.move(sold?.id ?? '', 'evasa')
    await site.pass(60 * minute)
    const ended = await site.until(id, 'ended')
    expect(ended.remote).toMatchObject({ tracking: 'TRACK123456IT', envelope: 'BUSTA-0042', device: '7420000123' })
    expect(site.shop.broken()).toEqual([])
  })

  it('is taken while nothing can be reached, by the prices of before, and sent later', async () => {
    const site = await cardSite()
    await expect(site.desk.prices()).resolves.toMatchObject({ stale: null })
    await site.shop.online(false)
    expect(await site.desk.prices()).toMatchObject({ stale: { code: 'DESTINATION_UNREACHABLE' } })
    const { id } = await site.desk.order(order)
    await expect.poll(() => site.desk.show(id).lastFault?.code).toBe('DESTINATION_UNREACHABLE')
    expect(site.desk.show(id).stage).toBe('new')
    expect(site.desk.state().paused?.code).toBe('DESTINATION_UNREACHABLE')
    await site.restart()
    await site.shop.online(true)
    await site.pass(10 * minute)
    await site.until(id, 'placed')
    expect(site.shop.sold()).toHaveLength(1)
  })

  it('is refused without a price list, for what is not on it, and where the same is under way', async () => {
    const site = await cardSite()
    await site.shop.online(false)
    await expect(site.desk.order(order)).rejects.toMatchObject({ code: 'DESTINATION_UNREACHABLE' })
    await site.shop.online(true)
    await expect(site.desk.order({ ...order, product: 'NONE' })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    const { id } = await site.desk.order(order)
    await expect(site.desk.order(order)).rejects.toMatchObject({
      code: 'STAGE_CONFLICT',
      detail: expect.stringContaining(id),
    })
    await site.until(id, 'placed')
    await site.restart()
    await expect(site.desk.order(order)).rejects.toMatchObject({ code: 'STAGE_CONFLICT' })
    const again = await site.desk.order({ ...order, again: true })
    await site.until(again.id, 'placed')
    expect(site.shop.sold()).toHaveLength(2)
  })

  it.each([
    ['SMARTCARDCNS_V', { anagrafica_spedizione: delivery, quantita: 50 }, 'in_lavorazione'],
    ['LETTORE', { data: { anagrafica_spedizione: delivery } }, 'in_lavorazione'],
    ['SMARTCARDCNS_VIDEO', { email: person.email, cellulare: person.cellulare }, 'in_lavorazione'],
    ['SCARUBACNS', { anagrafica: person, documento: 'JVBERi0xLjQ=', nome_documento: 'id.pdf' }, 'in_registrazione'],
  ])('of %s keeps the contract', async (product, body, state) => {
    const site = await cardSite()
    const { id } = await site.desk.order({ product, body })
    expect(await site.until(id, 'placed')).toMatchObject({ remote: { state } })
    expect(site.shop.broken()).toEqual([])
  })

  it.each(['RINFIR', 'FIREST'])('of %s is at its end at once', async product => {
    const site = await cardSite({ callbackUrl: 'https://office.example.org/hook' })
    const { id } = await site.desk.order({ product, body: {} })
    await site.until(id, 'ended')
    expect(site.shop.broken()).toEqual([])
  })

  it('of video recognition is for an order of this kiosk, and done where the service says that it is not needed', async () => {
    const site = await cardSite()
    const card = await site.desk.order({
      product: 'SCARUBACNS',
      body: { anagrafica: person, documento: 'JVBERi0xLjQ=', nome_documento: 'id.pdf' },
    })
    await site.until(card.id, 'placed')
    const first = await site.desk.order({ product: 'VIDEORIC', body: { id: card.id } })
    await site.until(first.id, 'placed')
    const second = await site.desk.order({ product: 'VIDEORIC', body: { id: card.id }, again: true })
    await site.until(second.id, 'unknown')
    await site.pass(minute)
    expect(await site.until(second.id, 'placed')).toMatchObject({ remote: { placedBy: 'look' } })
    expect(site.shop.exchanges().filter(one => one.path === '/richiesta/VIDEORIC')).toHaveLength(2)
  })

  it('that the service refuses is at its end, and the others go on', async () => {
    const site = await cardSite()
    const wrong = await site.desk.order({
      ...order,
      body: { anagrafica: { ...person, email: 'nobody@example.invalid' } },
    })
    const refused = await site.until(wrong.id, 'refused')
    expect(refused.lastFault).toMatchObject({
      code: 'CARD_ORDER_REFUSED',
      detail: expect.stringContaining('error 247'),
    })
    expect(JSON.stringify([refused, site.logged])).not.toContain('nobody')
    const next = await site.desk.order(order)
    await site.until(next.id, 'placed')
    expect(site.shop.sold()).toHaveLength(1)
  })
})

describe('the service as a whole', () => {
  it('without credit stops the buying, not the orders and not the looks; an operator goes on at once', async () => {
    const site = await cardSite()
    const first = await site.desk.order(order)
    await site.until(first.id, 'placed')
    site.shop.set('creditLow', 1)
    const second = await site.desk.order({ ...order, again: true })
    await expect.poll(() => site.desk.show(second.id).lastFault?.code).toBe('CARD_CREDIT_LOW')
    const third = await site.desk.order({ ...order, again: true })
    await site.pass(20 * minute)
    expect(site.desk.state()).toMatchObject({
      waiting: 2,
      placed: 1,
      creditLow: { code: 'CARD_CREDIT_LOW' },
      paused: null,
    })
    // Nobody has tried the third.
    expect(site.desk.show(third.id).attempts).toBe(0)
    const looks = site.shop.exchanges().filter(one => one.method === 'GET' && /richiesta\/5/.test(one.path))
    expect(looks.length).toBeGreaterThan(0)
    site.desk.poll()
    await site.until(third.id, 'placed')
    await site.until(second.id, 'placed')
    expect(site.shop.sold()).toHaveLength(3)
  })

  it('takes a new token as soon as the file has it', async () => {
    const site = await cardSite()
    await site.desk.prices()
    site.shop.renewToken('another-token')
    const { id } = await site.desk.order(order)
    await expect.poll(() => site.desk.show(id).lastFault?.code).toBe('CREDENTIALS_REFUSED')
    expect(JSON.stringify([site.desk.show(id), site.logged])).not.toContain('token-')
    await writeFile(join(site.folder, 'cards.token'), 'another-token\n', { mode: 0o600 })
    await site.pass(30 * minute)
    await site.until(id, 'placed')
    expect(site.shop.sold()).toHaveLength(1)
  })

  it('is given the time it asks for', async () => {
    const site = await cardSite()
    await site.desk.prices()
    site.shop.set('busy', 1)
    const { id } = await site.desk.order(order)
    await expect.poll(() => site.desk.show(id).lastFault?.code).toBe('DESTINATION_BUSY')
    await site.pass(minute)
    expect(site.desk.show(id).attempts).toBe(1)
    await site.pass(5 * minute)
    await site.until(id, 'placed')
  })

  it('may skip states and have others; what is not known is shown, and is no end', async () => {
    const site = await cardSite()
    const { id } = await site.desk.order(order)
    const { remote } = await site.until(id, 'placed')
    site.shop.move(remote?.id ?? '', 'request failed')
    site.desk.poll(id)
    await expect.poll(() => site.desk.show(id).remote?.state).toBe('request failed')
    expect(site.desk.show(id).stage).toBe('placed')
    site.shop.move(remote?.id ?? '', 'evasa')
    site.desk.poll(id)
    await site.until(id, 'ended')
  })
})

describe('papers', () => {
  it('are handed in while nothing can be reached, kept sealed and sent later, once', async () => {
    const site = await cardSite()
    const { id } = await site.desk.order(order)
    await site.until(id, 'placed')
    await site.shop.online(false)
    await site.desk.submit(id, papers)
    await expect(site.desk.submit(id, papers)).rejects.toMatchObject({ code: 'STAGE_CONFLICT' })
    await site.restart()
    await site.shop.online(true)
    await site.pass(30 * minute)
    await expect.poll(() => site.desk.show(id).papers?.state).toBe('sent')
    expect(site.shop.sold()[0]?.papers).toHaveLength(1)
  })

  it('that the service has already are sent, by its own word', async () => {
    const site = await cardSite()
    const { id } = await site.desk.order(order)
    await site.until(id, 'placed')
    site.shop.set('dropAfterAccept', 1)
    await site.desk.submit(id, papers)
    await site.pass(10 * minute)
    await expect
      .poll(() => site.desk.show(id))
      .toMatchObject({ papers: { state: 'sent' }, remote: { formThere: true } })
    expect(site.shop.exchanges().some(one => one.method === 'PATCH' && one.status === 428)).toBe(true)
    expect(site.shop.sold()[0]?.papers).toHaveLength(1)
  })

  it('that are none are refused, and a form that a product does not take is not there', async () => {
    const site = await cardSite()
    const { id } = await site.desk.order(order)
    await site.until(id, 'placed')
    const text = { fileName: 'a.txt', bytes: Buffer.from('text') }
    await expect(site.desk.submit(id, { ...papers, form: text })).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    await expect(site.desk.submit(id, { ...papers, document: text })).rejects.toMatchObject({ code: 'REQUEST_INVALID' })
    const reader = await site.desk.order({ product: 'LETTORE', body: { anagrafica_spedizione: delivery } })
    await site.until(reader.id, 'placed')
    await expect(site.desk.form(reader.id)).rejects.toMatchObject({ code: 'NOT_FOUND' })
    await expect(site.desk.submit(reader.id, papers)).rejects.toMatchObject({ code: 'STAGE_CONFLICT' })
  })
})

describe('a callback', () => {
  it('is a hint to look, however often it comes and whatever else it says', async () => {
    const site = await cardSite()
    const { id } = await site.desk.order(order)
    const { remote } = await site.until(id, 'placed')
    site.shop.move(remote?.id ?? '', 'in_lavorazione')
    const looks = () => site.shop.exchanges().filter(one => one.path === `/richiesta/${remote?.id}`).length
    const told = { data: { id: remote?.id, stato: 'evasa', firma: { pin: '1' }, callback: { data: { order: id } } } }
    expect(site.desk.callback(told)).toEqual([id])
    for (let i = 0; i < 20; i += 1) site.desk.callback({ field: JSON.stringify(told) })
    await expect.poll(() => site.desk.show(id).remote?.state).toBe('in_lavorazione')
    expect(looks()).toBe(1)
    site.desk.callback(told)
    await site.pass(0)
    expect(looks()).toBe(1)
    await site.pass(2 * minute)
    site.desk.callback(told)
    await expect.poll(looks).toBe(2)
    expect(site.desk.callback({ data: { id: '5f7ef1e83a716836d3152662' } })).toEqual([])
    expect(site.desk.callback('nothing')).toEqual([])
  })
})
