// The power is cut in the middle of a session: with pages in hand, and the moment the copy is signed. Whoever asked finds the
// same session, one document, and hears of it once in effect.

import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Opened, path } from './99.sessions.kit.ts'
import { act, power } from './power.kit.ts'
import { programAt } from './requests.kit.ts'
import { type CallbackReceiver, startCallbackReceiver } from './sim/callback-receiver.ts'
import { freePort } from './sim/free-port.ts'
import { type Site, startSite } from './sim/site.ts'
import { slips } from './walk.kit.ts'

let folder: string
let site: Site
let receiver: CallbackReceiver
let apiPort = 0

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compulsa-session-power-'))
  const secret = `whsec_${Buffer.alloc(32, 'callback').toString('base64')}`
  receiver = await startCallbackReceiver({ secret })
  apiPort = await freePort()
  site = await startSite({ folder, sheets: [], clients: ['ledger'], apiPort, sessions: { hosts: [receiver.host] } })
})
afterAll(async () => {
  await site.stop()
  await receiver.stop()
  await rm(folder, { recursive: true })
})

it('loses nothing and makes nothing twice', async () => {
  const base = `http://127.0.0.1:${apiPort}/`
  const { call } = programAt(base, site.token('ledger'))
  const sheets = await slips(2)
  const errand = { site, sheets, procedureId: 'session' }
  const request = {
    ...{ ens: '9821920002', user: 'u', digitisation: { resolution: 200 } },
    ...{ document: { title: 't', sourceNature: 'original' }, signature: { mode: 'local' } },
    result: { callbackUrl: receiver.url },
  }
  let kiosk = await power(site)
  const { sessionID, pickupCode } = (await call('POST', path, request, { 'idempotency-key': 'k' })).body as Opened
  await kiosk.cut()

  kiosk = await power(site)
  const state = async () => (await call('GET', `${path}/${sessionID}`)).body as Readonly<Record<string, unknown>>
  expect(await state()).toMatchObject({ state: 'waiting', pickupCode })
  expect((await kiosk.screen.post('/screen/session', { pickupCode })).status).toBe(204)
  await kiosk.screen.until(view => view.copy !== null, 'the copy')
  while ((kiosk.screen.view().copy?.pages.length ?? 0) === 0) await act(errand, kiosk.screen)
  await kiosk.cut()

  kiosk = await power(site)
  expect(await state()).toMatchObject({ state: 'in-hand', document: null })
  expect(kiosk.screen.copy()).toMatchObject({ interrupted: true, asked: { title: 't' } })
  while (await act(errand, kiosk.screen));
  await kiosk.cut()

  kiosk = await power(site)
  await expect.poll(async () => (await state())['state'], { timeout: 20_000 }).toBe('ready')
  await expect
    .poll(async () => (await state())['callbacks'], { timeout: 20_000 })
    .toMatchObject([{ state: 'delivered' }])
  expect(receiver.taken()).toMatchObject([{ body: { sessionID, state: 'ready', document: { pages: 2 } } }])
  expect(receiver.breaches()).toEqual([])
  const headers = { authorization: `Bearer ${site.token('ledger')}` }
  const copy = await fetch(`${base}api/v1/sessions/${sessionID}/document`, { headers })
  expect([
    copy.status,
    Buffer.from(await copy.arrayBuffer())
      .subarray(0, 5)
      .toString(),
  ]).toEqual([200, '%PDF-'])
  expect(await call('POST', path, request, { 'idempotency-key': 'k' })).toMatchObject({
    status: 200,
    body: { sessionID },
  })
  await kiosk.cut()
}, 90_000)
