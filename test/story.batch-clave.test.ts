// A program leaves a batch; a person takes it up at the screen and signs it with Cl@ve Firma on their phone, with as many visits as
// the service needs. A power cut while they are away, or while signatures are fetched, costs nothing and signs nothing two ways.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { ClaveView } from '../device/http/view.ts'
import { smallPdf } from './50.signature.kit.ts'
import { base64, written } from './93.batch.kit.ts'
import { atPhone, clavePerson } from './clave.kit.ts'
import { type PoweredKiosk, power } from './power.kit.ts'
import { done, judged, type Program, programAt, takeUp, until } from './requests.kit.ts'
import { freePort } from './sim/free-port.ts'
import { type Site, startSite } from './sim/site.ts'

let folder: string
let site: Site
let ledger: Program
let kiosk: PoweredKiosk

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-batch-clave-'))
  const apiPort = await freePort()
  const clave = { maxDocuments: 2 }
  site = await startSite({ folder, sheets: [], withoutCard: true, clients: ['ledger'], apiPort, clave })
  ledger = programAt(`http://127.0.0.1:${apiPort}/`, site.token('ledger'))
  kiosk = await power(site)
})
afterAll(async () => {
  await kiosk.cut()
  expect(fire().breaches()).toEqual([])
  await site.stop()
  await rm(folder, { recursive: true })
})

const fire = () => site.clave ?? expect.unreachable('a site without FIRe')
const claveNow = (): ClaveView | undefined => kiosk.screen.view().request?.clave
const post = (path: string, body?: object) => kiosk.screen.post(`/screen/request/clave/${path}`, body)
const begin = (number = clavePerson) => post('begin', { number, language: 'ca' })

async function pageAfter(before?: string): Promise<string> {
  const { request } = await kiosk.screen.until(({ request: one }) => {
    return one?.clave?.state === 'page' && one.clave.page !== before
  }, 'the page')
  return request?.clave?.state === 'page' ? request.clave.page : ''
}

async function batchOf(...ids: readonly string[]): Promise<object> {
  const pdf = base64(await smallPdf())
  return written({ singlesigns: ids.map(id => ({ id, datareference: pdf, format: 'PAdES' })) })
}

async function chosen(id: string): Promise<void> {
  expect(await takeUp(kiosk.screen, id)).toMatchObject({ ways: ['card', 'clave'] })
  await done(kiosk.screen, '/screen/request/clave/choose')
}

it('is signed with two visits, after everything that may go wrong at the first', async () => {
  const batch = (await batchOf('a', 'b', 'c')) as { singlesigns: object[] }
  batch.singlesigns.splice(1, 0, { id: 'xml', datareference: base64('<a/>'), format: 'XAdES' })
  const id = await ledger.leave(batch)
  await chosen(id)
  expect(await begin('50751129A')).toMatchObject({ status: 422, body: { code: 'IDENTITY_NUMBER_INVALID' } })
  await begin()
  const given = await pageAfter()
  await done(kiosk.screen, '/screen/request/clave/cancel')
  await kiosk.screen.until(({ request }) => request?.clave?.state === 'number', 'the number')
  expect(claveNow()).toEqual({ state: 'number', fault: null, cardToo: false })
  await begin()
  await atPhone({ site, folder }, await pageAfter(given), 'cancel')
  await post('finish')
  await kiosk.screen.until(({ request }) => request?.clave?.state === 'number', 'the number')
  expect(claveNow()).toMatchObject({ fault: 'CLAVE_CANCELLED' })
  await begin()
  const first = await pageAfter()
  await atPhone({ site, folder }, first)
  await post('finish')
  await atPhone({ site, folder }, await pageAfter(first))
  expect(kiosk.screen.view().request).toMatchObject({ done: 2, failed: 1, total: 4 })
  await post('finish')
  expect(await until(kiosk.screen, 'finished')).toMatchObject({ done: 3, failed: 1, fault: null })
  expect((await ledger.result(id)).map(one => [one.id, one.result])).toEqual([
    ['a', 'DONE_AND_SAVED'],
    ['xml', 'ERROR_PRE'],
    ['b', 'DONE_AND_SAVED'],
    ['c', 'DONE_AND_SAVED'],
  ])
  for (const item of ['a', 'b', 'c']) await judged('PAdES', await ledger.signature(id, item))
  await done(kiosk.screen, '/screen/request/close')
})

it('goes on at the very page after a power cut, and with what the service still has after another', async () => {
  const id = await ledger.leave(await batchOf('d', 'e'))
  await chosen(id)
  await begin()
  const page = await pageAfter()
  await kiosk.cut()
  await atPhone({ site, folder }, page)
  kiosk = await power(site)
  await chosen(id)
  expect(await pageAfter()).toBe(page)

  await fire().fault('result-away')
  await post('finish')
  await kiosk.screen.until(({ request }) => {
    return request?.clave?.state === 'page' && request.clave.fault === 'CLAVE_UNREACHABLE'
  }, 'a service that is away')
  await kiosk.cut()
  await fire().fault(undefined)
  const visits = fire().signatures()
  kiosk = await power(site)
  await chosen(id)
  expect(await until(kiosk.screen, 'finished')).toMatchObject({ done: 2, failed: 0 })
  expect(fire().signatures()).toBe(visits)
  for (const item of ['d', 'e']) await judged('PAdES', await ledger.signature(id, item))
  await done(kiosk.screen, '/screen/request/close')
})

it('who refuses leaves a dead page behind, and no number', async () => {
  const id = await ledger.leave(await batchOf('f'))
  await chosen(id)
  await begin()
  const page = await pageAfter()
  const before = fire().transactions()
  await done(kiosk.screen, '/screen/request/refuse')
  expect(await ledger.state(id)).toMatchObject({ stage: 'done', end: 'refused' })
  await expect.poll(() => fire().transactions(), { timeout: 10_000 }).toBe(before - 1)
  await expect(atPhone({ site, folder }, page)).rejects.toThrow('403')
})
