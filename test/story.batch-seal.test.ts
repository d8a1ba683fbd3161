// A program leaves batches for the seal of the body, which it may have: they are signed by themselves, beside a person at the
// screen who sees nothing of them, go on where they were when the service comes back, and over a restart.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { digestsSent } from './63.seal.kit.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import { judged, mixedBatch, program, textBatch } from './requests.kit.ts'

const ens = '9821920002'
const path = `/api/v1/batches?seal=${ens}`

describe('batches for a seal', () => {
  let kiosk: Kiosk
  beforeAll(async () => {
    const clientSeals = { ledger: [ens] }
    kiosk = await startKiosk({ sheets: [], withoutCard: true, seal: true, clients: ['ledger', 'other'], clientSeals })
  })
  afterAll(() => kiosk.stop())

  const service = () => kiosk.site.seal ?? expect.unreachable('a site without a seal service')
  const leave = async (batch: object, headers = {}) => {
    const { status, body } = await program(kiosk).call('POST', path, batch, headers)
    return { status, ...(body as { readonly id: string; readonly seal: string; readonly code?: string }) }
  }
  const done = async (id: string) => {
    await expect.poll(async () => (await program(kiosk).state(id))['stage'], { timeout: 30_000 }).toBe('done')
    return program(kiosk).state(id)
  }

  it('are refused to whom the configuration does not give it', async () => {
    for (const [client, seal] of [
      ['other', ens],
      ['ledger', '0801930008'],
    ] as const) {
      const answer = await program(kiosk, client).call('POST', `/api/v1/batches?seal=${seal}`, textBatch(1))
      expect(answer).toMatchObject({ status: 403, body: { code: 'REQUEST_FORBIDDEN' } })
    }
  })

  it('are signed in every format with nobody at the screen, each document by itself', async () => {
    const { status, id, seal } = await leave(await mixedBatch(), { 'idempotency-key': 'one' })
    expect([status, seal]).toEqual([201, ens])
    expect(await done(id)).toMatchObject({ end: 'finished', seal: ens, signed: 3, failed: 1 })
    const signs = await program(kiosk).result(id)
    expect(signs.map(one => one.result)).toEqual(['DONE_AND_SAVED', 'DONE_AND_SAVED', 'DONE_AND_SAVED', 'ERROR_PRE'])
    await judged('PAdES', await program(kiosk).signature(id, 'acta'))
    await judged('XAdES', await program(kiosk).signature(id, 'factura'))
    await judged('CAdES', await program(kiosk).signature(id, 'dades'))
    expect(kiosk.screen.view()).toMatchObject({ waiting: [], copy: null })
    expect(kiosk.screen.view().request).toBeUndefined()
    const again = await program(kiosk).call('POST', '/api/v1/batches', await mixedBatch(), { 'idempotency-key': 'one' })
    expect(again).toMatchObject({ status: 422, body: { code: 'IDEMPOTENCY_KEY_REUSED' } })
  })

  it('wait for a service that is away, over a restart, and are signed once', async () => {
    await service().fault('offline')
    const before = service().exchanges().length
    const { id } = await leave(textBatch(20))
    const postponed = () => kiosk.logged.filter(line => line.includes('a batch waits for its seal')).length
    await expect.poll(postponed, { timeout: 20_000 }).toBe(1)
    expect(kiosk.logged.find(line => line.includes('a batch waits for its seal'))).toContain('SEAL_UNREACHABLE')
    await kiosk.restart()
    await expect.poll(postponed, { timeout: 20_000 }).toBe(2)
    expect(await program(kiosk).state(id)).toMatchObject({ stage: 'waiting', signed: 0, seal: ens })
    expect(kiosk.screen.view().waiting).toEqual([])
    await service().fault(undefined)
    kiosk.clock.leap(60_000)
    expect(await done(id)).toMatchObject({ end: 'finished', signed: 20, failed: 0 })
    const sent = digestsSent(service().exchanges().slice(before))
    expect([sent.length, new Set(sent).size]).toEqual([20, 20])
    expect(service().breaches()).toEqual([])
    expect(kiosk.logged.join('\n')).not.toContain('the secret of the kiosk')
  })
})
