// Somebody orders a card at the kiosk while the card service is away: the order is durable, waits, survives a restart, goes out
// by itself once, and its code tells where it is; nothing else is begun meanwhile, and what was typed is nowhere afterwards.

import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import sharp from 'sharp'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { CardErrandView } from '../device/http/view-cards.ts'
import { credentials, delivery, given } from './97.cards.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { activationCode, formPdf } from './sim/cardshop.answers.ts'
import { type CardShopSimulator, startCardShop } from './sim/cardshop.ts'
import { procedure, slips } from './walk.kit.ts'

let shop: CardShopSimulator
let kiosk: Kiosk
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-order-'))
  shop = await startCardShop()
  await mkdir(join(folder, 'shop'))
  const codeFile = join(folder, 'official.code')
  await writeFile(codeFile, '483920\n', { mode: 0o600 })
  const service = { url: shop.url, ...(await credentials(join(folder, 'shop'), shop)) }
  const cards = { ...service, screen: true, blanks: { codeFile, delivery } }
  kiosk = await startKiosk({ sheets: await slips(2), config: { procedures: [procedure('none')], cards } })
})
afterAll(async () => {
  await kiosk.stop()
  await shop.stop()
  await rm(folder, { recursive: true })
})

const post = (what: string, body?: object) => kiosk.screen.post(`/screen/cards/${what}`, body)
const until = async <At extends CardErrandView['at']>(
  at: At,
  wanted: (errand: Extract<CardErrandView, { at: At }>) => boolean = () => true,
) => {
  const isThere = (one: CardErrandView | undefined): one is Extract<CardErrandView, { at: At }> => one?.at === at
  const { cards } = await kiosk.screen.until(view => isThere(view.cards) && wanted(view.cards), `the order at ${at}`)
  if (!isThere(cards)) throw new Error(`not at ${at}`)
  return cards
}

let reference: string

it('is offered, asked step by step, and begun beside nothing else', async () => {
  expect(kiosk.screen.view()).toMatchObject({ offersCards: true })
  expect((await post('open', { language: 'ca' })).status).toBe(204)
  await until('catalogue', one => one.readAt !== null)
  expect(await kiosk.screen.post('/screen/copy', { procedureId: 'copy-none', language: 'ca' })).toMatchObject({
    status: 409,
  })
  const pickedUp = await kiosk.screen.post('/screen/session', { pickupCode: '123456789' })
  expect(pickedUp).toMatchObject({ status: 409, body: { code: 'STAGE_CONFLICT' } })
  expect(await post('open', { language: 'ca' })).toMatchObject({ status: 503, body: { code: 'KIOSK_BUSY' } })
  expect(await post('answer', { field: 'nome', value: 'x' })).toMatchObject({ status: 409 })
  expect(await post('choose', { product: 'KEY_V' })).toMatchObject({ status: 404 })
  expect((await post('choose', { product: 'SMARTCARDCNS' })).status).toBe(204)
  await post('answer', { field: 'nome', value: '' })
  expect(await until('question', one => one.fault !== null)).toMatchObject({ fault: 'empty' })
  for (let { question } = await until('question'); ; ) {
    expect((await post('answer', { field: question.field, value: given[question.field] ?? '' })).status).toBe(204)
    const { cards } = await kiosk.screen.until(
      view => view.cards?.at !== 'question' || view.cards.question.field !== question.field,
      `after ${question.field}`,
    )
    if (cards?.at !== 'question') break
    question = cards.question
  }
  expect((await until('summary')).groups).toHaveLength(6)
})

it('waits for the service, survives a restart, and is placed once', async () => {
  await shop.online(false)
  expect((await post('order', { price: 25.7 })).status).toBe(204)
  reference = (await until('order', ({ order }) => order.waitsFor === 'network')).order.reference
  expect(reference).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/)
  expect(shop.sold()).toEqual([])
  await kiosk.restart()
  expect(kiosk.screen.view().cards).toBeUndefined()
  await shop.online(true)
  kiosk.clock.leap(3_600_000)
  await post('open', { language: 'ca' })
  await post('code')
  await post('find', { reference: 'ZZZZ-ZZZZ' })
  await until('code', one => one.unknown)
  await post('find', { reference: reference.toLowerCase() })
  expect((await until('order', ({ order }) => order.stage === 'placed')).order).toMatchObject({ wantsForm: true })
  expect(shop.sold()).toHaveLength(1)
  expect(shop.broken()).toEqual([])
})

