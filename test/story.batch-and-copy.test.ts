// One screen, one person: a batch is never taken up beside a copy nor a copy begun beside a batch, what is finished makes room,
// and an appliance that is stopped in the middle of a batch goes on with it after its next start.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import {
  accept,
  done,
  enterPin,
  type Program,
  program,
  requestIn,
  signAll,
  takeUp,
  textBatch,
  until,
} from './requests.kit.ts'
import { approve, feed, open, procedure, smallPile } from './walk.kit.ts'

let kiosk: Kiosk
let ledger: Program
let id: string
beforeAll(async () => {
  kiosk = await startKiosk({
    sheets: await smallPile(1),
    watched: true,
    clients: ['ledger'],
    config: { procedures: [procedure('none')] },
  })
  ledger = program(kiosk)
})
afterAll(() => kiosk.stop())

const beginCopy = () => kiosk.screen.post('/screen/copy', { procedureId: 'copy-none', language: 'ca' })

describe('a copy and a batch', () => {
  it('a batch is not taken up while a copy is in hand, and its waiting is shown all the same', async () => {
    await open(kiosk, 'copy-none')
    id = await ledger.leave(textBatch(3))
    await kiosk.screen.until(view => view.waiting?.length === 1, 'the batch')
    expect(await kiosk.screen.post(`/screen/waiting/${id}/take`)).toMatchObject({
      status: 503,
      body: { code: 'KIOSK_BUSY' },
    })
    expect(kiosk.screen.view().request).toBeUndefined()
    expect(kiosk.screen.copy().stage).toBe('gathering')
  })

  it('a copy that is finished makes room for it', async () => {
    await feed(kiosk)
    await approve(kiosk)
    await kiosk.screen.until(view => view.copy?.stage === 'done', 'the copy is delivered')
    await takeUp(kiosk.screen, id)
    expect(kiosk.screen.view().copy).toBeNull()
  })

  it('no copy is begun while it is in hand', async () => {
    expect(await beginCopy()).toMatchObject({ status: 409, body: { code: 'STAGE_CONFLICT' } })
    await accept(kiosk.screen)
    expect(await beginCopy()).toMatchObject({ status: 409 })
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    await until(kiosk.screen, 'finished')
  })

  it('a batch that is finished makes room for a copy', async () => {
    expect(await beginCopy()).toMatchObject({ status: 204 })
    const view = await kiosk.screen.until(one => one.copy?.stage === 'gathering', 'the new copy')
    expect(view.request).toBeUndefined()
    await done(kiosk.screen, '/screen/copy/leave')
  })
})

describe('an appliance that is stopped in the middle of a batch', () => {
  it('has it wait after the next start, with what is signed, and signs the rest once', async () => {
    const card = kiosk.site.watched
    const before = card?.signatures().length ?? 0
    card?.slow(60)
    const interrupted = await ledger.leave(textBatch(15))
    await takeUp(kiosk.screen, interrupted)
    await accept(kiosk.screen)
    await enterPin(kiosk.screen, kiosk.site.pin)
    await kiosk.screen.until(view => requestIn(view).done >= 2, 'two signed')
    await kiosk.restart()
    card?.slow(0)
    ledger = program(kiosk)
    const state = await ledger.state(interrupted)
    expect(state).toMatchObject({ stage: 'waiting', end: null, failed: 0 })
    expect(Number(state['signed'])).toBeGreaterThanOrEqual(2)
    const finished = await signAll(kiosk.screen, kiosk.site, interrupted)
    expect(finished).toMatchObject({ done: 15, failed: 0 })
    expect(new Set(card?.signatures().slice(before)).size).toBe(15)
    expect((await ledger.result(interrupted)).map(({ result }) => result)).toEqual(Array(15).fill('DONE_AND_SAVED'))
  })

  it('has nothing waiting that was done before', async () => {
    expect(kiosk.screen.view().waiting).toEqual([])
    expect(await ledger.state(id)).toMatchObject({ stage: 'done', signed: 3 })
    expect(kiosk.logged.join('\n')).not.toMatch(/a task failed|a timer failed|could not be noted/)
  })
})
