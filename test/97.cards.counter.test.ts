// Orders of cards at the screen, without a screen: nothing lost by going back and nothing left behind, the price that is agreed to, and where an order stands for whoever has its code.

import { describe, expect, it } from 'vitest'
import { stand } from './97.counter.kit.ts'

describe('at the screen', () => {
  it('a card is ordered for the price that was shown, and its code tells where it stands', async () => {
    const { counter, at, catalogue, fill, shop, pass } = await stand()
    await catalogue()
    const { offers, readAt, stale, unavailable } = at('catalogue')
    expect([stale, unavailable, readAt]).toEqual([false, false, expect.stringMatching(/Z$/)])
    expect(offers.map((one: { code: string }) => one.code)).toEqual([
      ...['KEY', 'KIT', 'FIRREM', 'KEYCNS', 'SMARTCARDCNS', 'KITCNS', 'FIR'],
      ...['SCARUBACNS', 'ARUBAKEYCNS', 'OTPDIS', 'OTPMOB'],
      ...['SMARTCARDCNS_VIDEO', 'KEYCNS_VIDEO', 'FIRREM_VIDEO'],
      ...['LETTORE', 'RINFIR', 'RINCNS', 'RINFIRREM', 'FIREST', 'VIDEORIC'],
    ])
    counter.choose('SMARTCARDCNS')
    expect(at('question')).toMatchObject({ number: 1, of: 26, value: '', question: { field: 'nome', kind: 'text' } })
    fill()
    const summary = at('summary')
    expect(summary).toMatchObject({ offer: { price: 25.7 }, readAt, refusal: null })
    expect(summary.groups.map((one: { group: string }) => one.group)).toEqual([
      ...['person', 'birth', 'contact', 'residence', 'delivery', 'document'],
    ])
    await counter.order(25.7)
    const { order } = at('order')
    expect(order).toMatchObject({ reference: 'K7QF-0001', product: 'Smart Card Infocert CNS', price: 25.7 })
    await pass(0)
    expect(at('order').order).toMatchObject({ stage: 'placed', state: 'in_riconoscimento', wantsForm: true })
    const anagrafica = shop.sold()[0]?.body['anagrafica']
    expect(anagrafica).toMatchObject({
      codice_fiscale: 'NRELRT00T68L117X',
      data_nascita: '28/12/2000',
      destinatario: 'Alberta Neri',
      cap_spedizione: '05100',
      tipo_documento: 'patente',
      data_emissione: '05/11/2019',
    })
    expect(anagrafica).not.toHaveProperty('consegna')
    counter.leave()
    expect(counter.view()).toBeNull()
    shop.move(shop.sold()[0]?.id ?? '', 'evasa')
    await pass(3_600_000)
    counter.open('ca')
    counter.code()
    counter.find('K7QF-9999')
    expect(at('code').unknown).toBe(true)
    counter.find(' k7qf ooo i')
    expect(at('order').order).toMatchObject({ stage: 'ended', tracking: 'TRACK123456IT', device: '7420000123' })
    expect(shop.broken()).toEqual([])
  })

  it('nothing is lost by going back, a change is asked alone, and what no longer fits is asked again', async () => {
    const { counter, at, catalogue, fill } = await stand()
    await catalogue()
    counter.choose('FIR')
    counter.answer('nome', '')
    expect(at('question')).toMatchObject({ fault: 'empty', question: { field: 'nome' } })
    counter.answer('nome', 'Alberta')
    counter.back('Ne')
    expect(at('question')).toMatchObject({ value: 'Alberta', fault: null })
    counter.answer('nome', 'Alberta')
    expect(at('question')).toMatchObject({ value: 'Ne', question: { field: 'cognome' } })
    expect(() => counter.answer('email', 'x@example.com')).toThrow(/not what is asked/)
    fill()
    counter.change('contact')
    counter.answer('email', 'b.neri@example.com')
    counter.answer('cellulare', '349 0000018')
    expect(at('summary').groups[2].answers[0]).toEqual({ field: 'email', value: 'b.neri@example.com', chosen: false })
    counter.change('delivery')
    counter.answer('consegna', 'elsewhere')
    expect(at('question')).toMatchObject({ question: { field: 'destinatario' } })
    fill()
    expect(at('summary').groups[4].answers).toHaveLength(6)
    counter.change('person')
    for (const [field, value] of [
      ['nome', 'Mario'],
      ['cognome', 'Rossi'],
      ['codice_fiscale', 'RSSMRA85T10A562S'],
      ['sesso', 'M'],
    ] as const)
      counter.answer(field, value)
    expect(at('question')).toMatchObject({ question: { field: 'data_nascita' }, fault: 'unlikeFiscalCode' })
    counter.answer('data_nascita', '10/12/1985')
    fill()
    at('summary')
    counter.back()
    expect(at('question')).toMatchObject({ number: 26, of: 26 })
  })

  it('leaving, and silence, forget everything; beside something else it is not begun', async () => {
    let busy = false
    const { counter, at, catalogue, fill, clock } = await stand({ othersBusy: () => busy })
    await catalogue()
    expect(counter.busy()).toBe(true)
    counter.choose('FIR')
    fill()
    clock.leap(60_000)
    counter.stay()
    clock.leap(60_000)
    expect(at('summary').groups).toHaveLength(6)
    clock.leap(31_000)
    await expect.poll(() => counter.view()).toBeNull()
    expect(counter.busy()).toBe(false)
    busy = true
    expect(() => counter.open('ca')).toThrow(/something else/)
    busy = false
    await catalogue()
    counter.choose('FIR')
    expect(at('question').value).toBe('')
  })

  it('another price than the one agreed to buys nothing, and the very same is not bought twice', async () => {
    const { counter, at, catalogue, fill, shop, pass, logged } = await stand()
    await catalogue()
    counter.choose('FIR')
    fill()
    await counter.order(20)
    expect(at('summary').refusal).toBe('price')
    await Promise.allSettled([counter.order(22.7), counter.order(22.7)])
    at('order')
    await pass(0)
    counter.list()
    await expect.poll(() => at('catalogue').offers.length).toBeGreaterThan(0)
    counter.choose('FIR')
    fill()
    await counter.order(22.7)
    expect(at('summary').refusal).toBe('twice')
    expect(shop.sold()).toHaveLength(1)
    expect(logged.join('\n')).not.toMatch(/NRELRT|Neri/)
  })

  it('what waits is told: no list, an old list, no connection, no credit, an answer that was lost', async () => {
    const { counter, at, catalogue, fill, shop, pass } = await stand()
    await shop.online(false)
    counter.open('ca')
    await expect.poll(() => at('catalogue').fault).toBe('DESTINATION_UNREACHABLE')
    counter.leave()
    await shop.online(true)
    await catalogue()
    await shop.online(false)
    counter.choose('LETTORE')
    fill()
    await counter.order(13)
    await expect.poll(() => at('order').order).toMatchObject({ stage: 'new', waitsFor: 'network' })
    counter.list()
    await expect.poll(() => at('catalogue').stale).toBe(true)
    counter.leave()
    await shop.online(true)
    shop.set('creditLow')
    await pass(900_000)
    await catalogue()
    expect(at('catalogue').unavailable).toBe(true)
    expect(() => counter.choose('FIR')).toThrow(/nothing can be bought/)
    counter.code()
    counter.find('K7QF-0001')
    expect(at('order').order).toMatchObject({ stage: 'new', waitsFor: 'credit' })
    counter.leave()
    shop.set('error500AfterAccept', 1)
    await pass(1_900_000)
    counter.open('ca')
    counter.code()
    counter.find('K7QF-0001')
    expect(at('order').order).toMatchObject({ stage: 'placed', waitsFor: null })
    expect(shop.sold()).toHaveLength(1)
  })
})