it('has its form read and signed with a card there is, the identity document scanned, and both handed in', async () => {
  expect(await post('submit')).toMatchObject({ status: 409 })
  expect((await post('papers')).status).toBe(204)
  await until('papers', one => one.pages.form === 1 && one.work === null)
  const image = await kiosk.screen.get('/screen/cards/pages/form/1')
  expect(image.headers.get('content-type')).toBe('image/jpeg')
  expect((await sharp(Buffer.from(await image.arrayBuffer())).metadata()).width).toBeGreaterThan(900)
  expect((await kiosk.screen.get('/screen/cards/pages/form/2')).status).toBe(404)
  expect(await post('scan')).toMatchObject({ status: 409 })
  expect((await post('sign')).status).toBe(204)
  const asked = await kiosk.screen.until(view => view.request?.stage === 'asking', 'the form is before the person')
  expect(asked.request).toMatchObject({ asker: { kind: 'order', name: reference }, total: 1 })
  expect(await kiosk.screen.post('/screen/copy', { procedureId: 'copy-none', language: 'ca' })).toMatchObject({
    status: 409,
  })
  await kiosk.screen.post('/screen/request/accept')
  const { request } = await kiosk.screen.until(view => view.request?.card?.state === 'present', 'the card')
  const [key] = request?.card?.state === 'present' ? request.card.certificates : []
  const pin = Buffer.from(kiosk.site.pin)
  await kiosk.screen.post(`/screen/request/sign/${encodeURIComponent(key?.tokenId ?? '')}/${key?.keyId}`, pin)
  await kiosk.screen.until(view => view.request?.stage === 'finished', 'signed')
  await kiosk.screen.post('/screen/request/close')
  await until('papers', one => one.signed)
  expect((await post('scan')).status).toBe(204)
  await until('papers', one => one.pages.identity > 0 && one.work === null)
  expect((await post('submit')).status).toBe(204)
  await until('order', ({ order }) => order.papers === 'sent' || order.papers === 'waiting')
  await expect.poll(() => shop.sold()[0]?.papers.length).toBe(1)
  const [given] = shop.sold()[0]?.papers ?? []
  expect(Buffer.from(String(given?.['documento']), 'base64').toString('latin1')).toMatch(/^%PDF-/)
  await writeFile(join(folder, 'form.p7m'), Buffer.from(String(given?.['modulo']), 'base64'))
  const verified = ['cms', '-verify', '-binary', '-noverify', '-inform', 'DER', '-in', join(folder, 'form.p7m')]
  expect(execFileSync('openssl', verified, { stdio: ['ignore', 'pipe', 'ignore'] }).equals(formPdf)).toBe(true)
  await post('leave')
  await kiosk.screen.until(view => view.cards === undefined, 'nothing in hand')
  expect((await kiosk.screen.get('/screen/cards/pages/form/1')).status).toBe(404)
  expect(shop.broken()).toEqual([])
})

it('orders what is a code, and shows it; video recognition is of no order that is there; blank cards are an official’s', async () => {
  await post('open', { language: 'ca' })
  await until('catalogue', one => one.readAt !== null)
  await post('choose', { product: 'RINFIR' })
  await post('order', { price: 9 })
  await until('order', one => one.order.hasActivation)
  expect((await post('activation')).status).toBe(204)
  expect((await until('order', one => one.activation.code !== null)).activation.code).toBe(activationCode)
  expect(await post('recognise')).toMatchObject({ status: 404 })
  expect(await post('identity')).toMatchObject({ status: 409 })
  await post('leave')
  await kiosk.screen.until(view => view.cards === undefined && view.offersBlanks === true, 'nothing in hand')
  expect((await post('open', { language: 'ca', official: true })).status).toBe(204)
  expect(await post('choose', { product: 'KEY_V' })).toMatchObject({ status: 409 })
  await post('official', { code: '000000' })
  await until('official', one => one.refused === 'wrong')
  await post('official', { code: '483920' })
  await until('catalogue', one => one.official && one.readAt !== null)
  await post('choose', { product: 'KEY_V' })
  await post('answer', { field: 'quantita', value: '3' })
  expect((await until('summary')).total).toBe(120)
  await post('order', { price: 40 })
  await until('order', one => one.order.stage === 'placed')
  expect(shop.sold().at(-1)).toMatchObject({ product: 'KEY_V', body: { quantita: 3 } })
  await post('leave')
  await kiosk.screen.until(view => view.cards === undefined, 'nothing in hand')
  expect(shop.broken()).toEqual([])
})

it('leaves nothing of the person in the log, the trail or in clear on the disk', async () => {
  const files = await readdir(kiosk.site.dataFolder, { recursive: true, withFileTypes: true })
  const texts = await Promise.all(
    files.filter(one => one.isFile()).map(one => readFile(join(one.parentPath, one.name), 'latin1')),
  )
  expect(texts.length).toBeGreaterThan(1)
  for (const text of [...texts, kiosk.logged.join('\n')])
    expect(text).not.toMatch(/NRELRT|a\.neri@example|Alberta|jDy7A692DJcx5456|483920/i)
})
