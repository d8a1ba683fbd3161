// A program leaves a batch of all formats; a person takes it up at the screen, reads what it is, gets the PIN wrong once, signs
// it with one entry of the PIN; the program fetches what was made, and hours later nothing of it is there any more.

import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { loadConfig } from '../device/config/file.ts'
import { systemRandom } from '../device/host.ts'
import { openStore } from '../device/store/store.ts'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import {
  accept,
  enterPin,
  judged,
  mixedBatch,
  type Program,
  program,
  requestIn,
  takeUp,
  until,
} from './requests.kit.ts'

describe('a batch of all formats', () => {
  let kiosk: Kiosk
  let ledger: Program
  let id: string
  beforeAll(async () => {
    kiosk = await startKiosk({ sheets: [], watched: true, clients: ['ledger', 'other'] })
    ledger = program(kiosk)
  })
  afterAll(() => kiosk.stop())

  it('waits on the screen under the name of its program', async () => {
    id = await ledger.leave(await mixedBatch())
    const { waiting } = await kiosk.screen.until(view => view.waiting?.length === 1, 'the batch')
    expect(waiting).toEqual([{ id, asker: { kind: 'program', name: 'ledger' }, total: 4, done: 0 }])
    expect(kiosk.screen.view().request).toBeUndefined()
  })

  it('is read before anything is signed: who asks, how many, their names and formats', async () => {
    const request = await takeUp(kiosk.screen, id)
    expect(request).toMatchObject({ asker: { name: 'ledger' }, operation: 'batch', total: 4, done: 0, failed: 0 })
    expect(request.documents.map(({ name, format, state }) => [name, format, state])).toEqual([
      ['acta', 'PAdES', 'waiting'],
      ['factura', 'XAdES', 'waiting'],
      ['dades', 'CAdES', 'waiting'],
      ['no-pdf', 'PAdES', 'waiting'],
    ])
    expect(kiosk.screen.view().waiting).toEqual([])
    expect(await kiosk.screen.post(`/screen/waiting/${id}/take`)).toMatchObject({ status: 503 })
    expect(await ledger.call('DELETE', `/api/v1/batches/${id}`)).toMatchObject({ status: 409 })
  })

  it('wants the PIN again after a wrong one, which signs nothing', async () => {
    await accept(kiosk.screen)
    expect(await enterPin(kiosk.screen, '000000')).toEqual({ outcome: 'refused', code: 'PIN_WRONG', tries: 'few' })
    expect(requestIn(kiosk.screen.view())).toMatchObject({ stage: 'card', done: 0 })
    expect(kiosk.site.watched?.signatures()).toEqual([])
  })

  it('is signed by one PIN, but for what is no PDF', async () => {
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    const request = await until(kiosk.screen, 'finished')
    expect(request).toMatchObject({ done: 3, failed: 1, fault: null, card: null })
    expect(request.documents.map(({ state, fault }) => [state, fault])).toEqual([
      ['signed', null],
      ['signed', null],
      ['signed', null],
      ['failed', 'PDF_UNREADABLE'],
    ])
    expect(kiosk.site.watched?.signatures()).toHaveLength(3)
    expect(await ledger.state(id)).toMatchObject({ stage: 'done', end: 'finished', total: 4, signed: 3, failed: 1 })
  })

  it('gives its program signatures that others find valid', async () => {
    const told = await ledger.result(id)
    expect(told.map(({ id: item, result }) => [item, result])).toEqual([
      ['acta', 'DONE_AND_SAVED'],
      ['factura', 'DONE_AND_SAVED'],
      ['dades', 'DONE_AND_SAVED'],
      ['no-pdf', 'ERROR_PRE'],
    ])
    for (const [number, format] of (['PAdES', 'XAdES', 'CAdES'] as const).entries())
      await judged(format, Buffer.from(told[number]?.signature ?? '', 'base64'))
    expect(await ledger.signature(id, 'dades')).toEqual(Buffer.from(told[2]?.signature ?? '', 'base64'))
    const codes = await ledger.result(id, '?signatures=false')
    expect(codes).toEqual(told.map(({ signature: _, ...rest }) => rest))
  })

  it('says which parameters had no effect: in the result, in the log and in the audit trail', async () => {
    expect((await ledger.result(id))[2]?.description).toBe('extra parameters without effect: unheardOf')
    expect(kiosk.logged.filter(line => line.includes('unheardOf'))).toHaveLength(1)
    const told = audited(kiosk, 'batchItemSigned').map(({ item, ignored }) => [item, ignored])
    expect(told.sort()).toEqual([[0], [1], [2, 'unheardOf']].map(([item, ignored]) => [item, ignored]))
  })

  it('left its trail, without names of documents', () => {
    const certificateSha256 = expect.stringMatching(/^[0-9a-f]{64}$/)
    expect(audited(kiosk, 'batchAccepted')).toEqual([
      { batch: id, client: 'ledger', documents: 4, sha256: expect.any(String) },
    ])
    expect(audited(kiosk, 'batchTakenUp')).toEqual([{ batch: id, certificateSha256 }])
    expect(audited(kiosk, 'batchItemFailed')).toEqual([{ batch: id, item: 3, code: 'PDF_UNREADABLE' }])
    expect(audited(kiosk, 'batchEnded')).toEqual([{ batch: id, end: 'finished', signed: 3, failed: 1 }])
    expect(JSON.stringify([...trail(kiosk)])).not.toMatch(/acta|factura/)
    expect(kiosk.logged.some(line => line.includes(kiosk.site.pin) || line.includes('000000'))).toBe(false)
  })

  it('is seen by no other program', async () => {
    const other = program(kiosk, 'other')
    for (const path of ['', '/result', '/signatures/acta'])
      expect(await other.call('GET', `/api/v1/batches/${id}${path}`)).toMatchObject({ status: 404 })
    expect(await other.call('DELETE', `/api/v1/batches/${id}`)).toMatchObject({ status: 404 })
  })

  it('makes room at the screen by being closed, or for whoever comes next', async () => {
    expect(await kiosk.screen.post('/screen/request/close')).toMatchObject({ status: 204 })
    await kiosk.screen.until(view => view.request === undefined, 'nothing in hand')
    expect(await kiosk.screen.post('/screen/request/close')).toMatchObject({ status: 409 })
  })

  it('is erased when its time has passed, and nothing of it is left on the disk', async () => {
    kiosk.clock.leap(11 * 3_600_000)
    expect(await ledger.state(id)).toMatchObject({ stage: 'done' })
    kiosk.clock.leap(3_600_001)
    await expect.poll(() => ledger.call('GET', `/api/v1/batches/${id}`)).toMatchObject({ status: 404 })
    await expect.poll(() => readdir(join(kiosk.site.dataFolder, 'data', 'blobs'))).toEqual([])
    expect(audited(kiosk, 'batchErased')).toEqual([{ batch: id, reason: 'expired' }])
  })
})

function trail({ site, clock }: Kiosk) {
  const { dataFolder, deviceKeyFile } = loadConfig({ configFile: site.configFile, dataFolder: site.dataFolder })
  const store = openStore({ folder: dataFolder, deviceKeyFile, clock, random: systemRandom, readOnly: true })
  try {
    return store.audit.list({ limit: 1000 })
  } finally {
    store.close()
  }
}

function audited(kiosk: Kiosk, event: string): readonly Readonly<Record<string, unknown>>[] {
  return trail(kiosk)
    .filter(entry => entry.event === event)
    .map(({ details }) => JSON.parse(details))
}
