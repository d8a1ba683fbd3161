// A card that wants the PIN before each signature: the first signature takes the one of the login, every other one waits for the
// person, a wrong PIN is told and signs nothing, and stopping between two keeps what is signed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Kiosk, startKiosk } from './kiosk.kit.ts'
import {
  accept,
  done,
  enterPin,
  judged,
  type Program,
  program,
  requestIn,
  takeUp,
  textBatch,
  until,
} from './requests.kit.ts'

describe('a card that wants the PIN before each signature', () => {
  let kiosk: Kiosk
  let ledger: Program
  beforeAll(async () => {
    kiosk = await startKiosk({ sheets: [], watched: true, pinEachTime: true, clients: ['ledger'] })
    ledger = program(kiosk)
  })
  afterAll(() => kiosk.stop())
  const signatures = () => kiosk.site.watched?.signatures().length
  const waitsForPin = (signed: number) =>
    kiosk.screen.until(
      view => requestIn(view).stage === 'pin' && requestIn(view).done === signed,
      `the PIN question after ${signed}`,
    )

  async function begin(count: number): Promise<string> {
    const id = await ledger.leave(textBatch(count))
    await takeUp(kiosk.screen, id)
    await accept(kiosk.screen)
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    return id
  }

  it('signs by one PIN after the other, with the progress in the view', async () => {
    const id = await begin(3)
    const { request } = await waitsForPin(1)
    expect(request?.card).toMatchObject({ state: 'present', certificates: [{ fault: null }] })
    expect(signatures()).toBe(1)
    expect(await enterPin(kiosk.screen, '000000')).toMatchObject({ outcome: 'refused', code: 'PIN_WRONG' })
    expect(requestIn(kiosk.screen.view())).toMatchObject({ stage: 'pin', done: 1 })
    expect(signatures()).toBe(1)
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    await waitsForPin(2)
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    expect(await until(kiosk.screen, 'finished')).toMatchObject({ done: 3, failed: 0 })
    expect(signatures()).toBe(3)
    for (const { signature } of await ledger.result(id)) await judged('CAdES', Buffer.from(signature ?? '', 'base64'))
    await done(kiosk.screen, '/screen/request/close')
  })

  it('is stopped between two signatures', async () => {
    const id = await begin(3)
    await waitsForPin(1)
    await done(kiosk.screen, '/screen/request/stop')
    expect(await until(kiosk.screen, 'finished')).toMatchObject({ done: 1 })
    expect(await ledger.state(id)).toMatchObject({ end: 'stopped', signed: 1 })
    await done(kiosk.screen, '/screen/request/close')
  })

  it('is left between two signatures, and the batch is taken up again for the rest', async () => {
    const before = signatures() ?? 0
    const id = await begin(2)
    await waitsForPin(1)
    kiosk.clock.leap(600_000)
    await kiosk.screen.until(view => view.waiting?.length === 1, 'it waits again')
    expect(kiosk.screen.view().waiting).toMatchObject([{ id, done: 1 }])
    await takeUp(kiosk.screen, id)
    await accept(kiosk.screen)
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    expect(await until(kiosk.screen, 'finished')).toMatchObject({ done: 2 })
    expect(signatures()).toBe(before + 2)
    await done(kiosk.screen, '/screen/request/close')
  })

  it('pauses where the card is pulled while the PIN is wanted', async () => {
    const card = kiosk.site.watched
    const id = await begin(2)
    await waitsForPin(1)
    card?.pull()
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toMatchObject({ outcome: 'refused', code: 'TOKEN_REMOVED' })
    expect(await until(kiosk.screen, 'paused')).toMatchObject({ fault: 'TOKEN_REMOVED', done: 1 })
    card?.insert('Sample card')
    expect(await enterPin(kiosk.screen, kiosk.site.pin)).toEqual({ outcome: 'signed' })
    expect(await until(kiosk.screen, 'finished')).toMatchObject({ done: 2 })
    expect(await ledger.state(id)).toMatchObject({ end: 'finished', signed: 2 })
  })
})
