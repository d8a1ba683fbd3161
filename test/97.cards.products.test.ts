// What is not a card of Infocert's, at the screen without a screen: Aruba's, which want the identity document with the order;
// video recognition, which changes an order; renewals and certificates from abroad, which are a code; and blank cards in
// batches, which only an official orders.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { Fault } from '../device/errors.ts'
import { createOfficialDoor } from '../device/orders/official.ts'
import { checkCards } from '../device/verbs/doctor-cards.ts'
import { cardSite, delivery } from './97.cards.kit.ts'
import { type Stand, stand } from './97.counter.kit.ts'
import { activationCode } from './sim/cardshop.answers.ts'

const scan = Buffer.from('%PDF-1.4 the identity document')

/** From the catalogue to an order of Aruba's at the service. */
async function arubaOrder(site: Stand): Promise<string> {
  const { counter, at, catalogue, fill, pass } = site
  await catalogue()
  counter.choose('SCARUBACNS')
  fill()
  expect(at('identity')).toMatchObject({ pages: 0, work: null, fault: null })
  expect(() => counter.identity()).toThrow(/not scanned yet/)
  counter.scan()
  await expect.poll(() => at('identity')).toMatchObject({ pages: 1, work: null })
  expect(counter.image('identity', 1)).toBeInstanceOf(Uint8Array)
  counter.identity()
  expect(at('summary')).toMatchObject({ identityGiven: true, total: 22.4 })
  await counter.order(22.4)
  await pass(0)
  return at('order').order.reference
}

describe('a card of Aruba', () => {
  it('has the identity document scanned before it is ordered, and asks for it no second time', async () => {
    let ended: (signed: Uint8Array | null) => void = () => undefined
    const forms = () => ({
      sign: (_form: unknown, _order: unknown, end: typeof ended) => {
        ended = end
      },
    })
    const site = await stand({ scanIdentity: async () => scan, forms })
    const { counter, at, shop, pass, store } = site
    await arubaOrder(site)
    const [sold] = shop.sold()
    expect(sold?.body).toMatchObject({ documento: scan.toString('base64'), nome_documento: 'documento.pdf' })
    expect(at('order')).toMatchObject({ order: { stage: 'placed', state: 'in_registrazione', wantsForm: true } })
    const [row] = store.cards.list({ stages: ['placed'] })
    expect(JSON.stringify(store.cards.load(row?.id ?? ''))).not.toContain(scan.toString('base64'))
    expect(() => counter.image('identity', 1)).toThrow(/no page/)
    counter.papers()
    await expect.poll(() => at('papers')).toMatchObject({ documentEnclosed: true, pages: { form: 1 }, work: null })
    counter.sign()
    ended(Buffer.from([0x30, 0x80]))
    await counter.submit()
    await pass(0)
    expect(sold?.papers).toMatchObject([
      { nome_modulo: 'modulo.pdf.p7m', documento: scan.toString('base64'), nome_documento: 'documento.pdf' },
    ])
    expect(shop.broken()).toEqual([])
  })

  it('keeps what was scanned while answers are changed, and forgets it with the visit', async () => {
    let jammed = true
    const scanIdentity = async () => {
      if (jammed) throw new Fault('SCANNER_JAM', 'a jam')
      return scan
    }
    const { counter, at, catalogue, fill, shop, pass } = await stand({ scanIdentity })
    await catalogue()
    counter.choose('OTPMOB')
    fill()
    counter.scan()
    await expect.poll(() => at('identity')).toMatchObject({ fault: 'SCANNER_JAM', pages: 0 })
    jammed = false
    counter.scan()
    await expect.poll(() => at('identity')).toMatchObject({ fault: null, pages: 1 })
    counter.back()
    expect(at('question')).toMatchObject({ number: 21, of: 21 })
    fill()
    counter.change('contact')
    fill()
    counter.back()
    expect(at('identity').pages).toBe(1)
    counter.leave()
    await catalogue()
    counter.choose('OTPMOB')
    fill()
    expect(at('identity').pages).toBe(0)
    counter.list()
    await pass(0)
    expect(shop.sold()).toEqual([])
  })

  it('may be recognised by video in place of the form: from its order, or by its code', async () => {
    const site = await stand({ scanIdentity: async () => scan })
    const { counter, at, shop, pass } = site
    const reference = await arubaOrder(site)
    expect(at('order').recognition).toMatchObject({ code: 'VIDEORIC', price: 15 })
    counter.recognise()
    expect(at('summary')).toMatchObject({ groups: [{ group: 'order', answers: [{ value: reference }] }] })
    counter.list()
    await expect.poll(() => at('catalogue').readAt).not.toBeNull()
    counter.choose('VIDEORIC')
    counter.answer('ordine', 'K7QF-9999')
    expect(at('question').fault).toBe('order')
    counter.answer('ordine', reference.toLowerCase())
    await counter.order(15)
    await pass(0)
    expect(shop.sold()).toMatchObject([{ product: 'SCARUBACNS', videoriconoscimento: true }])
    counter.list()
    counter.code()
    counter.find(reference)
    await expect.poll(() => at('order')).toMatchObject({ recognition: null, order: { wantsForm: false } })
    counter.list()
    await expect.poll(() => at('catalogue').readAt).not.toBeNull()
    counter.choose('VIDEORIC')
    counter.answer('ordine', reference)
    expect(at('question').fault).toBe('order')
    expect(shop.broken()).toEqual([])
  })
})

