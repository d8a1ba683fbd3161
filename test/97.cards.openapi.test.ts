// The OpenAPI file of the orders of cards: valid by the OpenAPI Initiative's own schema, open to whoever builds a client, and
// true: what is asked and answered fits it, what is refused does not.

import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import type { families } from '../device/cards/products.ts'
import { apiStand, card, tokens, wirePapers } from './97.cards.api.kit.ts'
import { delivery, person } from './97.cards.kit.ts'
import { servedFile } from './openapi.kit.ts'

it('is valid, names what there is, and fits what is asked and answered from the price list to the end', async () => {
  const { call, url, shop, pass, until } = await apiStand()
  const { expectValid, expectAllServed, faultsOf } = await servedFile(`${url}api/v1/cards/openapi.json`)
  expectValid()
  await expectAllServed(url, tokens.office)
  const prices = (await call('office', 'GET', 'products')).body
  expect(faultsOf('PricesAnswer', prices)).toEqual([])
  expect(faultsOf('OrderAsked', card)).toEqual([])
  const placed = (await call('office', 'POST', 'orders', card, randomUUID())).body
  const { id } = placed
  await until(id, 'placed')
  const waits = (await call('office', 'GET', `orders/${id}`)).body
  expect(faultsOf('PapersAsked', wirePapers)).toEqual([])
  const given = (await call('office', 'POST', `orders/${id}/submit`, wirePapers)).body
  await pass(0)
  shop.move(shop.sold()[0]?.id ?? '', 'evasa')
  await pass(6 * 3_600_000, 900_000)
  const end = (await call('office', 'GET', `orders/${id}`)).body
  expect(end.request.tracking).not.toBeNull()
  for (const answer of [placed, waits, given, end]) expect(faultsOf('OrderAnswer', answer)).toEqual([])
  expect(faultsOf('OrdersAnswer', (await call('office', 'GET', 'orders')).body)).toEqual([])
  const renewal = (await call('office', 'POST', 'orders', { product: 'RINFIR', body: {} }, randomUUID())).body.id
  await pass(0)
  expect(faultsOf('ActivationAnswer', (await call('office', 'GET', `orders/${renewal}/activation`)).body)).toEqual([])
  expect(faultsOf('Error', (await call('office', 'GET', 'orders/NOBODY')).body)).toEqual([])
})

it('has a schema for what each product wants, and none for what is refused', async () => {
  const { url, call } = await apiStand()
  const { file, faultsOf } = await servedFile(`${url}api/v1/cards/openapi.json`)
  const enclosed = { documento: 'JVBERi0xLjQ=', nome_documento: 'id.pdf' }
  const bodies: Readonly<Record<keyof typeof families, object>> = {
    person: { anagrafica: person, spedizione: 'veloce' },
    aruba: { anagrafica: person, ...enclosed },
    video: { email: person.email, cellulare: person.cellulare },
    devices: { anagrafica_spedizione: delivery },
    blank: { anagrafica_spedizione: delivery, quantita: 50 },
    renewal: {},
    abroad: { assistenza: true },
    recognition: { id: '5f7ef1e83a716836d3152662' },
  }
  const { products } = (await call('office', 'GET', 'products')).body as {
    products: readonly { readonly code: string; readonly fields: keyof typeof families | null }[]
  }
  const nameOf = (family: string) => `${family[0]?.toUpperCase()}${family.slice(1)}Order`
  for (const [family, body] of Object.entries(bodies)) {
    expect(faultsOf(nameOf(family), body), family).toEqual([])
    expect(faultsOf(nameOf(family), { ...body, unheardOf: 1 }), family).not.toEqual([])
  }
  for (const { fields } of products)
    if (fields !== null) expect(Object.keys(file.components.schemas)).toContain(nameOf(fields))
  expect(faultsOf('ArubaOrder', bodies.person)).not.toEqual([])
  expect(faultsOf('PersonOrder', { anagrafica: { ...person, data_nascita: '2000-12-28' } })).not.toEqual([])
  for (const wrong of [{}, { product: 'FIR' }, { ...card, price: 1 }, { ...card, body: { unheardOf: 1 } }])
    expect(faultsOf('OrderAsked', wrong)).not.toEqual([])
})