describe('a renewal, and a certificate from abroad', () => {
  it.each([
    ['RINFIRREM', 19.7],
    ['FIREST', 49.7],
  ])('%s is a code, shown to whoever bought it and kept nowhere', async (product, price) => {
    const { counter, at, catalogue, shop, pass, store, logged, desk } = await stand()
    await catalogue()
    counter.choose(product)
    expect(at('summary').groups).toEqual([])
    await counter.order(price)
    await pass(0)
    expect(at('order')).toMatchObject({ order: { stage: 'ended', hasActivation: true }, activation: { code: null } })
    const { reference } = at('order').order
    await shop.online(false)
    counter.activation()
    await expect.poll(() => at('order').activation).toMatchObject({ fault: 'DESTINATION_UNREACHABLE', work: false })
    await shop.online(true)
    counter.activation()
    await expect.poll(() => at('order').activation).toEqual({ code: activationCode, work: false, fault: null })
    counter.leave()
    await catalogue()
    counter.code()
    counter.find(reference)
    expect(at('order').activation.code).toBeNull()
    const kept = store.cards.list().map(({ id }) => store.cards.load(id))
    const trail = store.audit.list({})
    expect(JSON.stringify([kept, trail, desk.list(), logged])).not.toContain(activationCode)
    const shown = store.audit.list({ event: 'cardActivationShown' }).map(one => one.details)
    expect(shown).toEqual([expect.stringContaining('"to":"screen"')])
    expect(shop.broken()).toEqual([])
  })

  it('no other product has one', async () => {
    const { counter, catalogue, fill, shop, pass, desk } = await stand()
    await catalogue()
    counter.choose('FIR')
    fill()
    await counter.order(22.7)
    await pass(0)
    shop.move(shop.sold()[0]?.id ?? '', 'evasa')
    await pass(3_600_000)
    const [order] = desk.list()
    expect(order).toMatchObject({ stage: 'ended', hasActivation: false })
    await expect(desk.activation(order?.id ?? '', 'operator')).rejects.toMatchObject({ code: 'NOT_FOUND' })
  })
})

describe('blank cards', () => {
  const blanks = { codeFile: '', most: 50, delivery }

  async function officials() {
    const site = await stand({
      official: { knock: code => (code === '483920' ? 'right' : 'wrong') },
      settings: { screen: false, blanks, screenOptions: ['spedizione'] },
    })
    site.counter.open('ca', 'official')
    return site
  }

  it('are shown to nobody but officials, and go to the address of their authority', async () => {
    const { counter, at, shop, pass, desk, store } = await officials()
    expect(() => counter.choose('KEY_V')).toThrow(/cannot be done/)
    counter.official('483921')
    expect(at('official').refused).toBe('wrong')
    counter.official('483920')
    await expect.poll(() => at('catalogue').readAt).not.toBeNull()
    expect(at('catalogue')).toMatchObject({ official: true })
    const codes = at('catalogue').offers.map((one: { code: string }) => one.code)
    expect(codes).toEqual(['FIR_V', 'KEY_V', 'FIRREM_V', 'KEYCNS_V', 'SMARTCARDCNS_V'])
    counter.choose('SMARTCARDCNS_V')
    counter.answer('quantita', '51')
    expect(at('question').fault).toBe('count')
    counter.answer('quantita', '50')
    counter.answer('spedizione', 'priority')
    const deliveredTo = [delivery.destinatario, delivery.indirizzo_spedizione, '08000 Mostra']
    expect(at('summary')).toMatchObject({ count: 50, total: 1285, deliveredTo })
    await counter.order(25.7)
    await pass(0)
    const body = { quantita: 50, spedizione: 'prioritaria', anagrafica_spedizione: expect.objectContaining(delivery) }
    expect(shop.sold()).toMatchObject([{ product: 'SMARTCARDCNS_V', body }])
    expect(at('order').order).toMatchObject({ quantity: 50, price: 25.7, state: 'in_lavorazione' })
    expect(desk.list()).toMatchObject([{ quantity: 50 }])
    const [ordered] = store.audit.list({ event: 'cardOrdered' })
    expect(ordered?.details).toContain('"cents":2570,"quantity":50')
    expect(shop.broken()).toEqual([])
  })

  it('are not there for people, nor people’s cards for officials', async () => {
    const site = await officials()
    site.counter.leave()
    expect(() => site.counter.open('ca')).toThrow(/not ordered at this screen/)
    const people = await stand()
    expect(() => people.counter.open('ca', 'official')).toThrow(/not ordered at this screen/)
    await people.catalogue()
    expect(() => people.counter.choose('KEY_V')).toThrow(/no product KEY_V/)
  })

  it('are behind a code that is compared in constant time, and guessed at five times', async () => {
    const { folder, store, clock, shop, driver } = await cardSite({ inMemory: true })
    const codeFile = join(folder, 'official.code')
    await writeFile(codeFile, '12345\n', { mode: 0o600 })
    const door = () => createOfficialDoor({ codeFile, store, clock })
    expect(door).toThrow(/CONFIG_INVALID/)
    const told = async () => {
      const cards = { url: shop.url, blanks: { codeFile, most: 50, delivery } }
      const loaded = { config: { cards }, dataFolder: folder } as unknown as Parameters<typeof checkCards>[0]
      const checks = await checkCards(loaded, { cardShop: () => driver })
      return checks.find(one => one.check === 'card officials')
    }
    expect(await told()).toMatchObject({ ok: false, detail: expect.stringContaining('CONFIG_INVALID') })
    await writeFile(codeFile, '483920\n')
    expect(await told()).toMatchObject({ ok: true, detail: expect.stringContaining('up to 50') })
    const { knock } = door()
    expect([1, 2, 3, 4, 5].map(() => knock('000000'))).toEqual(['wrong', 'wrong', 'wrong', 'wrong', 'locked'])
    expect(knock('483920')).toBe('locked')
    clock.leap(61_000)
    expect(knock('483920')).toBe('right')
    expect(store.audit.list({ event: 'cardOfficialLocked' })).toHaveLength(1)
  })
})
